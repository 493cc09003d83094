from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    dispute_count = fields.Integer(
        compute="_compute_dispute_count",
        groups="subscription_billing.group_subscription_user,"
        "account.group_account_invoice,account.group_account_readonly",
    )

    def _compute_dispute_count(self):
        rows = self.env["subscription.dispute"]._read_group(
            [("commercial_partner_id", "in", self.commercial_partner_id.ids)],
            ["commercial_partner_id"],
            ["__count"],
        )
        counts = {partner.id: count for partner, count in rows}
        for partner in self:
            partner.dispute_count = counts.get(partner.commercial_partner_id.id, 0)

    def action_view_disputes(self):
        """Open the disputes of this customer, its company and its contacts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_dispute_action"
        )
        customer = self.commercial_partner_id
        return {
            **action,
            "domain": [("commercial_partner_id", "=", customer.id)],
            "context": {},
        }
