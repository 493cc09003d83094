from collections import defaultdict
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import split_every

from ..tools.price_increase import Agreement
from .subscription_increase_line import RUNNING_STATES


class SubscriptionIncrease(models.Model):
    """Whose lines a price increase selects, and what their new prices are."""

    _inherit = "subscription.increase"

    #: lines whose new prices are worked out together
    _chunk_size = 500

    # === ACTIONS === #

    def action_compute(self):
        """Select the lines and compute their new prices.

        What a person has decided about a line stays, as far as it is still possible.

        :raises UserError: customers have been told already
        """
        self.ensure_one()
        self.check_access("write")
        self.lock_for_update(allow_referencing=True)
        self.invalidate_recordset(["state"])
        if self.state not in ("draft", "computed"):
            raise UserError(
                self.env._(
                    "%(increase)s has been announced. Make a new price increase.",
                    increase=self.name,
                )
            )
        self._compute_lines()
        self.sudo().state = "computed"

    # === BUSINESS METHODS: SELECTION === #

    def _get_line_domain(self):
        """Return the domain of the subscription lines that are looked at.

        :rtype: odoo.fields.Domain
        """
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        domain = Domain(
            [
                ("company_id", "=", self.company_id.id),
                ("currency_id", "=", self.currency_id.id),
                ("subscription_id.state", "in", RUNNING_STATES),
                "|",
                ("date_end", "=", False),
                ("date_end", ">=", today),
            ]
        )
        for name, records in (
            ("subscription_id.plan_id", self.plan_ids),
            ("product_tmpl_id", self.product_tmpl_ids),
            ("subscription_id.tag_ids", self.tag_ids),
        ):
            if records:
                domain &= Domain(name, "in", records.ids)
        if self.partner_ids:
            domain &= Domain(
                "subscription_id.partner_id", "child_of", self.partner_ids.ids
            )
        if self.date_price_before:
            domain &= self._get_price_age_domain(self.date_price_before)
        return domain & self._get_further_domain()

    def _get_price_age_domain(self, day):
        """Return the domain of the lines that have had their price before a day."""
        unset = Domain("date_price_start", "=", False)
        return (
            Domain("date_price_start", "<", day)
            | (unset & Domain("date_start", "<", day))
            | (
                unset
                & Domain("date_start", "=", False)
                & Domain("subscription_id.date_start", "<", day)
            )
        )

    # === BUSINESS METHODS: COMPUTING === #

    def _compute_lines(self):
        """Replace the lines, but for those that a person has decided about."""
        self.ensure_one()
        Line = self.env["subscription.line"]
        ids = Line.search(self._get_line_domain(), order="subscription_id, id").ids
        selected = set(ids)
        lines = self.sudo().line_ids
        kept = lines.filtered(
            lambda line: line.is_corrected and line.line_id.id in selected
        )
        told = lines.filtered(lambda line: line.channel == "letter").line_id
        (lines - kept).unlink()
        decided = kept.grouped("line_id")
        for chunk in split_every(self._chunk_size, ids):
            self.sudo()._compute_chunk(Line.sudo().browse(chunk), decided)
            self.env.invalidate_all()
        again = self.sudo().line_ids.filtered(lambda line: line.line_id in told)
        again.channel = "letter"

    def _compute_chunk(self, lines, decided):
        """Compute the new prices of some subscription lines.

        :param dict decided: increase lines to keep, by subscription line
        """
        own, pending = self._find_own_prices(lines), self._find_pending(lines)
        vals_list = []
        for line in lines:
            is_own, is_pending = line.id in own, line.id in pending
            known = decided.get(line)
            price = known.price_new if known else None
            vals = self._prepare_line_vals(line, is_own, is_pending, price)
            if known:
                known.write(known._keep_decision(vals))
            else:
                vals_list.append(vals)
        self.env["subscription.increase.line"].sudo().create(vals_list)

    def _prepare_line_vals(self, line, is_own, is_pending, price_new=None):
        """Return the values of the increase line of one subscription line.

        :param bool is_own: whether its price stands in no price list
        :param bool is_pending: whether another new price has been announced
        :param price_new: the new price, None to work it out
        """
        agreement = self._get_agreement(line, is_own, is_pending)
        start = self._get_start(line, agreement)
        if price_new is None:
            price_new = self._get_new_price(line, start)
        new = Decimal(str(price_new))
        if new < agreement.price:
            start = self._get_start(line, agreement, is_raise=False)
        reason = agreement.find_reason(
            new, start, with_own=self.has_own_prices, may_lower=self.may_lower
        )
        return {
            "increase_id": self.id,
            "subscription_id": line.subscription_id.id,
            "plan_id": line.plan_id.id,
            "line_id": line.id,
            "product_id": line.product_id.id,
            "quantity": line.quantity,
            "discount": line.discount,
            "is_own_price": is_own,
            "price_old": line.price_unit,
            "price_new": price_new,
            "amount_old": line.price_subtotal,
            "mrr_old": line.mrr,
            "state": "excluded" if reason else "included",
            "reason": reason or False,
            "channel": "email"
            if line.subscription_id._get_notified_partner()
            else False,
            "date_effective": start,
        }

    def _get_agreement(self, line, is_own, is_pending):
        """Return what was agreed about the price of a line.

        :rtype: tools.price_increase.Agreement
        """
        subscription = line.subscription_id
        ends = [day for day in (line.date_end, subscription.date_end) if day]
        promises = (line.date_price_kept_until, subscription.date_price_kept_until)
        return Agreement(
            price=Decimal(str(line.price_unit)),
            first_day=line.date_start or None,
            last_day=min(ends, default=None),
            kept_until=max(filter(None, promises), default=None),
            committed_until=(
                (self.is_commitment_kept and subscription.date_term_end) or None
            ),
            is_own=is_own,
            is_pending=is_pending,
        )

    def _get_start(self, line, agreement, is_raise=True):
        """Return the start of the first period that has the new price.

        :param tools.price_increase.Agreement agreement: what was agreed
        :rtype: datetime.date
        """
        told = self._get_announcement()
        waits = self.promise_policy == "wait"
        subscription = line.subscription_id
        plan = subscription.plan_id
        return told.first_start(
            told.earliest(
                agreement.promised_until if waits else None, is_raise=is_raise
            ),
            subscription._get_recurrence(),
            max(subscription.date_next_period, subscription._get_first_day()),
            plan.billing_timing,
            plan.billing_offset,
        )

    def _get_new_price(self, line, day):
        """Return the new price of a line, rounded as prices are; never above the cap.

        :param datetime.date day: when it begins to hold, for the list price
        """
        old, terms = Decimal(str(line.price_unit)), self._get_terms()
        if old <= 0:
            return line.price_unit
        listed = None
        if self.method == "list":
            listed = Decimal(str(self._get_list_price(line, day)))
        digits = self.env["decimal.precision"].precision_get("Product Price")
        unit = Decimal(1).scaleb(-digits)
        exact = terms.new_price(old, listed)
        new, cap = exact.quantize(unit, ROUND_HALF_UP), terms.cap(old)
        if cap is not None and old < cap < new:
            new = exact.quantize(unit, ROUND_FLOOR)
        return float(new)

    def _get_list_price(self, line, day):
        """Return what the product of a line is offered at on ``day``."""
        price = self.env["subscription.price"]._get_price(
            line.plan_id, line.product_id, line.currency_id, day
        )
        return price.price_unit if price else line._get_list_price()

    # === BUSINESS METHODS: WHAT IS SPECIAL === #

    def _find_own_prices(self, lines):
        """Return the ids of the lines whose price stands in no price list.

        A price that an earlier price increase brought is as individual as the one that
        it raised.
        """
        versions, raised = self._get_price_versions(lines), self._get_raised(lines)
        own = set()
        for line in lines:
            before = [
                each.is_own_price
                for each in raised.get((line.subscription_id, line.product_id), ())
                if not line._compare_prices(each.price_new, line.price_unit)
            ]
            if before:
                is_own = before[-1]
            else:
                offers = versions[line.plan_id, line.product_tmpl_id]
                is_own = not self._is_listed(line, offers)
            if is_own:
                own.add(line.id)
        return own

    def _is_listed(self, line, offers):
        """Return whether a line has a price that stands, or stood, in a price list.

        :param offers: the prices of its product on its plan
        """
        variants = (line.product_id, line.product_id.browse())
        listed = [
            price.price_unit
            for price in offers
            if price.product_id in variants and price.currency_id == line.currency_id
        ]
        return any(
            not line._compare_prices(price, line.price_unit)
            for price in [*listed, line._get_list_price()]
        )

    def _get_price_versions(self, lines):
        """Return the prices on the plans of some lines, also those of the past.

        :rtype: dict[tuple, subscription.price], by plan and product
        """
        versions = defaultdict(self.env["subscription.price"].browse)
        versions.update(
            self.env["subscription.price"]
            .search(
                [
                    ("plan_id", "in", lines.plan_id.ids),
                    ("product_tmpl_id", "in", lines.product_tmpl_id.ids),
                ]
            )
            .grouped(lambda price: (price.plan_id, price.product_tmpl_id))
        )
        return versions

    def _get_raised(self, lines):
        """Return the applied increase lines of the subscriptions of some lines.

        :rtype: dict[tuple, subscription.increase.line], by subscription and product
        """
        return (
            self.env["subscription.increase.line"]
            .search(
                [
                    ("subscription_id", "in", lines.subscription_id.ids),
                    ("state", "=", "applied"),
                ],
                order="id",
            )
            .grouped(lambda line: (line.subscription_id, line.product_id))
        )

    def _find_pending(self, lines):
        """Return the ids of the lines for which another new price is announced."""
        announced = self.env["subscription.increase.line"].search(
            [
                ("subscription_id", "in", lines.subscription_id.ids),
                ("state", "=", "announced"),
                ("increase_id", "!=", self.id),
            ]
        )
        keys = {(each.subscription_id, each.product_id) for each in announced}
        return {
            line.id for line in lines if (line.subscription_id, line.product_id) in keys
        }
