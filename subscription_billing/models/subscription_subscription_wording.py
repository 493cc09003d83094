from decimal import Decimal

from odoo import models
from odoo.tools import float_round, format_date

from ..tools.proration import measure, measure_part

#: decimals of a unit price that a customer still wants to read
MOST_DIGITS = 6


class SubscriptionSubscription(models.Model):
    """What the lines of an invoice say, in the customer's language."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS: NAMES OF LINES === #

    def _get_recurring_line_name(self, line, charge):
        """Return what an invoice line of a subscription line says."""
        return "\n".join(
            [
                self._get_invoice_line_name(line, charge.period),
                *(self._get_formula(line, charge) if self._is_explained() else ()),
                *self._get_reduction_texts(charge),
            ]
        )

    def _get_invoice_line_name(self, line, period):
        """Return the line's description and its period, in the customer's language."""
        env, dates = self._get_period_texts(period)
        return env._(
            "%(description)s\n%(date_start)s to %(date_last)s",
            description=line.name,
            **dates,
        )

    def _get_credit_line_name(self, line, charge):
        """Return the text of a line that gives days of a period back."""
        env, dates = self._get_period_texts(charge.period)
        name = env._(
            "Credit: %(description)s\n%(date_start)s to %(date_last)s",
            description=line.name,
            **dates,
        )
        if self._is_explained():
            name = f"{name}\n{self._get_credit_formula(charge)}"
        return name

    def _get_period_texts(self, period):
        """Return an environment in the customer's language, and the inclusive dates."""
        env = self._get_customer_words().env
        return env, {
            "date_start": format_date(env, period.date_start),
            "date_last": format_date(env, period.date_last),
        }

    def _get_customer_words(self):
        """Return ``subscription.explanation`` in the customer's language."""
        self.ensure_one()
        words = self.env["subscription.explanation"]
        lang = self.partner_invoice_id.lang
        return words.with_context(lang=lang) if lang else words

    def _get_quantity_text(self, quantity):
        """Return how many units a line is of, where its own quantity does not tell."""
        words = self._get_customer_words()
        return words.env._(
            "Quantity: %(quantity)s", quantity=words._format_quantity(quantity)
        )

    def _get_discount_text(self, percentage):
        """Return the line's own discount in words."""
        words = self._get_customer_words()
        return words.env._(
            "Discount: %(percentage)s", percentage=words._format_percentage(percentage)
        )

    # === BUSINESS METHODS: FORMULAS === #

    def _is_explained(self):
        """Return whether invoice lines tell how their amounts are worked out."""
        self.ensure_one()
        return self.plan_id.is_explained or self.partner_invoice_id.is_explained

    def _get_formula(self, line, charge):
        """Return how the amount of a charge is worked out, before coupons.

        :rtype: list[str]
        """
        words = self._get_customer_words()
        steps = charge.steps or line._get_rating(charge.quantity).steps
        texts = words._explain(steps, self.currency_id)
        price = charge.gross
        if not charge.share:
            texts.append(words.env._("The first period is free."))
        elif charge.share != 1:
            recurrence = self._get_recurrence()
            days = measure(charge.period, recurrence, self.plan_id.proration_basis)
            share = charge.share.numerator / Decimal(charge.share.denominator)
            texts.append(self._get_share_text(price, days, price * share))
            price *= share
        if charge.discount:
            texts.append(
                words.env._(
                    "Discount: %(percentage)s of %(price)s = −%(amount)s",
                    percentage=words._format_percentage(charge.discount),
                    price=words._format_money(price, self.currency_id),
                    amount=words._format_money(
                        price * charge.discount / 100, self.currency_id
                    ),
                )
            )
        return texts

    def _get_credit_formula(self, charge):
        """Return how much of what was billed a credit gives back.

        What is left of an amount is given back whole: its days need not come to it.
        """
        claims = self.period_ids.browse(charge.origin_id)._get_siblings()
        billed = Decimal(str(sum(claims.mapped("amount"))))
        days = measure_part(
            charge.period,
            claims[0]._get_billed().period,
            self._get_recurrence(),
            self.plan_id.proration_basis,
        )
        exact, given_back = billed * days.count / days.whole, -charge.gross
        if not self.currency_id.compare_amounts(float(exact), float(given_back)):
            return self._get_share_text(billed, days, given_back)
        words = self._get_customer_words()
        return words.env._(
            "What is left of %(price)s: %(amount)s",
            price=words._format_money(billed, self.currency_id),
            amount=words._format_money(given_back, self.currency_id),
        )

    def _get_share_text(self, price, days, amount):
        """Return the price of a period, the days that are billed, and their price.

        :param tools.proration.Days days: those billed, and those of the period
        """
        words = self._get_customer_words()
        return words.env._(
            "%(price)s × %(count)s/%(whole)s days = %(amount)s",
            price=words._format_money(price, self.currency_id),
            count=days.count,
            whole=days.whole,
            amount=words._format_money(amount, self.currency_id),
        )

    # === BUSINESS METHODS: PRICES === #

    def _shorten_price(self, vals):
        """Return the values of an invoice line with a unit price that can be read.

        The price of some days is 13.3333 without end. It gets the fewest decimals at
        which quantity × price is the amount; where too many are needed, the amount
        is the price, and the text tells the quantity.
        """
        price, quantity = vals["price_unit"], vals["quantity"]
        digits = self.env["decimal.precision"].precision_get("Product Price")
        if round(price, digits) == price:
            return vals
        factor = quantity * (1 - vals["discount"] / 100)
        amount = self.currency_id.round(price * factor)
        for decimals in range(digits, MOST_DIGITS + 1):
            short = float_round(price, precision_digits=decimals)
            if not self.currency_id.compare_amounts(short * factor, amount):
                return {**vals, "price_unit": short}
        sign = -1 if quantity < 0 else 1
        return {
            **vals,
            "name": f"{vals['name']}\n{self._get_quantity_text(abs(quantity))}",
            "quantity": sign,
            "discount": 0.0,
            "price_unit": sign * amount,
        }
