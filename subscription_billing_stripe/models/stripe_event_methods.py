from odoo import models

from ..gateway import MissingError
from .stripe_event import IgnoredEventError


class StripeEvent(models.Model):
    """Saved methods that were renewed, taken away or forbidden at Stripe."""

    _inherit = "stripe.event"

    # === BUSINESS METHODS: METHODS === #

    def _handle_method(self, gateway):
        """Bring a saved method to what Stripe says now; archive one that is gone.

        One that was detached is still known at Stripe. What is not known is of another
        account than that of the key, unless the event itself says that it is gone.

        :raises MissingError: the key may be of another account
        """
        tokens = self._find_tokens([("stripe_payment_method", "=", self.subject)])
        try:
            facts = gateway.retrieve_payment_method(self.subject)
        except MissingError:
            if self.type != "payment_method.detached":
                raise
            facts = None
        if not facts or not facts.customer:
            return self._archive_tokens(tokens)
        tokens.write(tokens._prepare_stripe_vals(facts))
        if self.type == "payment_method.automatically_updated":
            refused_before = tokens.filtered(
                lambda token: (
                    token.date_refused and token.date_refused < self.date_created
                )
            )
            refused_before._forget_refusal()
        return self.env._("Up to date: %(methods)s", methods=tell(tokens))

    def _handle_customer(self, gateway):
        """Archive all methods of a customer who was deleted at Stripe.

        :raises IgnoredEventError: the customer is there, or not ours
        """
        customers = self.env["stripe.customer"].sudo()
        known = customers.search(
            [
                ("provider_id", "=", self.provider_id.id),
                ("reference", "=", self.object_reference),
            ]
        )
        if not self._is_customer_gone(gateway):
            raise IgnoredEventError(self.env._("The customer is still there."))
        tokens = self._find_tokens(
            [("provider_ref", "=", self.object_reference)], is_required=not known
        )
        known.active = False
        if not tokens:
            return self.env._("The customer is gone, without a saved method.")
        return self._archive_tokens(tokens)

    def _is_customer_gone(self, gateway):
        """Return whether Stripe does not have the customer any more."""
        try:
            return gateway.retrieve_customer(self.object_reference).is_deleted
        except MissingError:
            return True

    def _handle_mandate(self, gateway):
        """Charge a method no more whose owner has withdrawn the permission.

        :raises IgnoredEventError: the permission stands, or is for no method of ours
        """
        mandate = gateway.get_mandate(self.object_reference)
        if mandate.status != "inactive":
            raise IgnoredEventError(self.env._("The mandate is not withdrawn."))
        tokens = self._find_tokens(
            [
                "|",
                ("stripe_mandate", "=", mandate.id),
                ("stripe_mandate", "=", False),
                ("stripe_payment_method", "=", mandate.method),
            ]
        )
        reason = self.env._(
            "The customer or the bank has withdrawn the mandate %(mandate)s.",
            mandate=mandate.id,
        )
        self._refuse_tokens(tokens.filtered(lambda t: not t.date_refused), reason)
        return reason

    # === BUSINESS METHODS: TOKENS === #

    def _find_tokens(self, domain, is_required=True):
        """Return the saved methods that are meant, archived ones included.

        :param bool is_required: whether the event is none of ours without one
        :raises IgnoredEventError: there is none
        """
        tokens = self.env["payment.token"].sudo().with_context(active_test=False)
        found = tokens.search([("provider_id", "=", self.provider_id.id), *domain])
        if is_required and not found:
            raise IgnoredEventError(self.env._("It is about no saved method of ours."))
        return found.with_context(active_test=True)

    def _archive_tokens(self, tokens):
        """Archive methods that Stripe does not have any more."""
        # Nothing is left to detach.
        tokens.stripe_detach_state = "done"
        tokens.filtered("active").active = False
        return self.env._("Archived: %(methods)s", methods=tell(tokens))

    def _refuse_tokens(self, tokens, reason):
        """Charge methods no more; tell the subscriptions that they pay."""
        for token, subscriptions in tokens._get_paid_subscriptions().items():
            token._refuse(reason)
            for subscription in subscriptions:
                subscription._message_log(
                    body=self.env._(
                        "%(method)s is not charged any more: %(reason)s",
                        method=token.display_name,
                        reason=reason,
                    )
                )


def tell(tokens):
    """Return the names of saved methods."""
    return ", ".join(tokens.mapped("display_name"))
