from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    subscription_ids = fields.One2many(
        "subscription.subscription", "partner_id", string="Subscriptions"
    )
    subscription_count = fields.Integer(
        compute="_compute_subscription_totals",
        groups="subscription_billing.group_subscription_user",
    )
    subscription_mrr = fields.Monetary(
        string="MRR",
        compute="_compute_subscription_totals",
        currency_field="subscription_currency_id",
        groups="subscription_billing.group_subscription_user",
        help="Monthly recurring revenue of the customer and its contacts, in the "
        "currency of the current company.",
    )
    subscription_currency_id = fields.Many2one(
        "res.currency", compute="_compute_subscription_currency_id"
    )

    is_invoiced_together = fields.Boolean(
        string="One Invoice for All Subscriptions",
        help="Subscriptions that are due on one day are on one invoice, where they "
        "have the currency, the terms and the payment method in common.",
    )
    is_explained = fields.Boolean(
        string="Show How Subscription Amounts Are Worked Out",
        help="Each line of this customer's subscription invoices tells its formula.",
    )
    is_paid_by_parent = fields.Boolean(
        string="Parent Company Pays Subscriptions",
        help="New subscriptions of this company and its contacts are invoiced to its "
        "parent company.",
    )

    @api.depends_context("company")
    def _compute_subscription_currency_id(self):
        self.subscription_currency_id = self.env.company.currency_id

    @api.depends_context("company", "allowed_company_ids")
    def _compute_subscription_totals(self):
        self.subscription_count = 0
        self.subscription_mrr = 0.0
        children = self.with_context(active_test=False).search_fetch(
            [("id", "child_of", self.ids)], ["parent_id"]
        )
        rows = self.env["subscription.subscription"]._read_group(
            [("partner_id", "in", children.ids), ("state", "!=", "closed")],
            groupby=["partner_id", "currency_id"],
            aggregates=["__count", "mrr:sum"],
        )
        wanted = set(self.ids)
        for partner, currency, count, mrr in rows:
            converted = currency._convert(mrr, self.env.company.currency_id)
            while partner:
                if partner.id in wanted:
                    partner.subscription_count += count
                    partner.subscription_mrr += converted
                partner = partner.parent_id

    def action_view_subscriptions(self):
        """Open the subscriptions of this customer and its contacts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_subscription_action"
        )
        return {
            **action,
            "domain": [("partner_id", "child_of", self.ids)],
            "context": {
                "default_partner_id": self.id,
                "search_default_not_closed": 1,
            },
        }

    def _list_as_customers(self):
        """Show who is invoiced for subscriptions among the customers from the start.

        Core does it with the first invoice of each, one after the other.
        """
        partners = (self | self.commercial_partner_id).sudo()
        partners.filtered(lambda partner: not partner.customer_rank).customer_rank = 1

    def _get_subscription_payer(self):
        """Return the address that pays the subscriptions of this customer.

        A child whose parent company pays has the parent's, and so on upwards.
        """
        self.ensure_one()
        payer = self
        while company := payer._get_paying_parent():
            payer = company
        return payer.browse(payer.address_get(["invoice"])["invoice"])

    def _get_notice_recipient(self):
        """Return who is told of what concerns this contact.

        Without an e-mail address it is reached by that of its company.
        """
        company = self.commercial_partner_id
        return company if company.email and not self.email else self

    def _get_paying_parent(self):
        """Return the parent company that pays for this partner, if there is one."""
        self.ensure_one()
        company = self.commercial_partner_id
        return company.is_paid_by_parent and company.parent_id
