from collections import defaultdict
from decimal import Decimal

from odoo import models

from ..tools.allocation import round_to_step
from ..tools.reversal import take_back


class AccountMove(models.Model):
    """What still stands of an invoice, and what its customer's credits pay."""

    _inherit = "account.move"

    def _post(self, soft=True):
        """Offset credits when documents are posted, by the run or by a person."""
        posted = super()._post(soft)
        documents = posted.sudo().filtered(lambda move: move.is_sale_document())
        documents._filter_claimed()._offset_subscription_credits()
        return posted

    # === BUSINESS METHODS: OFFSETTING === #

    def _filter_claimed(self):
        """Return the documents that bill subscriptions, or give back what was billed.

        What people write themselves, such as the reversal of such a document, is not
        among them.
        """
        return self.filtered(
            lambda move: (
                move.subscription_period_ids
                or move.invoice_line_ids.subscription_item_ids
            )
        )

    def _offset_subscription_credits(self):
        """Take credits off what is owed.

        A credit note of an open invoice pays that invoice: core does so when the note
        is posted, and the invoice that was a draft until now does it here. What
        customers have kept of credits pays what they owe for subscriptions, the oldest
        first: nobody is asked to pay an invoice while the company owes them as much.
        """
        for note in self.reversal_move_ids._filter_claimed():
            note._reconcile_receivable(note.reversed_entry_id)
        kept = self and (
            self.search(self._get_kept_credit_domain(), order="id")
            | self._search_kept_surplus()
        )
        if not kept:
            return
        owing = self.search(kept._get_owing_domain(), order="invoice_date, id")
        by_customer = owing.grouped(lambda move: move._get_customer_key())
        for note in kept:
            for invoice in by_customer.get(note._get_customer_key(), ()):
                note._reconcile_receivable(invoice)

    def _get_customer_key(self):
        """Return what documents have in common that can be offset."""
        self.ensure_one()
        return self.company_id, self.commercial_partner_id, self.currency_id

    def _get_kept_credit_domain(self):
        """Return the domain of the credit notes that these customers may use up.

        That of a draft waits for it: it is credit for what the draft asks for.
        """
        return [
            ("company_id", "in", self.company_id.ids),
            ("move_type", "=", "out_refund"),
            ("state", "=", "posted"),
            ("payment_state", "in", ("not_paid", "partial")),
            ("commercial_partner_id", "in", self.commercial_partner_id.ids),
            "|",
            ("reversed_entry_id", "=", False),
            ("reversed_entry_id.state", "!=", "draft"),
            "|",
            "|",
            ("refund_method", "=", "credit"),
            ("subscription_period_ids.kind", "=", "credit"),
            ("invoice_line_ids.subscription_item_ids.kind", "=", "credit"),
        ]

    def _get_owing_domain(self):
        """Return the domain of the open subscription invoices of these customers.

        One that is being charged is left alone: the charge has its own amount.
        """
        return [
            ("company_id", "in", self.company_id.ids),
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
            ("payment_state", "in", ("not_paid", "partial")),
            ("commercial_partner_id", "in", self.commercial_partner_id.ids),
            ("collection_state", "!=", "open"),
            "|",
            ("subscription_period_ids", "!=", False),
            ("invoice_line_ids.subscription_item_ids", "!=", False),
        ]

    def _reconcile_receivable(self, invoice):
        """Let this credit note pay an invoice, as far as both have something open."""
        self.ensure_one()
        lines = (self | invoice).filtered(lambda m: m.state == "posted").line_ids
        receivable = lines.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )
        if len(receivable.move_id) == 2:
            receivable.reconcile()

    # === BUSINESS METHODS: WHAT STANDS === #

    def _get_taken_back(self):
        """Return what people have taken back of each line of this invoice, by hand.

        A cancelled invoice has nothing left, nor has one that was reversed as a whole,
        whether its lines are charges or credits. A refund names the lines that it gives
        back. What another credit note names by its product is taken off the lines of
        that product, the rest off all lines. The credit notes of subscriptions do not
        count: their claims do.

        :return: untaxed amounts by line; none where nothing was taken back
        :rtype: dict[account.move.line, Decimal]
        """
        self.ensure_one()
        if self.state == "cancel":
            return self._get_charged_lines()
        posted = self.reversal_move_ids.filtered(lambda move: move.state == "posted")
        reversals = posted - posted._filter_claimed()
        if not reversals:
            return {}
        charged = self._get_charged_lines()
        refunded = self._get_refunded(reversals)
        if self._is_reversed_by(reversals, sum(refunded.values())):
            return charged
        if self.move_type == "out_refund":
            return {}
        named = {
            line: min(refunded.pop(line, Decimal(0)), amount)
            for line, amount in charged.items()
        }
        parts = take_back(
            [(line.product_id, charged[line] - named[line]) for line in charged],
            refunded,
            Decimal(str(self.currency_id.rounding)),
        )
        return {
            line: named[line] + part for line, part in zip(charged, parts, strict=True)
        }

    def _is_reversed_by(self, reversals, refunded):
        """Return whether reversals leave nothing of this invoice, with or without
        taxes: a cent may be lost where a sum is shared by lines.

        :param Decimal refunded: what they give back, untaxed
        """
        self.ensure_one()
        same = reversals.filtered(lambda move: move.currency_id == self.currency_id)
        total = sum(same.mapped("amount_total"))
        return refunded >= Decimal(str(self.amount_untaxed)) or (
            total and self.currency_id.compare_amounts(total, self.amount_total) >= 0
        )

    def _get_charged_lines(self):
        """Return the untaxed amounts of the lines that charge something.

        :rtype: dict[account.move.line, Decimal]
        """
        self.ensure_one()
        sign = -1 if self.move_type == "out_refund" else 1
        return {
            line: Decimal(str(sign * line.price_subtotal))
            for line in self.invoice_line_ids
            if sign * line.price_subtotal > 0
        }

    def _get_refunded(self, reversals):
        """Return what reversals of this invoice give back, in its currency.

        :return: untaxed amounts, by the line of this invoice that they name, or else by
            product
        :rtype: dict[account.move.line | product.product, Decimal]
        """
        self.ensure_one()
        step = Decimal(str(self.currency_id.rounding))
        refunded = defaultdict(Decimal)
        for line in reversals.invoice_line_ids:
            amount = line.currency_id._convert(
                line.price_subtotal, self.currency_id, self.company_id, line.date
            )
            place = line.refund_origin_id or line.product_id
            refunded[place] += round_to_step(Decimal(str(amount)), step)
        return refunded
