"""The charge ledger: every attempt is sent once, and its outcome becomes known."""

from datetime import date, datetime, timedelta

from freezegun import freeze_time
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, mute_logger, new_test_user, tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon
from odoo.addons.subscription_billing.tools.outcome import (
    Decline,
    NotSentError,
    Outcome,
)

SENDING = "odoo.addons.subscription_billing.models.payment_transaction_sending"


class Gateway:
    """A provider in the words of the ledger: it answers what a test has told it."""

    threads = 4

    def __init__(self):
        #: what is answered next, one for each call; then money is taken
        self.answers = []
        #: the requests that took money, by key
        self.taken = {}
        self.charges = []
        self.enquiries = []

    def charge(self, request):
        self.charges.append(request)
        return self._answer(request)

    def find_charge(self, enquiry):
        self.enquiries.append(enquiry)
        if self.answers:
            return self._answer(enquiry["request"])
        if enquiry["request"]["key"] in self.taken:
            return Outcome("done", reference="found")
        return Outcome("cancelled", message="never arrived")

    def _answer(self, request):
        answer = self.answers.pop(0) if self.answers else Outcome("done", "paid")
        if isinstance(answer, Outcome) and answer.status == "done":
            self.taken[request["key"]] = request
        if callable(answer):
            return answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def take_and_lose(self, request):
        """Take the money, and lose the answer."""
        self.taken[request["key"]] = request
        raise TimeoutError("read timed out")


class LedgerCase(SubscriptionCommon):
    """Subscriptions that are paid through a gateway."""

    def setUp(self):
        super().setUp()
        self.gateway = gateway = Gateway()
        self.patch(
            type(self.env["payment.provider"]),
            "_get_charge_gateway",
            lambda provider: gateway if provider.code == "demo" else None,
        )
        self.patch(
            type(self.env["payment.transaction"]),
            "_prepare_charge_request",
            lambda charge: {"key": charge.idempotency_key, "amount": charge.amount},
        )

    def _bill_automatic(self, count=1, **vals):
        """Bill subscriptions that are paid by themselves; return the invoices."""
        subscriptions = self._create_subscriptions(
            count,
            date_start=date(2026, 3, 10),
            collection_method="automatic",
            **vals,
        )
        for subscription in subscriptions:
            subscription.payment_token_id = self._create_token(subscription.partner_id)
        self._run_renewal()
        return subscriptions.invoice_ids

    def _collect(self, *answers):
        """Run the collection; the gateway answers what is given, in that order."""
        self.gateway.answers = list(answers)
        self._run_collection()

    def _resolve(self, *answers):
        """Ask what became of the charges that are due for an enquiry."""
        self.gateway.answers = list(answers)
        self._run_cron("subscription_billing.ir_cron_resolving")


@freeze_time("2026-03-10 08:00:00")
@tagged("standard", "post_install", "-at_install")
class TestLedger(LedgerCase):
    # === SENDING === #

    def test_many_charges_are_sent_side_by_side_and_booked(self):
        self.patch(type(self.env["payment.transaction"]), "_sending_size", 4)
        invoices = self._bill_automatic(10)
        self._collect()
        self.assertEqual(len(self.gateway.taken), 10)
        self.assertEqual(set(invoices.mapped("collection_state")), {"done"})
        self.assertEqual(sum(invoices.mapped("amount_residual")), 0)
        charges = invoices.transaction_ids
        self.assertEqual(set(charges.mapped("provider_reference")), {"paid"})
        self.assertEqual(set(charges.mapped("attempt")), {1})
        self.assertFalse(any(charges.mapped("date_next_check")))

    def test_each_attempt_has_its_own_key(self):
        invoice = self._bill_automatic()
        decline = Decline("retry", "insufficient_funds", "51", "try_again_later")
        self._collect(Outcome("declined", "pi_1", "No money", decline))
        invoice.action_collect()
        self._collect()
        first, second = invoice.transaction_ids.sorted("id")
        self.assertEqual((first.attempt, second.attempt), (1, 2))
        self.assertNotEqual(first.idempotency_key, second.idempotency_key)
        self.assertEqual(
            [request["key"] for request in self.gateway.charges],
            [first.idempotency_key, second.idempotency_key],
        )

    def test_the_facts_of_a_decline_are_kept(self):
        invoice = self._bill_automatic()
        decline = Decline("never", "stolen_card", "43", "do_not_try_again")
        self._collect(Outcome("declined", "pi_7", "Your card was declined.", decline))
        self.assertRecordValues(
            invoice.transaction_ids,
            [
                {
                    "state": "error",
                    "state_message": "Your card was declined.",
                    "provider_reference": "pi_7",
                    "decline_category": "never",
                    "decline_code": "stolen_card",
                    "decline_network_code": "43",
                    "decline_advice": "do_not_try_again",
                    "is_outcome_unknown": False,
                }
            ],
        )
        self.assertEqual(invoice.collection_state, "failed")
        self.assertEqual(invoice.collection_error, "Your card was declined.")

    def test_what_needs_the_customer_is_not_sent_again(self):
        invoice = self._bill_automatic()
        needed = Decline("customer", "authentication_required")
        self._collect(Outcome("action", "pi_8", "Confirm this payment", needed))
        self.assertEqual(invoice.transaction_ids.state, "error")
        self.assertEqual(invoice.transaction_ids.decline_category, "customer")
        self._run_collection()
        self.assertEqual(len(self.gateway.charges), 1)

    def test_a_provider_that_cannot_be_asked_keeps_charges_for_later(self):
        invoices = self._bill_automatic(3)
        self._collect(*[NotSentError("The key is wrong: mend it.")] * 3)
        charges = invoices.transaction_ids
        provider = charges.provider_id
        self.assertEqual(provider.charging_problem, "The key is wrong: mend it.")
        self.assertEqual(charges.mapped("date_sent"), [False] * 3)
        self.assertEqual(invoices.mapped("collection_state"), ["open"] * 3)
        self._collect()
        self.assertFalse(self.gateway.taken, "it is left alone for a while")
        with freeze_time("2026-03-10 09:00:01"):
            self._collect()
        self.assertEqual(len(self.gateway.taken), 3)
        self.assertEqual(set(invoices.mapped("collection_state")), {"done"})
        self.assertFalse(provider.charging_problem)
        self.assertEqual(set(charges.mapped("attempt")), {1})

    # === UNKNOWN OUTCOMES === #

    @mute_logger(SENDING)
    def test_complaint_13_a_lost_answer_blocks_the_invoice_until_it_is_found(self):
        """Complaint 13: retrying an unknown payment charges twice."""
        invoice = self._bill_automatic()
        self._collect(self.gateway.take_and_lose)
        charge = invoice.transaction_ids
        self.assertEqual((charge.state, charge.is_outcome_unknown), ("draft", True))
        self.assertIn("read timed out", invoice.collection_error)
        with self.assertRaisesRegex(UserError, "could take the money twice"):
            invoice.action_collect()
        self._collect()
        self.assertEqual(len(self.gateway.charges), 1, "nothing is sent meanwhile")
        with freeze_time("2026-03-10 08:01:00"):
            self._resolve()
        self.assertEqual(self.gateway.enquiries[0]["request"], self.gateway.charges[0])
        self.assertRecordValues(
            charge,
            [
                {
                    "state": "done",
                    "is_outcome_unknown": False,
                    "provider_reference": "found",
                    "date_next_check": False,
                }
            ],
        )
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(invoice.collection_state, "done")
        self.assertFalse(invoice.collection_error)
        self.assertEqual(len(self.gateway.taken), 1)

    @mute_logger(SENDING)
    def test_complaint_06_an_unknown_result_is_resolved_without_a_person(self):
        """Complaint 6: a contract in exception needs a person in developer mode."""
        invoice = self._bill_automatic()
        self._collect(ConnectionError("reset"))
        with freeze_time("2026-03-10 08:01:00"):
            self._resolve()
        self.assertEqual(invoice.transaction_ids.state, "cancel")
        self.assertEqual(invoice.collection_state, "failed")
        self.assertFalse(self.gateway.taken)

    @mute_logger(SENDING)
    def test_complaint_06_meanwhile_the_subscription_is_not_skipped(self):
        invoice = self._bill_automatic()
        subscription = invoice.subscription_ids
        self._collect(ConnectionError("reset"))
        with freeze_time("2026-04-10 08:00:00"):
            self._run_renewal()
            self._collect()
        self.assertTrue(invoice.transaction_ids.is_outcome_unknown)
        april = subscription.invoice_ids - invoice
        self.assertEqual(april.collection_state, "done")

    @mute_logger(SENDING)
    def test_a_provider_that_stays_silent_is_asked_less_and_less_often(self):
        invoice = self._bill_automatic()
        subscription = invoice.subscription_ids
        self._collect(TimeoutError("silence"))
        charge = invoice.transaction_ids
        waits = []
        while not subscription.activity_ids and len(waits) < 10:
            asked = charge.date_next_check
            with freeze_time(asked):
                self._resolve(Outcome("unknown", message="still silent"))
            waits.append(charge.date_next_check - asked)
        self.assertEqual(len(waits), 5, "then a person is asked to look")
        self.assertEqual(waits, sorted(waits))
        self.assertEqual(waits[-1], timedelta(hours=6))
        self.assertIn("still silent", subscription.activity_ids.note)
        self.assertEqual(charge.check_count, 5)

    def test_a_charge_of_a_killed_run_is_asked_for(self):
        invoice = self._bill_automatic()
        collection = self.env["subscription.collection"]._in_company(self.company)
        charge = collection._open_charges(invoice)
        charge._take_for_sending()
        self._resolve()
        self.assertFalse(self.gateway.enquiries, "its answer may still come")
        with freeze_time("2026-03-10 08:15:00"):
            self._resolve()
        self.assertEqual(len(self.gateway.enquiries), 1)
        self.assertEqual(charge.state, "cancel")

    def test_what_takes_days_is_asked_for_once_a_day(self):
        invoice = self._bill_automatic()
        self._collect(Outcome("pending", "pi_9"))
        charge = invoice.transaction_ids
        self.assertEqual(charge.state, "pending")
        self.assertEqual(charge.date_next_check, datetime(2026, 3, 11, 8))
        for day in range(11, 29):
            with freeze_time(f"2026-03-{day} 09:00:00"):
                self._collect()
                self._resolve(Outcome("pending", "pi_9"))
                self.assertEqual(charge.state, "pending")
        self.assertEqual(len(self.gateway.enquiries), 18)
        self.assertEqual(self.gateway.enquiries[-1]["reference"], "pi_9")
        with freeze_time("2026-03-29 10:00:00"):
            self._resolve(Outcome("done", "pi_9"))
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(len(self.gateway.charges), 1)

    def test_a_provider_that_cannot_be_asked_leaves_it_to_a_person(self):
        invoice = self._bill_automatic()
        collection = self.env["subscription.collection"]._in_company(self.company)
        charge = collection._open_charges(invoice)
        charge._take_for_sending()
        charge.sudo().request_data = False
        with freeze_time("2026-03-10 08:15:00"):
            self._resolve()
        self.assertTrue(charge.is_outcome_unknown)
        self.assertFalse(charge.date_next_check)
        self.assertTrue(invoice.subscription_ids.activity_ids)
        with self.assertRaisesRegex(UserError, "cannot be asked"):
            charge.action_ask_outcome()

    # === LATE AND OUT OF ORDER === #

    def test_what_comes_late_does_not_undo_a_payment(self):
        invoice = self._bill_automatic()
        self._collect()
        charge = invoice.transaction_ids
        for status in ("pending", "declined", "cancelled", "unknown"):
            charge._apply_outcome(Outcome(status, message="an old message"))
            self.assertEqual(charge.state, "done")
        self.assertFalse(charge.is_outcome_unknown)
        self.assertFalse(charge.decline_code)

    def test_money_that_comes_after_all_is_booked_by_the_next_run(self):
        invoice = self._bill_automatic()
        self._collect(Outcome("cancelled", message="given up"))
        charge = invoice.transaction_ids
        self.assertEqual((charge.state, invoice.collection_state), ("cancel", "failed"))
        charge._apply_outcome(Outcome("done", "pi_late"))
        with freeze_time("2026-04-10 08:00:00"):
            self._run_collection()
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(invoice.collection_state, "done")
        self.assertEqual(len(invoice.transaction_ids), 1)

    # === PEOPLE === #

    def test_a_person_books_what_has_lost_its_payment(self):
        invoice = self._bill_automatic()
        self._collect()
        charge = invoice.transaction_ids
        for book in (charge.action_record_payment, invoice.action_book_charge):
            charge.payment_id.action_draft()
            charge.payment_id.unlink()
            self._check_booked_again(invoice, book)

    def test_a_person_books_what_somebody_has_cancelled(self):
        invoice = self._bill_automatic()
        self._collect()
        charge = invoice.transaction_ids
        cancelled = charge.payment_id
        cancelled.action_cancel()
        with self.assertRaisesRegex(UserError, "Record Payment"):
            invoice.action_charge_now()
        self._check_booked_again(invoice, charge.action_record_payment)
        self.assertEqual(cancelled.state, "canceled")
        self.assertNotEqual(charge.payment_id, cancelled)

    def _check_booked_again(self, invoice, book):
        """See that nobody charges what was taken, and that it can be recorded."""
        charge = invoice.transaction_ids
        self.assertTrue(charge.is_unbooked)
        self.assertEqual(invoice._get_payment_block(), "unbooked")
        with self.assertRaisesRegex(UserError, "Record Payment"):
            invoice._check_not_charged()
        book()
        self.assertFalse(charge.is_unbooked)
        self.assertEqual((len(charge.payment_id), invoice.amount_residual), (1, 0))

    def _lose(self):
        """Return an invoice whose charge nobody has answered for."""
        invoice = self._bill_automatic()
        with mute_logger(SENDING):
            self._collect(self.gateway.take_and_lose)
        return invoice

    def _settle(self, charge, **vals):
        """Fill in the dialog as a person does."""
        action = charge.action_settle()
        wizard = Form(
            self.env[action["res_model"]].with_context(**action["context"]),
            view="subscription_billing.subscription_charge_settle_view_form",
        )
        for name, value in vals.items():
            setattr(wizard, name, value)
        return wizard.save().action_settle()

    def test_a_person_settles_a_charge_that_was_taken(self):
        invoice = self._lose()
        action = invoice.action_settle_charge()
        self.assertEqual(
            action["context"]["default_transaction_id"], invoice.transaction_ids.id
        )
        self._settle(
            invoice.transaction_ids,
            is_taken="yes",
            provider_reference="pi_seen",
            note="Seen in the dashboard",
        )
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(invoice.transaction_ids.provider_reference, "pi_seen")
        self.assertIn("Seen in the dashboard", invoice.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "does not wait for an answer"):
            invoice.transaction_ids.action_settle()

    def test_a_person_settles_a_charge_that_was_not_taken(self):
        invoice = self._lose()
        self._settle(invoice.transaction_ids, is_taken="no", note="Not there")
        self.assertEqual(invoice.transaction_ids.state, "cancel")
        self.assertEqual(invoice.collection_state, "failed")
        with self.assertRaisesRegex(UserError, "no charge without an answer"):
            invoice.action_settle_charge()
        invoice.action_collect()
        self._collect()
        self.assertEqual(invoice.collection_state, "done")

    def test_what_was_taken_is_settled_with_its_reference(self):
        charge = self._lose().transaction_ids
        with self.assertRaisesRegex(UserError, "Provider's Reference"):
            self.env["subscription.charge.settle"].create(
                {"transaction_id": charge.id, "is_taken": "yes", "note": "?"}
            ).action_settle()

    def test_blanks_are_no_reference_and_no_note(self):
        charge = self._lose().transaction_ids
        for vals, name in (
            ({"provider_reference": " ", "note": "Seen"}, "Provider's Reference"),
            ({"provider_reference": "pi_seen", "note": " "}, "Note"),
        ):
            with self.assertRaisesRegex(UserError, name):
                self._settle(charge, is_taken="yes", **vals)
        self.assertEqual(charge.state, "draft")

    def test_a_charge_of_another_company_is_shown_to_nobody(self):
        charge = self._lose().transaction_ids
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "subscription_billing.group_subscription_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        dialog = self.env["subscription.charge.settle"].with_user(stranger)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            dialog.create({"transaction_id": charge.id, "is_taken": "no", "note": "?"})
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            dialog.new({"transaction_id": charge.id}).amount  # noqa: B018

    def test_only_an_administrator_settles(self):
        charge = self._lose().transaction_ids
        wizard = self.env["subscription.charge.settle"].create(
            {"transaction_id": charge.id, "is_taken": "no", "note": "?"}
        )
        user = new_test_user(
            self.env,
            "sam",
            "account.group_account_invoice,"
            "subscription_billing.group_subscription_user",
        )
        with self.assertRaises(AccessError):
            wizard.with_user(user).action_settle()

    def test_a_person_has_the_provider_asked_at_once(self):
        invoice = self._lose()
        answer = invoice.transaction_ids.action_ask_outcome()
        self.assertIn("asked in the background", answer["params"]["message"])
        self._resolve()
        self.assertEqual(invoice.collection_state, "done")
