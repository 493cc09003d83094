from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.subscription_billing.models.subscription_plan import INTERVAL_UNITS
from odoo.addons.subscription_billing.tools.recurrence import Interval

from ..tools.instalments import split


class DunningAgree(models.TransientModel):
    """What a customer promises to pay, in one sum or in instalments."""

    _name = "dunning.agree"
    _description = "Agree on a Payment Plan"

    # === FIELDS === #

    case_id = fields.Many2one("dunning.case", required=True)
    currency_id = fields.Many2one(related="case_id.currency_id", related_sudo=False)
    amount = fields.Monetary(
        related="case_id.amount_overdue", string="Overdue", related_sudo=False
    )
    count = fields.Integer(
        string="Instalments", default=1, required=True, help="1 is a promise to pay."
    )
    date_first = fields.Date(
        string="First on",
        required=True,
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=7),
    )
    interval_count = fields.Integer(string="Every", default=1, required=True)
    interval_unit = fields.Selection(
        selection=INTERVAL_UNITS, default="month", required=True
    )
    down_payment = fields.Monetary(help="Paid with the first, beside the instalments.")
    grace_days = fields.Integer(string="Grace (Days)", default=2, required=True)
    is_collected = fields.Boolean(
        string="Collect by Itself",
        compute="_compute_is_collected",
        store=True,
        readonly=False,
        help="Charge each instalment to the saved payment method on its day. What is "
        "declined is not tried again by itself: after the grace, the plan is broken.",
    )
    note = fields.Text(required=True, help="With whom it was agreed, and how.")
    preview = fields.Text(compute="_compute_preview")

    # === COMPUTE METHODS === #

    @api.depends("case_id", "count", "date_first", "interval_count", "interval_unit")
    @api.depends("down_payment")
    def _compute_preview(self):
        for wizard in self:
            try:
                parts = wizard._split()
            except UserError as error:
                wizard.preview = str(error)
                continue
            wizard.preview = "\n".join(
                f"{format_date(self.env, part.date)}: "
                f"{wizard.currency_id.format(float(part.amount))}"
                for part in parts
            )

    @api.depends("case_id")
    def _compute_is_collected(self):
        for wizard in self:
            overdue = wizard.case_id._get_overdue()
            wizard.is_collected = bool(overdue) and overdue._can_be_instalments()

    # === CONSTRAINTS === #

    @api.constrains("case_id")
    def _check_case(self):
        """Show nobody a case of another company."""
        # Constraints are checked as superuser.
        self.sudo(False).case_id.check_access("read")

    # === ACTIONS === #

    def action_agree(self):
        """Write the plan down, and let dunning rest.

        :raises UserError: it makes no sense, and why
        """
        self.ensure_one()
        case = self.case_id
        case.check_access("write")
        if not self.note.strip():
            raise UserError(self.env._("Fill in Note: with whom it was agreed."))
        if case.state != "open":
            raise UserError(self.env._("%(case)s is not open.", case=case.display_name))
        today = case.company_id._get_subscription_today()
        if self.date_first < today:
            raise UserError(self.env._("First on has to be today or later."))
        case.sudo()._agree(
            self._split(), self.grace_days, self.note, is_collected=self.is_collected
        )
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    def _split(self):
        """Return the instalments.

        :rtype: tuple[tools.instalments.Instalment, ...]
        :raises UserError: they make no sense, and why
        """
        self.ensure_one()
        currency = self.currency_id
        if self.interval_count < 1 or self.grace_days < 0:
            raise UserError(
                self.env._("Every must be 1 or more, and Grace (Days) 0 or more.")
            )
        try:
            return split(
                Decimal(str(currency.round(self.amount))),
                self.count,
                self.date_first or fields.Date.context_today(self),
                Interval(self.interval_count, self.interval_unit),
                Decimal(str(currency.rounding)),
                Decimal(str(currency.round(self.down_payment))),
            )
        except ValueError as error:
            raise UserError(
                self.env._(
                    "Instalments has to be 1 or more, and so few, with such a Down "
                    "Payment, that there is something to pay with each of them."
                )
            ) from error
