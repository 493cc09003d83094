from decimal import Decimal

from odoo import models


class AccountPayment(models.Model):
    """Payments of subscriptions are refunded with a credit note; refunds that failed
    are taken out of the books."""

    _inherit = "account.payment"

    # === COMPUTE METHODS === #

    def _compute_amount_available_for_refund(self):
        """Count what is under way, and not what failed, for charges of ours."""
        result = super()._compute_amount_available_for_refund()
        for payment in self:
            charge = payment.payment_transaction_id.sudo()
            if payment.amount_available_for_refund and charge.subscription_id:
                payment.amount_available_for_refund = float(charge._get_amount_left())
        return result

    # === ACTIONS === #

    def action_refund_wizard(self):
        """Refund what has paid a subscription with a credit note."""
        self.ensure_one()
        charge = self.payment_transaction_id.sudo()
        invoice = charge._get_paid_invoice()
        if not invoice.subscription_count:
            return super().action_refund_wizard()
        return invoice.with_env(self.env).action_refund()

    # === BUSINESS METHODS === #

    def _get_open_amount(self):
        """Return what nothing has been matched with, of either direction.

        :rtype: Decimal, zero or more, in the currency of the payment
        """
        self.ensure_one()
        lines = self.move_id.line_ids.filtered(
            lambda line: line.account_id == self.destination_account_id
        )
        return abs(
            sum(
                (Decimal(str(line.amount_residual_currency)) for line in lines),
                Decimal(0),
            )
        )

    def _undo_refund(self):
        """Take an outgoing payment that did not arrive out of the books.

        It is cancelled; where its entry may not be touched any more, it is reversed
        today.
        """
        for payment in self.filtered(lambda p: p.state in ("in_process", "paid")):
            if payment._is_entry_final():
                payment._reverse_entry()
            else:
                payment.action_draft()
                payment.action_cancel()

    def _is_entry_final(self):
        """Return whether the entry is in a locked period, hashed or on a statement."""
        self.ensure_one()
        entry = self.move_id
        has_tax = bool(entry.line_ids.tax_ids or entry.line_ids.tax_line_id)
        on_statement = entry.line_ids.filtered(
            lambda line: line.account_id != self.destination_account_id
        )
        return bool(
            entry._get_violated_lock_dates(entry.date, has_tax)
            or entry.inalterable_hash
            or any(
                line.matched_debit_ids or line.matched_credit_ids
                for line in on_statement
            )
        )

    def _reverse_entry(self):
        """Write the opposite of the entry today, and match the two."""
        self.ensure_one()
        entry = self.move_id
        entry.line_ids.filtered(
            lambda line: line.account_id == self.destination_account_id
        ).remove_move_reconcile()
        reversal = entry._reverse_moves(
            [
                {
                    "date": self.company_id._get_subscription_today(),
                    "ref": self.env._("%(payment)s did not arrive", payment=self.name),
                }
            ]
        )
        reversal.line_ids.partner_id = self.partner_id
        reversal.action_post()
