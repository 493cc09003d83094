from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.recurrence import Period, Recurrence, invoice_date


class SubscriptionSubscription(models.Model):
    """The dates of a subscription: which days it runs, and when they are invoiced."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    date_start = fields.Date(
        string="Start Date",
        required=True,
        default=lambda self: self.env.company._get_subscription_today(),
        copy=False,
        tracking=True,
        help="First day of the agreement.",
    )
    backdating = fields.Selection(
        selection=[
            ("bill", "Bill all periods since the start"),
            ("skip", "Start billing on the day of confirmation"),
        ],
        string="A Start in the Past",
        default="bill",
        required=True,
        copy=False,
    )
    date_anchor = fields.Date(
        string="Billing Anchor",
        compute="_compute_date_anchor",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        copy=False,
        tracking=True,
        help="The date from which all billing periods are counted. A subscription "
        "anchored on the 31st is billed on the last day of shorter months.",
    )
    anchor_day = fields.Integer(
        compute="_compute_date_anchor",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="Day of the month on which periods start, where the month of the anchor "
        "is too short for it; 0 for the anchor's own day.",
    )
    date_next_period = fields.Date(
        string="Next Period",
        copy=False,
        help="First day that has not been invoiced.",
    )
    date_billed_from = fields.Date(
        copy=False,
        readonly=True,
        help="First day that is billed here; what was before it was billed elsewhere, "
        "or is not billed at all.",
    )
    date_next_invoice = fields.Date(
        string="Next Invoice",
        compute="_compute_date_next_invoice",
        inverse="_inverse_date_next_invoice",
        store=True,
        readonly=False,
        copy=False,
        tracking=True,
        help="When the next period is invoiced. Set it on a subscription taken over "
        "from another system, so that what was billed there is not billed again.",
    )
    date_end = fields.Date(
        string="End Date",
        copy=False,
        tracking=True,
        help="Last day of the agreement; nothing is billed after it. Empty: until it "
        "is closed.",
    )

    _next_period_after_start = models.Constraint(
        "CHECK (date_next_period >= date_start)",
        "Next Invoice must not be before Start Date.",
    )

    # === COMPUTE METHODS === #

    @api.depends("date_start", "date_trial_end", "plan_id")
    def _compute_date_anchor(self):
        for subscription in self:
            if subscription.state == "draft" or not subscription.date_anchor:
                recurrence = subscription._get_default_recurrence()
                subscription.date_anchor = recurrence and recurrence.anchor
                subscription.anchor_day = recurrence and recurrence.anchor_day
            else:
                subscription.date_anchor = subscription.date_anchor
                subscription.anchor_day = subscription.anchor_day

    @api.depends(
        "date_next_period",
        "date_anchor",
        "anchor_day",
        "date_end",
        "plan_id.billing_timing",
        "plan_id.billing_offset",
    )
    def _compute_date_next_invoice(self):
        for subscription in self:
            period = subscription._get_next_period()
            plan = subscription.plan_id
            subscription.date_next_invoice = period and invoice_date(
                period, plan.billing_timing, plan.billing_offset
            )

    def _inverse_date_next_invoice(self):
        for subscription in self:
            day = subscription.date_next_invoice
            if day:
                subscription._set_next_invoice(day)
            elif subscription.state == "draft":
                subscription.date_next_period = False
            else:
                self.env.add_to_compute(self._fields["date_next_invoice"], subscription)

    # === CONSTRAINTS === #

    @api.constrains("date_next_period", "date_anchor", "plan_id", "state")
    def _check_next_period_is_unbilled(self):
        """Refuse to step back into days that have been billed."""
        for subscription, date_end in self._get_billed_until().items():
            start = subscription.date_next_period
            settled = subscription.date_settle_from
            if start and start < date_end and not (settled and settled <= start):
                raise ValidationError(
                    self.env._(
                        "%(subscription)s has been billed until %(billed)s. Next "
                        "Invoice cannot be before %(date)s.",
                        subscription=subscription.display_name,
                        billed=fields.Date.subtract(date_end, days=1),
                        date=date_end,
                    )
                )

    @api.constrains("date_start", "date_end")
    def _check_end_after_start(self):
        """Refuse an end before the start, but of what is closed before its first day
        is over."""
        for subscription in self.filtered("date_end"):
            first = subscription.date_start
            if subscription.state != "draft":
                first = fields.Date.subtract(first, days=1)
            if subscription.date_end < first:
                raise ValidationError(
                    self.env._(
                        "End Date %(end)s of %(subscription)s must not be before its "
                        "Start Date %(start)s.",
                        end=subscription.date_end,
                        start=subscription.date_start,
                        subscription=subscription.display_name,
                    )
                )

    # === BUSINESS METHODS === #

    def _get_recurrence(self):
        """Return the periods of this subscription.

        :rtype: tools.recurrence.Recurrence
        """
        self.ensure_one()
        return Recurrence(
            self.date_anchor, self.plan_id._get_interval(), self.anchor_day
        )

    def _get_first_day(self):
        """Return the first day that is billed at all."""
        self.ensure_one()
        return self.date_start

    def _get_first_billed_day(self):
        """Return the first day that is billed here.

        It is later than the first day that is billed at all where a subscription was
        taken over from another system, or is not billed for its past.
        """
        self.ensure_one()
        first = self._get_first_day()
        return max(first, self.date_billed_from or first)

    def _get_first_counted_day(self):
        """Return the first day whose usage is billed here.

        Who took a subscription over that is billed in advance bills with its first
        invoice what was used in the period before.
        """
        self.ensure_one()
        first, start = self._get_first_day(), self._get_first_billed_day()
        if start == first or self.plan_id.billing_timing == "arrears":
            return start
        yesterday = fields.Date.subtract(start, days=1)
        return max(
            first, self._get_recurrence().period_containing(yesterday).date_start
        )

    def _get_next_period(self):
        """Return the next period to invoice, None when there is none.

        It is shorter than the others where a subscription starts, resumes or ends
        between two boundaries.

        :rtype: tools.recurrence.Period | None
        """
        self.ensure_one()
        start = self.date_next_period
        if not start or not self.plan_id or not self.date_anchor:
            return None
        end = self._get_recurrence().period_containing(start).date_end
        if self.date_end:
            end = min(end, fields.Date.add(self.date_end, days=1))
        return Period(start, end) if start < end else None

    def _get_default_recurrence(self):
        """Return the periods that the plan prescribes for these dates.

        A next period that does not fit them was given by a person, and counts.

        :rtype: tools.recurrence.Recurrence | None
        """
        self.ensure_one()
        if not self.plan_id or not self.date_start:
            return None
        rule, interval = self.plan_id._get_anchor_rule(), self.plan_id._get_interval()
        first, following = self._get_first_day(), self.date_next_period
        recurrence = rule.align(first, interval)
        if not following or following == first or recurrence.is_boundary(following):
            return recurrence
        return rule.align(following, interval)

    def _set_next_invoice(self, day):
        """Have the next invoice on ``day``.

        The periods of a draft whose plan and start do not fit that day are counted
        from it.

        :raises ValidationError: with the nearest dates, when no period fits
        """
        self.ensure_one()
        plan = self.plan_id
        is_advance = plan.billing_timing == "advance"
        offset = plan.billing_offset if is_advance else -plan.billing_offset
        boundary = fields.Date.add(day, days=offset)
        recurrence = self._get_recurrence()
        is_first = is_advance and boundary == self._get_first_day()
        if not is_first and not recurrence.is_boundary(boundary):
            if self.state != "draft" or recurrence != self._get_default_recurrence():
                self._refuse_next_invoice(day, recurrence.period_containing(boundary))
            recurrence = plan._get_anchor_rule().align(boundary, plan._get_interval())
            if not recurrence.is_boundary(boundary):
                self._refuse_next_invoice(day, recurrence.period_containing(boundary))
            self.date_anchor = recurrence.anchor
            self.anchor_day = recurrence.anchor_day
        if not is_advance:
            boundary = recurrence.boundary(recurrence.index_on_or_before(boundary) - 1)
        self.date_next_period = boundary
        if self.state == "draft" and self.date_trial_end != boundary:
            self.date_trial_end = False

    def _check_anchor_is_kept(self, vals):
        """Refuse a next invoice that does not fit the anchor given with it."""
        given = fields.Date.to_date(vals.get("date_anchor"))
        day = fields.Date.to_date(vals.get("date_next_invoice"))
        if given and day and given != self.date_anchor:
            recurrence = replace(self._get_recurrence(), anchor=given, anchor_day=0)
            self._refuse_next_invoice(day, recurrence.period_containing(day))

    def _refuse_next_invoice(self, day, period):
        """Say which dates a next invoice in the middle of ``period`` could have."""
        plan = self.plan_id
        before, after = (
            fields.Date.subtract(boundary, days=plan.billing_offset)
            if plan.billing_timing == "advance"
            else fields.Date.add(boundary, days=plan.billing_offset)
            for boundary in (period.date_start, period.date_end)
        )
        raise ValidationError(
            self.env._(
                "Next Invoice %(date)s of %(subscription)s is not the start of a "
                "billing period. Choose %(before)s or %(after)s, or set the Billing "
                "Anchor to the same date to count the periods from there.",
                date=fields.Date.to_string(day),
                subscription=self.display_name,
                before=fields.Date.to_string(before),
                after=fields.Date.to_string(after),
            )
        )

    def _get_billed_until(self):
        """Return the end of the last billed period of each billed subscription.

        What was given back is no longer billed.

        :rtype: dict[subscription.subscription, datetime.date]
        """
        return dict(
            self.env["subscription.period"]
            .sudo()
            ._read_group(
                [
                    ("subscription_id", "in", self.ids),
                    ("kind", "=", "recurring"),
                    ("is_standing", "=", True),
                ],
                groupby=["subscription_id"],
                aggregates=["date_standing_end:max"],
            )
        )
