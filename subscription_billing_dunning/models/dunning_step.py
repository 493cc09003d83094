from decimal import Decimal
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import decision
from ..tools.working_time import add_working_days
from .dunning_fields import ACTIONS, CATEGORIES, CONTACT_ACTIONS, SINGLE_ACTIONS


class DunningStep(models.Model):
    """One action of a policy: when it is due, under which conditions, and what it does.

    What it means to be due is in ``tools.decision``.
    """

    _name = "dunning.step"
    _description = "Dunning Step"
    _order = "policy_id, sequence, id"

    # === FIELDS: WHEN === #

    policy_id = fields.Many2one(
        "dunning.policy", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="policy_id.company_id")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    days = fields.Integer(
        help="Negative: before the due date. A step that is due after 3 days is due on "
        "the third day.",
    )
    timing = fields.Selection(
        selection=[
            ("due", "after the due date"),
            ("failure", "after the failed charge"),
            ("previous", "after the step before"),
        ],
        string="Counted",
        default="due",
        required=True,
    )
    is_working_days = fields.Boolean(
        string="Working Days Only",
        help="Days off, in the working hours of the policy, do not count.",
    )
    grace_days = fields.Integer(
        string="Grace (Days)",
        default=1,
        help="At least so many days after what was last done in the case, also when "
        "steps are late.",
    )

    # === FIELDS: CONDITIONS === #

    threshold_ids = fields.One2many(
        "dunning.threshold",
        "step_id",
        string="Thresholds",
        copy=True,
        help="From which overdue amount this is done, in each currency; in others, it "
        "is done for any amount.",
    )
    min_age = fields.Integer(
        string="Oldest Invoice (Days)",
        help="Only when the oldest invoice was due so many days ago.",
    )
    min_invoices = fields.Integer(
        string="Overdue Invoices", help="Only when so many invoices are overdue."
    )
    decline_category = fields.Selection(
        selection=CATEGORIES,
        string="Declined Because",
        help="Only when the last charge of an invoice was declined for such a reason.",
    )
    tag_ids = fields.Many2many(
        "res.partner.category",
        string="Customer Tags",
        help="Only for customers with one of these tags.",
    )

    min_risk = fields.Integer(
        string="Payment Risk From",
        help="Only for customers with at least this risk, from 0 to 100, of paying "
        "late.",
    )

    # === FIELDS: WHAT === #

    action = fields.Selection(selection=ACTIONS, default="email", required=True)
    template_id = fields.Many2one(
        "mail.template",
        string="E-mail Template",
        domain="[('model', '=', 'dunning.case')]",
        ondelete="restrict",
        help="A template for dunning cases. A letter has its text: choose one that is "
        "written for paper, as those that are called letters.",
    )
    sms_template_id = fields.Many2one(
        "sms.template",
        string="Text Message Template",
        domain="[('model', '=', 'dunning.case')]",
        ondelete="restrict",
        help="A template for dunning cases.",
    )
    activity_type_id = fields.Many2one("mail.activity.type", ondelete="restrict")
    user_id = fields.Many2one(
        "res.users",
        string="Assigned To",
        help="Who is asked; whoever works on the case by default.",
    )
    note = fields.Text(help="What is to be done, for the person who does it.")
    close_reason_id = fields.Many2one(
        "subscription.close.reason",
        default=lambda self: self._get_default_close_reason(),
        ondelete="restrict",
    )

    _not_negative = models.Constraint(
        "CHECK (grace_days >= 0 AND min_age >= 0 AND min_invoices >= 0)",
        "Grace (Days), Oldest Invoice (Days) and Overdue Invoices must be 0 or more.",
    )
    _min_risk_range = models.Constraint(
        "CHECK (min_risk BETWEEN 0 AND 100)", "Payment Risk From is from 0 to 100."
    )
    _only_before_due = models.Constraint(
        "CHECK (days >= 0 OR timing = 'due')",
        "Only days that count from the due date can be negative.",
    )
    _template_required = models.Constraint(
        "CHECK (action NOT IN ('email', 'letter') OR template_id IS NOT NULL)",
        "Choose the E-mail Template that the step sends, or whose text the letter has.",
    )
    _sms_template_required = models.Constraint(
        "CHECK (action != 'sms' OR sms_template_id IS NOT NULL)",
        "Choose the Text Message Template that the step sends.",
    )

    # === DEFAULTS === #

    @api.model
    def _get_default_close_reason(self):
        return self.env.ref(
            "subscription_billing.close_reason_unpaid",
            raise_if_not_found=False,
        )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Have the open cases of the policies looked at: more may be due in them."""
        steps = super().create(vals_list)
        steps.policy_id._look_again()
        return steps

    def write(self, vals):
        """Have the open cases of the policies looked at: more may be due in them."""
        result = super().write(vals)
        self.policy_id._look_again()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if (
            done := self.env["dunning.action"]
            .sudo()
            .search([("step_id", "in", self.ids)], limit=1)
        ):
            raise UserError(
                self.env._(
                    "%(step)s was done for customers already, and cannot be deleted. "
                    "Give it a condition that never holds, or make a new policy.",
                    step=done.step_id.name,
                )
            )

    # === CONSTRAINTS === #

    @api.constrains("template_id")
    def _check_template(self):
        for step in self:
            template = step.template_id.sudo()
            if template and template.model != "dunning.case":
                raise ValidationError(
                    self.env._(
                        "The e-mail template %(template)s is not one for dunning. "
                        "Choose a template that applies to Dunning Case.",
                        template=template.name,
                    )
                )

    # === BUSINESS METHODS === #

    def _as_steps(self, currency, working_time):
        """Return these steps as the rules of a decision, in their order.

        :param currency: the ``res.currency`` of the case
        :param working_time: a ``tools.working_time.WorkingTime``
        :rtype: list[tools.decision.Step]
        """
        return [step._as_step(currency, working_time) for step in self.sorted()]

    def _as_step(self, currency, working_time):
        """Return one step as a rule."""
        self.ensure_one()
        category = self.decline_category
        return decision.Step(
            id=self.id,
            timing=self.timing,
            days=self.days,
            grace_days=self.grace_days,
            is_single=self.action in SINGLE_ACTIONS,
            is_contact=self.action in CONTACT_ACTIONS,
            shift=(
                partial(add_working_days, working_time)
                if self.is_working_days
                else decision.add_days
            ),
            conditions=decision.Conditions(
                min_amount=self._get_threshold(currency),
                min_age=self.min_age,
                min_invoices=self.min_invoices,
                categories=frozenset([category] if category else []),
                tags=frozenset(self.tag_ids.ids),
                min_risk=self.min_risk,
            ),
        )

    def _get_threshold(self, currency):
        """Return the least amount, in a currency, for which this step is done."""
        amount = self.threshold_ids.filtered(lambda t: t.currency_id == currency).amount
        return Decimal(str(currency.round(amount)))


class DunningThreshold(models.Model):
    """The overdue amount from which a step is done, in one currency."""

    _name = "dunning.threshold"
    _description = "Dunning Threshold"
    _rec_name = "amount"

    step_id = fields.Many2one(
        "dunning.step", required=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    amount = fields.Monetary(required=True)

    _once_per_currency = models.UniqueIndex(
        "(step_id, currency_id)", "Each currency has one threshold."
    )
    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "The Amount of a threshold must be above 0."
    )
