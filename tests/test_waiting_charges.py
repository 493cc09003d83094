"""Charges that were opened and not sent: what becomes of them when things change."""

from decimal import Decimal
from unittest.mock import patch

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import mute_logger, new_test_user, tagged

from odoo.addons.subscription_billing.tools.outcome import (
    Decline,
    NotSentError,
    Outcome,
)
from tests.test_charge_ledger import SENDING, LedgerCase


class WaitingCase(LedgerCase):
    """A charge that waits, as its provider could not be asked."""

    def _wait(self, **vals):
        """Return an invoice whose charge is open and not sent."""
        invoice = self._bill_automatic(**vals)
        self._collect(NotSentError("wrong key"))
        self.assertFalse(invoice.transaction_ids.date_sent)
        return invoice

    def _collect_later(self):
        """Run the collection when the provider may be asked again."""
        with freeze_time("2026-03-10 09:30:00"):
            self._collect()

    def _pay_online(self, invoice, **vals):
        """Let the customer begin to pay on the portal."""
        token = invoice.subscription_ids.payment_token_id
        return self.env["payment.transaction"].create(
            {
                "provider_id": token.provider_id.id,
                "payment_method_id": token.payment_method_id.id,
                "amount": invoice.amount_total,
                "currency_id": invoice.currency_id.id,
                "partner_id": invoice.partner_id.id,
                "operation": "online_direct",
                "invoice_ids": [Command.set(invoice.ids)],
                **vals,
            }
        )


@freeze_time("2026-03-10 08:00:00")
@tagged("standard", "post_install", "-at_install")
class TestWaiting(WaitingCase):
    def _assert_not_sent(self, invoice):
        self._collect_later()
        self.assertFalse(self.gateway.taken)
        self.assertEqual(set(invoice.transaction_ids.mapped("date_sent")), {False})

    def test_it_is_sent_when_nothing_has_changed(self):
        invoice = self._wait()
        self._collect_later()
        self.assertEqual(invoice.collection_state, "done")

    def test_not_with_a_method_that_was_deleted(self):
        invoice = self._wait()
        invoice.subscription_ids.payment_token_id.active = False
        self._assert_not_sent(invoice)
        self.assertEqual(invoice.collection_state, "failed")

    def test_not_with_a_method_that_was_refused_for_good(self):
        invoice = self._wait()
        invoice.subscription_ids.payment_token_id._refuse("The mandate was withdrawn.")
        self._assert_not_sent(invoice)

    def test_not_by_a_provider_that_was_disabled(self):
        invoice = self._wait()
        invoice.transaction_ids.provider_id.state = "disabled"
        self._assert_not_sent(invoice)

    def test_not_when_the_customer_pays_invoices_now(self):
        invoice = self._wait()
        invoice.subscription_ids.collection_method = "invoice"
        self._assert_not_sent(invoice)
        self.assertFalse(invoice.collection_state)

    def test_not_while_the_customer_is_paying_online(self):
        invoice = self._wait()
        self._pay_online(invoice)._set_pending()
        self._collect_later()
        self.assertFalse(self.gateway.taken)
        self.assertEqual(invoice.collection_state, "due")

    def test_not_beside_money_that_could_not_be_booked(self):
        invoice = self._bill_automatic()
        self._collect(Outcome("declined", "pi_1", "No", Decline("retry", "x")))
        invoice.action_collect()
        self._collect(NotSentError("wrong key"))
        first = invoice.transaction_ids.sorted("id")[0]
        first._apply_outcome(Outcome("done", "pi_1"))
        locked = patch.object(
            type(first), "_create_payments", side_effect=UserError("Locked period")
        )
        with locked, mute_logger("odoo.addons.subscription_billing.models"):
            self._collect_later()
        self.assertFalse(self.gateway.taken)

    def test_it_is_called_off_when_the_invoice_is_reversed(self):
        invoice = self._wait()
        invoice._reverse_moves(cancel=True)
        self.assertEqual(invoice.transaction_ids.state, "cancel")
        self._assert_not_sent(invoice)

    def test_what_is_left_is_collected_after_a_partial_credit(self):
        invoice = self._wait()
        note = invoice._create_refund_note(Decimal(str(invoice.amount_total)) / 2)
        (note | invoice).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).reconcile()
        left = invoice.amount_residual
        self.assertTrue(left)
        self._collect_later()
        self.assertEqual(
            [each["amount"] for each in self.gateway.taken.values()], [left]
        )


@freeze_time("2026-03-10 08:00:00")
@tagged("standard", "post_install", "-at_install")
class TestUnsendable(WaitingCase):
    """One charge for which no request can be written stops no other one."""

    def _refuse(self, bad):
        def prepare(charge):
            if charge.collection_invoice_id == bad:
                raise UserError("There is no such amount.")
            return {"key": charge.idempotency_key, "amount": charge.amount}

        self.patch(
            type(self.env["payment.transaction"]), "_prepare_charge_request", prepare
        )

    def test_it_fails_alone_and_says_why(self):
        invoices = self._bill_automatic(count=3)
        bad = invoices[1]
        self._refuse(bad)
        self._collect()
        self._collect()
        self.assertEqual(set((invoices - bad).mapped("collection_state")), {"done"})
        self.assertEqual(bad.collection_state, "failed")
        self.assertEqual(bad.collection_error, "There is no such amount.")
        self.assertEqual(len(bad.transaction_ids), 1)
        self.assertFalse(bad.transaction_ids.date_sent)

    def test_an_answer_that_cannot_be_written_leaves_the_others_theirs(self):
        invoices = self._bill_automatic(count=3)
        with mute_logger(
            "odoo.addons.subscription_billing.models.batch", "odoo.sql_db"
        ):
            self._collect(Outcome("declined", "pi", "a \0 text", Decline("retry", "x")))
        unknown = invoices.transaction_ids.filtered("is_outcome_unknown")
        self.assertEqual(len(unknown), 1)
        self.assertEqual(
            sorted(invoices.mapped("collection_state")), ["done", "done", "open"]
        )


@freeze_time("2026-03-10 08:00:00")
@tagged("standard", "post_install", "-at_install")
class TestOtherPayments(WaitingCase):
    def test_an_announced_bank_transfer_holds_nothing_up(self):
        """It may never come: core leaves it pending for ever."""
        invoice = self._bill_automatic()
        transfer = self._pay_online(invoice)
        transfer._set_pending()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE payment_provider SET code = 'custom' WHERE id = %s",
            [transfer.provider_id.id],
        )
        self.env.invalidate_all()
        self.assertFalse(transfer._is_under_way())
        self.assertIsNone(invoice._get_payment_block())

    def test_invoices_of_others_are_left_to_core(self):
        token = self._create_token()
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_line_ids": [Command.create({"name": "x", "price_unit": 10})],
            }
        )
        invoice.action_post()
        self.env["payment.transaction"].create(
            {
                "provider_id": token.provider_id.id,
                "payment_method_id": token.payment_method_id.id,
                "amount": invoice.amount_total,
                "currency_id": invoice.currency_id.id,
                "partner_id": invoice.partner_id.id,
                "operation": "online_redirect",
                "invoice_ids": [Command.set(invoice.ids)],
            }
        )._set_pending()
        invoice._reverse_moves(cancel=True)
        self.assertEqual(invoice.payment_state, "reversed")


@freeze_time("2026-03-10 08:00:00")
@tagged("standard", "post_install", "-at_install")
class TestLedgerGuards(WaitingCase):
    """Nobody but the run and its buttons says what became of a charge."""

    def setUp(self):
        super().setUp()
        self.invoice = self._bill_automatic()
        with mute_logger(SENDING):
            self._collect(self.gateway.take_and_lose)
        self.charge = self.invoice.transaction_ids

    def test_an_accountant_cannot_rewrite_it(self):
        user = new_test_user(self.env, "biller", "account.group_account_invoice")
        for vals in (
            {"is_outcome_unknown": False},
            {"date_sent": False},
            {"state": "cancel"},
            {"collection_invoice_id": False},
            {"idempotency_key": "x"},
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "Settle"):
                self.charge.with_user(user).write(vals)

    def test_what_was_sent_is_kept(self):
        with self.assertRaisesRegex(UserError, "is kept"):
            self.charge.unlink()
