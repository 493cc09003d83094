from odoo import api, fields, models


class SubscriptionPlan(models.Model):
    """What visitors sign up for by themselves."""

    _inherit = "subscription.plan"

    # === FIELDS === #

    signup_product_ids = fields.Many2many(
        "product.product",
        "subscription_plan_signup_product_rel",
        "plan_id",
        "product_id",
        string="Sold on the Sign-Up Page",
        check_company=True,
        domain="[('sale_ok', '=', True)]",
        help="Visitors order these by themselves, on this plan. Empty: the plan is not "
        "on the page.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_signup_plans(self, company):
        """Return the plans that visitors sign up for at a company."""
        if not company.is_subscription_signup:
            return self.browse()
        return self.search(
            [
                ("company_id", "in", (False, company.id)),
                ("signup_product_ids", "!=", False),
            ]
        )

    def _get_signup_price(self, product, company):
        """Return what a product costs on this plan, in words, before taxes.

        :return: the price, and examples where more than the quantity decides it
        :rtype: tuple[str, str | bool]
        """
        self.ensure_one()
        currency = company.currency_id
        price = self.env["subscription.price"]._get_price(
            self, product, currency, company._get_subscription_today()
        )
        if price and price._is_rated():
            by_quantity = self.env._("By quantity")
            text = price._get_summary() if price._has_unit_price() else by_quantity
            return text, price.price_hint
        if price:
            return price._get_summary(), False
        amount = self.env["subscription.line"]._get_sales_price(
            product, currency, company
        )
        words = self.env["subscription.explanation"]
        return words._format_rate(amount, currency), False
