from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.recurrence import Interval

INTERVAL_UNITS = [
    ("day", "Days"),
    ("week", "Weeks"),
    ("month", "Months"),
    ("quarter", "Quarters"),
    ("year", "Years"),
]


class SubscriptionPlan(models.Model):
    _name = "subscription.plan"
    _description = "Subscription Plan"
    _inherit = ["mail.thread"]
    _order = "sequence, name, id"
    _check_company_auto = True

    # === FIELDS === #

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company",
        help="Leave empty to offer this plan in every company.",
    )
    interval_count = fields.Integer(
        string="Bill Every",
        default=1,
        required=True,
        tracking=True,
        help="Number of days, weeks, months, quarters or years in one billing period.",
    )
    interval_unit = fields.Selection(
        selection=INTERVAL_UNITS,
        default="month",
        required=True,
        tracking=True,
    )
    interval_label = fields.Char(
        string="Billing Period", compute="_compute_interval_label"
    )
    term_count = fields.Integer(
        string="Commitment",
        tracking=True,
        help="How long a customer commits to a subscription on this plan; "
        "0 for no commitment. The subscription goes on after it.",
    )
    term_unit = fields.Selection(
        selection=INTERVAL_UNITS, string="Commitment Unit", default="month"
    )
    journal_id = fields.Many2one(
        "account.journal",
        string="Invoicing Journal",
        domain="[('type', '=', 'sale')]",
        company_dependent=True,
        check_company=True,
        help="Journal of the recurring invoices in the current company; "
        "its first sales journal when empty.",
    )
    collection_method = fields.Selection(
        selection=[("automatic", "Automatic payment"), ("invoice", "Invoice to pay")],
        default="invoice",
        required=True,
        help="How new subscriptions on this plan are paid: by the customer's saved "
        "payment method when the invoice is due, or by the customer.",
    )
    payment_term_id = fields.Many2one(
        "account.payment.term",
        string="Payment Terms",
        company_dependent=True,
        check_company=True,
        help="Payment terms of new subscriptions in the current company; "
        "the customer's own when empty.",
    )
    terms = fields.Html(
        string="Terms and Conditions",
        translate=True,
        help="Printed on the invoices of new subscriptions on this plan.",
    )
    price_ids = fields.One2many("subscription.price", "plan_id", string="Prices")
    subscription_ids = fields.One2many("subscription.subscription", "plan_id")
    subscription_count = fields.Integer(
        string="Subscriptions", compute="_compute_subscription_count"
    )

    _interval_count_positive = models.Constraint(
        "CHECK (interval_count > 0)",
        "Bill Every must be 1 or more: a plan needs a billing period.",
    )
    _term_count_not_negative = models.Constraint(
        "CHECK (term_count >= 0)",
        "Commitment must be 0 (none) or more.",
    )

    # === COMPUTE METHODS === #

    @api.depends("interval_count", "interval_unit")
    @api.depends_context("lang")
    def _compute_interval_label(self):
        for plan in self:
            plan.interval_label = plan._get_interval_label()

    def _compute_subscription_count(self):
        counts = dict(
            self.env["subscription.subscription"]._read_group(
                [("plan_id", "in", self.ids), ("state", "not in", ("draft", "closed"))],
                groupby=["plan_id"],
                aggregates=["__count"],
            )
        )
        for plan in self:
            plan.subscription_count = counts.get(plan, 0)

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep the billing period of a plan whose subscriptions count with it."""
        changing = self.filtered(
            lambda plan: any(
                name in vals and vals[name] != plan[name]
                for name in ("interval_count", "interval_unit")
            )
        )
        changing._check_interval_is_not_in_use()
        return super().write(vals)

    # === ACTIONS === #

    def action_view_subscriptions(self):
        """Open the running subscriptions on this plan."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_subscription_action"
        )
        return {
            **action,
            "domain": [("plan_id", "=", self.id)],
            "context": {"default_plan_id": self.id, "search_default_running": 1},
        }

    # === BUSINESS METHODS === #

    def _check_interval_is_not_in_use(self):
        """Refuse another billing period: it would bill days that are billed already."""
        for plan in self:
            running = [("plan_id", "=", plan.id), ("state", "!=", "draft")]
            count = self.env["subscription.subscription"].sudo().search_count(running)
            if count:
                raise ValidationError(
                    self.env._(
                        "Subscriptions that count their periods with the Billing "
                        "Period of %(plan)s: %(count)s. Make a new plan for another "
                        "period.",
                        plan=plan.display_name,
                        count=count,
                    )
                )

    def _get_interval(self):
        """Return the billing period.

        :rtype: tools.recurrence.Interval
        """
        self.ensure_one()
        return Interval(self.interval_count, self.interval_unit)

    def _get_term(self):
        """Return the commitment, or None without one.

        :rtype: tools.recurrence.Interval | None
        """
        self.ensure_one()
        return Interval(self.term_count, self.term_unit) if self.term_count else None

    def _get_interval_label(self):
        """Return the billing period in words, such as "month" or "3 months"."""
        self.ensure_one()
        one, many = {
            "day": (self.env._("day"), self.env._("days")),
            "week": (self.env._("week"), self.env._("weeks")),
            "month": (self.env._("month"), self.env._("months")),
            "quarter": (self.env._("quarter"), self.env._("quarters")),
            "year": (self.env._("year"), self.env._("years")),
        }[self.interval_unit or "month"]
        if self.interval_count == 1:
            return one
        return self.env._("%(count)s %(unit)s", count=self.interval_count, unit=many)
