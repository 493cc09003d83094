from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.recurrence import AnchorRule

MONTHS = [
    ("1", "January"),
    ("2", "February"),
    ("3", "March"),
    ("4", "April"),
    ("5", "May"),
    ("6", "June"),
    ("7", "July"),
    ("8", "August"),
    ("9", "September"),
    ("10", "October"),
    ("11", "November"),
    ("12", "December"),
]
WEEKDAYS = [
    ("0", "Monday"),
    ("1", "Tuesday"),
    ("2", "Wednesday"),
    ("3", "Thursday"),
    ("4", "Friday"),
    ("5", "Saturday"),
    ("6", "Sunday"),
]


class SubscriptionPlan(models.Model):
    """When the periods of a plan begin, and when they are invoiced."""

    _inherit = "subscription.plan"

    # === FIELDS === #

    anchor_mode = fields.Selection(
        selection=[
            ("anniversary", "The customer's start date"),
            ("calendar", "A day of the calendar"),
        ],
        string="Periods Start On",
        default="anniversary",
        required=True,
        tracking=True,
        help="With a day of the calendar all new subscriptions of the plan are billed "
        "on the same day; what lies before it is their first period.",
    )
    anchor_day = fields.Integer(
        string="Day of the Month",
        default=1,
        help="1 to 31. Months that do not have the day use their last one, so 31 is "
        "the last day of every month.",
    )
    anchor_month = fields.Selection(
        selection=MONTHS,
        string="Month",
        help="A month in which a period starts, for plans of several months. Empty: "
        "the month in which the customer starts.",
    )
    anchor_weekday = fields.Selection(
        selection=WEEKDAYS, string="Day of the Week", default="0"
    )
    first_period = fields.Selection(
        selection=[
            ("prorated", "Prorated"),
            ("full", "Full price"),
            ("free", "Free"),
        ],
        default="prorated",
        required=True,
        help="Price of the days before the first full period, when the customer does "
        "not start on the day of the calendar.",
    )
    proration_basis = fields.Selection(
        selection=[
            ("natural", "The days of that period"),
            ("thirty", "Months of 30 days"),
            ("start", "A period from the first of these days"),
        ],
        string="Days Count Against",
        default="natural",
        required=True,
        help="What a part of a period is measured against. From 15 January to "
        "1 February, on a plan billed on the 1st, is 17/31 of the days of that "
        "period, or 16/30 with months of 30 days.",
    )
    billing_timing = fields.Selection(
        selection=[("advance", "In advance"), ("arrears", "In arrears")],
        string="Invoiced",
        default="advance",
        required=True,
        tracking=True,
    )
    billing_offset = fields.Integer(
        string="Invoicing Days",
        tracking=True,
        help="Days before a period starts (in advance) or after it has ended (in "
        "arrears) on which it is invoiced.",
    )

    _billing_offset_not_negative = models.Constraint(
        "CHECK (billing_offset >= 0)", "Invoicing Days must be 0 or more."
    )

    # === CONSTRAINTS === #

    @api.constrains("anchor_day")
    def _check_anchor_day(self):
        for plan in self:
            if not 1 <= plan.anchor_day <= 31:
                raise ValidationError(
                    self.env._(
                        "Day of the Month must be between 1 and 31, not %(day)s.",
                        day=plan.anchor_day,
                    )
                )

    # === BUSINESS METHODS === #

    def _get_anchor_rule(self):
        """Return the days of the calendar on which periods start.

        :rtype: tools.recurrence.AnchorRule
        """
        self.ensure_one()
        if self.anchor_mode == "anniversary":
            return AnchorRule()
        if self.interval_unit == "week":
            return AnchorRule(weekday=int(self.anchor_weekday or 0))
        return AnchorRule(day=self.anchor_day, month=int(self.anchor_month or 0))

    def _get_usage_end(self, period):
        """Return the first day whose usage is not billed with ``period``.

        In advance, usage is billed with the period that follows it.
        """
        self.ensure_one()
        is_advance = self.billing_timing == "advance"
        return period.date_start if is_advance else period.date_end
