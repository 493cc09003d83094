from collections import defaultdict

from odoo import api, fields, models

from ..tools.entitlement import spread
from ..tools.recurrence import Period


class SubscriptionEntitlement(models.Model):
    """Planned visits: the allowance of a period as activities on the subscription.

    The visits of a period are planned when it begins, each once: its number in the
    period is unique. Those of periods that passed while no job ran are not caught up
    with, for nobody can make them any more.
    """

    _inherit = "subscription.entitlement"

    # === FIELDS === #

    date_next_visits = fields.Date(
        string="Next Planning",
        compute="_compute_date_next_visits",
        store=True,
        precompute=True,
        help="When visits are planned next. What is planned already is not planned "
        "again.",
    )

    _next_visits_index = models.Index(
        "(company_id, date_next_visits) WHERE date_next_visits IS NOT NULL"
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "is_visit",
        "date_start",
        "date_end",
        "date_anchor",
        "quantity",
        "interval_count",
        "interval_unit",
        "subscription_id.state",
        "subscription_id.line_ids.quantity",
        "subscription_id.line_ids.date_start",
        "subscription_id.line_ids.date_end",
    )
    def _compute_date_next_visits(self):
        """Look again at what has changed."""
        for entitlement in self:
            entitlement.date_next_visits = (
                entitlement.is_visit and entitlement.date_start
            )

    # === BUSINESS METHODS === #

    @api.model
    def _get_planning_domain(self, today):
        """Return the domain of the entitlements whose visits are to be planned.

        :param datetime.date today: the company's date
        """
        return [
            ("date_next_visits", "<=", today),
            ("subscription_id.state", "in", ("trial", "active", "past_due")),
        ]

    def _plan_visits(self):
        """Plan the visits of the periods that run today, and the next planning."""
        # Core asks for the names of what activities belong to, one after the other.
        self.subscription_id.mapped("display_name")
        ledgers, planned = self._get_ledgers(), self._get_planned_numbers()
        vals_list = []
        for entitlement in self:
            ledger, today = ledgers[entitlement], entitlement._get_day()
            if entitlement._get_obstacle(ledger, today):
                entitlement._cancel_visits()
                starts = [held.span.date_start for held in ledger.held]
                following = min((day for day in starts if day > today), default=False)
            else:
                balance = ledger.balance(today)
                following = balance.period.date_end
                known = planned[entitlement.id, balance.period.date_start]
                numbers = entitlement._get_visits_to_plan(balance, known)
                vals_list += entitlement._prepare_visit_vals_list(balance, numbers)
            entitlement.date_next_visits = following
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            vals_list
        )
        return self

    def _get_planned_numbers(self):
        """Return which visits have been planned, open or done.

        :rtype: dict[tuple[int, datetime.date], set[int]], by the id of the entitlement
            and the start of the period
        """
        numbers = defaultdict(set)
        for entitlement, start, planned in (
            self.env["mail.activity"]
            .with_context(active_test=False)
            ._read_group(
                [("subscription_entitlement_id", "in", self.ids)],
                groupby=[
                    "subscription_entitlement_id",
                    "subscription_visit_period:day",
                ],
                aggregates=["subscription_visit_number:array_agg"],
            )
        ):
            numbers[entitlement.id, start] = set(planned)
        return numbers

    def _get_visits_to_plan(self, balance, known):
        """Return the numbers of the visits of a period that are still to be planned.

        Those that were recorded by hand need no planning.

        :param tools.entitlement.Balance balance: the period
        :param set[int] known: the numbers that have been planned, open or done
        :rtype: list[int]
        """
        self.ensure_one()
        made = self.consumption_ids.filtered(
            lambda each: (
                each.state == "recorded"
                and not each.activity_id
                and balance.period.date_start <= each.date < balance.period.date_end
            )
        )
        wanted = range(1, int(balance.granted) + 1)
        missing = [number for number in wanted if number not in known]
        return missing[int(sum(made.mapped("quantity"))) :]

    def _prepare_visit_vals_list(self, balance, numbers):
        """Return the values of visits, spread over what is left of their period.

        :param tools.entitlement.Balance balance: the period
        :param list[int] numbers: which visits of the period they are
        """
        self.ensure_one()
        subscription = self.subscription_id
        ends = filter(None, (self.date_end, subscription.date_end))
        end = min([balance.period.date_last, *ends])
        first = max(balance.period.date_start, self.date_start, self._get_day())
        span = Period(first, fields.Date.add(end, days=1))
        due = spread(span, len(numbers), self.visit_lead_days)
        return [
            {
                "res_model_id": self.env["ir.model"]._get_id(subscription._name),
                "res_id": subscription.id,
                "activity_type_id": self.activity_type_id.id,
                "summary": self.env._(
                    "%(service)s (%(number)s of %(count)s)",
                    service=self.name,
                    number=number,
                    count=int(balance.granted),
                ),
                "date_deadline": day,
                "user_id": (self.visit_user_id or subscription.user_id).id,
                "automated": True,
                "subscription_entitlement_id": self.id,
                "subscription_visit_period": balance.period.date_start,
                "subscription_visit_number": number,
            }
            for number, day in zip(numbers, due, strict=True)
        ]

    def _cancel_visits(self, limit=None):
        """Take open visits off the list, the next ones first; all without a limit.

        A preview leaves them alone: people would be told about it at once.
        """
        if self and not self.env.context.get("subscription_clock"):
            self.env["mail.activity"].sudo().search(
                [("subscription_entitlement_id", "in", self.ids)],
                order="date_deadline, id",
                limit=limit,
            ).unlink()
