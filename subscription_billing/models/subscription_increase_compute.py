from dataclasses import replace

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import split_every

from ..tools.price_increase import Agreement
from .price_fields import exact
from .subscription_schedule import RUNNING_STATES


class SubscriptionIncrease(models.Model):
    """Whose lines a price increase selects, and why some of them are left out.

    What their new prices are lies in ``subscription_increase_prices``.
    """

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
        facts = self._get_facts(lines)
        vals_list = []
        for line in lines:
            known = decided.get(line)
            vals = self._prepare_line_vals(line, facts, known)
            if known:
                known.write(known._keep_decision(vals))
            else:
                vals_list.append(vals)
        self.env["subscription.increase.line"].sudo().create(vals_list)

    def _prepare_line_vals(self, line, facts, known=None):
        """Return the values of the increase line of one subscription line.

        :param Facts facts: what is known of the lines of its chunk
        :param known: the increase line, where its new price is settled
        """
        subscription = line.subscription_id
        agreement = self._get_agreement(line, facts)
        none = self.env["subscription.notice.rule"]
        rule = facts.rules.get(subscription.id, none)
        told = self._get_announcement(rule)
        start = self._get_start(line, agreement, told)
        price = (
            self._get_known_price(line, known)
            if known
            else self._get_new_price(line, start, facts)
        )
        agreement = replace(agreement, price=price.old)
        if price.new < price.old:
            start = self._get_start(line, agreement, told, is_raise=False)
        reason = self._find_reason(line, agreement, price, start)
        is_reached = bool(rule) and subscription._has_notice_address()
        return {
            **self._prepare_known_vals(line),
            "is_own_price": agreement.is_own,
            "price_id": price.version.id,
            "price_new": price.unit,
            "state": "excluded" if reason else "included",
            "reason": reason or False,
            "channel": "email" if is_reached else False,
            "notice_days": told.notice_days,
            "date_effective": start,
        }

    def _prepare_known_vals(self, line):
        """Return the values that tell what a subscription line is, and costs, today."""
        return {
            "increase_id": self.id,
            "subscription_id": line.subscription_id.id,
            "plan_id": line.plan_id.id,
            "line_id": line.id,
            "product_id": line.product_id.id,
            "quantity": line.quantity,
            "discount": line.discount,
            "is_rated": not line._is_per_unit(),
            "price_old_id": line.price_id.id,
            "price_old": line.price_unit,
            "amount_old": line.price_subtotal,
            "mrr_old": line.mrr,
        }

    def _find_reason(self, line, agreement, price, start):
        """Return why the price of a line stays as it is, None when it changes.

        :param tools.price_increase.Agreement agreement: what was agreed
        :param NewPrice price: what it would become
        :param datetime.date start: from when on
        """
        reason = agreement.find_reason(
            price.new, start, with_own=self.has_own_prices, may_lower=self.may_lower
        )
        is_stuck = self.method != "list" and not line._is_per_unit()
        return "rated" if reason == "not_higher" and is_stuck else reason

    def _get_agreement(self, line, facts):
        """Return what was agreed about a line.

        :rtype: tools.price_increase.Agreement
        """
        subscription = line.subscription_id
        ends = [day for day in (line.date_end, subscription.date_end) if day]
        promises = (line.date_price_kept_until, subscription.date_price_kept_until)
        return Agreement(
            price=exact(line.price_unit),
            first_day=line.date_start or None,
            last_day=min(ends, default=None),
            kept_until=max(filter(None, promises), default=None),
            committed_until=(
                (self.is_commitment_kept and subscription.date_term_end) or None
            ),
            is_own=line.id in facts.own,
            is_pending=line.id in facts.pending,
        )

    def _get_start(self, line, agreement, told, is_raise=True):
        """Return the start of the first period that has the new price.

        :param tools.price_increase.Agreement agreement: what was agreed
        :param tools.price_increase.Announcement told: when the customer is told
        :rtype: datetime.date
        """
        waits = self.promise_policy == "wait"
        promised = agreement.promised_until if waits else None
        subscription = line.subscription_id
        plan = subscription.plan_id
        return told.first_start(
            told.earliest(promised, is_raise=is_raise),
            subscription._get_recurrence(),
            max(subscription.date_next_period, subscription._get_first_day()),
            plan.billing_timing,
            plan.billing_offset,
        )
