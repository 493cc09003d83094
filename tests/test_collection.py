"""The collection run: due invoices are charged to the saved payment methods."""

import time
from datetime import date
from unittest.mock import patch

import psycopg2
import requests
from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import mute_logger, tagged

from odoo.addons.subscription_billing.models.payment_provider import is_outcome_unknown
from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

TRANSACTION = "odoo.addons.subscription_billing.models.payment_transaction_sending"
COLLECTION = "odoo.addons.subscription_billing.models.subscription_collection"


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestCollection(SubscriptionCommon):
    def _create_automatic(self, token_state="done", **vals):
        """Create a subscription that is paid with a saved payment method."""
        return self._create_subscription(
            collection_method="automatic",
            payment_token_id=self._create_token(state=token_state).id,
            **{"date_start": date(2026, 3, 10), **vals},
        )

    def _collect(self, subscription):
        """Bill and collect; return the invoice."""
        self._run_renewal()
        self._run_collection()
        return subscription.invoice_ids

    def test_a_successful_charge_pays_the_invoice(self):
        subscription = self._create_automatic()
        invoice = self._collect(subscription)
        charge = invoice.transaction_ids
        self.assertRecordValues(
            charge,
            [
                {
                    "state": "done",
                    "amount": 115.0,
                    "operation": "offline",
                    "token_id": subscription.payment_token_id.id,
                    "subscription_id": subscription.id,
                    "collection_invoice_id": invoice.id,
                    "is_post_processed": True,
                }
            ],
        )
        self.assertRecordValues(
            charge.payment_id,
            [
                {
                    "amount": 115.0,
                    "payment_type": "inbound",
                    "partner_id": self.partner.id,
                    "payment_token_id": subscription.payment_token_id.id,
                    "is_reconciled": True,
                }
            ],
        )
        self.assertEqual(charge.payment_id.move_id.state, "posted")
        self.assertRecordValues(
            invoice,
            [
                {
                    "payment_state": invoice._get_invoice_in_payment_state(),
                    "amount_residual": 0.0,
                    "collection_state": "done",
                }
            ],
        )

    def test_complaint_07_no_automatic_payment_in_community(self):
        """Complaint 7: asked for since 2017, a saved method that pays by itself, with
        nobody asked for money:
        https://github.com/OCA/contract/issues/45"""
        subscription = self._create_automatic(state="draft")
        subscription.action_confirm()
        for month in (3, 4, 5):
            with freeze_time(f"2026-0{month}-10"):
                self._run_renewal()
                self._run_collection()
        invoices = subscription.invoice_ids.sorted("invoice_date")
        self.assertEqual(len(invoices), 3)
        self.assertEqual(invoices.mapped("amount_residual"), [0, 0, 0])
        self.assertEqual(invoices.transaction_ids.mapped("state"), ["done"] * 3)
        first = invoices[0].sequence_number
        self.assertEqual(
            invoices.mapped("sequence_number"), [first, first + 1, first + 2]
        )
        self.assertFalse(invoices.message_ids.notified_partner_ids)
        self.assertFalse(subscription.activity_ids)

    def _get_mail_body(self, invoice):
        """Return the words of the e-mail in which core would send an invoice now."""
        template = invoice._get_mail_template()
        return template._render_field("body_html", invoice.ids)[invoice.id]

    def test_complaint_07_nobody_is_asked_for_money_that_comes_by_itself(self):
        """Complaint 7: an invoice that is charged goes out without "amount due":
        https://github.com/OCA/contract/pull/1463"""
        self.plan.invoice_mode = "send"
        subscription = self._create_automatic()
        self._run_renewal()
        invoice = subscription.invoice_ids
        self.assertTrue(invoice.sending_data)
        self.assertIn("You need not pay it", self._get_mail_body(invoice))
        self.assertIn(
            subscription.payment_token_id.display_name, self._get_mail_body(invoice)
        )
        self.assertNotIn("remit payment", self._get_mail_body(invoice))
        self._run_collection()
        self.assertIn("already paid", self._get_mail_body(invoice))

    def test_an_invoice_that_could_not_be_charged_asks_to_be_paid(self):
        subscription = self._create_automatic()
        subscription.payment_token_id.demo_simulated_state = "error"
        invoice = self._collect(subscription)
        self.assertIn("remit payment", self._get_mail_body(invoice))

    def _bill_later(self):
        """Bill what is charged with the next run; return the invoice."""
        subscription = self._create_automatic()
        self._run_renewal()
        self.assertIn("need not pay", self._get_mail_body(subscription.invoice_ids))
        return subscription.invoice_ids

    def test_an_invoice_that_is_not_charged_any_more_asks_to_be_paid(self):
        switched, disputed = self._bill_later(), self._bill_later()
        switched.subscription_ids.collection_method = "invoice"
        disputed._write_collection({"is_disputed": True})
        for invoice in (switched, disputed):
            self.assertEqual(invoice.collection_state, "due")
            self.assertIn("remit payment", self._get_mail_body(invoice))

    def test_an_invoice_that_was_paid_otherwise_says_so(self):
        invoice = self._bill_later()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({}).action_create_payments()
        self.assertEqual(invoice.collection_state, "due")
        self.assertIn("already paid", self._get_mail_body(invoice))

    def test_an_invoice_that_is_charged_later_says_when(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "30 days",
                "line_ids": [Command.create({"value": "percent", "nb_days": 30})],
            }
        )
        subscription = self._create_automatic(payment_term_id=term.id)
        self._run_renewal()
        self.assertIn("04/09/2026", self._get_mail_body(subscription.invoice_ids))

    def test_the_batch_books_what_core_books_one_by_one(self):
        """Ours and core's payment of two equal charges differ in names only."""
        ours = self._collect(self._create_automatic()).transaction_ids.payment_id
        subscription = self._create_automatic()
        self._run_renewal()
        invoice = subscription.invoice_ids
        collection = self.env["subscription.collection"]
        charge = collection._create_charges(invoice)
        charge.collection_invoice_id = False  # core knows nothing of collections
        charge._charge_with_token()
        charge._post_process()
        theirs = charge.payment_id
        same = [
            "state", "amount", "date", "payment_type", "partner_type", "partner_id",
            "currency_id", "journal_id", "payment_method_line_id",
            "destination_account_id", "outstanding_account_id", "is_reconciled",
            "is_matched", "company_id",
        ]  # fmt: skip
        self.assertEqual([ours[name] for name in same], [theirs[name] for name in same])
        lines = ["account_id", "partner_id", "debit", "credit", "reconciled"]
        for name in lines:
            self.assertEqual(
                ours.move_id.line_ids.mapped(name), theirs.move_id.line_ids.mapped(name)
            )
        self.assertEqual(
            ours.reconciled_invoices_count, theirs.reconciled_invoices_count
        )
        self.assertEqual(ours.move_id.origin_payment_id, ours)
        self.assertEqual(
            ours.move_id.sequence_number + 1, theirs.move_id.sequence_number
        )

    def test_running_again_charges_nothing(self):
        invoice = self._collect(self._create_automatic())
        self._run_collection()
        self.assertEqual(len(invoice.transaction_ids), 1)

    def test_more_invoices_than_a_chunk_are_all_collected(self):
        self.patch(type(self.env["subscription.collection"]), "_chunk_size", 4)
        subscriptions = self._create_subscriptions(
            10, date_start=date(2026, 3, 10), collection_method="automatic"
        )
        for subscription in subscriptions:
            subscription.payment_token_id = self._create_token(subscription.partner_id)
        invoices = self._collect(subscriptions)
        self.assertEqual(invoices.mapped("collection_state"), ["done"] * 10)
        self.assertEqual(len(invoices.transaction_ids.payment_id.move_id), 10)
        names = invoices.transaction_ids.payment_id.move_id.mapped("name")
        self.assertEqual(len(set(names)), 10)

    def test_an_invoice_to_pay_is_left_to_the_customer(self):
        subscription = self._create_subscription(
            payment_token_id=self._create_token().id, date_start=date(2026, 3, 10)
        )
        invoice = self._collect(subscription)
        self.assertFalse(invoice.transaction_ids)
        self.assertFalse(invoice.collection_state)

    def test_nothing_is_charged_before_the_due_date(self):
        term = self.env["account.payment.term"].create(
            {"name": "5 days", "line_ids": [(0, 0, {"nb_days": 5})]}
        )
        subscription = self._create_automatic(payment_term_id=term.id)
        invoice = self._collect(subscription)
        self.assertFalse(invoice.transaction_ids)
        with freeze_time("2026-03-15"):
            self._run_collection()
        self.assertEqual(invoice.collection_state, "done")

    def test_a_decline_is_visible_with_its_reason(self):
        subscription = self._create_automatic("error")
        invoice = self._collect(subscription)
        self.assertEqual(invoice.state, "posted")
        self.assertEqual(invoice.payment_state, "not_paid")
        self.assertEqual(invoice.collection_state, "failed")
        self.assertIn("demo payment status: error", invoice.collection_error)
        self.assertIn("Automatic payment failed", invoice.message_ids[0].body)
        self._run_collection()
        self.assertEqual(len(invoice.transaction_ids), 1)

    def test_a_living_payment_method_collects_what_a_dead_one_left(self):
        subscription = self._create_automatic()
        subscription.payment_token_id.active = False
        invoice = self._collect(subscription)
        self.assertEqual(invoice.state, "posted")
        self.assertEqual(invoice.collection_state, "failed")
        self.assertIn("no longer valid", invoice.collection_error)
        self.assertFalse(invoice.transaction_ids)
        subscription.payment_token_id = self._create_token()
        self.assertEqual(invoice.collection_state, "due")
        self._run_collection()
        self.assertEqual(invoice.collection_state, "done")
        self.assertFalse(invoice.collection_error)

    def test_a_subscription_without_a_payment_method_says_so(self):
        subscription = self._create_subscription(
            collection_method="automatic", date_start=date(2026, 3, 10)
        )
        invoice = self._collect(subscription)
        self.assertIn("no saved payment method", invoice.collection_error)

    def test_the_collect_button_tries_again(self):
        subscription = self._create_automatic("error")
        invoice = self._collect(subscription)
        subscription.payment_token_id.demo_simulated_state = "done"
        invoice.action_collect()
        self._run_collection()
        self.assertEqual(invoice.collection_state, "done")
        self.assertEqual(
            invoice.transaction_ids.sorted("id").mapped("state"), ["error", "done"]
        )

    def test_a_charge_that_settles_later_stays_open(self):
        subscription = self._create_automatic("pending")
        invoice = self._collect(subscription)
        self.assertEqual(invoice.collection_state, "open")
        self._run_collection()
        self.assertEqual(len(invoice.transaction_ids), 1)
        with self.assertRaisesRegex(UserError, "could take the money twice"):
            invoice.action_collect()
        invoice.transaction_ids.action_demo_set_done()
        invoice.transaction_ids._post_process()
        self.assertEqual(invoice.collection_state, "done")
        self.assertEqual(invoice.amount_residual, 0)

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_a_second_open_charge(self):
        invoice = self._collect(self._create_automatic("pending"))
        collection = self.env["subscription.collection"]
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            collection._create_charges(invoice)

    @mute_logger(TRANSACTION)
    def test_an_exception_is_an_unknown_outcome_and_not_a_decline(self):
        subscription = self._create_automatic()

        def lose_the_connection(charge):
            raise ConnectionError("Read timed out")

        self.patch(
            type(self.env["payment.transaction"]),
            "_send_payment_request",
            lose_the_connection,
        )
        invoice = self._collect(subscription)
        self.assertEqual(invoice.collection_state, "open")
        self.assertEqual(invoice.transaction_ids.state, "draft")
        self.assertIn("outcome of charge", invoice.collection_error)
        self._run_collection()
        self.assertEqual(len(invoice.transaction_ids), 1)

    @mute_logger(TRANSACTION)
    def test_a_gateway_without_an_answer_is_not_a_decline(self):
        """Core turns a lost answer into the error that it has for declines."""
        subscription = self._create_automatic()

        def send(charge):
            charge.provider_id._send_api_request("POST", "charges")

        def lose(*_args, **_kwargs):
            raise requests.exceptions.Timeout("read timed out")

        self.patch(type(self.env["payment.transaction"]), "_send_payment_request", send)
        self.patch(
            type(self.env["payment.provider"]),
            "_build_request_url",
            lambda provider, endpoint, **_kwargs: f"http://localhost:9/{endpoint}",
        )
        self.patch(requests, "request", lose)
        invoice = self._collect(subscription)
        self.assertEqual(invoice.transaction_ids.state, "draft")
        self.assertEqual(invoice.collection_state, "open")

    def test_the_answers_that_leave_the_outcome_open(self):
        def answer(status):
            response = requests.Response()
            response.status_code = status
            return requests.exceptions.HTTPError(response=response)

        for status, unknown in ((402, False), (400, False), (409, True), (503, True)):
            with self.subTest(status):
                self.assertEqual(is_outcome_unknown(answer(status)), unknown)
        self.assertTrue(is_outcome_unknown(requests.exceptions.ConnectionError()))
        self.assertFalse(is_outcome_unknown(None))

    def test_a_charge_that_was_never_sent_is_taken_up_again(self):
        """A run that dies between the intent and the call leaves such charges."""
        subscription = self._create_automatic()
        self._run_renewal()
        collection = self.env["subscription.collection"]._in_company(self.company)
        charge = collection._open_charges(subscription.invoice_ids)
        self.assertEqual((charge.state, charge.date_sent), ("draft", False))
        self.assertEqual(collection._count_due(), 1)
        self._run_collection()
        self.assertEqual(charge.state, "done")
        self.assertTrue(charge.date_sent)
        self.assertEqual(len(subscription.invoice_ids.transaction_ids), 1)

    def test_an_old_charge_is_withdrawn_when_the_invoice_was_paid_meanwhile(self):
        for paid, left in ((115, []), (15, [100])):
            with self.subTest(paid):
                subscription = self._create_automatic()
                self._run_renewal()
                invoice = subscription.invoice_ids
                collection = self.env["subscription.collection"]
                charge = collection._in_company(self.company)._open_charges(invoice)
                self.env["account.payment.register"].with_context(
                    active_model="account.move", active_ids=invoice.ids
                ).create({"amount": paid}).action_create_payments()
                self._run_collection()
                self.assertEqual(charge.state, "cancel")
                others = invoice.transaction_ids - charge
                self.assertEqual(others.mapped("amount"), left)
                self.assertEqual(invoice.amount_residual, 0)

    def test_a_run_short_of_time_does_not_open_more_than_it_sends(self):
        self.patch(type(self.env["subscription.collection"]), "_chunk_size", 1)
        self._create_automatic()
        waiting = self._create_automatic()
        self._run_renewal()
        collection = self.env["subscription.collection"]._in_company(self.company)
        collection._open_charges(collection._lock_due(1))
        transactions = type(self.env["payment.transaction"])
        with patch.object(transactions, "_send_charges", lambda *_args: iter(())):
            self._run_collection()
        self.assertFalse(waiting.invoice_ids.transaction_ids)
        self._run_collection()
        self.assertEqual(waiting.invoice_ids.collection_state, "done")

    def test_a_run_that_is_out_of_time_says_what_is_left(self):
        subscription = self._create_automatic()
        self._run_renewal()
        invoice = subscription.invoice_ids
        left = []

        def commit_progress(_cron, processed=0, *, remaining=None):
            left.append(remaining)
            return 0

        self.patch(type(self.env["ir.cron"]), "_commit_progress", commit_progress)
        self.env["subscription.collection"].with_context(
            cron_end_time=time.monotonic() - 1
        )._cron_collect()
        self.assertEqual(left, [1])
        self.assertFalse(invoice.transaction_ids)

    def test_a_charge_that_was_sent_is_never_sent_again(self):
        subscription = self._create_automatic()
        self._run_renewal()
        collection = self.env["subscription.collection"]._in_company(self.company)
        charge = collection._open_charges(subscription.invoice_ids)
        self.assertTrue(charge._take_for_sending())
        self.assertFalse(charge._take_for_sending())
        self._run_collection()
        self.assertEqual(charge.state, "draft")

    def test_core_leaves_charges_without_a_result_alone(self):
        """Its post-processing writes on all that it finds, in the middle of a call."""
        subscription = self._create_automatic()
        self._run_renewal()
        collection = self.env["subscription.collection"]._in_company(self.company)
        charge = collection._open_charges(subscription.invoice_ids)
        self.assertTrue(charge.is_post_processed)
        charge._send_charge()
        self.assertFalse(charge.is_post_processed)

    def test_what_the_customer_is_paying_online_is_not_charged(self):
        subscription = self._create_automatic()
        self._run_renewal()
        invoice = subscription.invoice_ids
        token = subscription.payment_token_id
        payment = self.env["payment.transaction"].create(
            {
                "provider_id": token.provider_id.id,
                "payment_method_id": token.payment_method_id.id,
                "amount": 115,
                "currency_id": invoice.currency_id.id,
                "partner_id": self.partner.id,
                "operation": "online_direct",
                "invoice_ids": [Command.set(invoice.ids)],
            }
        )
        for step in (payment._set_pending, payment._set_done):
            step()
            self._run_collection()
            self.assertEqual(invoice.transaction_ids, payment)
        payment._post_process()
        self._run_collection()
        self.assertEqual(invoice.transaction_ids, payment)
        self.assertEqual(invoice.amount_residual, 0)

    def test_a_customer_who_opts_out_is_not_charged(self):
        subscription = self._create_automatic()
        self._run_renewal()
        subscription.collection_method = "invoice"
        self._run_collection()
        invoice = subscription.invoice_ids
        self.assertFalse(invoice.transaction_ids)
        self.assertFalse(invoice.collection_state)

    def test_an_opted_out_failure_is_not_collected_with_a_new_token(self):
        subscription = self._create_automatic("error")
        invoice = self._collect(subscription)
        subscription.collection_method = "invoice"
        subscription.payment_token_id = self._create_token()
        self.assertEqual(invoice.collection_state, "failed")

    def test_a_provider_without_a_journal_takes_no_money(self):
        subscription = self._create_automatic()
        self._run_renewal()
        self.patch(
            type(self.env["payment.provider"]),
            "_compute_journal_id",
            lambda providers: providers.update({"journal_id": False}),
        )
        self._run_collection()
        invoice = subscription.invoice_ids
        self.assertFalse(invoice.transaction_ids)
        self.assertIn("no journal", invoice.collection_error)

    def test_the_alert_goes_when_the_customer_pays(self):
        subscription = self._create_automatic("error")
        invoice = self._collect(subscription)
        self.assertEqual(subscription.collection_failed_count, 1)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({}).action_create_payments()
        self.env.invalidate_all()
        self.assertEqual(subscription.collection_failed_count, 0)

    @mute_logger(COLLECTION)
    def test_money_that_cannot_be_booked_is_not_taken_again(self):
        subscription = self._create_automatic()

        create = type(self.env["payment.transaction"])._create_payments

        def refuse(charges):
            raise UserError("The books are closed")

        self.patch(type(self.env["payment.transaction"]), "_create_payments", refuse)
        with self.assertLogs(COLLECTION, "ERROR"):
            invoice = self._collect(subscription)
        self.assertEqual(invoice.transaction_ids.state, "done")
        self.assertEqual(invoice.collection_state, "open")
        self.assertIn("was taken", invoice.collection_error)
        self.assertIn("was taken", subscription.activity_ids.note)
        self._run_collection()
        self.assertEqual(len(invoice.transaction_ids), 1)
        self.patch(type(self.env["payment.transaction"]), "_create_payments", create)
        invoice.action_book_charge()
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(invoice.collection_state, "done")
        with self.assertRaisesRegex(UserError, "waits to be recorded"):
            invoice.action_book_charge()

    def test_an_invoice_paid_meanwhile_is_not_charged(self):
        subscription = self._create_automatic()
        self._run_renewal()
        invoice = subscription.invoice_ids
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({}).action_create_payments()
        self._run_collection()
        self.assertFalse(invoice.transaction_ids.filtered("collection_invoice_id"))

    def test_only_what_is_left_to_pay_is_charged(self):
        subscription = self._create_automatic()
        self._run_renewal()
        invoice = subscription.invoice_ids
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"amount": 15}).action_create_payments()
        self._run_collection()
        self.assertEqual(invoice.transaction_ids.amount, 100)
        self.assertEqual(invoice.amount_residual, 0)

    def test_an_early_payment_discount_is_left_to_core(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "2 % if paid at once",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [(0, 0, {"nb_days": 0})],
            }
        )
        subscription = self._create_automatic(payment_term_id=term.id)
        invoice = self._collect(subscription)
        self.assertEqual(invoice.collection_state, "done")
        self.assertEqual(invoice.amount_residual, 0)

    def test_a_payment_method_of_somebody_else_is_refused(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        token = self._create_token(stranger)
        with self.assertRaisesRegex(UserError, "belongs to Stranger"):
            self._create_subscription(payment_token_id=token.id)
