from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import instalments

STATES = [
    ("paid", "Paid"),
    ("upcoming", "To Come"),
    ("due", "Due"),
    ("default", "Not Paid in Time"),
]


class DunningAgreement(models.Model):
    """A promise to pay, or a payment plan: while it is kept, dunning rests.

    A promise is a plan of one instalment. Money is counted against the instalments in
    the order of their dates, whichever of the invoices it pays.
    """

    _name = "dunning.agreement"
    _description = "Payment Plan"
    _order = "id desc"
    _rec_name = "case_id"

    # === FIELDS === #

    case_id = fields.Many2one(
        "dunning.case", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        related="case_id.partner_id", string="Customer", store=True
    )
    currency_id = fields.Many2one(related="case_id.currency_id")
    user_id = fields.Many2one("res.users", string="Agreed By", readonly=True)
    date = fields.Date(string="Agreed On", required=True, readonly=True)
    amount = fields.Monetary(readonly=True, help="What was owed when it was agreed.")
    move_ids = fields.Many2many(
        "account.move",
        string="Invoices",
        readonly=True,
        help="What was overdue when it was agreed.",
    )
    instalment_ids = fields.One2many(
        "dunning.instalment", "agreement_id", string="Instalments", readonly=True
    )
    grace_days = fields.Integer(
        string="Grace (Days)",
        readonly=True,
        help="So many days an instalment may be late before dunning goes on.",
    )
    is_collected = fields.Boolean(
        string="Collect by Itself",
        readonly=True,
        help="Each instalment is charged to the saved payment method on its day, once.",
    )
    note = fields.Text(readonly=True)
    state = fields.Selection(
        selection=[
            ("open", "Running"),
            ("kept", "Kept"),
            ("broken", "Broken"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="open",
        required=True,
        readonly=True,
    )
    amount_paid = fields.Monetary(compute="_compute_amount_paid", compute_sudo=True)

    _one_running = models.UniqueIndex(
        "(case_id) WHERE state = 'open'", "This case has a payment plan already."
    )

    # === COMPUTE METHODS === #

    @api.depends("amount", "move_ids.amount_residual")
    def _compute_amount_paid(self):
        for agreement in self:
            left = sum(agreement.move_ids.mapped("amount_residual"))
            agreement.amount_paid = agreement.amount - left

    # === ACTIONS === #

    def action_cancel(self):
        """End a payment plan: dunning goes on."""
        self.case_id.check_access("write")
        running = self.sudo().filtered(lambda each: each.state == "open")
        if not running:
            raise UserError(self.env._("Only a running payment plan can be cancelled."))
        running._end("cancelled", self.env._("The payment plan is cancelled."))

    # === BUSINESS METHODS === #

    def _get_status(self):
        """Return how this plan stands today.

        :rtype: tools.instalments.PlanStatus
        """
        self.ensure_one()
        paid = self.currency_id.round(self.amount_paid)
        return instalments.status(
            [each._as_instalment() for each in self.instalment_ids],
            Decimal(str(paid)),
            self.company_id._get_subscription_today(),
            self.grace_days,
        )

    def _follow(self):
        """End what is paid or broken; let dunning rest until the next instalment."""
        for agreement in self:
            status = agreement._get_status()
            if status.is_paid:
                agreement._end("kept", self.env._("The payment plan was kept."))
            elif status.is_broken and not agreement._is_being_charged():
                agreement._end(
                    "broken",
                    self.env._(
                        "The payment plan is broken: %(amount)s should be paid by now.",
                        amount=agreement.currency_id.format(float(status.amount_owed)),
                    ),
                )
            else:
                agreement._collect_due()
                agreement._rest(status)

    def _rest(self, status):
        """Hold the case until the next instalment could be in default."""
        self.ensure_one()
        following = next(
            part.instalment.date for part in status.instalments if part.amount_open
        )
        today = self.company_id._get_subscription_today()
        tomorrow = fields.Date.add(today, days=1)
        # A bank may take longer than the grace.
        until = max(fields.Date.add(following, days=self.grace_days + 1), tomorrow)
        open_parts = self.instalment_ids.filtered(lambda each: not each.date_collected)
        days = open_parts.mapped("date") if self.is_collected else ()
        looks = [until, *(max(day, tomorrow) for day in days)]
        case = self.case_id
        case.write(
            {
                "date_hold_until": until,
                "hold_reason": "agreement" if self.instalment_ids[1:] else "promise",
                "date_next": case._get_day_start(min(looks)),
            }
        )

    def _end(self, state, text):
        """Note what has become of plans, and let the cases go on."""
        self.state = state
        cases = self.case_id
        cases.write({"date_hold_until": False, "hold_reason": False})
        cases._look_again()
        cases._message_log_batch(bodies=dict.fromkeys(cases.ids, text))


class DunningInstalment(models.Model):
    """A part of a debt, and the day on which it is to be paid."""

    _name = "dunning.instalment"
    _description = "Instalment"
    _order = "date, id"

    agreement_id = fields.Many2one(
        "dunning.agreement",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="agreement_id.company_id", store=True)
    currency_id = fields.Many2one(related="agreement_id.currency_id")
    date = fields.Date(required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    date_collected = fields.Date(
        string="Charged On",
        readonly=True,
        help="When it was put in line to be charged to the saved method.",
    )
    amount_open = fields.Monetary(compute="_compute_state", compute_sudo=True)
    state = fields.Selection(
        selection=STATES, string="Status", compute="_compute_state", compute_sudo=True
    )

    @api.depends("agreement_id.amount_paid", "date", "amount")
    def _compute_state(self):
        for agreement, mine in self.grouped("agreement_id").items():
            parts = agreement._get_status().instalments
            by_record = dict(
                zip(agreement.instalment_ids.sorted("date"), parts, strict=True)
            )
            for instalment in mine:
                instalment.state = by_record[instalment].state
                instalment.amount_open = float(by_record[instalment].amount_open)

    def _as_instalment(self):
        """Return this instalment as a value.

        :rtype: tools.instalments.Instalment
        """
        self.ensure_one()
        amount = self.currency_id.round(self.amount)
        return instalments.Instalment(self.date, Decimal(str(amount)))
