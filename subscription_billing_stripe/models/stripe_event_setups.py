from odoo import models
from odoo.fields import Domain

from .stripe_event import EarlyEventError, IgnoredEventError
from .stripe_event_payments import PATIENCE


class StripeEvent(models.Model):
    """Methods that customers save without paying."""

    _inherit = "stripe.event"

    # === BUSINESS METHODS === #

    def _handle_setup(self, gateway):
        """Keep the mandate of a method that was saved, or why it was not."""
        setup = gateway.get_setup(self.object_reference)
        self._check_database(setup.origin.database)
        validation = self._find_validation(setup)
        if setup.status == "succeeded":
            return self._keep_mandate(setup, validation)
        if setup.status != "requires_payment_method" or not validation:
            raise IgnoredEventError(self.env._("Nothing was saved or refused here."))
        if validation.state in ("draft", "pending"):
            validation._set_error(
                setup.message or self.env._("The method could not be saved.")
            )
        return self._tell_payment(validation)

    def _find_validation(self, setup):
        """Return the transaction in which a customer saves a method, or none.

        :param setup: ``gateway.present.SetupNow``
        """
        names = Domain("provider_reference", "=", setup.id)
        if setup.origin.reference:
            names |= Domain("reference", "=", setup.origin.reference)
        domain = Domain("provider_id", "=", self.provider_id.id) & Domain(
            "operation", "=", "validation"
        )
        return self.env["payment.transaction"].sudo().search(domain & names, limit=1)

    def _keep_mandate(self, setup, validation):
        """Write the mandate on the saved method, which core does not.

        :raises EarlyEventError: core has not saved the method yet
        :raises IgnoredEventError: the method was not saved here
        """
        is_open = validation and validation.state != "done"
        if is_open and not self.provider_id.stripe_webhook_secret:
            # Core does not hear of it itself.
            self._hand_to_core(validation, "setup_intent", setup.id)
        tokens = self.env["payment.token"].sudo()
        token = tokens.search(
            [
                ("provider_id", "=", self.provider_id.id),
                ("stripe_payment_method", "=", setup.method),
            ]
        )
        if not token and validation and self.attempts < PATIENCE:
            raise EarlyEventError(
                self.env._("Waits until the customer's method is saved.")
            )
        if not token and not validation:
            raise IgnoredEventError(self.env._("The method was not saved here."))
        if not token:
            return self._tell_payment(validation)
        if setup.mandate:
            token.stripe_mandate = setup.mandate
        return self.env._(
            "%(method)s: mandate %(mandate)s",
            method=token[:1].display_name,
            mandate=setup.mandate or self.env._("none"),
        )
