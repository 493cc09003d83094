from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.dispute import BANK_RETURNS, OPEN, TO_ANSWER
from .dispute_fields import KINDS, LOSS_HANDLINGS, REASONS, STATES


class SubscriptionDispute(models.Model):
    """A payment that the customer or the bank takes back, or warns of.

    Split by concern: the record here, what it keeps from being charged in
    ``subscription_dispute_holds``, what providers say of it in
    ``subscription_dispute_facts``, the books in ``subscription_dispute_books``, what is
    handed in in ``subscription_dispute_evidence``, who has to do what until when in
    ``subscription_dispute_activities``.
    """

    _name = "subscription.dispute"
    _description = "Dispute"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_opened desc, id desc"
    _rec_name = "provider_reference"
    _check_company_auto = True

    # === FIELDS: WHAT IS DISPUTED === #

    provider_id = fields.Many2one(
        "payment.provider", required=True, readonly=True, ondelete="restrict"
    )
    provider_reference = fields.Char(
        string="Number",
        required=True,
        readonly=True,
        help="The provider's own number of the dispute.",
    )
    charge_reference = fields.Char(
        readonly=True, help="What the provider calls the disputed payment."
    )
    charge_id = fields.Many2one(
        "payment.transaction",
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        check_company=True,
        domain="[('provider_id', '=', provider_id), ('operation', '!=', 'refund')]",
        help="The disputed payment. Choose it where it was not found.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    invoice_id = fields.Many2one(
        "account.move",
        compute="_compute_from_charge",
        store=True,
        index="btree_not_null",
    )
    subscription_id = fields.Many2one(
        "subscription.subscription",
        compute="_compute_from_charge",
        store=True,
        index="btree_not_null",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_from_charge",
        store=True,
        index="btree_not_null",
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        string="Commercial Entity",
        store=True,
        index="btree_not_null",
    )
    kind = fields.Selection(selection=KINDS, required=True, readonly=True)
    reason = fields.Selection(
        selection=REASONS, required=True, readonly=True, tracking=True
    )
    network_reason_code = fields.Char(
        readonly=True, help="The card network's own code of the reason."
    )
    amount = fields.Monetary(
        readonly=True, help="What is disputed, which may be a part of the payment."
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    is_refundable = fields.Boolean(
        readonly=True, help="A refund of the payment still ends it."
    )

    # === FIELDS: WHAT BECOMES OF IT === #

    state = fields.Selection(
        selection=STATES,
        string="Status",
        required=True,
        readonly=True,
        tracking=True,
    )
    due_by = fields.Datetime(
        string="Answer By",
        readonly=True,
        tracking=True,
        help="As the provider says. What comes later does not count.",
    )
    evidence_time = fields.Datetime(
        string="Evidence Submitted", readonly=True, tracking=True, copy=False
    )
    date_opened = fields.Datetime(string="Opened", readonly=True)
    date_closed = fields.Datetime(string="Decided", readonly=True)
    date_state = fields.Datetime(
        readonly=True, help="The provider's time of the status: older news is ignored."
    )
    date_facts = fields.Datetime(
        readonly=True, help="The provider's time of the latest news."
    )
    loss_handling = fields.Selection(
        selection=LOSS_HANDLINGS,
        string="When Lost",
        compute="_compute_loss_handling",
        store=True,
        readonly=False,
        tracking=True,
        help="Written off: the invoice stays paid, and the loss is booked. Owed again: "
        "the invoice is open again, for the customer to pay by other means.",
    )

    is_to_answer = fields.Boolean(
        string="To Answer",
        compute="_compute_is_to_answer",
        search="_search_is_to_answer",
    )

    _once_per_provider = models.UniqueIndex(
        "(provider_id, provider_reference)",
        "This dispute of the provider is known already.",
    )
    _to_answer_index = models.Index(
        "(company_id, due_by) WHERE state IN "
        "('warning_needs_response', 'needs_response', 'appeal_needs_response')"
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "provider_reference", "partner_id")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for dispute in self:
            parts = [kinds.get(dispute.kind), dispute.provider_reference]
            named = " ".join(filter(None, parts))
            customer = dispute.partner_id.name
            dispute.display_name = f"{named}, {customer}" if customer else named

    @api.depends("charge_id")
    def _compute_from_charge(self):
        for dispute in self:
            charge = dispute.sudo().charge_id
            invoice = charge._get_paid_invoice()
            dispute.invoice_id = invoice
            dispute.subscription_id = (
                charge.subscription_id or invoice._get_disputed_subscription()
            )
            dispute.partner_id = charge.partner_id

    @api.depends("reason", "company_id")
    def _compute_loss_handling(self):
        for dispute in self:
            if dispute.amount_lost and dispute.loss_handling:
                dispute.loss_handling = dispute.loss_handling  # it is booked
                continue
            is_return = dispute.reason in BANK_RETURNS
            setting = dispute.company_id.subscription_dispute_loss
            dispute.loss_handling = "reopen" if is_return else setting

    @api.depends("state", "evidence_time")
    def _compute_is_to_answer(self):
        """An appeal is answered anew."""
        for dispute in self:
            is_appeal = dispute.state == "appeal_needs_response"
            is_unanswered = is_appeal or not dispute.evidence_time
            dispute.is_to_answer = dispute.state in TO_ANSWER and is_unanswered

    def _search_is_to_answer(self, operator, _value):
        if operator != "in":
            return NotImplemented
        first = ["warning_needs_response", "needs_response"]
        return [
            "|",
            ("state", "=", "appeal_needs_response"),
            "&",
            ("state", "in", first),
            ("evidence_time", "=", False),
        ]

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(
            self.env._("A dispute is part of the books and cannot be deleted.")
        )

    # === ACTIONS === #

    def action_close_warning(self):
        """Note that somebody has decided to keep the money despite a warning."""
        self.check_access("write")
        open_warnings = self.filtered(
            lambda dispute: dispute.kind == "fraud_warning" and dispute.state in OPEN
        )
        if not open_warnings:
            raise UserError(self.env._("Only an open fraud warning can be closed."))
        open_warnings.sudo()._set_state("warning_closed", fields.Datetime.now())

    def action_refund_charge(self):
        """Open the refund of the payment, before the warning becomes a dispute."""
        self.ensure_one()
        payment = self.charge_id.payment_id
        if not payment:
            raise UserError(
                self.env._(
                    "The payment of %(dispute)s is not known here. Choose its Charge, "
                    "or refund it at the provider.",
                    dispute=self.display_name,
                )
            )
        action = payment.action_refund_wizard()
        return {
            **action,
            "context": {
                **action.get("context", {}),
                "active_model": "account.payment",
                "active_id": payment.id,
            },
        }
