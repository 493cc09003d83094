from odoo import Command, api, fields, models


class SubscriptionSubscription(models.Model):
    """The one-off items that the plan of a new subscription brings along."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    item_ids = fields.One2many(
        compute="_compute_item_ids",
        store=True,
        readonly=False,
        help="What is billed once, with the next invoice. A new subscription begins "
        "with those of its plan.",
    )

    # === COMPUTE METHODS === #

    @api.depends("plan_id")
    def _compute_item_ids(self):
        for subscription in self.filtered(lambda s: s.state == "draft"):
            subscription.item_ids -= subscription.item_ids.filtered("plan_item_id")
            if subscription.date_next_period:
                continue  # taken over from elsewhere, where they were paid
            subscription.item_ids = [
                Command.create(item._prepare_item_vals(subscription))
                for item in subscription.plan_id._origin.item_ids
            ]

    # === ACTIONS === #

    def action_confirm(self):
        """Settle what comes with the plan while these are drafts."""
        self._recompute_recordset(["item_ids"])
        return super().action_confirm()
