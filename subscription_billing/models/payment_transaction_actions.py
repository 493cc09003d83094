from odoo import fields, models
from odoo.exceptions import UserError


class PaymentTransaction(models.Model):
    """What people do about charges whose outcome is unknown."""

    _inherit = "payment.transaction"

    # === ACTIONS === #

    def action_ask_outcome(self):
        """Have the provider asked at once what became of these charges."""
        self.check_access("read")
        for charge in self:
            charge.sudo()._check_is_unresolved()
            if not charge.sudo()._can_be_asked():
                raise UserError(
                    self.env._(
                        "%(provider)s cannot be asked what became of %(charge)s. Look "
                        "it up there, and settle the charge.",
                        provider=charge.sudo().provider_id.name,
                        charge=charge.reference,
                    )
                )
        now = fields.Datetime.now()
        self.sudo().date_next_check = now
        self.env["subscription.collection"]._trigger_resolving(now)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "The provider is asked in the background. Its answer is here in a "
                    "minute or so."
                ),
            },
        }

    def action_settle(self):
        """Open the dialog in which a person says what became of a charge."""
        self.ensure_one()
        self.sudo()._check_is_unresolved()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settle a Charge"),
            "res_model": "subscription.charge.settle",
            "view_mode": "form",
            "target": "new",
            "context": {"default_transaction_id": self.id},
        }

    # === BUSINESS METHODS === #

    def _check_is_unresolved(self):
        """Refuse to settle what has an outcome.

        :raises UserError: the charge was not sent, or its outcome is known
        """
        self.ensure_one()
        if self.state != "draft" or not self.date_sent:
            raise UserError(
                self.env._(
                    "%(charge)s does not wait for an answer any more: look at its "
                    "status.",
                    charge=self.reference,
                )
            )
