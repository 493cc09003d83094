import logging
import math
import time
import uuid

from odoo import Command, api, fields, models

from .batch import BatchMemory, retry_on_conflict

_logger = logging.getLogger(__name__)


class PaymentTransaction(models.Model):
    """The charge: one attempt to collect an invoice with a saved payment method."""

    _inherit = "payment.transaction"

    # === FIELDS === #

    collection_invoice_id = fields.Many2one(
        "account.move",
        string="Collected Invoice",
        readonly=True,
        index="btree_not_null",
        help="The subscription invoice that this transaction collects by itself.",
    )
    subscription_id = fields.Many2one(
        "subscription.subscription", readonly=True, index="btree_not_null"
    )
    date_sent = fields.Datetime(
        readonly=True,
        help="When the collection run was about to call the provider. A charge without "
        "it was never sent; a draft with it has an unknown outcome.",
    )

    idempotency_key = fields.Char(
        readonly=True,
        copy=False,
        default=lambda self: uuid.uuid4().hex,
        help="Goes with every request of this attempt: a provider that gets it again "
        "gives its first answer again, and takes no money.",
    )
    is_outcome_unknown = fields.Boolean(
        string="Outcome Unknown",
        readonly=True,
        copy=False,
        help="The provider was asked for money and has not said whether it took it. "
        "Its invoice is not charged again before that is known.",
    )

    _one_open_charge = models.UniqueIndex(
        "(collection_invoice_id) WHERE state IN ('draft', 'pending', 'authorized')",
        "A charge of this invoice is still open; a second one could take the money "
        "twice.",
    )

    # === CONSTRAINTS === #

    @api.constrains("token_id")
    def _check_token_is_active(self):
        """Check one transaction at a time, as core expects, so that many can be created
        at once."""
        for transaction in self:
            super(PaymentTransaction, transaction)._check_token_is_active()
        return

    def _update_state(self, allowed_states, target_state, state_message):
        """Know the outcome from now on."""
        changed = super()._update_state(allowed_states, target_state, state_message)
        changed.filtered("is_outcome_unknown").is_outcome_unknown = False
        return changed

    # === BUSINESS METHODS: CHARGING === #

    def _send_charges(self):
        """Ask the providers for the money: committed intents in, committed results out.

        One call and one commit at a time, as long as the scheduled action has time
        left. A provider that can do better overrides this and keeps four promises: the
        transactions it is given are committed; ``date_sent`` is committed before the
        call, and nothing that has it is sent again; each result is committed as soon as
        it is known; an exception is an unknown outcome, never a decline.

        :return: the transactions that were sent here, not by another worker
        """
        sent = self.browse()
        time_is_up = self.env.context.get("cron_end_time", math.inf)
        for charge in self:
            if retry_on_conflict(self.env, charge._commit_taking):
                charge._send_charge()
                self.env.cr.commit()
                sent |= charge
                if time.monotonic() > time_is_up:
                    break
        return sent

    def _commit_taking(self):
        """Commit that this charge is being sent; return whether it is ours to send."""
        taken = self._take_for_sending()
        self.env.cr.commit()
        return taken

    def _take_for_sending(self):
        """Lock the charge and mark it as sent.

        :return: whether it is ours to send: not sent yet, and in nobody else's hands
        """
        self.ensure_one()
        if not self.try_lock_for_update() or self.state != "draft" or self.date_sent:
            return False
        if not self._is_still_owed():
            self._withdraw()
            return False
        self.date_sent = fields.Datetime.now()
        return True

    def _is_still_owed(self):
        """Return whether the invoice still asks for exactly this amount."""
        self.ensure_one()
        invoice = self.collection_invoice_id
        same = self.currency_id.compare_amounts(self.amount, invoice.amount_residual)
        return invoice._is_unpaid() and same == 0

    def _withdraw(self):
        """Cancel a charge that was not sent; what is still owed is collected anew."""
        self.ensure_one()
        self._set_canceled(self.env._("The invoice has changed since."))
        self.is_post_processed = True
        self.collection_invoice_id._write_collection({"collection_state": False})
        self.collection_invoice_id._queue_collection()

    def _send_charge(self):
        """Call the provider; leave the charge open when its answer is not known."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._charge_with_token()
        except Exception as error:
            _logger.exception("The outcome of charge %s is unknown", self.reference)
            self.collection_invoice_id._set_collection_problem(
                self.env._(
                    "The outcome of charge %(reference)s is unknown: %(error)s",
                    reference=self.reference,
                    error=error,
                )
            )

    # === BUSINESS METHODS: POST-PROCESSING === #

    def _post_process(self):
        """Create the payments of charges in batches; keep their invoices informed."""
        charges = self.filtered("collection_invoice_id")
        charges.filtered(lambda tx: tx._is_payment_in_batch())._create_payments()
        result = super()._post_process()
        charges._update_collection_state()
        return result

    def _is_payment_in_batch(self):
        """Return whether the payment needs none of core's special cases.

        Those are an early payment discount and a partial capture.
        """
        self.ensure_one()
        term = self.collection_invoice_id.invoice_payment_term_id
        return (
            self.state == "done"
            and not self.payment_id
            and not self.child_transaction_ids
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
            self.env["account.move.line"]._reconcile_plan(
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
                invoices._write_collection(
                    {"collection_state": "done", "collection_error": False}
                )
            elif state in ("error", "cancel"):
                for charge in charges:
                    charge.collection_invoice_id._set_collection_failed(
                        charge.state_message
                        or self.env._("The payment provider gave no reason.")
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
