"""Saved methods charged in a form or on the portal: the outcome becomes known, too."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import mute_logger, tagged

from tests.stripe_event_case import StripeEventCase

SENDING = "odoo.addons.subscription_billing.models.payment_transaction_sending"


@tagged("standard", "post_install", "-at_install")
class TestSentByPeople(StripeEventCase):
    def setUp(self):
        super().setUp()
        self.invoice = self._bill_automatic()
        self.invoice._write_collection({"collection_state": False})
        self.token = self.invoice.subscription_ids.payment_token_id

    def _pay_online(self):
        """Pay on the portal with the saved card; return the transaction."""
        payment = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.token.payment_method_id.id,
                "token_id": self.token.id,
                "amount": self.invoice.amount_residual,
                "currency_id": self.invoice.currency_id.id,
                "partner_id": self.invoice.partner_id.id,
                "operation": "online_token",
                "invoice_ids": [Command.set(self.invoice.ids)],
            }
        )
        payment._charge_with_token()
        return payment

    def _register(self):
        """Register a payment with the saved card; return the transaction."""
        journal = self.provider.journal_id
        line = journal.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == self.provider
        )
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.invoice.ids
        ).create(
            {
                "journal_id": journal.id,
                "payment_method_line_id": line.id,
                "payment_token_id": self.token.id,
            }
        ).action_create_payments()
        return self.invoice.transaction_ids

    def _lose(self, pay):
        """Pay, and lose Stripe's answer; return the transaction."""
        self.stand_in.faults.add("close_after", times=3, path="payment_intents")
        payment = pay()
        self.stand_in.faults.clear()
        self.assertEqual(payment.state, "draft")
        self.assertTrue(payment.is_outcome_unknown)
        return payment

    def _collect_and_lose(self):
        """Have the run charge the invoice, and lose Stripe's answer."""
        self.invoice._write_collection({"collection_state": "due"})
        self.stand_in.faults.add("close_after", times=3, path="payment_intents")
        with mute_logger(SENDING):
            self._run_collection()
        self.stand_in.faults.clear()

    def _settle(self, payment, is_taken):
        wizard = self.env["subscription.charge.settle"].create(
            {
                "transaction_id": payment.id,
                "is_taken": is_taken,
                "provider_reference": "pi_1" if is_taken == "yes" else False,
                "note": "Seen at Stripe.",
            }
        )
        wizard.action_settle()

    def _hold(self, pay):
        """Pay with what takes days; return the transaction."""
        self.stand_in.hold(self.token.stripe_payment_method)
        payment = pay()
        self.assertEqual(payment.state, "pending")
        return payment

    def _assert_taken_once(self):
        self.assertEqual(len(self.stand_in.ledger("charge")), 1)

    def _assert_paid_once(self):
        self._assert_taken_once()
        self.assertIn(self.invoice.payment_state, ("in_payment", "paid"))
        self.assertEqual(self.invoice.amount_residual, 0)

    def _check_lost_answer(self, pay):
        """Lose an answer: it has to block the invoice, and to be asked for."""
        self._lose(pay)
        self.assertEqual(self.invoice._get_payment_block(), "unknown")
        self.assertFalse(self.invoice._has_to_be_paid())
        self.invoice._write_collection({"collection_state": "due"})
        self._run_collection()
        self._assert_taken_once()
        self._resolve()
        self._assert_paid_once()

    def test_a_lost_answer_on_the_portal_is_asked_for(self):
        self._check_lost_answer(self._pay_online)

    def test_a_lost_answer_to_a_form_is_asked_for(self):
        self._check_lost_answer(self._register)

    def test_somebody_is_asked_about_money_that_cannot_be_booked(self):
        payment = self._lose(self._pay_online)
        locked = patch.object(
            type(payment), "_create_payment", side_effect=UserError("Locked period")
        )
        with locked, mute_logger("odoo.addons.subscription_billing.models"):
            self._resolve()
        self.assertEqual((payment.state, payment.is_post_processed), ("done", False))
        note = self.invoice.subscription_ids.activity_ids.note
        self.assertIn("was taken, but the payment could not be recorded", note)
        self.assertIn("Locked period", note)
        payment.action_record_payment()
        self._assert_paid_once()
        with self.assertRaisesRegex(UserError, "does not wait to be recorded"):
            payment.action_record_payment()

    def test_a_form_takes_nothing_beside_a_charge_without_an_answer(self):
        self._collect_and_lose()
        with self.assertRaisesRegex(UserError, "take the money twice"):
            self._register()
        self._assert_taken_once()

    def test_a_form_takes_nothing_beside_a_charge_that_takes_days(self):
        self.stand_in.hold(self.token.stripe_payment_method)
        self.invoice._write_collection({"collection_state": "due"})
        self._run_collection()
        with self.assertRaisesRegex(UserError, "take the money twice"):
            self._register()
        self.assertEqual(self.invoice.transaction_ids.mapped("state"), ["pending"])

    def test_a_form_takes_nothing_beside_another_payment_that_takes_days(self):
        for pay in (self._register, self._pay_online):
            with self.subTest(pay=pay.__name__):
                payment = self._hold(pay)
                with self.assertRaisesRegex(UserError, "Wait until that is booked"):
                    self._register()
                self.assertEqual(self.invoice.transaction_ids, payment)
                payment._set_canceled()
                payment.invoice_ids = False

    def test_a_person_can_settle_it(self):
        self._settle(self._lose(self._pay_online), "yes")
        self._assert_paid_once()

    def test_what_the_provider_will_tell_is_not_settled_by_a_person(self):
        payment = self._hold(self._pay_online)
        self.assertFalse(payment.can_be_settled)
        with self.assertRaisesRegex(UserError, "wait for it, or ask it"):
            payment.action_settle()
        payment.action_ask_outcome()
        self._resolve()
        self.assertEqual(payment.state, "pending")

    def test_a_person_settles_what_nobody_can_be_asked_about(self):
        """An invoice could not be reset while the provider never reported."""
        payment = self._hold(self._pay_online)
        payment.request_data = False  # as of a customer's own form
        with self.assertRaisesRegex(UserError, "settle it"):
            self.invoice.button_draft()
        self.assertTrue(payment.can_be_settled)
        self._settle(payment, "no")
        self.assertEqual(payment.state, "cancel")
        self.invoice.button_draft()
        self.invoice.action_post()
        self.assertIsNone(self.invoice._get_payment_block())

    def test_money_that_comes_after_it_was_given_up_counts(self):
        payment = self._hold(self._pay_online)
        payment.request_data = False
        self.provider.stripe_webhook_secret = False  # core hears of it from us
        self._settle(payment, "no")
        self.stand_in.settle(payment.provider_reference)
        self._hear()
        self._run_cron("payment.cron_post_process_payment_tx")
        self.assertEqual(payment.state, "done")
        self._assert_paid_once()

    def test_what_never_arrived_is_given_up_and_not_sent_again(self):
        """It was a person who wanted it, and may want something else by now."""
        self.stand_in.faults.add("close_before", times=3, path="payment_intents")
        payment = self._pay_online()
        self.stand_in.faults.clear()
        with mute_logger(SENDING):
            self._resolve()
        self.assertFalse(self.stand_in.ledger("charge"))
        self.assertEqual(payment.state, "draft")
        payment.date_sent = "2020-01-01"
        self._resolve()
        self.assertEqual(payment.state, "cancel")
        self.assertIsNone(self.invoice._get_payment_block())

    def _check_event(self, pay):
        """Lose an answer: the event that comes has to book the money."""
        self._lose(pay)
        self._hear()
        self._run_cron("payment.cron_post_process_payment_tx")
        self._assert_paid_once()

    def test_an_event_books_what_was_lost_on_the_portal(self):
        self._check_event(self._pay_online)

    def test_an_event_books_what_a_form_has_lost(self):
        self._check_event(self._register)

    def test_a_registered_debit_that_takes_days_is_booked(self):
        """Core cancels its payment at once, and makes no other one."""
        payment = self._hold(self._register)
        self.stand_in.settle(payment.provider_reference)
        self._hear()
        self._run_cron("payment.cron_post_process_payment_tx")
        self._assert_paid_once()

    def test_a_refund_that_is_heard_of_first_keeps_no_charge_out_of_the_books(self):
        self._collect_and_lose()
        [intent] = self.stripe.payment_intents.list().data
        self.stripe.refunds.create({"payment_intent": intent.id, "amount": 1500})
        self._deliver("refund.*", "charge.refund*")
        self._process()
        self._hear()
        self._run_collection()
        self.assertTrue(self.invoice.transaction_ids.payment_id)
        self.assertEqual(self.invoice.collection_state, "done")
