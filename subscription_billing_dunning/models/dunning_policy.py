from collections import defaultdict
from datetime import time, timezone

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.subscription_billing.tools.clock import local_date

from ..tools.working_time import WorkingTime
from .dunning_fields import CUSTOMER_TYPES

UTC = timezone.utc


def to_time(hours):
    """Return an hour of the day, such as 13.5, as a time; midnight for 24."""
    minutes = round(hours * 60) % (24 * 60)
    return time(minutes // 60, minutes % 60)


class DunningPolicy(models.Model):
    """What is done about unpaid invoices, and for which customers.

    Of the active policies, the first in the list that fits a customer is the one that
    a new case follows.
    """

    _name = "dunning.policy"
    _description = "Dunning Policy"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    # === FIELDS === #

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        help="Leave empty to follow this policy in every company.",
    )
    step_ids = fields.One2many("dunning.step", "policy_id", string="Steps", copy=True)
    case_count = fields.Integer(
        string="Open Cases", compute="_compute_case_count", compute_sudo=True
    )

    # === FIELDS: FOR WHOM === #

    plan_ids = fields.Many2many(
        "subscription.plan",
        string="Plans",
        check_company=True,
        help="Customers with an unpaid invoice of one of these plans; empty for any.",
    )
    tag_ids = fields.Many2many(
        "res.partner.category",
        string="Customer Tags",
        help="Customers with one of these tags; empty for any.",
    )
    country_ids = fields.Many2many(
        "res.country", string="Countries", help="Empty for customers of any country."
    )
    customer_type = fields.Selection(
        selection=CUSTOMER_TYPES,
        string="Kind of Customer",
        help="Empty for both.",
    )

    date_start = fields.Date(
        string="Debts Since",
        default=fields.Date.context_today,
        tracking=True,
        help="Customers who owe nothing that was due on this day or later are left "
        "alone, so that a new policy does not begin with old debts. Empty for all.",
    )

    # === FIELDS: HOW === #

    past_due_days = fields.Integer(
        string="Grace (Days)",
        tracking=True,
        help="Days after the due date on which a subscription is not called past due "
        "yet.",
    )
    schedule_id = fields.Many2one(
        "dunning.schedule",
        string="Retries",
        ondelete="restrict",
        tracking=True,
        help="When a charge that was declined is tried again. Empty: never by itself.",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        check_company=True,
        domain=[("two_weeks_calendar", "=", False)],
        help="When customers are contacted, in their own time zone, and on which days "
        "they are not. Empty for any time.",
    )

    _past_due_days_not_negative = models.Constraint(
        "CHECK (past_due_days >= 0)", "Grace (Days) must be 0 or more."
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("calendar_id")
    def _check_calendar_id(self):
        """Refuse weeks that differ: customers are contacted by one and the same."""
        self.calendar_id._check_dunning_weeks()

    # === COMPUTE METHODS === #

    def _compute_case_count(self):
        counts = dict(
            self.env["dunning.case"]._read_group(
                [("policy_id", "in", self.ids), ("state", "!=", "closed")],
                groupby=["policy_id"],
                aggregates=["__count"],
            )
        )
        for policy in self:
            policy.case_count = counts.get(policy, 0)

    # === ACTIONS === #

    def action_view_cases(self):
        """Open the cases that follow this policy."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing_dunning.dunning_case_action"
        )
        return {**action, "domain": [("policy_id", "=", self.id)]}

    # === BUSINESS METHODS === #

    def _map_working_times(self):
        """Return when customers are contacted, by policy.

        :rtype: dict[dunning.policy, tools.working_time.WorkingTime]
        """
        return {policy: policy._get_working_time() for policy in self}

    def _get_working_time(self):
        """Return when customers are contacted, by their own clocks.

        :rtype: tools.working_time.WorkingTime
        """
        calendar = self.calendar_id
        if not calendar:
            return WorkingTime()
        hours = defaultdict(list)
        for attendance in calendar.attendance_ids.filtered(
            lambda each: not each.display_type and each.day_period != "lunch"
        ):
            span = (to_time(attendance.hour_from), to_time(attendance.hour_to))
            hours[int(attendance.dayofweek)].append(span)
        tz = calendar.tz or "UTC"
        holidays = {
            fields.Date.add(local_date(leave.date_from.replace(tzinfo=UTC), tz), days=n)
            for leave in self._find_holidays()
            for n in range((leave.date_to - leave.date_from).days + 1)
        }
        return WorkingTime(
            {day: tuple(spans) for day, spans in hours.items()}, frozenset(holidays)
        )

    def _find_holidays(self):
        """Return the public holidays: of the calendar, and of all calendars."""
        self.ensure_one()
        company = self.company_id or self.env.company
        shared = Domain("calendar_id", "=", False) & Domain(
            "company_id", "in", (False, company.id)
        )
        return (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                Domain("resource_id", "=", False)
                & (shared | Domain("calendar_id", "=", self.calendar_id.id))
            )
        )

    @api.model
    def _find(self, company):
        """Return the policies that cases of a company may follow, in their order."""
        return self.sudo().search(
            Domain("company_id", "in", (False, company.id))
            & Domain("active", "=", True)
        )

    def _choose(self, partner, moves, paid):
        """Return the first of these policies that fits a customer, if there is one.

        :param moves: the customer's unpaid invoices
        :param float paid: as of ``_map_paid``
        """
        fitting = (each for each in self if each._fits(partner, moves, paid))
        return next(fitting, self.browse())

    def _fits(self, partner, moves, paid):
        """Return whether this policy is meant for a customer."""
        self.ensure_one()
        plans = moves.subscription_ids.plan_id
        is_company = self.customer_type == "company"
        latest = max(move._get_day_due() for move in moves)
        return (
            (not self.date_start or latest >= self.date_start)
            and (not self.plan_ids or bool(self.plan_ids & plans))
            and (not self.tag_ids or bool(self.tag_ids & partner.category_id))
            and (not self.country_ids or partner.country_id in self.country_ids)
            and (not self.customer_type or partner.is_company == is_company)
        )

    def _look_again(self):
        """Have the scheduled action look at the open cases of these policies."""
        cases = self.env["dunning.case"].sudo()
        cases.search(
            [("policy_id", "in", self.ids), ("state", "!=", "closed")]
        )._look_again()

    def _get_days_ahead(self):
        """Return how many days before the due date the first reminder is sent."""
        ahead = self.step_ids.filtered(lambda step: step.timing == "due")
        return max(0, *(-step.days for step in ahead)) if ahead else 0
