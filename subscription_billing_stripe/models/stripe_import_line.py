from odoo import api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("item", "Pending Item"),
    ("plan", "Plan"),
    ("product", "Product"),
    ("price", "Price"),
    ("customer", "Customer"),
    ("method", "Payment Method"),
    ("subscription", "Subscription"),
]
LINE_STATES = [
    ("new", "To Create"),
    ("match", "Matched"),
    ("skip", "Left Out"),
    ("blocked", "Cannot Be Mapped"),
    ("waiting", "Draft, Billed by Stripe"),
    ("done", "Done"),
    ("failed", "Failed"),
]
#: what a person may choose, by the kind of line
CHOICES = {
    "plan": "plan_id",
    "product": "product_id",
    "price": "meter_id",
    "customer": "partner_id",
}
#: kind -> the record that a line has become, and the page of it in the dashboard
RECORDS = {
    "plan": ("plan_id", ""),
    "product": ("product_id", "products"),
    "price": ("price_id", "prices"),
    "customer": ("partner_id", "customers"),
    "method": ("token_id", ""),
    "subscription": ("subscription_id", "subscriptions"),
    "item": ("", ""),
}


class StripeImportLine(models.Model):
    """One thing in a book at Stripe, and what it becomes here."""

    _name = "stripe.import.line"
    _description = "Line of an Import from Stripe"
    _order = "import_id, kind, id"
    _check_company_auto = True

    # === FIELDS: WHAT IT IS === #

    import_id = fields.Many2one(
        "stripe.import", required=True, readonly=True, ondelete="cascade", index=True
    )
    provider_id = fields.Many2one(related="import_id.provider_id")
    company_id = fields.Many2one(related="import_id.company_id", store=True)
    kind = fields.Selection(selection=KINDS, required=True, readonly=True, index=True)
    stripe_id = fields.Char(
        string="Stripe's ID", required=True, readonly=True, index=True
    )
    stripe_url = fields.Char(string="At Stripe", compute="_compute_stripe_url")
    name = fields.Char(string="Description", readonly=True)
    customer_ref = fields.Char(string="Stripe's Customer", readonly=True, index=True)
    data = fields.Json(
        readonly=True, help="What Stripe said of it when it was last read."
    )
    is_read = fields.Boolean(readonly=True)
    is_used = fields.Boolean(
        readonly=True, help="Whether a running subscription needs it."
    )

    # === FIELDS: WHAT IT BECOMES === #

    state = fields.Selection(
        selection=LINE_STATES,
        string="Result",
        default="new",
        required=True,
        readonly=True,
        index=True,
    )
    message = fields.Text(
        string="What Happens",
        readonly=True,
        help="What will be, or was, made of it; why it cannot be, and what to do.",
    )
    is_queued = fields.Boolean(
        readonly=True, help="Whether the scheduled action will take it over."
    )
    is_chosen = fields.Boolean(
        string="Chosen by Hand",
        readonly=True,
        help="The record was chosen by a person, and is kept when the book is read "
        "again.",
    )
    plan_id = fields.Many2one("subscription.plan", check_company=True)
    product_id = fields.Many2one("product.product", check_company=True)
    price_id = fields.Many2one("subscription.price", readonly=True)
    meter_id = fields.Many2one(
        "subscription.meter",
        check_company=True,
        help="Counts here what Stripe counts for this price.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        check_company=True,
        help="Empty: a new contact is made.",
    )
    token_id = fields.Many2one(
        "payment.token", string="Payment Method", readonly=True, ondelete="set null"
    )
    subscription_id = fields.Many2one(
        "subscription.subscription",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    date_next = fields.Date(
        string="Billed From",
        readonly=True,
        help="The first day that Stripe has not billed: with it begins the first "
        "period that is billed here.",
    )
    date_end_asked = fields.Datetime(
        string="Ended at Stripe On",
        readonly=True,
        help="When Stripe was asked to end its own subscription.",
    )

    _known_once = models.UniqueIndex(
        "(import_id, stripe_id)", "This is in the import already."
    )
    _subscription_once = models.UniqueIndex(
        "(subscription_id) WHERE subscription_id IS NOT NULL",
        "A subscription is taken over from one at Stripe.",
    )
    _queue_index = models.Index("(import_id, id) WHERE is_queued IS TRUE")

    # === COMPUTE METHODS === #

    @api.depends("stripe_id", "kind", "import_id.is_live")
    def _compute_stripe_url(self):
        for line in self:
            page = RECORDS[line.kind][1]
            mode = "" if line.import_id.is_live else "test/"
            line.stripe_url = (
                page and f"https://dashboard.stripe.com/{mode}{page}/{line.stripe_id}"
            )

    @api.depends("stripe_id", "name")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.name or line.stripe_id

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep what a person chose, and tell at once what follows for the line.

        :raises UserError: it has been taken over
        """
        if self.env.su or not set(CHOICES.values()) & vals.keys():
            return super().write(vals)
        if self.filtered(lambda line: line._is_settled()):
            raise UserError(
                self.env._(
                    "This was taken over already: change the record that it became."
                )
            )
        for kind, lines in self.grouped("kind").items():
            foreign = set(CHOICES.values()) - {CHOICES.get(kind)}
            if foreign & {name for name, value in vals.items() if value}:
                raise UserError(
                    self.env._("This kind of line has no such record to choose.")
                )
            super(StripeImportLine, lines).write(vals)
            lines.sudo().is_chosen = True
            lines.sudo()._check()
        return True

    # === ACTIONS === #

    def action_open(self):
        """Open the record that this line became."""
        self.ensure_one()
        name = RECORDS[self.kind][0]
        record = name and self[name]
        if not record:
            raise UserError(self.env._("There is no record of it in Odoo yet."))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

    def action_take_over(self):
        """Take over these subscriptions now, and those that have failed again."""
        todo = self.filtered(
            lambda line: (
                line.kind == "subscription"
                and line.state in ("new", "failed", "waiting")
            )
        )
        if not todo:
            raise UserError(
                self.env._(
                    "None of these lines can be taken over: choose subscriptions that "
                    "are to be created, or that have failed."
                )
            )
        for book in todo.import_id:
            book._check_idle()
        todo._queue()

    # === BUSINESS METHODS === #

    def _queue(self):
        """Have the scheduled action take these subscriptions over."""
        self.check_access("write")
        self.sudo().is_queued = True
        for book in self.import_id:
            book._begin("running", stage=False)

    def _is_settled(self):
        """Return whether it was taken over, or is about to be.

        What is known of one that Stripe was asked to end is kept: Stripe no longer
        tells it.
        """
        self.ensure_one()
        return self.state in ("done", "waiting") or bool(self.date_end_asked)

    def _settle(self, state, message=False, **vals):
        """Write what became of these lines."""
        self.write({"state": state, "message": message, **vals})

    def _fail(self, message):
        """Write why something could not be taken over; it can be tried again."""
        self._settle("failed", message, is_queued=False)
