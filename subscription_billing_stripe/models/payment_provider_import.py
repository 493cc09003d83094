from odoo import models


class PaymentProvider(models.Model):
    """The way from a Stripe account to its book."""

    _inherit = "payment.provider"

    # === ACTIONS === #

    def action_stripe_import(self):
        """Open the import of this account's book; begin one where there is none."""
        self.ensure_one()
        Import = self.env["stripe.import"]
        book = Import.search(
            [
                ("provider_id", "=", self.id),
                ("is_live", "=", self.state == "enabled"),
            ]
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import from Stripe"),
            "res_model": "stripe.import",
            "res_id": book.id,
            "view_mode": "form",
            "context": {"default_provider_id": self.id},
        }
