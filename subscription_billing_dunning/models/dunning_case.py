from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.subscription_billing.models.activity import schedule_once
from odoo.addons.subscription_billing.models.derived import (
    refuse_internal,
    without_internal_defaults,
)

TO_DO = "mail.mail_activity_data_todo"


class DunningCase(models.Model):
    """The story of what one customer owes: what is overdue, what was done about it.

    There is one at a time for each paying customer, currency and company. It opens with
    the first invoice that is overdue or could not be charged, and closes when nothing
    is overdue any more.

    Split by concern: the record here, what is known of it in ``dunning_case_facts``,
    what its steps do in ``dunning_case_steps``, what people do in
    ``dunning_case_people``; the scheduled action in ``dunning_run``.
    """

    _name = "dunning.case"
    _description = "Dunning Case"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "amount_overdue desc, id desc"
    _check_company_auto = True

    # === FIELDS === #

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    policy_id = fields.Many2one(
        "dunning.policy",
        required=True,
        index=True,
        tracking=True,
        check_company=True,
        ondelete="restrict",
        help="What is done next. A change takes effect with the next step.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        tracking=True,
        help="Who works on this case, and is asked when something is to be done.",
    )
    state = fields.Selection(
        selection=[
            ("upcoming", "Before the Due Date"),
            ("open", "Open"),
            ("closed", "Closed"),
        ],
        string="Status",
        default="open",
        required=True,
        readonly=True,
        tracking=True,
    )
    date_opened = fields.Date(string="Opened", readonly=True)
    date_closed = fields.Date(string="Closed On", readonly=True)
    date_next = fields.Datetime(
        string="Next Look",
        readonly=True,
        help="When the scheduled action looks at this case again.",
    )
    error = fields.Text(
        readonly=True,
        help="Why the last step could not be done: the case waits for a person.",
    )

    # === FIELDS: WHAT IS OWED === #

    move_ids = fields.One2many(
        "account.move", "dunning_case_id", string="Invoices", readonly=True
    )
    amount_overdue = fields.Monetary(
        string="Overdue",
        readonly=True,
        help="As of the last look at the case, or payment.",
    )
    invoice_count = fields.Integer(string="Overdue Invoices", readonly=True)
    date_oldest = fields.Date(
        string="Overdue Since", readonly=True, help="When the oldest invoice was due."
    )

    # === FIELDS: WHAT WAS DONE === #

    action_ids = fields.One2many(
        "dunning.action", "case_id", string="Steps Done", readonly=True
    )
    step_id = fields.Many2one(
        "dunning.step",
        string="Last Step",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    step_next_id = fields.Many2one(
        "dunning.step", string="Next Step", compute="_compute_step_next_id"
    )

    _one_open = models.UniqueIndex(
        "(partner_id, currency_id, company_id) WHERE state != 'closed'",
        "This customer has an open case in this currency already.",
    )
    _next_index = models.Index("(company_id, date_next, id) WHERE state != 'closed'")

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "amount_overdue", "currency_id")
    def _compute_display_name(self):
        for case in self:
            name = case.partner_id.display_name or ""
            if case.amount_overdue:
                name = f"{name}, {case.currency_id.format(case.amount_overdue)}"
            case.display_name = name

    @api.depends("policy_id.step_ids", "action_ids", "state")
    def _compute_step_next_id(self):
        for case in self:
            done = case.action_ids.step_id
            left = case.policy_id.step_ids.sorted().filtered(
                lambda step, done=done: step not in done
            )
            case.step_next_id = left[:1] if case.state != "closed" else False

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Let only the scheduled action open cases."""
        refuse_internal(self, vals_list, self._get_way())
        return super(DunningCase, without_internal_defaults(self)).create(vals_list)

    def write(self, vals):
        """Keep what the scheduled action knows out of the hands of clients."""
        refuse_internal(self, [vals], self._get_way())
        if "policy_id" in vals and not self.env.context.get("dunning_run"):
            self.sudo()._look_again()
        return super().write(vals)

    def _get_way(self):
        """Return how people change what cases know."""
        return self.env._("Cases are opened and closed by what customers owe and pay.")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(
            self.env._("A case tells what was done, and cannot be deleted.")
        )

    # === ACTIONS === #

    def action_view_invoices(self):
        """Open what the customer owes in this case."""
        self.ensure_one()
        self.check_access("read")
        return self._get_unpaid()._get_records_action(
            name=self.env._("Unpaid Invoices"), context={"create": False}
        )

    def action_view_subscriptions(self):
        """Open the subscriptions whose invoices are unpaid."""
        self.ensure_one()
        self.check_access("read")
        return self._get_subscriptions(self._get_unpaid())._get_records_action(
            name=self.env._("Subscriptions"), context={"create": False}
        )

    # === BUSINESS METHODS === #

    @api.model
    def _get_unpaid_domain(self):
        """Return the domain of invoices on which something is owed."""
        return Domain("state", "=", "posted") & Domain(
            "payment_state", "in", ("not_paid", "partial")
        )

    def _get_unpaid(self):
        """Return the invoices of these cases on which something is owed, the oldest
        first."""
        unpaid = self.sudo().move_ids.filtered(lambda move: move._is_unpaid())
        return unpaid.sorted(lambda move: (move._get_day_due(), move.id))

    def _get_overdue(self):
        """Return the invoices that were not paid in time, or could not be charged."""
        return self._get_unpaid().filtered(lambda move: move._is_overdue())

    @api.model
    def _get_subscriptions(self, moves):
        """Return the subscriptions that some invoices bill."""
        return moves.subscription_ids

    def _look_again(self):
        """Have the scheduled action look at these cases at its next run; at those on
        hold when that is over."""
        self.sudo().filtered(
            lambda case: case.state != "closed" and not case.is_held
        ).date_next = fields.Datetime.now()

    def _ask_person(self, message):
        """Ask whoever is responsible to do something about a case, once."""
        self.ensure_one()
        schedule_once(self, TO_DO, message, self._get_people(self._get_unpaid()))

    def _get_people(self, moves):
        """Return who works on a case, the best one first: its responsible, then those
        who sold what is unpaid."""
        self.ensure_one()
        return self.user_id + self._get_subscriptions(moves).user_id
