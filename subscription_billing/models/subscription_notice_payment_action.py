from odoo import models


class SubscriptionNotice(models.Model):
    """What a customer is told whose bank wants a payment confirmed."""

    _inherit = "subscription.notice"

    # === BUSINESS METHODS === #

    def _get_charge(self):
        """Return the charge that the notice is about, if any; as sudo."""
        self.ensure_one()
        id_ = (self.details or {}).get("transaction_id")
        return self.env["payment.transaction"].sudo().browse(id_).exists()

    def _is_confirmation_over(self):
        """Return whether the payment was confirmed, or paid, or replaced."""
        charge = self._get_charge()
        return bool(charge) and not charge._awaits_customer()

    def _get_confirmation_url(self):
        """Return where the customer confirms the payment; None where it is unknown."""
        charge = self._get_charge()
        return charge._get_confirmation_url() if charge else None

    def _get_payment_action_facts(self):
        """Return what is to be paid, and with what."""
        charge = self._get_charge()
        return [
            (self.env._("Invoice"), self.move_id.name),
            (self.env._("Amount"), self._format_amount(charge.amount)),
            (self.env._("Payment method"), charge.token_id.display_name),
        ]
