from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.recurrence import boundary, is_boundary, period_containing

STATES = [
    ("draft", "Draft"),
    ("trial", "Trial"),
    ("active", "Active"),
    ("paused", "Paused"),
    ("past_due", "Past Due"),
    ("suspended", "Suspended"),
    ("closed", "Closed"),
]


class SubscriptionSubscription(models.Model):
    """A partner's agreement: who pays what, how often, and until when it is billed.

    Split by concern: the agreement and its rules here, its amounts in
    ``subscription_subscription_amounts``, states and revenue in
    ``subscription_subscription_state``, what a person does in
    ``subscription_subscription_actions``, what the runs need in
    ``subscription_subscription_billing`` and ``subscription_subscription_payment``.
    """

    _name = "subscription.subscription"
    _description = "Subscription"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    # === DEFAULTS === #

    def _default_plan_id(self):
        """Return the first plan of the company, so that a new form is ready."""
        return self.env["subscription.plan"].search(
            [("company_id", "in", (False, self.env.company.id))], limit=1
        )

    # === FIELDS: AGREEMENT === #

    name = fields.Char(
        string="Number",
        required=True,
        copy=False,
        default=lambda self: self.env._("New"),
        index="trigram",
    )
    state = fields.Selection(
        selection=STATES,
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand="_expand_states",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        tracking=True,
        index=True,
        check_company=True,
    )
    partner_invoice_id = fields.Many2one(
        "res.partner",
        string="Invoice Address",
        compute="_compute_partner_invoice_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        check_company=True,
        index="btree_not_null",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        index=True,
    )
    plan_id = fields.Many2one(
        "subscription.plan",
        required=True,
        default=lambda self: self._default_plan_id(),
        tracking=True,
        index=True,
        check_company=True,
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        default=lambda self: self.env.user,
        tracking=True,
        index=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    tag_ids = fields.Many2many("subscription.tag", string="Tags")
    client_order_ref = fields.Char(
        string="Customer Reference",
        copy=False,
        help="The customer's own number for this agreement, printed on its invoices.",
    )
    note = fields.Html(
        string="Internal Notes", help="For colleagues only; never shown to customers."
    )
    terms = fields.Html(
        string="Terms and Conditions",
        compute="_compute_from_plan",
        store=True,
        readonly=False,
        precompute=True,
        help="Printed on every invoice of this subscription.",
    )

    # === FIELDS: DATES === #

    date_start = fields.Date(
        string="Start Date",
        required=True,
        default=lambda self: self.env.company._get_subscription_today(),
        copy=False,
        tracking=True,
        help="First day of the agreement.",
    )
    date_anchor = fields.Date(
        string="Billing Anchor",
        compute="_compute_date_anchor",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        copy=False,
        tracking=True,
        help="The date from which all billing periods are counted. A subscription "
        "anchored on the 31st is billed on the last day of shorter months.",
    )
    date_next_invoice = fields.Date(
        string="Next Invoice",
        copy=False,
        tracking=True,
        help="Start of the next period to invoice. Set it on a subscription taken "
        "over from another system, so that what was billed there is not billed again.",
    )
    date_term_end = fields.Date(
        string="Committed Until",
        compute="_compute_date_term_end",
        store=True,
        precompute=True,
        help="Last day of the commitment.",
    )
    date_trial_end = fields.Date(
        string="Trial Ends",
        copy=False,
        tracking=True,
        help="First day after the trial.",
    )
    # === FIELDS: MONEY === #

    line_ids = fields.One2many(
        "subscription.line", "subscription_id", string="Lines", copy=True
    )
    collection_method = fields.Selection(
        selection=[("automatic", "Automatic payment"), ("invoice", "Invoice to pay")],
        compute="_compute_from_plan",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        tracking=True,
        help="Automatic payment charges the saved payment method when an invoice is "
        "due; otherwise the customer pays the invoice.",
    )
    payment_term_id = fields.Many2one(
        "account.payment.term",
        string="Payment Terms",
        compute="_compute_from_plan",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        help="The customer's own payment terms when empty.",
    )
    fiscal_position_id = fields.Many2one(
        "account.fiscal.position",
        compute="_compute_fiscal_position_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        help="Replaces the taxes of the products for this customer.",
    )
    _next_invoice_after_start = models.Constraint(
        "CHECK (date_next_invoice >= date_start)",
        "Next Invoice must not be before Start Date.",
    )
    _name_unique = models.UniqueIndex(
        "(company_id, name)", "This Number is already used by another subscription."
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for subscription in self:
            parts = [subscription.name, subscription.partner_id.name]
            subscription.display_name = ", ".join(filter(None, parts))

    @api.depends("partner_id")
    def _compute_partner_invoice_id(self):
        for subscription in self:
            partner = subscription.partner_id
            subscription.partner_invoice_id = (
                partner.address_get(["invoice"])["invoice"] if partner else False
            )

    @api.depends("company_id")
    def _compute_currency_id(self):
        for subscription in self:
            subscription.currency_id = (
                subscription.currency_id
                or (subscription.company_id or self.env.company).currency_id
            )

    @api.depends("plan_id")
    def _compute_from_plan(self):
        for subscription in self:
            plan = subscription.plan_id.with_company(subscription.company_id)
            source = plan if subscription.state == "draft" else subscription
            subscription.collection_method = source.collection_method or "invoice"
            subscription.payment_term_id = source.payment_term_id
            subscription.terms = source.terms

    @api.depends("partner_id", "company_id")
    def _compute_fiscal_position_id(self):
        FiscalPosition = self.env["account.fiscal.position"]
        for company, subscriptions in self.grouped("company_id").items():
            get_position = FiscalPosition.with_company(company)._get_fiscal_position
            for partner, owned in subscriptions.grouped("partner_id").items():
                owned.fiscal_position_id = get_position(partner) if partner else False

    @api.depends("date_start", "date_next_invoice", "plan_id")
    def _compute_date_anchor(self):
        for subscription in self:
            subscription.date_anchor = (
                subscription._get_default_anchor()
                if subscription.state == "draft" or not subscription.date_anchor
                else subscription.date_anchor
            )

    @api.depends("date_start", "plan_id")
    def _compute_date_term_end(self):
        for subscription in self:
            term = subscription.plan_id and subscription.plan_id._get_term()
            start = subscription.date_start
            subscription.date_term_end = (
                fields.Date.subtract(boundary(start, term, 1), days=1)
                if term and start
                else False
            )

    # === CONSTRAINTS === #

    @api.constrains("date_next_invoice", "date_anchor", "plan_id", "state")
    def _check_date_next_invoice(self):
        for subscription in self.filtered("date_next_invoice"):
            subscription._check_next_invoice_is_boundary()
        self.filtered("date_next_invoice")._check_next_invoice_is_unbilled()

    @api.constrains("company_id", "currency_id")
    def _check_money_is_kept(self):
        for subscription in self:
            foreign = [
                ("subscription_id", "=", subscription.id),
                "|",
                ("company_id", "!=", subscription.company_id.id),
                ("currency_id", "!=", subscription.currency_id.id),
            ]
            if self.env["subscription.event"].sudo().search_count(foreign, limit=1):
                raise ValidationError(
                    self.env._(
                        "%(subscription)s has been active: its Company and Currency "
                        "can no longer change. Close it and make a new one.",
                        subscription=subscription.display_name,
                    )
                )

    def _check_next_invoice_is_boundary(self):
        """Refuse a next invoice date in the middle of a period."""
        self.ensure_one()
        interval = self.plan_id._get_interval()
        if is_boundary(self.date_anchor, interval, self.date_next_invoice):
            return
        period = period_containing(self.date_anchor, interval, self.date_next_invoice)
        raise ValidationError(
            self.env._(
                "Next Invoice %(date)s of %(subscription)s is not the start of a "
                "billing period. Choose %(before)s or %(after)s, or set the Billing "
                "Anchor to the same date to count the periods from there.",
                date=fields.Date.to_string(self.date_next_invoice),
                subscription=self.display_name,
                before=fields.Date.to_string(period.date_start),
                after=fields.Date.to_string(period.date_end),
            )
        )

    def _check_next_invoice_is_unbilled(self):
        """Refuse to step back into days that have been billed."""
        for subscription, date_end in self._get_billed_until().items():
            if subscription.date_next_invoice < date_end:
                raise ValidationError(
                    self.env._(
                        "%(subscription)s has been billed until %(billed)s. Next "
                        "Invoice cannot be before %(date)s.",
                        subscription=subscription.display_name,
                        billed=fields.Date.subtract(date_end, days=1),
                        date=date_end,
                    )
                )

    # === BUSINESS METHODS === #

    @api.model
    def _expand_states(self, states, _domain):
        """Order the columns of the kanban view by the life of a subscription."""
        always = {"draft", "active", "closed"}
        return [state for state, _label in STATES if state in always.union(states)]

    @api.model
    def _next_number(self, vals):
        """Return the next number of the company's sequence."""
        company_id = vals.get("company_id") or self.env.company.id
        sequence = self.env["ir.sequence"].with_company(company_id)
        return sequence.next_by_code("subscription.subscription") or self.env._("New")

    def _get_default_anchor(self):
        """Return the start date, or the next invoice date if that does not fit it."""
        self.ensure_one()
        start, following = self.date_start, self.date_next_invoice
        if not following or not self.plan_id or not start:
            return start
        fits = is_boundary(start, self.plan_id._get_interval(), following)
        return start if fits else following

    def _get_billed_until(self):
        """Return the end of the last billed period of each billed subscription.

        :rtype: dict[subscription.subscription, datetime.date]
        """
        return dict(
            self.env["subscription.period"]
            .sudo()
            ._read_group(
                [("subscription_id", "in", self.ids)],
                groupby=["subscription_id"],
                aggregates=["date_end:max"],
            )
        )
