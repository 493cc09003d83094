from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .subscription_discount import LASTING_STATES


class SubscriptionCoupon(models.Model):
    """Who may redeem a coupon: each rule with its own refusal."""

    _inherit = "subscription.coupon"

    # === BUSINESS METHODS === #

    def _check_redemptions(self, discounts):
        """Check redemptions of this coupon that have just been written.

        :param discounts: new ``subscription.discount`` with this coupon
        :raises UserError: with the first reason for which one of them is refused
        """
        self.ensure_one()
        self._lock_redemptions()
        for discount in discounts:
            subscription = discount.subscription_id
            self._check_offer(subscription)
            self._check_offering_company(subscription)
            self._check_subscription(subscription)
            self._check_currency(subscription)
            self._check_plan(subscription)
            self._check_products(subscription)
            self._check_customer(subscription)
        self._check_limit_total()

    def _lock_redemptions(self):
        """Let nobody else redeem a coupon with limits before this transaction ends.

        The row is rewritten as it is: had another transaction redeemed the coupon since
        ours began, its redemption would be invisible to ours, and a mere lock would be
        granted. A rewritten row makes ours start over and see it.
        """
        limited = self.filtered(
            lambda coupon: (
                coupon.limit_total
                or coupon.limit_per_customer
                or coupon.is_first_time_only
            )
        )
        if limited:
            self.env.cr.execute(
                SQL(
                    "UPDATE subscription_coupon SET active = active WHERE id IN %s",
                    limited._ids,
                )
            )

    def _check_offer(self, subscription):
        """Refuse a coupon that is not offered here and today."""
        self.ensure_one()
        today = subscription.company_id._get_subscription_today()
        name = self.display_name
        if not self.active:
            raise UserError(self.env._("%(coupon)s is no longer offered.", coupon=name))
        if self.date_start and self.date_start > today:
            raise UserError(
                self.env._(
                    "%(coupon)s can be redeemed from %(date)s on.",
                    coupon=name,
                    date=fields.Date.to_string(self.date_start),
                )
            )
        if self.date_end and self.date_end < today:
            raise UserError(
                self.env._(
                    "%(coupon)s could be redeemed until %(date)s.",
                    coupon=name,
                    date=fields.Date.to_string(self.date_end),
                )
            )

    def _check_subscription(self, subscription):
        """Refuse a subscription that is over or has this coupon already."""
        self.ensure_one()
        if subscription.state == "closed":
            raise UserError(
                self.env._(
                    "%(subscription)s is closed. Reactivate it before you add a "
                    "coupon.",
                    subscription=subscription.display_name,
                )
            )
        own = subscription.discount_ids.filtered(
            lambda d: d.coupon_id == self and d.state in LASTING_STATES
        )
        if len(own) > 1:
            raise UserError(
                self.env._(
                    "%(subscription)s already has the coupon %(coupon)s.",
                    subscription=subscription.display_name,
                    coupon=self.display_name,
                )
            )

    def _check_offering_company(self, subscription):
        """Refuse a coupon of another company."""
        self.ensure_one()
        if self.company_id and self.company_id != subscription.company_id:
            raise UserError(
                self.env._(
                    "%(coupon)s is offered by %(company)s only.",
                    coupon=self.display_name,
                    company=self.company_id.display_name,
                )
            )

    def _check_currency(self, subscription):
        """Refuse an amount of money in another currency."""
        self.ensure_one()
        currency = subscription.currency_id
        if self.kind == "amount" and self.currency_id != currency:
            raise UserError(
                self.env._(
                    "%(coupon)s is for subscriptions in %(expected)s, and this one is "
                    "in %(currency)s.",
                    coupon=self.display_name,
                    expected=self.currency_id.name,
                    currency=currency.name,
                )
            )

    def _check_plan(self, subscription):
        """Refuse a plan that is not one of the coupon's."""
        self.ensure_one()
        if self.plan_ids and subscription.plan_id not in self.plan_ids:
            raise UserError(
                self.env._(
                    "%(coupon)s is not for the plan %(plan)s, but for: %(plans)s.",
                    coupon=self.display_name,
                    plan=subscription.plan_id.display_name,
                    plans=", ".join(self.plan_ids.mapped("display_name")),
                )
            )

    def _check_products(self, subscription):
        """Refuse a subscription without the products of the coupon."""
        self.ensure_one()
        day = subscription._get_next_start()
        products = subscription.line_ids.filtered(
            lambda line: not line.date_end or line.date_end >= day
        ).product_id
        if missing := self.bundle_product_ids - products:
            raise UserError(
                self.env._(
                    "%(coupon)s is for a bundle. The subscription lacks: %(products)s.",
                    coupon=self.display_name,
                    products=", ".join(missing.mapped("display_name")),
                )
            )
        count = sum(map(self._covers, products))
        needed = max(self.product_count_min, 1)
        if count < needed:
            raise UserError(
                self.env._(
                    "%(coupon)s needs %(needed)s of its products, and the subscription "
                    "has %(count)s.",
                    coupon=self.display_name,
                    needed=needed,
                    count=count,
                )
            )

    def _check_customer(self, subscription):
        """Refuse a customer who has redeemed it often enough, or is not new."""
        self.ensure_one()
        customer = subscription.partner_id.commercial_partner_id
        if self.is_first_time_only and not subscription._is_first_of_customer():
            raise UserError(
                self.env._(
                    "%(coupon)s is for new customers, and %(customer)s has had a "
                    "subscription before.",
                    coupon=self.display_name,
                    customer=customer.display_name,
                )
            )
        limit = 1 if self.is_first_time_only else self.limit_per_customer
        theirs = [
            ("subscription_id.partner_id.commercial_partner_id", "=", customer.id)
        ]
        if limit and self._count_redemptions(theirs) > limit:
            raise UserError(
                self.env._(
                    "%(customer)s has redeemed %(coupon)s as often as one customer can "
                    "(%(limit)s).",
                    customer=customer.display_name,
                    coupon=self.display_name,
                    limit=limit,
                )
            )

    def _check_limit_total(self):
        """Refuse what goes beyond the limit of all customers together."""
        self.ensure_one()
        if self.limit_total and self._count_redemptions([]) > self.limit_total:
            raise UserError(
                self.env._(
                    "%(coupon)s has been redeemed as often as it can be (%(limit)s).",
                    coupon=self.display_name,
                    limit=self.limit_total,
                )
            )

    def _count_redemptions(self, domain):
        """Return how often this coupon was redeemed, in all companies."""
        self.ensure_one()
        Discount = self.env["subscription.discount"].sudo()
        return Discount.search_count([("coupon_id", "=", self.id), *domain])
