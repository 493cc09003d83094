from collections import defaultdict
from decimal import Decimal

from odoo import Command, models
from odoo.exceptions import UserError

from ..tools.allocation import allocate, round_to_step
from ..tools.refund import draw
from .booked_line import BookedLine


class AccountMove(models.Model):
    """How much of an invoice can be refunded, and the credit note that does it."""

    _inherit = "account.move"

    # === BUSINESS METHODS: WHAT STANDS === #

    def _get_refundable_lines(self):
        """Return what still stands of each line of this invoice, including taxes.

        That is what was charged, less what people have taken back by hand, less what
        claims and returned deposits have given back.

        :rtype: dict[account.move.line, Decimal], in the currency of the invoice
        """
        self.ensure_one()
        step = Decimal(str(self.currency_id.rounding))
        booked = self._get_booked_lines()
        refunded = self._get_refunded_lines()
        gone = self._get_gone_otherwise(refunded)
        standing = {}
        for line, charged in self._get_charged_lines().items():
            total = booked[line].worth.total
            left = total * (charged - gone[line]) / charged - refunded[line][1]
            if (left := round_to_step(left, step)) > 0:
                standing[line] = left
        return standing

    def _get_booked_lines(self):
        """Return each line as it stands in the books of this invoice.

        :rtype: dict[account.move.line, BookedLine]
        """
        self.ensure_one()
        base_lines, _tax_lines = self._get_rounded_base_and_tax_lines()
        return {line["record"]: BookedLine(line) for line in base_lines}

    def _get_gone_otherwise(self, refunded):
        """Return what is gone of each line without a refund that names it, untaxed.

        :param refunded: what refunds have given back that name the lines
        :rtype: defaultdict[account.move.line, Decimal]
        """
        gone = self._get_given_back()
        notes = self.reversal_move_ids.filtered(lambda move: move.state == "posted")
        notes -= notes._filter_claimed()
        is_by_hand = any(not note.invoice_line_ids.refund_origin_id for note in notes)
        if is_by_hand or self.state == "cancel":
            for line, amount in self._get_taken_back().items():
                gone[line] += max(amount - refunded[line][0], Decimal(0))
        return gone

    def _get_refunded_lines(self):
        """Return what refunds have given back that name the lines of this invoice.

        :return: the amounts before and after taxes, to the cent
        :rtype: defaultdict[account.move.line, tuple[Decimal, Decimal]]
        """
        refunded = defaultdict(lambda: (Decimal(0), Decimal(0)))
        notes = self.reversal_move_ids.filtered(lambda move: move.state == "posted")
        for line in notes.invoice_line_ids.filtered("refund_origin_id"):
            untaxed, total = refunded[line.refund_origin_id]
            refunded[line.refund_origin_id] = (
                untaxed + Decimal(str(line.price_subtotal)),
                total + Decimal(str(line.price_total)),
            )
        return refunded

    def _get_given_back(self):
        """Return what credits of subscriptions have given back of each line, untaxed.

        :rtype: defaultdict[account.move.line, Decimal]
        """
        given_back = defaultdict(Decimal)
        for claim in self.subscription_period_ids:
            for credit in claim.credit_ids:
                given_back[claim.move_line_id] -= Decimal(str(credit.amount))
        items = self.env["subscription.item"].search(
            [("origin_id.move_id", "in", self.ids)]
        )
        for item in items:
            given_back[item.origin_id.move_line_id] -= Decimal(str(item.amount))
        return given_back

    def _get_refundable_amount(self):
        """Return what can still be credited of this invoice, including taxes.

        What banks give back is left out.

        :rtype: Decimal
        """
        self.ensure_one()
        standing = self._get_standing_amount()
        return max(standing - self._get_withheld_amount(), Decimal(0))

    def _get_standing_amount(self):
        """Return what has not been credited of this invoice, including taxes.

        Credit notes that people have not posted yet count as well.

        :rtype: Decimal
        """
        self.ensure_one()
        written = self.reversal_move_ids.filtered(lambda move: move.state != "cancel")
        by_hand = sum(
            Decimal(str(note.amount_total))
            for note in written - written._filter_claimed()
        )
        standing = sum(self._get_refundable_lines().values(), Decimal(0))
        return max(min(standing, Decimal(str(self.amount_total)) - by_hand), Decimal(0))

    def _is_untouched(self):
        """Return whether nothing of this invoice has been given back yet."""
        self.ensure_one()
        amount = Decimal(str(self.amount_total))
        is_whole = self._get_refundable_amount() == amount
        return is_whole and not any(self._get_given_back().values())

    # === BUSINESS METHODS: WHICH PAYMENTS === #

    def _get_refundable_charges(self):
        """Return what each charge that has paid this invoice can give back for it.

        Of a charge that has paid more than this invoice, its part counts.

        :rtype: dict[payment.transaction, Decimal], the latest charge first
        """
        self.ensure_one()
        charges = self.sudo().transaction_ids.filtered(
            lambda tx: tx.state == "done" and tx._can_be_refunded()
        )
        left = {}
        for charge in charges.sorted("id", reverse=True):
            amount = min(charge._get_amount_left(), charge._get_amount_paid(self))
            if amount > 0:
                left[charge] = amount
        return left

    def _check_no_money_under_way(self):
        """Refuse what would change a subscription invoice whose payment is open.

        Charges that no run has sent yet are called off.

        :raises UserError: a charge has no outcome yet
        """
        for invoice in self.sudo().filtered("subscription_ids"):
            charges = invoice.transaction_ids
            charges.filtered("collection_invoice_id")._withdraw_unsent()
            if charge := charges.filtered(lambda tx: tx._is_under_way())[:1]:
                raise UserError(
                    self.env._(
                        "The charge %(charge)s of %(invoice)s has no outcome yet: its "
                        "money may still move. Wait for it, or settle it, before you "
                        "reset, cancel, reverse or refund the invoice.",
                        charge=charge.reference,
                        invoice=invoice.display_name,
                    )
                )

    # === BUSINESS METHODS: THE CREDIT NOTE === #

    def _create_refund_note(self, amount, parts=None, **vals):
        """Create and post the credit note of a refund.

        :param amount: Decimal, including taxes
        :param parts: what of it is for which line; by default all that stands shares it
        :param vals: further values of the credit note
        :rtype: account.move
        """
        self.ensure_one()
        self._check_no_money_under_way()
        vals = {**self._prepare_refund_note_vals(), **vals}
        is_whole = not parts and amount == Decimal(str(self.amount_total))
        if is_whole and self._is_untouched():
            note = self._reverse_moves([vals])
        else:
            vals = {
                **self.copy_data(
                    {
                        **vals,
                        "move_type": "out_refund",
                        "reversed_entry_id": self.id,
                        "partner_id": self.partner_id.id,
                        "invoice_cash_rounding_id": False,
                        "line_ids": [],
                    }
                )[0],
                "invoice_line_ids": self._prepare_refund_note_lines(
                    parts or self._share_refund(amount)
                ),
            }
            note = self.create(vals)
        note.action_post()
        return note

    def _prepare_refund_note_vals(self):
        """Return the values of a credit note of today."""
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        lang = self.partner_id.lang
        env = self.with_context(lang=lang).env if lang else self.env
        return {
            "date": today,
            "invoice_date": today,
            "invoice_date_due": today,
            "invoice_payment_term_id": False,
            "invoice_user_id": self.invoice_user_id.id,
            "invoice_origin": self.invoice_origin,
            "ref": env._("Refund of %(invoice)s", invoice=self.name),
        }

    def _prepare_refund_note_lines(self, parts):
        """Return the commands that create the lines of a credit note.

        :param parts: what is given back of each line, including taxes
        """
        booked = self._get_booked_lines()
        refunded = self._get_refunded_lines()
        return [
            Command.create(
                line._prepare_refund_line_vals(booked[line], refunded[line][1], part)
            )
            for line, part in parts.items()
            if part
        ]

    def _share_refund(self, amount):
        """Return which part of a refund is for which line: all share by what stands.

        :rtype: dict[account.move.line, Decimal]
        """
        self.ensure_one()
        standing = self._get_refundable_lines()
        step = Decimal(str(self.currency_id.rounding))
        parts = allocate(amount, list(standing.values()), step)
        return dict(zip(standing, parts, strict=True))

    # === BUSINESS METHODS: PAYING BACK === #

    def _pay_back(self):
        """Put the money that this credit note owes in line for the provider.

        :return: the new refunds, in state ``draft``
        :rtype: payment.transaction
        """
        self.ensure_one()
        invoice = self.reversed_entry_id
        sources = invoice._get_refundable_charges()
        amount = Decimal(str(self.amount_residual))
        invoice._check_payable_back(amount, sum(sources.values(), Decimal(0)))
        refunds = self.env["payment.transaction"].sudo()
        parts = draw(amount, list(sources.values()))
        for charge, part in zip(sources, parts, strict=True):
            if part:
                refunds |= charge._create_refund(part, self.refund_reason_id, self)
        self.env["subscription.collection"]._trigger_cron()
        return refunds

    def _get_paid_back(self):
        """Return the refunds of this invoice that no credit note asks for, as sudo.

        They were made at the provider, and nothing in the books is matched with them.

        :rtype: payment.transaction, oldest first
        """
        refunds = self.sudo().transaction_ids.child_transaction_ids
        return refunds.sorted("id").filtered(
            lambda tx: (
                tx.operation == "refund"
                and tx.state == "done"
                and not tx.refund_move_id
                and tx.currency_id == self.currency_id
                and tx.payment_id
                and tx.payment_id._get_open_amount()
            )
        )

    def _get_paid_back_amount(self):
        """Return what customers have got of this invoice without a credit note.

        :rtype: Decimal
        """
        self.ensure_one()
        payments = self._get_paid_back().payment_id
        return sum((each._get_open_amount() for each in payments), Decimal(0))

    def _match_paid_back(self):
        """Let this credit note be the one of refunds that were made at the provider."""
        self.ensure_one()
        invoice = self.reversed_entry_id
        refunds = invoice._get_paid_back()
        for refund in refunds:
            lines = (self | refund.payment_id.move_id).line_ids.filtered(
                lambda line: (
                    line.account_type == "asset_receivable" and not line.reconciled
                )
            )
            if len(lines.move_id) == 2 and len(lines.account_id) == 1:
                lines.reconcile()
            if not refund.payment_id._get_open_amount():
                refund.refund_move_id = self
        if refunds and not (invoice._get_paid_back() or invoice._get_open_surplus()):
            invoice._clear_refund_activities()

    def _check_payable_back(self, amount, limit):
        """Check that the provider can give an amount back.

        :raises UserError: it is more than what was collected and not given back yet
        """
        if amount > limit:
            raise UserError(
                self.env._(
                    "Amount: only %(limit)s of %(invoice)s was collected with a "
                    "payment method and has not been paid back. Lower the amount, or "
                    "give the rest back as credit or in another way.",
                    limit=self.currency_id.format(float(limit)),
                    invoice=self.display_name,
                )
            )
