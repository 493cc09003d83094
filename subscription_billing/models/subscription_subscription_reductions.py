from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from odoo import models
from odoo.tools import formatLang

from ..tools.allocation import allocate, round_to_step
from ..tools.discounts import apply
from ..tools.recurrence import Period

#: kinds of charges that a discount can reduce
REDUCED_KINDS = {"recurring", "usage"}


class SubscriptionSubscription(models.Model):
    """What the discounts take off an invoice, how it is counted, and how it is told."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS: BILLING === #

    def _apply_discounts(self, charges):
        """Return the charges of one invoice with what the discounts take off.

        The next period is reduced by the discounts in force. A charge for days of a
        period that has been billed before, after a change, gets the percentages that
        the period was billed with, and of its fixed amounts what the credits in
        ``charges`` have given back: a fixed amount is taken off once, and whole.

        :param list[tools.charge.Charge] charges: of this subscription, not reduced yet
        :rtype: list[tools.charge.Charge]
        """
        self.ensure_one()
        if not self.discount_ids:
            return charges
        positions = [i for i, c in enumerate(charges) if c.kind in REDUCED_KINDS]
        reducible = [charges[i] for i in positions]
        tools = [
            *self._get_tools_of_next_period(reducible),
            *self._get_tools_of_billed_periods(reducible),
            *self._get_tools_of_credits(reducible, charges),
        ]
        amounts = [charge.amount for charge in reducible]
        result = apply(amounts, tools, step=self._get_step())
        reduced = list(charges)
        for i, reduction, taken in zip(
            positions, result.reductions, result.taken, strict=True
        ):
            reduced[i] = replace(charges[i], reduction=reduction, reductions=taken)
        return reduced

    def _get_tools_of_next_period(self, charges):
        """Return what the discounts in force take off the charges of the next period.

        :rtype: list[tools.discounts.Discount]
        """
        self.ensure_one()
        current = {
            position: charge
            for position, charge in enumerate(charges)
            if not self._is_late(charge)
        }
        products = [
            self._get_charged_product(charge)
            for charge in current.values()
            if charge.quantity or charge.amount
        ]
        return [
            discount._get_tool(
                position
                for position, charge in current.items()
                if discount._reduces(charge.kind, self._get_charged_product(charge))
            )
            for discount in self._get_discounts_in_force(products)
        ]

    def _get_tools_of_billed_periods(self, charges):
        """Return the percentages of periods billed before, for what is added to them.

        :rtype: list[tools.discounts.Discount]
        """
        self.ensure_one()
        late = [i for i, charge in enumerate(charges) if self._is_late(charge)]
        percentages = self.discount_ids.filtered(lambda d: d.kind == "percentage")
        return [
            discount._get_tool(
                i for i in late if self._is_added_to_use(charges[i], discount)
            )
            for discount in (percentages if late else ())
        ]

    def _get_tools_of_credits(self, charges, everything):
        """Return the fixed amounts that credits give back, for what is billed instead.

        A credit comes from an amount that was reduced: its part of the reduction goes
        to the charges for the same period.

        :param charges: the charges that can be reduced
        :param everything: the charges of the invoice, its credits among them
        :rtype: list[tools.discounts.Discount]
        """
        self.ensure_one()
        given_back = defaultdict(Decimal)
        for charge in everything:
            if charge.kind == "credit":
                claim = self._get_credited_claim(charge)
                for key, amount in (claim.reductions or {}).items():
                    part = claim._get_part_given_back(charge)
                    given_back[int(key)] += Decimal(str(amount)) * part
        return [
            discount._get_tool(
                (
                    i
                    for i, charge in enumerate(charges)
                    if self._is_late(charge) and self._is_added_to_use(charge, discount)
                ),
                amount=round_to_step(given_back[discount.id], self._get_step()),
            )
            for discount in self.discount_ids
            if discount.kind == "amount"
            and round_to_step(given_back[discount.id], self._get_step()) > 0
        ]

    def _is_late(self, charge):
        """Return whether a charge is for days of a period that was billed before.

        Usage is billed after its period, and reduced with the period of its invoice.
        """
        self.ensure_one()
        return (
            charge.kind == "recurring"
            and charge.period.date_start < self._get_next_start()
        )

    def _is_added_to_use(self, charge, discount):
        """Return whether a late charge is in a period, and in scope, of a discount."""
        self.ensure_one()
        product = self._get_charged_product(charge)
        return discount._was_used_on(charge.period.date_start) and discount._reduces(
            charge.kind, product
        )

    def _get_charged_product(self, charge):
        """Return the product of a charge's line."""
        self.ensure_one()
        lines = self.line_ids
        return (
            lines.browse(charge.line_id).with_prefetch(lines._prefetch_ids).product_id
        )

    def _prepare_discount_use_vals(self, charges, period):
        """Return the values of one use for each discount that reduces ``period``.

        Call it before the next invoice date moves on.

        :param list[tools.charge.Charge] charges: as ``_apply_discounts`` returned them
        :param tools.recurrence.Period period: what is billed
        """
        self.ensure_one()
        taken = defaultdict(Decimal)
        for charge in charges:
            if charge.reductions and not self._is_late(charge):
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

    def _prepare_settled_use_vals(self, charges, until):
        """Return the uses of days that are billed without being a next period.

        :param list[tools.charge.Charge] charges: as ``_apply_discounts`` returned them
        :param datetime.date until: first day that is not billed, or None
        """
        self.ensure_one()
        start = self._get_next_start()
        if not start or not until or until <= start:
            return []
        return self._prepare_discount_use_vals(charges, Period(start, until))

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
