"""Refunds that fail, at once or later, and refunds that nobody has answered for."""

from datetime import date
from unittest.mock import patch

import requests
from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import mute_logger, new_test_user, tagged
from psycopg2 import IntegrityError

from odoo.addons.subscription_billing.tools.outcome import Outcome

from .test_refunds import RUN, RefundCase


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-12")
class TestFailedRefund(RefundCase):
    def setUp(self):
        super().setUp()
        self.invoice = self._charge()

    def _fail_late(self, note):
        """Let a refund that was paid come back, as the provider tells later."""
        note.refund_transaction_ids._set_error(
            "The account was closed.", extra_allowed_states=("done",)
        )
        self._run_collection()

    def _assert_open(self, note, amount=40):
        """Check that the customer is owed the money, and that a person is asked."""
        self.assertEqual(note.refund_state, "failed")
        self.assertEqual(note.amount_residual, amount)
        self.assertEqual(self._get_balance(), -amount)
        self.assertEqual(note.activity_ids.summary, "Decide what becomes of the money")

    def test_one_that_is_refused_at_once_leaves_the_note_open(self):
        for outcome in ("error", "cancel", ValidationError("No such card.")):
            with self.subTest(outcome=outcome):
                partner = self.env["res.partner"].create({"name": str(outcome)})
                invoice = self._charge(partner=partner)
                with self._answer(outcome):
                    note = self._refund(invoice, 40)
                    self._run_collection()
                self.assertEqual(note.refund_state, "failed")
                self.assertEqual(self._get_balance(partner), -40)
                self.assertTrue(note.activity_ids)
                self.assertFalse(note.refund_transaction_ids.payment_id)

    def test_the_reason_is_shown(self):
        with self._answer(ValidationError("No such card.")):
            note = self._refund(self.invoice, 40)
            self._run_collection()
        self.assertEqual(note.refund_error, "No such card.")
        self.assertIn("No such card.", note.activity_ids.note)

    def test_one_that_fails_after_it_was_paid_opens_the_note_again(self):
        note = self._refund(self.invoice, 40)
        self._run_collection()
        payment = note.refund_transaction_ids.payment_id
        self.assertEqual(self._get_balance(), 0)
        self._fail_late(note)
        self._assert_open(note)
        self.assertEqual(payment.state, "canceled")
        self._run_collection()
        self._assert_open(note)

    def test_in_a_locked_period_it_is_reversed_today(self):
        note = self._refund(self.invoice, 40)
        self._run_collection()
        payment = note.refund_transaction_ids.payment_id
        with freeze_time("2026-04-20"):
            self.company.fiscalyear_lock_date = date(2026, 3, 31)
            self._fail_late(note)
        self._assert_open(note)
        entry = payment.move_id
        self.assertEqual(entry.state, "posted")
        self.assertEqual(entry.reversal_move_ids.date, date(2026, 4, 20))
        self.assertEqual(entry.reversal_move_ids.state, "posted")
        both = (entry | entry.reversal_move_ids).line_ids
        self.assertEqual(sum(both.mapped("balance")), 0)
        receivable = both.filtered(lambda x: x.account_type == "asset_receivable")
        self.assertTrue(all(receivable.mapped("reconciled")))

    def test_on_a_statement_it_is_reversed_too(self):
        note = self._refund(self.invoice, 40)
        self._run_collection()
        entry = note.refund_transaction_ids.payment_id.move_id
        outstanding = entry.line_ids.filtered(lambda line: line.balance < 0)
        suspense = self.company.account_journal_suspense_account_id
        statement = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": balance})
                    for account, balance in (
                        (outstanding.account_id, 40),
                        (suspense, -40),
                    )
                ]
            }
        )
        bank_line = statement.line_ids.filtered(lambda line: line.balance > 0)
        statement.action_post()
        outstanding.account_id.reconcile = True
        (outstanding | bank_line).reconcile()
        self._fail_late(note)
        self._assert_open(note)
        self.assertTrue(outstanding.reconciled)
        self.assertEqual(entry.state, "posted")

    def test_it_is_sent_again_with_another_key(self):
        with self._answer("error"):
            note = self._refund(self.invoice, 40)
            self._run_collection()
        first = note.refund_transaction_ids
        note.action_refund_again()
        second = note.refund_transaction_ids - first
        self.assertNotEqual(first.idempotency_key, second.idempotency_key)
        self.assertFalse(note.activity_ids)
        self._run_collection()
        self.assertEqual(note.refund_state, "done")
        self.assertEqual(self._get_balance(), 0)
        with self.assertRaisesRegex(UserError, "nothing to decide"):
            note.action_refund_again()

    def test_a_note_is_not_sent_twice_at_a_time(self):
        note = self._refund(self.invoice, 40)
        with self.assertRaisesRegex(UserError, "nothing to decide"):
            note.action_refund_again()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            note._pay_back()

    def test_it_is_kept_as_credit(self):
        note = self._refund(self.invoice, 40)
        self._run_collection()
        self._fail_late(note)
        note.action_keep_refund()
        self.assertFalse(note.refund_state)
        self.assertFalse(note.activity_ids)
        with freeze_time("2026-04-10"):
            self.invoice.subscription_ids.action_bill_now()
        self.assertEqual(note.amount_residual, 0)
        self.assertEqual(self._get_balance(), 75)

    def test_success_after_a_failure_is_booked_again(self):
        """The provider takes its word back, as it does with bank transfers."""
        note = self._refund(self.invoice, 40)
        self._run_collection()
        self._fail_late(note)
        note.refund_transaction_ids._set_done()
        self._run_collection()
        self.assertEqual(note.refund_state, "done")
        self.assertEqual(self._get_balance(), 0)

    def test_success_after_it_was_kept_as_credit_is_asked_about(self):
        with self._answer("error"):
            note = self._refund(self.invoice, 40)
            self._run_collection()
        note.action_keep_refund()
        with freeze_time("2026-04-10"):
            self.invoice.subscription_ids.action_bill_now()
        note.refund_transaction_ids._set_done()
        self._run_collection()
        self.assertEqual(self._get_balance(), 115)
        self.assertIn("no credit note asks", note.activity_ids.note)

    def test_a_disabled_provider_is_a_failure_and_not_unknown(self):
        note = self._refund(self.invoice, 40)
        self.invoice.transaction_ids.provider_id.state = "disabled"
        with self._answer("done") as request:
            self._run_collection()
            request.assert_not_called()
        self.assertEqual(note.refund_state, "failed")


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-12")
class TestUnknownRefund(RefundCase):
    def setUp(self):
        super().setUp()
        self.invoice = self._charge()
        self.manager = new_test_user(
            self.env,
            "refund_manager",
            groups="account.group_account_invoice,"
            "subscription_billing.group_subscription_manager",
        )

    def _lose(self):
        """Send a refund whose answer is lost."""
        with (
            self._answer(requests.exceptions.ReadTimeout("no answer")),
            mute_logger(RUN),
        ):
            note = self._refund(self.invoice, 40)
            self._run_collection()
        return note

    def test_a_lost_answer_is_never_sent_again(self):
        note = self._lose()
        refund = note.refund_transaction_ids
        self.assertRecordValues(
            refund, [{"state": "draft", "is_outcome_unknown": True}]
        )
        self.assertEqual(note.refund_state, "unknown")
        self.assertIn("Look it up", note.activity_ids.note)
        with self._answer("done") as request:
            self._run_collection()
            request.assert_not_called()
        with self.assertRaisesRegex(UserError, "nothing to decide"):
            note.action_refund_again()
        self.assertEqual(self.invoice.transaction_ids._get_amount_left(), 75)

    def test_no_word_is_unknown_too(self):
        with self._answer(None):
            note = self._refund(self.invoice, 40)
            self._run_collection()
        self.assertEqual(note.refund_state, "unknown")

    def test_the_reason_of_what_is_unknown_is_kept(self):
        """What a gateway said was written over with words that say nothing."""
        outcome = Outcome("unknown", message="The provider is busy.")
        model = self.env.registry["payment.transaction"]

        def answer(refund):
            refund._apply_outcome(outcome)

        with patch.object(model, "_send_refund_request", answer):
            note = self._refund(self.invoice, 40)
            self._run_collection()
        self.assertEqual(note.refund_state, "unknown")
        self.assertEqual(note.refund_error, "The provider is busy.")

    def test_a_run_that_died_leaves_it_unknown(self):
        note = self._refund(self.invoice, 40)
        refund = note.refund_transaction_ids
        refund._mark_as_sent()
        refund.date_next_check = "2026-03-11 12:00:00"
        with self._answer("done") as request:
            self._run_collection()
            self._run_cron("subscription_billing.ir_cron_resolving")
            request.assert_not_called()
        self.assertEqual(note.refund_state, "unknown")
        self.assertTrue(self.invoice.activity_ids | note.activity_ids)

    def test_a_refund_that_waits_is_left_to_do(self):
        """A run that is short of time has the scheduler start another one."""
        collection = self.env["subscription.collection"]
        self._refund(self.invoice, 40)
        self.assertEqual(collection._count_due(), 1)
        with self._answer("done"):
            self._run_collection()
        self.assertEqual(collection._count_due(), 0)

    def test_a_late_answer_settles_it(self):
        note = self._lose()
        note.refund_transaction_ids._set_done()
        self._run_collection()
        self.assertEqual(note.refund_state, "done")
        self.assertFalse(note.refund_transaction_ids.is_outcome_unknown)
        self.assertEqual(self._get_balance(), 0)

    def test_an_administrator_settles_it_either_way(self):
        note = self._lose()
        refund = note.refund_transaction_ids.with_user(self.manager)
        self.assertFalse(refund.can_be_settled)
        with self.assertRaises(UserError):
            refund.action_settle()
        refund.action_refund_was_not_paid()
        self.assertEqual(note.refund_state, "failed")
        self.assertEqual(self._get_balance(), -40)
        note = self._refund(self.invoice, 40)
        with self._answer(None):
            self._run_collection()
        refund = note.refund_transaction_ids.with_user(self.manager)
        refund.action_refund_was_paid()
        self.assertEqual(note.refund_state, "done")
        with self.assertRaisesRegex(UserError, "outcome is unknown"):
            refund.action_refund_was_paid()

    def test_a_clerk_does_not_settle_it(self):
        clerk = new_test_user(
            self.env, "refund_clerk", groups="account.group_account_invoice"
        )
        refund = self._lose().refund_transaction_ids.with_user(clerk)
        with self.assertRaises(AccessError):
            refund.action_refund_was_paid()

    @mute_logger(RUN)
    def test_what_cannot_be_booked_is_tried_again(self):
        note = self._refund(self.invoice, 40)
        model = self.env.registry["payment.transaction"]
        with patch.object(model, "_create_payment", side_effect=OSError("disk full")):
            self._run_collection()
        self.assertEqual(note.refund_transaction_ids.state, "done")
        self.assertIn("disk full", note.activity_ids.note)
        self._run_collection()
        self.assertEqual(note.amount_residual, 0)

    @mute_logger(RUN)
    def test_a_person_is_asked_whoever_cannot_book_it(self):
        """The provider's answer may come with an enquiry, not with the run."""
        note = self._lose()
        refund = note.refund_transaction_ids
        refund._set_done()
        model = self.env.registry["payment.transaction"]
        collection = self.env["subscription.collection"]._in_company(self.company)
        with patch.object(model, "_create_payment", side_effect=OSError("disk full")):
            collection._settle(refund.with_env(collection.env))
        self.assertIn("disk full", note.activity_ids.note)
