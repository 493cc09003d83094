from odoo import fields, models


class SubscriptionSubscription(models.Model):
    """The usage that is counted for a subscription."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    usage_count = fields.Integer(string="Usage Events", compute="_compute_usage_count")
    has_meter = fields.Boolean(compute="_compute_usage_count")

    _client_order_ref_index = models.Index(
        "(client_order_ref) WHERE client_order_ref IS NOT NULL"
    )

    # === COMPUTE METHODS === #

    def _compute_usage_count(self):
        counts = dict(
            self.env["subscription.usage"]._read_group(
                [("subscription_id", "in", self.ids), ("state", "=", "accepted")],
                groupby=["subscription_id"],
                aggregates=["__count"],
            )
        )
        for subscription in self:
            lines = subscription.line_ids
            subscription.usage_count = counts.get(subscription, 0)
            subscription.has_meter = bool(lines.meter_id | lines.quantity_meter_id)

    # === CRUD METHODS === #

    def unlink(self):
        """Let what was refused for a draft go with it."""
        usage = self.env["subscription.usage"].sudo()
        domain = [("subscription_id", "in", self.ids), ("state", "=", "refused")]
        usage.search(domain).unlink()
        return super().unlink()

    # === ACTIONS === #

    def action_view_usage(self):
        """Open the usage of this subscription."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_usage_action"
        )
        return {
            **action,
            "domain": [("subscription_id", "=", self.id)],
            "context": {
                "default_subscription_id": self.id,
                "search_default_accepted": 1,
            },
        }
