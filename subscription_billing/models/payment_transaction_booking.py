from odoo import Command, models

from .batch import BatchMemory


class PaymentTransaction(models.Model):
    """What becomes of a charge in the books, and in the chatter."""

    _inherit = "payment.transaction"

    # === BUSINESS METHODS: POST-PROCESSING === #

    def _post_process(self):
        """Create the payments of charges in batches; keep their invoices informed."""
        self._forget_cancelled_payments()
        charges = self.filtered("collection_invoice_id")
        charges.filtered(lambda tx: tx._is_payment_in_batch())._create_payments()
        result = super()._post_process()
        charges._update_collection_state()
        return result

    def _forget_cancelled_payments(self):
        """Let money that came late have a payment in the books.

        Core cancels the payment of a form whose charge has no outcome at once, and
        takes it for the one that books the money when that comes. So does a person who
        cancels a payment whose money was taken.
        """
        late = self.filtered(
            lambda tx: tx.state == "done" and tx.payment_id.state == "canceled"
        )
        late.payment_id = False

    def _is_payment_in_batch(self):
        """Return whether the payment needs none of core's special cases.

        Those are an early payment discount and a partial capture. A refund that was
        heard of first is none.
        """
        self.ensure_one()
        term = self.collection_invoice_id.invoice_payment_term_id
        return (
            self.state == "done"
            and not self.payment_id
            and all(child.operation == "refund" for child in self.child_transaction_ids)
            and not term.early_discount
            and self.collection_invoice_id.state == "posted"
        )

    def _create_payments(self):
        """Create, post and reconcile the payments of many charges at once.

        What core's ``_create_payment`` does for one, with the same values.
        """
        for company, charges in self.grouped("company_id").items():
            charges = charges.with_company(company)
            payments = (
                self.env["account.payment"]
                .with_company(company)
                .with_context(
                    tracking_disable=True,
                    mail_create_nolog=True,
                    subscription_batch=BatchMemory(),
                )
                .create([charge._prepare_payment_vals() for charge in charges])
            )
            payments.action_post()
            for charge, payment in zip(charges, payments, strict=True):
                charge.payment_id = payment
            # Read together: core asks for those of each invoice alone.
            charges.collection_invoice_id.line_ids.mapped("tax_ids")
            # Payments change no line of an invoice: core need not work them all out.
            lines = self.env["account.move.line"].with_context(skip_invoice_sync=True)
            lines._reconcile_plan(
                [charge._get_lines_to_reconcile() for charge in charges]
            )

    def _prepare_payment_vals(self):
        """Return the values of the payment that records a successful charge."""
        self.ensure_one()
        journal = self.provider_id.journal_id
        method_line = journal.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == self.provider_id
        )
        receivable = self._get_receivable_lines(self.collection_invoice_id)
        return {
            "amount": self.amount,
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": self.partner_id.commercial_partner_id.id,
            "currency_id": self.currency_id.id,
            "company_id": self.company_id.id,
            "journal_id": journal.id,
            "payment_method_line_id": method_line[:1].id,
            "destination_account_id": receivable[:1].account_id.id,
            "payment_token_id": self.token_id.id,
            "payment_transaction_id": self.id,
            "memo": f"{self.reference} - {self.provider_reference or ''}",
            "invoice_ids": [Command.set(self.invoice_ids.ids)],
        }

    def _get_lines_to_reconcile(self):
        """Return the open receivable lines of the payment and of its invoice."""
        self.ensure_one()
        lines = self.payment_id.move_id.line_ids | self.collection_invoice_id.line_ids
        account = self.payment_id.destination_account_id
        return lines.filtered(
            lambda line: line.account_id == account and not line.reconciled
        )

    def _get_receivable_lines(self, invoice):
        """Return the lines of an invoice that the customer has to pay."""
        return invoice.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        )

    def _update_collection_state(self):
        """Tell the invoices what has become of their charges."""
        for state, charges in self.grouped("state").items():
            invoices = charges.collection_invoice_id
            if state == "done":
                partly = invoices.filtered(
                    lambda move: move.collection_amount and move._is_unpaid()
                )
                partly._write_collection(
                    {"collection_state": False, "collection_error": False}
                )
                (invoices - partly)._write_collection(
                    {"collection_state": "done", "collection_error": False}
                )
            elif state in ("error", "cancel"):
                charges._go_on_after_failure()

    def _tell_of_unbooked(self, message):
        """Ask a person to mend what keeps money that was taken out of the books.

        The invoice is not charged again.
        """
        self.ensure_one()
        self._ask_for_help(
            self.env._(
                "%(amount)s was taken, but the payment could not be recorded: "
                "%(error)s",
                amount=self.currency_id.format(self.amount),
                error=message,
            )
        )

    # === LOGGING METHODS === #

    def _log_sent_message(self):
        """Leave charges to the collection run, which writes one line for each."""
        return super(PaymentTransaction, self._get_logged())._log_sent_message()

    def _log_received_message(self):
        """Leave charges to the collection run, which writes one line for each."""
        return super(PaymentTransaction, self._get_logged())._log_received_message()

    def _log_message_on_linked_documents(self, message):
        """Leave charges to the collection run, which writes one line for each."""
        if not self._get_logged():
            return None
        return super()._log_message_on_linked_documents(message)

    def _get_logged(self):
        """Return the transactions that core tells of in the chatter."""
        if not self.env.context.get("subscription_collection"):
            return self
        return self.filtered(lambda tx: not tx.collection_invoice_id)
