from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.models.batch import trigger_cron

STATES = [
    ("draft", "To Read"),
    ("reading", "Reading"),
    ("ready", "Dry Run"),
    ("running", "Taking Over"),
    ("done", "Done"),
]
#: what is read, in this order; then what is made of it is worked out
STAGES = [
    ("item", "Pending Items"),
    ("price", "Prices"),
    ("subscription", "Subscriptions"),
    ("customer", "Customers"),
    ("method", "Payment Methods"),
    ("catalog", "Matching Products and Prices"),
    ("check_customer", "Matching Customers"),
    ("check_method", "Matching Payment Methods"),
    ("check_subscription", "Checking Subscriptions"),
]
#: states of lines, as they are counted
COUNTS = {
    "new_count": "new",
    "match_count": "match",
    "skip_count": "skip",
    "blocked_count": "blocked",
    "waiting_count": "waiting",
    "done_count": "done",
    "failed_count": "failed",
}


class StripeImport(models.Model):
    """The book of one Stripe account, and what becomes of each part of it here.

    There is one for each account: what was taken over once is never taken over again.
    How it is read is in ``stripe_import_reading``, what is made of it in
    ``stripe_import_line_*``; ``stripe_import_run`` is the scheduled action.
    """

    _name = "stripe.import"
    _description = "Import from Stripe"
    _rec_name = "provider_id"
    _order = "id desc"

    # === FIELDS: SETTINGS === #

    provider_id = fields.Many2one(
        "payment.provider",
        string="Stripe Account",
        required=True,
        ondelete="cascade",
        domain="[('code', '=', 'stripe')]",
        help="The payment provider whose Stripe account keeps the book.",
    )
    company_id = fields.Many2one(related="provider_id.company_id", store=True)
    is_live = fields.Boolean(
        string="Live Mode",
        compute="_compute_is_live",
        store=True,
        precompute=True,
        help="Stripe keeps the book of its test mode apart.",
    )
    ending = fields.Selection(
        selection=[
            ("keep", "Leave them alone: Stripe goes on billing"),
            ("end", "End them: Odoo bills from the next period on"),
        ],
        string="Subscriptions at Stripe",
        default="keep",
        required=True,
        help="Leave them alone: each subscription is made as a draft, to be looked at. "
        "Drafts are not billed and cannot be confirmed as long as Stripe bills, so "
        "that nobody pays twice. Choose End Them and take over again when you are "
        "content; what Stripe has billed meanwhile is read anew.\n"
        "End them: once the draft is saved, the subscription is ended at Stripe, "
        "without a credit and without a last invoice, and only then confirmed here. "
        "Its first period begins where the one ends that Stripe has billed.",
    )
    taxes = fields.Selection(
        selection=[
            ("stripe", "As at Stripe"),
            ("odoo", "As Odoo works them out"),
        ],
        default="stripe",
        required=True,
        help="As at Stripe: the tax rates of each subscription become the sales taxes "
        "of the same percentage; without a tax rate there is no tax.\n"
        "As Odoo works them out: by the products and the fiscal position of the "
        "customer. The next invoice may then differ from Stripe's.",
    )
    without_method = fields.Selection(
        selection=[
            ("block", "Do not take them over"),
            ("invoice", "Send invoices to pay"),
        ],
        string="Without a Payment Method",
        default="block",
        required=True,
        help="What becomes of subscriptions that Stripe charges by itself when the "
        "customer has no payment method that can be charged from here.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        default=lambda self: self.env.user,
        help="Of the new subscriptions.",
    )

    # === FIELDS: PROGRESS === #

    state = fields.Selection(
        selection=STATES, default="draft", required=True, readonly=True, copy=False
    )
    stage = fields.Selection(
        selection=STAGES, readonly=True, copy=False, help="What is being read."
    )
    cursor = fields.Char(readonly=True, copy=False, help="How far it has been read.")
    error = fields.Text(readonly=True, copy=False)
    date_read = fields.Datetime(string="Read On", readonly=True, copy=False)
    over_count = fields.Integer(
        string="Ended at Stripe",
        readonly=True,
        copy=False,
        help="Subscriptions that are over or have never begun. They are left out.",
    )
    stranger_count = fields.Integer(
        string="Without a Subscription",
        readonly=True,
        copy=False,
        help="Customers at Stripe without a running subscription. They are left out.",
    )
    line_ids = fields.One2many("stripe.import.line", "import_id", string="Lines")
    line_count = fields.Integer(compute="_compute_counts")
    queued_count = fields.Integer(string="To Do", compute="_compute_counts")
    new_count = fields.Integer(string="To Create", compute="_compute_counts")
    match_count = fields.Integer(string="Matched", compute="_compute_counts")
    skip_count = fields.Integer(string="Left Out", compute="_compute_counts")
    blocked_count = fields.Integer(string="Not Mapped", compute="_compute_counts")
    waiting_count = fields.Integer(string="Billed by Stripe", compute="_compute_counts")
    done_count = fields.Integer(string="Done", compute="_compute_counts")
    failed_count = fields.Integer(string="Failed", compute="_compute_counts")

    _one_for_each_account = models.UniqueIndex(
        "(provider_id, is_live)",
        "This Stripe account has an import already. Open it and read the book again: "
        "what was taken over stays as it is, and what is new is added.",
    )

    # === COMPUTE METHODS === #

    @api.depends("provider_id")
    def _compute_is_live(self):
        for book in self:
            book.is_live = book.provider_id.state == "enabled"

    @api.depends("line_ids.state", "line_ids.is_queued")
    def _compute_counts(self):
        Line = self.env["stripe.import.line"]
        counts = {
            (book.id, state): count
            for book, state, count in Line._read_group(
                [("import_id", "in", self.ids), ("kind", "=", "subscription")],
                groupby=["import_id", "state"],
                aggregates=["__count"],
            )
        }
        queued = dict(
            Line._read_group(
                [("import_id", "in", self.ids), ("is_queued", "=", True)],
                groupby=["import_id"],
                aggregates=["__count"],
            )
        )
        for book in self:
            for name, state in COUNTS.items():
                book[name] = counts.get((book.id, state), 0)
            book.queued_count = queued.get(book, 0)
            book.line_count = sum(book[name] for name in COUNTS)

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_taken_over(self):
        if self.line_ids.filtered("subscription_id"):
            raise UserError(
                self.env._(
                    "Subscriptions were taken over with this import: it is kept, so "
                    "that they are not taken over again."
                )
            )

    # === ACTIONS === #

    def action_read(self):
        """Read the whole book again, in the background; nothing is made of it yet."""
        self.ensure_one()
        self._check_idle()
        if self.is_live != (self.provider_id.sudo().state == "enabled"):
            raise UserError(
                self.env._(
                    "This is the book of the other mode. Set the state of "
                    "%(provider)s back, or make another import for its present mode.",
                    provider=self.provider_id.display_name,
                )
            )
        if self.provider_id.sudo().state == "disabled":
            raise UserError(
                self.env._(
                    "%(provider)s is disabled: the payment methods that come in could "
                    "not be charged. Set its state to Enabled or Test Mode.",
                    provider=self.provider_id.display_name,
                )
            )
        self.provider_id._get_stripe_gateway()
        self._begin("reading", stage="item", over_count=0, stranger_count=0)

    def action_check(self):
        """Work out again what becomes of each line, with the choices made here."""
        self.ensure_one()
        self._check_idle()
        self._begin("reading", stage="catalog")

    def action_run(self):
        """Take over all that can be, in the background."""
        self.ensure_one()
        self._check_idle()
        states = ["new", "failed", *(["waiting"] if self.ending == "end" else [])]
        todo = self.env["stripe.import.line"].search(
            [
                ("import_id", "=", self.id),
                ("kind", "=", "subscription"),
                ("state", "in", states),
            ]
        )
        if not todo:
            raise UserError(
                self.env._(
                    "There is nothing to take over. Look at the lines that cannot be "
                    "mapped, mend what they say, and read the book again."
                )
            )
        todo._queue()

    def action_resume(self):
        """Go on where the work was interrupted."""
        self.ensure_one()
        self.check_access("write")
        self.sudo().error = False
        self._trigger_cron()

    def action_stop(self):
        """Stop after the subscriptions that are being worked on."""
        self.ensure_one()
        self.check_access("write")
        queued = [("import_id", "=", self.id), ("is_queued", "=", True)]
        self.env["stripe.import.line"].search(queued).sudo().is_queued = False
        self.sudo().write({"state": "ready", "error": False})

    def action_view_lines(self):
        """Open the lines; the context may name a filter of theirs."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing_stripe.stripe_import_line_action"
        )
        name = self.env.context.get("lines_filter")
        chosen = {f"search_default_{name}": 1} if name else {}
        return {
            **action,
            "domain": [("import_id", "=", self.id)],
            "context": {"search_default_subscriptions": 1, **chosen},
        }

    # === BUSINESS METHODS === #

    def _check_idle(self):
        """Refuse to begin while something runs."""
        if self.state in ("reading", "running"):
            raise UserError(
                self.env._("The import is at work. Wait for its end, or stop it.")
            )

    def _begin(self, state, **vals):
        """Have the scheduled action work on this import."""
        self.check_access("write")
        self.sudo().write({"state": state, "cursor": False, "error": False, **vals})
        self._trigger_cron()

    @api.model
    def _trigger_cron(self):
        """Wake the scheduled action."""
        trigger_cron(self.env, "subscription_billing_stripe.ir_cron_import")
