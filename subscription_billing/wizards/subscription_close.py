from odoo import fields, models


class SubscriptionClose(models.TransientModel):
    _name = "subscription.close"
    _description = "Close Subscriptions"

    subscription_ids = fields.Many2many(
        "subscription.subscription", required=True, readonly=True
    )
    reason_id = fields.Many2one("subscription.close.reason", required=True)
    note = fields.Text(help="What the customer said, for those who look later.")

    def action_close(self):
        """Close the subscriptions with the reason; nothing more is billed."""
        self.ensure_one()
        self.subscription_ids._close(self.reason_id, self.note)
        return {"type": "ir.actions.act_window_close"}
