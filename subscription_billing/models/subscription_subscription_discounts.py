from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import formatLang

from ..tools.allocation import allocate, round_to_step
from ..tools.discounts import apply

#: kinds of charges that a discount can reduce
REDUCED_KINDS = {"recurring", "usage"}


class SubscriptionSubscription(models.Model):
    """The coupons and discounts of a subscription, and what they take off."""

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
        discounts = self._get_discounts_in_force(lines.filtered("quantity").product_id)
        if forever:
            discounts = discounts.filtered(lambda d: d.duration == "forever")
        if not discounts:
            return [1.0] * len(lines)
        base_lines = [line._prepare_base_line() for line in lines]
        amounts = list(map(_get_amount, base_lines))
        sold = [("recurring", line.product_id) for line in lines]
        result = self._take_discounts(discounts, amounts, sold)
        return [
            float(1 - reduction / amount) if amount else 1.0
            for amount, reduction in zip(amounts, result.reductions, strict=True)
        ]

    def _get_discounts_in_force(self, products):
        """Return the discounts that reduce the next period.

        :param products: the different products of the period
        """
        self.ensure_one()
        day = self._get_next_start()
        return self.discount_ids.filtered(
            lambda d: d._is_in_force_on(day) and d._is_met(self.plan_id, products)
        )

    def _take_discounts(self, discounts, amounts, sold):
        """Take discounts off amounts.

        :param list[Decimal] amounts: what is owed, in the subscription's currency
        :param sold: for each amount the kind of its charge, and the product
        :rtype: tools.discounts.Result
        """
        self.ensure_one()
        return apply(
            amounts,
            [
                discount._get_tool(
                    frozenset(
                        position
                        for position, (kind, product) in enumerate(sold)
                        if discount._reduces(kind, product)
                    )
                )
                for discount in discounts
            ],
            step=self._get_step(),
        )

    def _get_step(self):
        """Return the smallest payable amount of the currency.

        :rtype: Decimal
        """
        self.ensure_one()
        return Decimal(str(self.currency_id.rounding))

    # === BUSINESS METHODS: BILLING === #

    def _apply_discounts(self, charges):
        """Return the charges of one invoice with what the discounts take off.

        The next period is reduced by the discounts in force. A charge for days of a
        period that has been billed before, after a change, gets the percentages that
        the period was billed with; its fixed amounts have been taken off already.

        :param list[tools.charge.Charge] charges: of this subscription, not reduced yet
        :rtype: list[tools.charge.Charge]
        """
        self.ensure_one()
        if not self.discount_ids:
            return charges
        reduced = list(charges)
        products = {line.id: line.product_id for line in self.line_ids}
        groups = defaultdict(list)
        for position, charge in enumerate(charges):
            if charge.kind in REDUCED_KINDS:
                groups[self._get_billed_day(charge)].append(position)
        for day, positions in groups.items():
            sold = [(charges[i].kind, products[charges[i].line_id]) for i in positions]
            found = self._find_discounts(day, [charges[i] for i in positions], sold)
            amounts = [charges[i].amount for i in positions]
            result = self._take_discounts(found, amounts, sold)
            for i, reduction, taken in zip(
                positions, result.reductions, result.taken, strict=True
            ):
                reduced[i] = replace(charges[i], reduction=reduction, reductions=taken)
        return reduced

    def _get_billed_day(self, charge):
        """Return the first day of a charge in a period billed before, else None.

        Usage is billed after its period, and reduced with the period of its invoice.
        """
        self.ensure_one()
        day = charge.period.date_start
        is_late = charge.kind == "recurring" and day < self._get_next_start()
        return day if is_late else None

    def _find_discounts(self, day, charges, sold):
        """Return the discounts for charges of the next period, or of a billed one.

        :param day: a day of a period that has been billed, None for the next period
        :param sold: for each charge its kind, and the product
        """
        self.ensure_one()
        if day:
            return self.discount_ids.filtered(
                lambda d: d.kind == "percentage" and d._was_used_on(day)
            )
        products = self.env["product.product"].union(
            *(
                product
                for charge, (_kind, product) in zip(charges, sold, strict=True)
                if charge.quantity
            )
        )
        return self._get_discounts_in_force(products)

    def _prepare_discount_use_vals(self, charges, period):
        """Return the values of one use for each discount that reduces ``period``.

        Call it before the next invoice date moves on.

        :param list[tools.charge.Charge] charges: as ``_apply_discounts`` returned them
        :param tools.recurrence.Period period: what is billed
        """
        self.ensure_one()
        taken = defaultdict(Decimal)
        for charge in charges:
            if charge.reductions and self._get_billed_day(charge) is None:
                for discount, amount in self._get_shown_reductions(charge):
                    taken[discount] += amount
        return [
            {
                "discount_id": discount.id,
                "subscription_id": self.id,
                "company_id": self.company_id.id,
                "currency_id": self.currency_id.id,
                "date_start": period.date_start,
                "date_end": period.date_end,
                "amount": float(amount),
            }
            for discount, amount in taken.items()
        ]

    # === BUSINESS METHODS: INVOICE LINES === #

    def _get_shown_reductions(self, charge):
        """Return what each discount takes off a charge, rounded so that it adds up.

        What is left of the charge is rounded on its own: what is shown is what lies
        between its rounded price before and after.

        :rtype: list[tuple[subscription.discount, Decimal]]
        """
        self.ensure_one()
        step = self._get_step()
        before = round_to_step(charge.amount + charge.reduction, step)
        parts = allocate(
            before - round_to_step(charge.amount, step),
            [taken.amount for taken in charge.reductions],
            step,
        )
        discounts = {discount.id: discount for discount in self.discount_ids}
        return [
            (discounts[taken.discount], part)
            for taken, part in zip(charge.reductions, parts, strict=True)
        ]

    def _get_reduction_texts(self, charge):
        """Return a line of text for each discount, in the customer's language."""
        self.ensure_one()
        lang = self.partner_invoice_id.lang
        env = self.with_context(lang=lang).env if lang else self.env
        digits = self.currency_id.decimal_places
        return [
            env._(
                "%(discount)s: −%(amount)s",
                discount=discount.name,
                amount=formatLang(env, float(amount), digits=digits),
            )
            for discount, amount in self._get_shown_reductions(charge)
            if amount
        ]

    def _get_reduced_price_unit(self, charge, price_unit):
        """Return the unit price at which an invoice line comes to a charge's amount.

        :param Decimal price_unit: at which it comes to the amount before reduction
        """
        self.ensure_one()
        if not charge.reduction:
            return price_unit
        return price_unit * charge.amount / (charge.amount + charge.reduction)


def _get_amount(base_line):
    """Return what a line costs in the terms of its price, less its own percentage.

    :param dict base_line: of core's tax computation
    :rtype: Decimal
    """
    quantity, price_unit, discount = (
        Decimal(str(base_line[name])) for name in ("quantity", "price_unit", "discount")
    )
    return quantity * price_unit * (100 - discount) / 100
