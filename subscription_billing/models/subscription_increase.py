from ast import literal_eval
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools.price_increase import Announcement, Rounding, Terms
from .subscription_increase_line import ANNOUNCED_STATES

STATES = [
    ("draft", "Selection"),
    ("computed", "New Prices"),
    ("announcing", "Announcing"),
    ("announced", "Announced"),
    ("done", "Done"),
    ("cancelling", "Calling Off"),
    ("cancelled", "Cancelled"),
]
#: what new prices are computed from
DECIDING_FIELDS = (
    "company_id",
    "currency_id",
    "plan_ids",
    "product_tmpl_ids",
    "tag_ids",
    "partner_ids",
    "date_price_before",
    "domain",
    "has_own_prices",
    "method",
    "percent",
    "amount",
    "rounding_step",
    "rounding_ending",
    "rounding_direction",
    "cap_percent",
    "cap_amount",
    "may_lower",
    "date_notice",
    "notice_days",
    "date_not_before",
    "is_commitment_kept",
    "promise_policy",
)


class SubscriptionIncrease(models.Model):
    """A price increase: whose prices rise, by how much, and from when on.

    Split by concern: what a person says here, whose lines are selected and what their
    new prices are in ``subscription_increase_compute``, how customers are told and
    changes are scheduled in ``subscription_increase_announce``, what came of it in
    ``subscription_increase_outcome``.
    """

    _name = "subscription.increase"
    _description = "Price Increase"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_notice desc, id desc"
    _check_company_auto = True

    # === FIELDS === #

    name = fields.Char(required=True, tracking=True)
    state = fields.Selection(
        selection=STATES,
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="Only subscriptions in this currency are selected.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    line_ids = fields.One2many(
        "subscription.increase.line", "increase_id", string="Lines", readonly=True
    )

    # === FIELDS: SELECTION === #

    plan_ids = fields.Many2many(
        "subscription.plan",
        string="Plans",
        check_company=True,
        help="Empty: all plans.",
    )
    product_tmpl_ids = fields.Many2many(
        "product.template",
        string="Products",
        check_company=True,
        help="Lines of other products keep their prices. Empty: all products.",
    )
    tag_ids = fields.Many2many(
        "subscription.tag", string="Tags", help="Subscriptions with one of these tags."
    )
    partner_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        check_company=True,
        help="These customers and their contacts. Empty: all customers.",
    )
    date_price_before = fields.Date(
        string="Price Unchanged Since",
        help="Only lines whose price the customer has paid since before this day, so "
        "that new customers and those of the last price increase are left in peace.",
    )
    domain = fields.Char(
        string="Further Conditions",
        help="Further conditions for the lines, such as a range of the MRR.",
    )
    has_own_prices = fields.Boolean(
        string="Individual Prices Too",
        help="Also change prices that stand in no price list: those agreed with one "
        "customer.",
    )

    # === FIELDS: NEW PRICES === #

    method = fields.Selection(
        selection=[
            ("percent", "By a percentage"),
            ("amount", "By an amount"),
            ("list", "To the list price"),
        ],
        string="New Prices",
        default="percent",
        required=True,
        help="The list price is the one that is offered on the day the new price "
        "begins to hold; lines move to that version of the price. Prices that are not "
        "per unit, such as tiers, can only move to a new version.",
    )
    percent = fields.Float(string="Percentage")
    amount = fields.Float(
        min_display_digits="Product Price",
        help="Added to the price of one unit for one period.",
    )
    rounding_step = fields.Float(
        string="Round To",
        min_display_digits="Product Price",
        help="Distance between two new prices, such as 0.05; 0 to round to the "
        "smallest unit of a price.",
    )
    rounding_ending = fields.Float(
        string="Ending On",
        min_display_digits="Product Price",
        help="What all new prices end on, below one step: 0.99 with steps of 1.00.",
    )
    rounding_direction = fields.Selection(
        selection=[("nearest", "Nearest"), ("up", "Up"), ("down", "Down")],
        default="nearest",
        required=True,
    )
    cap_percent = fields.Float(
        string="At Most (%)",
        help="No price rises by more than this percentage; 0 for no limit.",
    )
    cap_amount = fields.Float(
        string="At Most",
        min_display_digits="Product Price",
        help="No price of one unit rises by more than this amount; 0 for no limit.",
    )
    may_lower = fields.Boolean(
        string="Lower Prices Too",
        help="Also change prices that would fall. A lower price holds from the next "
        "period, without notice.",
    )

    # === FIELDS: WHEN === #

    date_notice = fields.Date(
        string="Tell Customers On",
        required=True,
        default=lambda self: self.env.company._get_subscription_today(),
        copy=False,
    )
    notice_days = fields.Integer(
        string="Notice (Days)",
        default=30,
        help="Days between the announcement and the new price, at least; a notice rule "
        "for price changes may ask for more. The new price holds from the first "
        "billing period that starts after them.",
    )
    date_not_before = fields.Date(
        string="Not Before", help="No new price holds before this day."
    )
    is_commitment_kept = fields.Boolean(
        string="Keep Prices of Commitments",
        default=True,
        help="Prices do not rise as long as a customer is committed.",
    )
    promise_policy = fields.Selection(
        selection=[
            ("skip", "Leave out"),
            ("wait", "Raise when the promise ends"),
        ],
        string="Promised Prices",
        default="skip",
        required=True,
        help="What happens to prices that are guaranteed, or committed to, when the "
        "new price would hold.",
    )
    message = fields.Text(
        string="Reason for Customers",
        translate=True,
        help="Why prices rise, in the words that customers read.",
    )

    _percentage_not_below_nothing = models.Constraint(
        "CHECK (percent >= -100)", "Percentage must be -100 or more."
    )
    _rounding_valid = models.Constraint(
        "CHECK (rounding_step >= 0 AND rounding_ending >= 0"
        " AND (rounding_ending < rounding_step OR rounding_ending = 0))",
        "Round To must be 0 or more, and Ending On below it.",
    )
    _caps_not_negative = models.Constraint(
        "CHECK (cap_percent >= 0 AND cap_amount >= 0)",
        "At Most must be 0 (no limit) or more.",
    )
    _notice_days_not_negative = models.Constraint(
        "CHECK (notice_days >= 0)", "Notice (Days) must be 0 or more."
    )

    # === CONSTRAINTS === #

    @api.constrains("method", "percent", "amount", "may_lower")
    def _check_rise(self):
        for increase in self.filtered(lambda each: each.method != "list"):
            value = increase[increase.method]
            if not value or (value < 0 and not increase.may_lower):
                raise ValidationError(
                    self.env._(
                        "%(field)s of %(increase)s must be more than 0, or Lower "
                        "Prices Too must be ticked.",
                        field=increase._fields[increase.method]._description_string(
                            self.env
                        ),
                        increase=increase.name,
                    )
                )

    @api.constrains("domain")
    def _check_domain(self):
        for increase in self.filtered("domain"):
            try:
                increase._get_further_domain().validate(self.env["subscription.line"])
            except (ValueError, SyntaxError, TypeError) as error:
                raise ValidationError(
                    self.env._(
                        "Further Conditions cannot be read: %(error)s", error=error
                    )
                ) from error

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep what prices were computed from, until they are computed again.

        :raises UserError: prices are computed, or the status is written by a client
        """
        if self.env.su:
            return super().write(vals)
        self.check_access("write")
        if {"state", "line_ids"} & vals.keys():
            raise UserError(
                self.env._("The buttons change the Status and Lines of a campaign.")
            )
        fixed = self.filtered(lambda increase: increase.state != "draft")
        if fixed and vals.keys() & set(DECIDING_FIELDS):
            raise UserError(
                self.env._(
                    "The new prices of %(increase)s are computed. Go back to the "
                    "selection to change it.",
                    increase=fixed[0].name,
                )
            )
        return super().write(vals)

    def copy_data(self, default=None):
        """Tell a copy from its original by its name."""
        vals_list = super().copy_data(default=default)
        if "name" in (default or {}):
            return vals_list
        return [
            {**vals, "name": self.env._("%(name)s (copy)", name=increase.name)}
            for increase, vals in zip(self, vals_list, strict=True)
        ]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_announced(self):
        for increase in self:
            if increase.line_ids.filtered(lambda line: line.state in ANNOUNCED_STATES):
                raise UserError(
                    self.env._(
                        "%(increase)s has been announced to customers and is kept. "
                        "Cancel it instead.",
                        increase=increase.name,
                    )
                )

    # === ACTIONS === #

    def action_draft(self):
        """Go back to the selection."""
        self.check_access("write")
        self.filtered(lambda each: each.state == "computed").sudo().state = "draft"

    # === BUSINESS METHODS === #

    def _get_further_domain(self):
        """Return the further conditions for the lines.

        :rtype: odoo.fields.Domain
        :raises ValueError: the text is no domain
        """
        self.ensure_one()
        return Domain(literal_eval(self.domain or "[]"))

    def _get_terms(self):
        """Return how new prices are worked out.

        :rtype: tools.price_increase.Terms
        """
        self.ensure_one()
        values = {"percent": self.percent, "amount": self.amount, "list": 0}
        return Terms(
            method=self.method,
            value=Decimal(str(values[self.method])),
            rounding=self._get_rounding(),
            cap_percent=Decimal(str(self.cap_percent)) if self.cap_percent else None,
            cap_amount=Decimal(str(self.cap_amount)) if self.cap_amount else None,
            may_lower=self.may_lower,
        )

    def _get_rounding(self):
        """Return the steps that new prices are rounded to, None for none.

        :rtype: tools.price_increase.Rounding | None
        """
        self.ensure_one()
        if not self.rounding_step:
            return None
        return Rounding(
            Decimal(str(self.rounding_step)),
            Decimal(str(self.rounding_ending)),
            self.rounding_direction,
        )

    def _get_announcement(self, rule):
        """Return when customers are told, at the earliest today.

        :param rule: the ``subscription.notice.rule`` that applies to them, or none
        :rtype: tools.price_increase.Announcement
        """
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        return Announcement(
            date_notice=max(today, self.date_notice),
            notice_days=max(self.notice_days, rule.days_before),
            not_before=self.date_not_before or None,
        )
