from odoo import models

from .batch import BatchMemory


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _generate_journal_entry(
        self, write_off_line_vals=None, force_balance=None, line_ids=None
    ):
        """Link the payments of a batch to their entries all at once.

        Core writes on one payment after the other, and each write makes the ORM look
        for what depends on it: half of the time that posting a payment takes.
        """
        is_batch = isinstance(self.env.context.get("subscription_batch"), BatchMemory)
        if not is_batch or write_off_line_vals or force_balance or line_ids:
            return super()._generate_journal_entry(
                write_off_line_vals, force_balance, line_ids
            )
        payments = self.filtered(lambda p: not p.move_id and p.outstanding_account_id)
        # Read together: core asks for the one of each customer alone.
        payments.partner_id.mapped("property_account_position_id")
        moves = self.env["account.move"].create(
            [payment._generate_move_vals() for payment in payments]
        )
        payments._link_entries(moves)
        return None

    def _link_entries(self, moves):
        """Set ``move_id`` of each payment, as one write with many values.

        :param moves: the journal entries, in the order of the payments
        """
        self.modified(["move_id"], before=True)
        self._write_multi([{"move_id": move.id} for move in moves])
        self.invalidate_recordset(["move_id"], flush=False)
        moves.invalidate_recordset(["payment_ids"], flush=False)
        self.modified(["move_id"])

    def _prepare_payment_transaction_vals(self, **extra_create_values):
        """Charge no saved method while another charge may take the same money.

        :raises UserError: it may
        """
        vals = super()._prepare_payment_transaction_vals(**extra_create_values)
        payment = self.env["payment.transaction"]
        paid = payment._fields["invoice_ids"].convert_to_cache(
            vals.get("invoice_ids") or [], payment
        )
        self.env["account.move"].browse(paid)._check_not_charged()
        return vals
