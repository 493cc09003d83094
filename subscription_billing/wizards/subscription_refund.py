from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.batch import keep_others_away


class SubscriptionRefund(models.TransientModel):
    """Refund a subscription invoice: how much, why, and where the money goes."""

    _name = "subscription.refund"
    _description = "Refund"

    # === FIELDS === #

    invoice_id = fields.Many2one(
        "account.move",
        required=True,
        domain="[('id', 'in', invoice_ids)]",
        ondelete="cascade",
    )
    invoice_ids = fields.Many2many(
        "account.move", compute="_compute_invoice_ids", string="Choices"
    )
    company_id = fields.Many2one(related="invoice_id.company_id")
    currency_id = fields.Many2one(related="invoice_id.currency_id")
    is_disputed = fields.Boolean(related="invoice_id.is_disputed")
    scope = fields.Selection(
        selection=[
            ("full", "All of it"),
            ("amount", "An amount"),
            ("lines", "By line"),
        ],
        string="How Much",
        default="full",
        required=True,
        help="An amount is shared by all lines in proportion to what still stands.",
    )
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        readonly=False,
        help="Including taxes. The credit note has this total.",
    )
    line_ids = fields.One2many(
        "subscription.refund.line",
        "refund_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    method = fields.Selection(
        selection=[
            ("card", "To the payment method"),
            ("credit", "As credit"),
            ("other", "In another way"),
        ],
        string="Pay Back",
        compute="_compute_method",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="Credit pays the customer's next subscription invoices. What is paid back "
        "in another way is registered as a payment of the credit note.",
    )
    reason_id = fields.Many2one("subscription.refund.reason", required=True)
    note = fields.Text(help="What is to be remembered of it.")
    amount_available = fields.Monetary(
        string="At Most",
        compute="_compute_limits",
        help="What of the invoice has not been given back yet, including taxes.",
    )
    amount_open = fields.Monetary(
        string="Not Paid Yet",
        related="invoice_id.amount_residual",
        help="The refund first takes this off; only the rest is paid back.",
    )
    amount_card = fields.Monetary(
        string="Collected",
        compute="_compute_limits",
        help="What payment methods have paid of this invoice and was not given back.",
    )
    amount_paid_back = fields.Monetary(
        string="Paid Back Already",
        compute="_compute_limits",
        help="Refunds that were made at the payment provider, and that no credit note "
        "asks for yet: this one does.",
    )
    amount_returned = fields.Monetary(
        string="Goes Back",
        compute="_compute_amount_returned",
        help="What the customer gets of the amount.",
    )
    charge_label = fields.Char(string="To", compute="_compute_limits")

    # === COMPUTE METHODS === #

    @api.depends("invoice_id")
    def _compute_invoice_ids(self):
        for wizard in self:
            invoices = wizard.invoice_id.subscription_ids.invoice_ids
            wizard.invoice_ids = wizard.invoice_id | invoices.filtered(
                lambda move: move.move_type == "out_invoice" and move.state == "posted"
            )

    @api.depends("invoice_id")
    def _compute_limits(self):
        self.amount_available = self.amount_card = self.amount_paid_back = 0
        self.charge_label = False
        for wizard in self.filtered("invoice_id"):
            invoice = wizard.invoice_id
            charges = invoice._get_refundable_charges()
            wizard.amount_available = float(invoice._get_refundable_amount())
            wizard.amount_card = float(sum(charges.values()))
            wizard.amount_paid_back = float(invoice._get_paid_back_amount())
            wizard.charge_label = ", ".join(
                charge.token_id.display_name
                or f"{charge.payment_method_id.name} ({charge.reference})"
                for charge in charges
            )

    @api.depends("invoice_id")
    def _compute_method(self):
        for wizard in self:
            is_card = wizard.amount_card or wizard.amount_paid_back
            wizard.method = "card" if is_card else "credit"

    @api.depends("invoice_id")
    def _compute_line_ids(self):
        for wizard in self:
            standing = (
                wizard.invoice_id._get_refundable_lines() if wizard.invoice_id else {}
            )
            wizard.line_ids = [
                Command.clear(),
                *(Command.create({"move_line_id": line.id}) for line in standing),
            ]

    @api.depends("invoice_id", "scope", "line_ids.amount")
    def _compute_amount(self):
        for wizard in self:
            if wizard.scope == "lines":
                wizard.amount = sum(wizard.line_ids.mapped("amount"))
            elif wizard.scope == "full" or not wizard.amount:
                wizard.amount = wizard.amount_available

    @api.depends("amount", "amount_open", "amount_paid_back")
    def _compute_amount_returned(self):
        for wizard in self:
            rest = wizard.amount - wizard.amount_open - wizard.amount_paid_back
            wizard.amount_returned = max(wizard.currency_id.round(rest), 0)

    # === ACTIONS === #

    def action_refund(self):
        """Write the credit note and pay it back as chosen.

        :return: an action that shows the credit note, or registers its payment
        """
        self.ensure_one()
        self.env["account.move"].check_access("create")
        invoice = self.invoice_id
        keep_others_away(invoice)
        self._check_invoice()
        self._check_amount()
        self._check_method()
        note = invoice._create_refund_note(
            self._get_amount(), self._get_parts(), **self._prepare_note_vals()
        )
        note._log_refund(self._get_amount())
        note.sudo()._match_paid_back()
        if self.method == "card":
            if note.amount_residual:
                note._pay_back()
        elif self.method == "credit":
            note.sudo()._offset_subscription_credits()
        elif note.amount_residual:
            return note.action_register_payment()
        return note._get_records_action(context={"create": False})

    # === BUSINESS METHODS === #

    def _get_amount(self):
        """Return the amount to refund, including taxes, as a Decimal."""
        return Decimal(str(self.currency_id.round(self.amount)))

    def _get_parts(self):
        """Return what is refunded of which line, None where all lines share it.

        :rtype: dict[account.move.line, Decimal] | None
        """
        if self.scope != "lines":
            return None
        return {
            line.move_line_id: Decimal(str(self.currency_id.round(line.amount)))
            for line in self.line_ids
            if line.amount
        }

    def _prepare_note_vals(self):
        """Return what the credit note knows of the refund."""
        self.ensure_one()
        lang = self.invoice_id.partner_id.lang
        wizard = self.with_context(lang=lang) if lang else self
        return {
            "refund_method": self.method,
            "refund_reason_id": self.reason_id.id,
            "refund_note": self.note,
            "ref": wizard.env._(
                "Refund of %(invoice)s, %(reason)s",
                invoice=self.invoice_id.name,
                reason=wizard.reason_id.name,
            ),
        }

    def _check_invoice(self):
        """Check that the invoice is one of a subscription, and can be refunded."""
        invoice = self.invoice_id
        is_ours = invoice.move_type == "out_invoice" and invoice.subscription_ids
        if not is_ours or invoice.state != "posted":
            raise UserError(
                self.env._(
                    "Invoice: %(invoice)s is no posted invoice of a subscription. "
                    "Choose one.",
                    invoice=invoice.display_name,
                )
            )
        invoice._check_no_money_under_way()

    def _check_amount(self):
        """Check the amounts against what still stands of the invoice and its lines."""
        currency = self.currency_id
        standing = self.invoice_id._get_refundable_lines()
        for line in self.line_ids if self.scope == "lines" else ():
            left = float(standing.get(line.move_line_id, 0))
            if line.amount < 0 or currency.compare_amounts(line.amount, left) > 0:
                raise UserError(
                    self.env._(
                        "Refund of %(line)s: enter an amount from 0 to %(left)s, what "
                        "still stands of the line.",
                        line=line.move_line_id.product_id.display_name,
                        left=currency.format(left),
                    )
                )
        limit = float(self.invoice_id._get_refundable_amount())
        too_much = currency.compare_amounts(self.amount, limit) > 0
        if currency.compare_amounts(self.amount, 0) <= 0 or too_much:
            message = self.env._(
                "Amount: enter more than 0 and at most %(limit)s, what still stands of "
                "%(invoice)s.",
                limit=currency.format(limit),
                invoice=self.invoice_id.display_name,
            )
            withheld = self.invoice_id._get_withheld_text()
            raise UserError("\n".join(filter(None, (message, withheld))))

    def _check_method(self):
        """Check that the payment method has paid what is to go back to it."""
        if self.method != "card":
            return
        if not (self.amount_returned or self.amount_paid_back):
            raise UserError(
                self.env._(
                    "Pay Back: nothing of this amount was paid, it only lowers what is "
                    "owed. Choose As credit."
                )
            )
        charges = self.invoice_id._get_refundable_charges()
        self.invoice_id._check_payable_back(
            Decimal(str(self.amount_returned)),
            sum(charges.values(), Decimal(0)),
        )
