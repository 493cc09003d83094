from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.lifecycle import BILLED_STATES
from ..tools.proration import share
from ..tools.recurrence import Period, Recurrence


class SubscriptionSubscription(models.Model):
    """Trials, terms, pauses and ends: what happens to a subscription on its dates."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    date_trial_end = fields.Date(
        string="Trial Ends",
        compute="_compute_date_trial_end",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        tracking=True,
        help="First day after the trial; billing starts on it.",
    )
    date_term_start = fields.Date(
        string="Committed From",
        compute="_compute_date_term_start",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="First day of the current commitment; a renewal moves it.",
    )
    date_term_end = fields.Date(
        string="Committed Until",
        compute="_compute_date_term_end",
        store=True,
        precompute=True,
        help="Last day of the commitment.",
    )
    is_billed_in_pause = fields.Boolean(
        copy=False,
        readonly=True,
        help="Whether billing goes on while the subscription is paused.",
    )
    is_end_credited = fields.Boolean(
        copy=False,
        readonly=True,
        help="Whether days that were billed are given back from the end on.",
    )
    change_ids = fields.One2many(
        "subscription.change", "subscription_id", string="Changes"
    )
    change_count = fields.Integer(
        string="Scheduled Changes", compute="_compute_change_count"
    )

    # === COMPUTE METHODS === #

    @api.depends("plan_id", "date_start")
    def _compute_date_trial_end(self):
        for subscription in self:
            if subscription.state != "draft":
                subscription.date_trial_end = subscription.date_trial_end
                continue
            days = subscription.plan_id.trial_days
            start = subscription.date_start
            is_new = days and start and not subscription.date_next_period
            subscription.date_trial_end = is_new and fields.Date.add(start, days=days)

    @api.depends("date_start", "date_trial_end")
    def _compute_date_term_start(self):
        for subscription in self:
            is_draft = subscription.state == "draft"
            subscription.date_term_start = (
                subscription._get_first_day()
                if is_draft or not subscription.date_term_start
                else subscription.date_term_start
            )

    @api.depends("date_term_start", "plan_id")
    def _compute_date_term_end(self):
        for subscription in self:
            term = subscription.plan_id and subscription.plan_id._get_term()
            start = subscription.date_term_start
            subscription.date_term_end = (
                fields.Date.subtract(Recurrence(start, term).boundary(1), days=1)
                if term and start
                else False
            )

    @api.depends("change_ids.state")
    def _compute_change_count(self):
        counts = dict(
            self.env["subscription.change"]._read_group(
                [("subscription_id", "in", self.ids), ("state", "=", "scheduled")],
                groupby=["subscription_id"],
                aggregates=["__count"],
            )
        )
        for subscription in self:
            subscription.change_count = counts.get(subscription, 0)

    # === ACTIONS === #

    def action_change(self):
        """Open a change of this subscription, with its lines."""
        return self._get_change_action("modify")

    def action_pause(self):
        """Open a pause of this subscription."""
        return self._get_change_action("pause")

    def action_resume(self):
        """Serve and bill a paused subscription again, from today on."""
        for subscription in self:
            self.env["subscription.change"].create(
                {"subscription_id": subscription.id, "kind": "resume"}
            ).action_confirm()

    def action_view_changes(self):
        """Open the changes of this subscription."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_change_action"
        )
        domain = [("subscription_id", "=", self.id), ("state", "!=", "draft")]
        return {**action, "domain": domain, "context": {}}

    def _get_change_action(self, kind):
        """Return the window action that prepares a change."""
        self.ensure_one()
        self.check_access("write")
        waits = kind == "close" and self.state != "draft"
        change = self.env["subscription.change"].create(
            {
                "subscription_id": self.id,
                "kind": kind,
                "timing": "period_end" if waits else "now",
            }
        )
        if kind == "modify":
            change._add_missing_lines()
        return change._get_dialog_action()

    # === BUSINESS METHODS: DATES === #

    def _get_first_day(self):
        """Return the first day that is billed at all: after the trial."""
        self.ensure_one()
        return self.date_trial_end or super()._get_first_day()

    def _get_period_end(self):
        """Return the first day after the period that runs today, or after the last one
        that is billed ahead."""
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        day = max(today, self._get_first_day() or today)
        end = self._get_recurrence().period_containing(day).date_end
        return max(end, self.date_next_period or end)

    def _get_billed_end(self):
        """Return the first day that no standing claim covers."""
        self.ensure_one()
        following = self.date_next_period
        return max(following, self._get_billed_until().get(self, following))

    # === BUSINESS METHODS: TRIAL AND TERM === #

    def _get_trial_outcome(self):
        """Return the state that the end of the trial leads to, as things are today.

        :return: ``active``, ``paused`` or ``closed``
        """
        self.ensure_one()
        can_be_charged = self.collection_method == "invoice" or self.has_payment_method
        return (
            self.plan_id.trial_end_action
            if can_be_charged
            else self.plan_id.trial_end_without_method
        )

    def _end_trial(self):
        """Do what the plan says about the end of a trial."""
        self.ensure_one()
        target = self._get_trial_outcome()
        if target == "closed":
            self._close(
                self.env.ref("subscription_billing.close_reason_trial", False),
            )
        elif target == "paused":
            self._update_state("paused")
            self._create_pause(self.date_trial_end, "keep")
        else:
            self._update_state("active", date_activation=self.date_trial_end)

    def _extend_trial(self, days):
        """Let a trial run longer; all that begins after it is put off.

        :param int days: 1 or more
        :raises UserError: it is in no trial
        """
        self.ensure_one()
        if self.state != "trial":
            raise UserError(
                self.env._("%(name)s is in no trial.", name=self.display_name)
            )
        plan, first = self.plan_id, fields.Date.add(self.date_trial_end, days=days)
        recurrence = plan._get_anchor_rule().align(first, plan._get_interval())
        self.write(
            {
                "date_trial_end": first,
                "date_term_start": first,
                "date_anchor": recurrence.anchor,
                "anchor_day": recurrence.anchor_day,
                "date_next_period": first,
            }
        )

    def _get_term_outcome(self):
        """Return what the end of the commitment leads to: an action of the plan."""
        self.ensure_one()
        last = self.date_term_end
        is_last = last and self.date_end and self.date_end <= last
        return "close" if is_last else self.plan_id.term_end_action

    def _end_term(self):
        """Renew the commitment where the plan does; it ends by itself elsewhere."""
        self.ensure_one()
        self.date_term_start = fields.Date.add(self.date_term_end, days=1)
        self._message_log(
            body=self.env._(
                "The commitment was renewed until %(date)s.", date=self.date_term_end
            )
        )

    # === BUSINESS METHODS: PAUSE === #

    def _pause(self, day, policy):
        """Stop serving from ``day`` on.

        :param str policy: what happens to billing, as of ``subscription.pause``
        """
        self.ensure_one()
        if policy != "bill":
            self._bill_served_days(day)
        self._update_state("paused", is_billed_in_pause=policy == "bill")
        self._create_pause(day, policy)
        if policy == "credit" and day < self._get_billed_end():
            self._mark_unsettled(day)

    def _resume(self, day):
        """Serve again from ``day`` on; days that were paid for are not billed again."""
        self.ensure_one()
        planned = self.change_ids.filtered(
            lambda change: change.kind == "resume" and change.state == "scheduled"
        )
        planned.action_cancel()
        self._end_pause(day)
        self._update_state("active")

    def _get_resume_obstacle(self):
        """Return why its customer cannot have it go on after a pause, or after its
        end, in words for them, or None."""
        self.ensure_one()
        return

    # === BUSINESS METHODS: END === #

    def _check_can_close(self, day):
        """Refuse an end before the notice and the commitment allow it.

        :param datetime.date day: first day without service
        :raises UserError: with the earliest day
        """
        self.ensure_one()
        earliest = self._get_earliest_end()
        if day < earliest:
            raise UserError(
                self.env._(
                    "%(subscription)s can end on %(last)s at the earliest: notice "
                    "%(notice)s days, committed until %(term)s.",
                    subscription=self.display_name,
                    last=fields.Date.subtract(earliest, days=1),
                    notice=self.plan_id.notice_days,
                    term=self.date_term_end or self.env._("no date"),
                )
            )

    def _get_earliest_end(self):
        """Return the first day without service that notice and commitment allow."""
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        earliest = fields.Date.add(today, days=self.plan_id.notice_days)
        if self.date_term_end and self.plan_id.early_termination == "refused":
            earliest = max(earliest, fields.Date.add(self.date_term_end, days=1))
        return earliest if self.state != "draft" else today

    def _get_termination_fee(self, day, is_credited=False):
        """Return what leaving on ``day``, before the commitment ends, costs.

        Its percentage is of what the rest of the commitment would cost: days that are
        billed and not given back are paid for already.

        :param is_credited: whether billed days from ``day`` on are given back
        :rtype: float
        """
        self.ensure_one()
        plan, last = self.plan_id, self.date_term_end
        if plan.early_termination != "fee" or not last or day > last:
            return 0.0
        if self.state not in BILLED_STATES | {"paused", "suspended"}:
            return 0.0
        start = day if is_credited else max(day, self.date_next_period or day)
        end = fields.Date.add(last, days=1)
        periods = (
            share(Period(start, end), self._get_recurrence(), plan.proration_basis)
            if start < end
            else 0
        )
        cost = self.amount_untaxed * float(periods) * plan.early_fee_percent / 100
        return self.currency_id.round(cost + plan.early_fee_amount)

    def _finish(
        self, day, reason=None, note=None, is_credited=False, is_released=False
    ):
        """Close with ``day`` as the first day without service, and settle the rest.

        :param is_credited: whether billed days from ``day`` on are given back
        :param is_released: whether leaving early costs nothing
        :return: the last invoice or credit note, if there is one
        """
        self.ensure_one()
        moves = self.env["account.move"]
        if self.state not in ("draft", "trial"):
            self._prepare_final_items(day, is_released, is_credited)
            self.is_end_credited = is_credited
            if is_credited:
                # Also what a pause would have kept.
                self._stop_pause(day)
            if is_credited and day < self._get_billed_end():
                self._mark_unsettled(day)
            end = max(day, self.date_start)
            self.date_end = fields.Date.subtract(end, days=1)
            moves = self.env["subscription.renewal"]._settle_now(self, until=day)
            if is_credited:
                self.date_next_period = min(self.date_next_period, end)
        self._close(reason, note)
        return moves

    def _prepare_final_items(self, day, is_released=False, is_credited=False):
        """Put what only the last invoice has on it: the fee and the deposit."""
        self.ensure_one()
        Item = self.env["subscription.item"].sudo()
        fee = 0 if is_released else self._get_termination_fee(day, is_credited)
        if fee:
            Item.create(
                {
                    "subscription_id": self.id,
                    "kind": "fee",
                    "product_id": self.plan_id.early_fee_product_id.id,
                    "price_unit": fee,
                }
            )
        Item._return_deposits(self)
