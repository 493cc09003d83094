from odoo import models
from odoo.exceptions import UserError


class SubscriptionDispute(models.Model):
    """What the entries of a dispute are matched with: each other, and the invoice."""

    _inherit = "subscription.dispute"

    # === BUSINESS METHODS: THE CLAIM === #

    def _get_claim_lines(self):
        """Return the open lines of what is outside our balance at the provider."""
        account = self.company_id.subscription_dispute_account_id
        return self.movement_ids.move_id.line_ids.filtered(
            lambda line: line.account_id == account and not line.reconciled
        )

    def _match_claim(self):
        """Match what was withdrawn with what was reinstated or given up."""
        for lines in self._get_claim_lines().grouped("currency_id").values():
            if len({line.balance > 0 for line in lines}) > 1:
                lines.reconcile()

    # === BUSINESS METHODS: THE INVOICE === #

    def _check_can_reopen(self):
        """Check that there is a payment to take off the invoice.

        :raises UserError: the payment is unknown, or has no journal entry
        """
        payment = self.charge_id.payment_id
        if not payment.move_id:
            raise UserError(
                self.env._(
                    "The payment that %(dispute)s takes back is not in the books, so "
                    "that its invoice cannot be opened again. Choose the Charge, or "
                    "Written off under When Lost, then press Book Again.",
                    dispute=self.display_name,
                )
            )

    def _get_receivable_account(self):
        """Return the account on which the customer owes the invoice."""
        return self.charge_id.payment_id.destination_account_id

    def _get_open_receivable(self, moves):
        """Return the unmatched lines of what the customer owes."""
        account = self._get_receivable_account()
        return moves.line_ids.filtered(
            lambda line: line.account_id == account and not line.reconciled
        )

    def _match_receivable(self, movement):
        """Take a payment off its invoice, or put one that came after all back on it."""
        invoices = self._get_invoices()
        if movement.kind == "given_up":
            self._take_payment_back(movement)
            for invoice in invoices:
                invoice._set_collection_failed(self._get_loss_text())
            return
        lines = self._get_open_receivable(movement.move_id | invoices)
        if len(lines.move_id) > 1:
            lines.reconcile()
        left = self._get_open_receivable(movement.move_id)
        if left and invoices:
            self._ask_about_excess(-sum(left.mapped("amount_residual_currency")))

    def _ask_about_excess(self, amount):
        """Ask a person to decide about money that came back and pays nothing any more.

        :param float amount: in the currency of the dispute
        """
        message = self.env._(
            "%(dispute)s was won after %(invoice)s had been paid in another way: "
            "%(amount)s is too much. Pay it back, or use it for another invoice if the "
            "customer agrees.",
            dispute=self.display_name,
            invoice=self.invoice_id.display_name,
            amount=self.currency_id.format(amount),
        )
        self._log_on_documents(message)
        self.invoice_id._schedule_refund_activity(message)

    def _take_payment_back(self, movement):
        """Let the entry of the loss use up the payment, and the invoice be open again.

        What of the payment was not disputed still pays the invoice.
        """
        account = self._get_receivable_account()
        paid = self.charge_id.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id == account
        )
        owing = movement.move_id.line_ids.filtered(
            lambda line: line.account_id == account
        )
        paid.remove_move_reconcile()
        (paid | owing).reconcile()
        rest = self._get_open_receivable(paid.move_id | self._get_invoices())
        if len(rest.move_id) > 1:
            rest.reconcile()

    def _get_loss_text(self):
        """Return what to tell people of an invoice that is owed again."""
        return self.env._(
            "%(dispute)s was lost (%(reason)s): the customer owes this invoice again.",
            dispute=self.display_name,
            reason=self._get_label("reason"),
        )
