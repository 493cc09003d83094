from odoo import fields, models


class SubscriptionPreview(models.TransientModel):
    """The next invoices of one subscription, to look at."""

    _name = "subscription.preview"
    _description = "Next Invoices of a Subscription"

    # === FIELDS === #

    subscription_id = fields.Many2one(
        "subscription.subscription", required=True, readonly=True, ondelete="cascade"
    )
    count = fields.Integer(string="Number of Invoices", default=3, required=True)
    preview = fields.Html(readonly=True)

    _count_in_range = models.Constraint(
        "CHECK (count BETWEEN 1 AND 24)", "Number of Invoices must be from 1 to 24."
    )

    # === ACTIONS === #

    def action_preview(self):
        """Work the invoices out and show them."""
        self.ensure_one()
        self.subscription_id.check_access("read")
        forecast = self.env["subscription.forecast"]
        invoices = forecast._preview(self.subscription_id, count=self.count)
        self.preview = forecast._render(
            invoices, self.subscription_id, self.env._("Nothing will be invoiced.")
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Next Invoices"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "large"},
        }
