from odoo import models

from ..tools.refund import FAILED


class PaymentTransaction(models.Model):
    """What becomes of a refund in the books.

    One that was paid pays its credit note. One that failed, even after it was paid,
    opens the credit note again, and a person is asked what to do.
    """

    _inherit = "payment.transaction"

    # === BUSINESS METHODS: POST-PROCESSING === #

    def _post_process(self):
        """Book refunds; what failed is taken out of the books first."""
        refunds = self.filtered(lambda tx: tx._is_unbooked_refund())
        for refund in refunds.filtered(lambda tx: tx.state in FAILED):
            refund._on_refund_failed()
        result = super()._post_process()
        for refund in refunds.filtered(lambda tx: tx.state == "done"):
            refund._on_refund_done()
        return result

    def _is_unbooked_refund(self):
        """Return whether this is a refund of a subscription that is to be booked."""
        self.ensure_one()
        return bool(
            self.operation == "refund"
            and not self.is_post_processed
            and self.source_transaction_id._get_subscription()
        )

    def _create_payment(self, **extra_create_values):
        """Let a refund without a credit note pay back what its charge took too much."""
        source = self.source_transaction_id.payment_id
        if self.operation != "refund" or self.invoice_ids or not source.move_id:
            return super()._create_payment(**extra_create_values)
        account = source.destination_account_id
        payment = super()._create_payment(
            **{"destination_account_id": account.id, **extra_create_values}
        )
        lines = (payment.move_id | source.move_id).line_ids
        lines.filtered(
            lambda line: line.account_id == account and not line.reconciled
        ).reconcile()
        return payment

    # === BUSINESS METHODS: OUTCOMES === #

    def _on_refund_done(self):
        """Tell of money that was paid back; ask about what nobody has credited."""
        self.ensure_one()
        amount = self.currency_id.format(-self.amount)
        self.subscription_id._message_log(
            body=self.env._(
                "%(amount)s was paid back: %(refund)s.",
                amount=amount,
                refund=self._get_html_link(),
            )
        )
        if self.payment_id and self.payment_id._get_open_amount():
            self._get_refund_document()._schedule_refund_activity(
                self.env._(
                    "%(amount)s was paid back with %(refund)s, and no credit note "
                    "asks for as much. Write the credit note that is missing, or ask "
                    "the customer for the money.",
                    amount=amount,
                    refund=self.reference,
                )
            )
        self.source_transaction_id._update_surplus()

    def _on_refund_failed(self):
        """Open again what a refund should have paid, and ask a person what to do."""
        self.ensure_one()
        if self.payment_id:
            payment = self.payment_id
            self.payment_id = False
            payment._undo_refund()
        message = self.env._(
            "%(amount)s could not be paid back: %(reason)s It is still owed to the "
            "customer. Send it again, keep it as credit, or pay it in another way.",
            amount=self.currency_id.format(-self.amount),
            reason=self._get_failure_reason(),
        )
        document = self._get_refund_document()
        document._message_log(body=message)
        document._schedule_refund_activity(message)
        self.subscription_id._message_log(body=message)
        self.source_transaction_id._update_surplus()

    def _tell_of_unknown(self, message):
        """Ask a person to look a refund up that the provider says nothing of."""
        if self.operation != "refund":
            return super()._tell_of_unknown(message)
        if self._has_to_be_looked_up():
            self._get_refund_document()._schedule_refund_activity(
                self.env._(
                    "Nobody knows whether %(amount)s was paid back with %(refund)s: "
                    "%(error)s. Look it up at the payment provider and settle it; it "
                    "is not sent again before.",
                    amount=self.currency_id.format(-self.amount),
                    refund=self.reference,
                    error=message,
                )
            )
        return None

    def _tell_of_unbooked(self, message):
        """Ask a person to mend what keeps a refund out of the books."""
        if self.operation != "refund":
            return super()._tell_of_unbooked(message)
        return self._get_refund_document()._schedule_refund_activity(
            self.env._(
                "The refund %(refund)s has an outcome that could not be recorded: "
                "%(error)s",
                refund=self.reference,
                error=message,
            )
        )

    def _get_refund_document(self):
        """Return the credit note that is paid back, or the invoice paid too often."""
        self.ensure_one()
        return self.refund_move_id or self.source_transaction_id._get_paid_invoice()
