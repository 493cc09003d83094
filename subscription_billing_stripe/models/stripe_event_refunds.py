from odoo import models

from .stripe_event import EarlyEventError
from .stripe_event_payments import PATIENCE


class StripeEvent(models.Model):
    """Money that went back, and what did not arrive."""

    _inherit = "stripe.event"

    # === BUSINESS METHODS === #

    def _handle_refund(self, gateway):
        """Bring a refund to what Stripe says now."""
        refund = gateway.get_refund(self.object_reference)
        return self._tell_payment(self._take_over_refund(gateway, refund))

    def _handle_refunds(self, gateway):
        """Bring all refunds of a payment to what Stripe says now."""
        refunds = self.env["payment.transaction"].sudo()
        for refund in gateway.list_refunds(self._get_intent()):
            refunds |= self._take_over_refund(gateway, refund)
        return "; ".join(self._tell_payment(refund) for refund in refunds)

    def _take_over_refund(self, gateway, refund):
        """Find or write down a refund, and bring it to what Stripe says now.

        :param refund: ``gateway.present.RefundNow``
        """
        self._check_database(refund.origin.database)
        transactions = self.env["payment.transaction"]
        found = transactions._find_stripe_refund(self.provider_id, refund)
        if not found:
            source = self._find_refunded(gateway, refund)
            if refund.origin.uuid and self.attempts < PATIENCE:
                raise EarlyEventError(
                    self.env._(
                        "Waits until %(ref)s is written down.",
                        ref=refund.origin.reference,
                    )
                )
            found = source._create_stripe_refund(refund)
        found._apply_stripe_refund(refund)
        return found

    def _find_refunded(self, gateway, refund):
        """Return the payment that is given back, with its money known to be ours.

        :raises IgnoredEventError: it is none of this database
        """
        source = self.env["payment.transaction"]._find_stripe_payment(
            self.provider_id, refund.intent
        )
        if source.state == "done":
            return source
        payment = gateway.get_payment(refund.intent)
        self._check_database(payment.origin.database)
        source = source or self._find_asked_payment(payment)
        if source._is_on_stripe_gateway():
            source._apply_stripe_payment(payment)
        if source.state != "done":
            raise EarlyEventError(
                self.env._("Waits for the payment %(ref)s.", ref=source.reference)
            )
        return source
