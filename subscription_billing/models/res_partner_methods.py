from odoo import api, fields, models


class ResPartner(models.Model):
    """The saved payment methods of a customer, in the order of their charges."""

    _inherit = "res.partner"

    # === FIELDS === #

    saved_method_count = fields.Integer(
        compute="_compute_saved_method_count",
        compute_sudo=True,
        groups="subscription_billing.group_subscription_user",
    )

    # === COMPUTE METHODS === #

    @api.depends("payment_token_ids.active", "commercial_partner_id")
    def _compute_saved_method_count(self):
        counts = dict(
            self.env["payment.token"]._read_group(
                [("commercial_partner_id", "in", self.commercial_partner_id.ids)],
                groupby=["commercial_partner_id"],
                aggregates=["__count"],
            )
        )
        for partner in self:
            partner.saved_method_count = counts.get(partner.commercial_partner_id, 0)

    # === ACTIONS === #

    def action_view_payment_methods(self):
        """Open the saved methods, to drag them into the order they are charged in."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.payment_token_action_order"
        )
        owner = self.commercial_partner_id
        return {
            **action,
            "domain": [("commercial_partner_id", "=", owner.id)],
            "context": {"create": False},
        }
