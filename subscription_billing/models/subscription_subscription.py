from odoo import api, fields, models
from odoo.exceptions import ValidationError

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

    Split by concern: the agreement and its rules here, its dates in
    ``subscription_subscription_calendar``, its amounts in
    ``subscription_subscription_amounts``, states and revenue in
    ``subscription_subscription_state``, what a person does in
    ``subscription_subscription_actions``, what it owes in
    ``subscription_subscription_charges``, what the runs need in
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
                partner and partner._get_subscription_payer()
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

    # === CONSTRAINTS === #

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
