from odoo import api, models

from ..tools.amounts import to_major


class PaymentTransaction(models.Model):
    """Refunds as Stripe knows them, those of its dashboard included."""

    _inherit = "payment.transaction"

    _stripe_refund_unique = models.UniqueIndex(
        "(provider_id, provider_reference) "
        r"WHERE operation = 'refund' AND provider_reference LIKE 're\_%'",
        "This refund of Stripe is there already.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _find_stripe_refund(self, provider, refund):
        """Return the transaction of a refund at Stripe, or none.

        :param refund: ``gateway.present.RefundNow``
        """
        refunds = self.browse().sudo()
        for name, value in (
            ("provider_reference", refund.id),
            ("idempotency_key", refund.origin.uuid),
        ):
            domain = [
                ("provider_id", "=", provider.id),
                ("operation", "=", "refund"),
                (name, "=", value),
            ]
            if value and (found := refunds.search(domain, limit=1)):
                return found
        return refunds

    def _create_stripe_refund(self, refund):
        """Write down a refund of this payment that was not asked for here.

        :param refund: ``gateway.present.RefundNow``
        """
        self.ensure_one()
        return self._create_child_transaction(
            float(to_major(refund.amount, refund.currency)),
            is_refund=True,
            provider_reference=refund.id,
        )

    def _apply_stripe_refund(self, refund):
        """Bring a refund to what Stripe says now: one that arrived may still fail.

        :param refund: ``gateway.present.RefundNow``
        """
        self.ensure_one()
        outcome = refund.outcome
        if self.state == "done" and outcome.status in ("declined", "cancelled"):
            self._write_facts(outcome)
            self._set_error(
                outcome.message or self.env._("Stripe has called it off."),
                extra_allowed_states=("done",),
            )
        elif outcome.status != "cancelled" or self.state not in ("error", "cancel"):
            self._apply_outcome(outcome)
        self._trigger_booking()

    def _take_over_stripe_refunds(self, gateway):
        """Bring all refunds of this payment to what Stripe says now.

        One that was asked for here, and is not written down, is being written down.

        :param gateway: a ``StripeGateway``
        """
        self.ensure_one()
        for refund in gateway.list_refunds(self.provider_reference):
            found = self._find_stripe_refund(self.provider_id, refund)
            if not found and not refund.origin.uuid:
                found = self._create_stripe_refund(refund)
            if found:
                found._apply_stripe_refund(refund)
