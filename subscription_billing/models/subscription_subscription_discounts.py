from decimal import Decimal

from odoo import api, fields, models

from ..tools.discounts import apply


class SubscriptionSubscription(models.Model):
    """The coupons and discounts of a subscription, and the price that they leave."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    discount_ids = fields.One2many(
        "subscription.discount", "subscription_id", string="Discounts", copy=False
    )

    # === CONSTRAINTS === #

    @api.constrains("partner_id", "company_id", "currency_id")
    def _check_coupons(self):
        for subscription in self.filtered(lambda s: s.state == "draft"):
            for coupon in subscription.discount_ids.coupon_id:
                coupon._check_offering_company(subscription)
                coupon._check_currency(subscription)
                coupon._check_customer(subscription)

    # === ACTIONS === #

    def action_add_coupon(self):
        """Ask for a coupon and add it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add Coupon"),
            "res_model": "subscription.coupon.add",
            "view_mode": "form",
            "target": "new",
            "context": {"default_subscription_id": self.id},
        }

    # === BUSINESS METHODS: REDEMPTION === #

    def _add_coupon(self, coupon):
        """Redeem a coupon on this subscription, from the next period on.

        :param coupon: a ``subscription.coupon``, or a code as a customer types it
        :raises UserError: with the reason for which it cannot be redeemed
        :return: the new ``subscription.discount``
        """
        self.ensure_one()
        if isinstance(coupon, str):
            Coupon = self.env["subscription.coupon"]
            coupon = Coupon._find_by_code(coupon, self.company_id)
        return self.env["subscription.discount"].create(
            {"subscription_id": self.id, "coupon_id": coupon.id}
        )

    def _is_first_of_customer(self):
        """Return whether this is the customer's first subscription, not yet billed."""
        self.ensure_one()
        if self._get_next_start() > self._get_first_day():
            return False
        customer = self.partner_id.commercial_partner_id
        domain = [
            ("id", "!=", self.id),
            ("company_id", "=", self.company_id.id),
            ("state", "!=", "draft"),
            ("partner_id.commercial_partner_id", "=", customer.id),
        ]
        return not self.sudo().search_count(domain, limit=1)

    # === BUSINESS METHODS: THE PRICE OF THE NEXT PERIOD === #

    def _get_next_start(self):
        """Return the first day of the next period to bill, None before there is one."""
        self.ensure_one()
        return self.date_next_period or self.date_anchor or None

    def _get_price_ratios(self, lines, *, forever=False):
        """Return which part of each line's price the discounts leave, 0 to 1.

        :param lines: the lines of the next period
        :param bool forever: count only the discounts that never end
        :rtype: list[float], in the order of ``lines``
        """
        self.ensure_one()
        if not self.discount_ids:
            return [1.0] * len(lines)
        amounts = [_get_amount(line._prepare_base_line()) for line in lines]
        sold = [
            line.product_id
            for line, amount in zip(lines, amounts, strict=True)
            if line.quantity or amount
        ]
        discounts = self._get_discounts_in_force(sold)
        if forever:
            discounts = discounts.filtered(lambda d: d.duration == "forever")
        tools = [
            discount._get_tool(
                position
                for position, line in enumerate(lines)
                if discount._reduces("recurring", line.product_id)
            )
            for discount in discounts
        ]
        result = apply(amounts, tools, step=self._get_step())
        return [
            float(1 - reduction / amount) if amount else 1.0
            for amount, reduction in zip(amounts, result.reductions, strict=True)
        ]

    def _get_discounts_in_force(self, products):
        """Return the discounts that reduce the next period.

        :param list products: what the period sells, a product perhaps twice
        """
        self.ensure_one()
        day = self._get_next_start()
        sold = self.env["product.product"].union(*products)
        return self.discount_ids.filtered(
            lambda d: d._is_in_force_on(day) and d._is_met(self.plan_id, sold)
        )

    def _get_step(self):
        """Return the smallest payable amount of the currency.

        :rtype: Decimal
        """
        self.ensure_one()
        return Decimal(str(self.currency_id.rounding))


def _get_amount(base_line):
    """Return what a line costs in the terms of its price, less its own percentage.

    :param dict base_line: of core's tax computation
    :rtype: Decimal
    """
    quantity, price_unit, discount = (
        Decimal(str(base_line[name])) for name in ("quantity", "price_unit", "discount")
    )
    return quantity * price_unit * (100 - discount) / 100
