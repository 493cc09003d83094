from odoo import api, fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    subscription_price_ids = fields.One2many(
        "subscription.price", "product_tmpl_id", string="Subscription Prices"
    )
    subscription_meter_id = fields.Many2one(
        "subscription.meter",
        string="Metered By",
        company_dependent=True,
        ondelete="restrict",
        check_company=True,
        groups="subscription_billing.group_subscription_user",
        help="New subscription lines of this product bill what this meter has counted, "
        "after each period, instead of a fixed quantity in advance.",
    )
    subscription_count = fields.Integer(
        string="Subscriptions",
        compute="_compute_subscription_count",
        groups="subscription_billing.group_subscription_user",
    )

    @api.depends_context("allowed_company_ids")
    def _compute_subscription_count(self):
        counts = dict(
            self.env["subscription.line"]._read_group(
                self._get_subscription_line_domain(),
                groupby=["product_tmpl_id"],
                aggregates=["subscription_id:count_distinct"],
            )
        )
        for template in self:
            template.subscription_count = counts.get(template, 0)

    def _get_subscription_line_domain(self):
        """Return the domain of the lines of running subscriptions of these products."""
        return [
            ("product_tmpl_id", "in", self.ids),
            ("subscription_id.state", "not in", ("draft", "closed")),
        ]

    def action_view_subscriptions(self):
        """Open the subscriptions of these products."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_subscription_action"
        )
        return {
            **action,
            "domain": [("line_ids.product_tmpl_id", "in", self.ids)],
            "context": {"search_default_running": 1},
        }
