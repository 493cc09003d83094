from odoo import api, fields, models


class SubscriptionSubscription(models.Model):
    """The disputes of a subscription's payments, and what they hold."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    dispute_ids = fields.One2many(
        "subscription.dispute", "subscription_id", string="Disputes", readonly=True
    )
    dispute_count = fields.Integer(compute="_compute_dispute_count", compute_sudo=True)
    is_charge_held = fields.Boolean(
        string="Automatic Charges Held",
        compute="_compute_is_charge_held",
        compute_sudo=True,
        help="Not charged by itself until somebody releases it on the dispute.",
    )

    # === COMPUTE METHODS === #

    @api.depends("dispute_ids")
    def _compute_dispute_count(self):
        for subscription in self:
            subscription.dispute_count = len(subscription.dispute_ids)

    def _compute_is_charge_held(self):
        for company, owned in self.grouped("company_id").items():
            held, customers = self.env["subscription.dispute"]._get_held(company)
            for subscription in owned:
                subscription.is_charge_held = subscription._origin in held or bool(
                    customers and subscription._get_payers() & customers
                )

    # === ACTIONS === #

    def action_view_disputes(self):
        """Open the disputes of this subscription's payments."""
        self.ensure_one()
        return self.dispute_ids._get_records_action(name=self.env._("Disputes"))

    def action_view_holding_disputes(self):
        """Open the disputes that hold the charges of this subscription."""
        self.ensure_one()
        held = self.env["subscription.dispute"].search(
            [
                ("is_holding", "=", True),
                ("company_id", "parent_of", self.company_id.id),
                "|",
                ("subscription_id", "=", self.id),
                ("commercial_partner_id", "in", self._get_payers().ids),
            ]
        )
        return held._get_records_action(name=self.env._("Disputes"))
