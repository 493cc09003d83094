"""What follows from Stripe's events, in whatever order and number they come."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.subscription_billing_stripe.const import EVENTS_ROUTE
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from tests.stripe_event_case import StripeEventCase


@tagged("standard", "post_install", "-at_install")
class TestStripeEvents(StripeEventCase):
    """How events are processed."""

    def test_an_event_of_nobody_is_ignored(self):
        self.stripe.payment_intents.create({"amount": 100, "currency": "eur"})
        intent = self.stand_in.events("payment_intent.created")[0]["data"]["object"]
        self.stand_in.state.emit("payment_intent.succeeded", intent)
        self._hear()
        event = self._get_events("payment_intent.succeeded")
        self.assertEqual(event.state, "ignored")
        self.assertIn("No payment of this database", event.result)

    def test_a_type_that_nothing_follows_from_is_ignored(self):
        self.stripe.customers.create({"name": "Ada"})
        self._hear()
        self.assertEqual(set(self._get_events().mapped("state")), {"ignored"})

    def test_an_event_of_another_database_is_ignored(self):
        self.env["ir.config_parameter"].set_param("database.uuid", "elsewhere")
        charge = self._collect()
        self.env["ir.config_parameter"].set_param("database.uuid", "here")
        charge.state = "draft"
        self._hear()
        event = self._get_events("payment_intent.succeeded")
        self.assertEqual(event.state, "ignored")
        self.assertIn("another database", event.result)

    def _create_sister(self):
        """Create another company's provider with the same account; return its path."""
        company = self.env["res.company"].create({"name": "Sister"})
        sister = self.provider.copy({"company_id": company.id, "name": "Stripe B"})
        sister.write(
            {
                "stripe_secret_key": self.provider.stripe_secret_key,
                "stripe_publishable_key": "pk_test_sister",
                "state": "test",
            }
        )
        self._add_secret(self.secret, provider_id=sister.id)
        return sister, f"{EVENTS_ROUTE}/{sister.id}"

    def test_an_event_of_another_provider_with_this_account_is_ignored(self):
        sister, path = self._create_sister()
        charge = self._collect()
        self.stand_in.dispute(charge.provider_reference)
        kinds = ("payment_intent.succeeded", "charge.dispute.created")
        for kind in kinds:
            self._post_signed(self.stand_in.events(kind)[0], path=path)
        self._process()
        events = self._get_events(provider_id=sister.id)
        self.assertEqual(events.mapped("type"), list(kinds))
        self.assertEqual(events.mapped("state"), ["ignored", "ignored"])
        for event in events:
            self.assertIn("another payment provider", event.result)
            self.assertIn(charge.reference, event.result)
        self.assertFalse(charge.collection_invoice_id.dispute_ids)

    def test_an_event_that_waits_too_long_has_failed(self):
        charge = self._collect()
        self._deliver("payment_intent.succeeded")
        event = self._get_events("payment_intent.succeeded")
        for _ in range(9):
            event._set_waiting(f"Waits for {charge.reference}.")
        self.assertEqual((event.state, bool(event.date_next_try)), ("received", True))
        event._set_waiting(f"Waits for {charge.reference}.")
        self.assertRecordValues(
            event,
            [
                {
                    "state": "failed",
                    "date_next_try": False,
                    "error": f"Waits for {charge.reference}.",
                }
            ],
        )
        self.assertEqual(self.provider.stripe_failed_event_count, 1)

    def test_an_event_of_the_other_mode_is_ignored(self):
        self._post_signed(
            {
                "id": "evt_1",
                "created": 1,
                "type": "payment_intent.succeeded",
                "livemode": True,
                "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
            }
        )
        self._process()
        self.assertIn("other mode", self._get_events().result)

    def test_what_is_known_is_not_asked_again(self):
        charge = self._collect()
        asked = len(self.stand_in.calls("GET"))
        self._hear("payment_intent.succeeded", "charge.succeeded")
        self.assertEqual(len(self.stand_in.calls("GET")), asked)
        events = self._get_events()
        self.assertEqual(set(events.mapped("state")), {"processed"})
        self.assertIn(charge.reference, events[0].result)

    def test_a_failing_event_stops_no_other(self):
        charge = self._collect()
        self.stripe.refunds.create({"payment_intent": charge.provider_reference})
        other = self._collect()
        self.stripe.refunds.create({"payment_intent": other.provider_reference})
        create = type(charge)._create_stripe_refund

        def fail(source, refund):
            if source.id == charge.id:
                raise ValueError("The books are closed")
            return create(source, refund)

        with patch.object(type(charge), "_create_stripe_refund", fail):
            self._hear("refund.created")
        self.assertFalse(charge.child_transaction_ids)
        self.assertEqual(other.child_transaction_ids.state, "done")
        failed = self._get_events(state="failed")
        self.assertEqual(failed.error, "The books are closed")
        self.assertEqual(failed.attempts, 1)
        self.assertGreater(failed.date_next_try, fields.Datetime.now())
        return charge, failed

    def test_a_failed_event_is_retried_by_a_person(self):
        charge, failed = self.test_a_failing_event_stops_no_other()
        failed.action_retry()
        self._process()
        self.assertEqual(failed.state, "processed")
        self.assertFalse(failed.error)
        self.assertEqual(charge.child_transaction_ids.state, "done")

    def test_a_failed_event_is_retried_by_itself_after_a_while(self):
        charge, failed = self.test_a_failing_event_stops_no_other()
        self._process()
        self.assertEqual(failed.attempts, 1)
        failed.date_next_try = fields.Datetime.now()
        self._process()
        self.assertEqual(failed.state, "processed")
        self.assertEqual(charge.child_transaction_ids.state, "done")

    def test_tries_end_and_wait_for_a_person(self):
        _charge, failed = self.test_a_failing_event_stops_no_other()
        with patch.object(type(failed), "_handle", side_effect=ValueError("Still")):
            for _ in range(9):
                failed.date_next_try = fields.Datetime.now()
                self._process()
        self.assertEqual(failed.attempts, 10)
        self.assertFalse(failed.date_next_try)

    def test_stripe_out_of_reach_is_tried_again(self):
        charge = self._collect()
        self.stripe.refunds.create({"payment_intent": charge.provider_reference})
        self._deliver("refund.created")
        self.stand_in.faults.add("error_before", times=5, path="refunds/*", method="*")
        self._process()
        event = self._get_events()
        self.assertEqual(event.state, "failed")
        self.assertIn("500", event.error)
        self.stand_in.faults.clear()
        event.date_next_try = fields.Datetime.now()
        self._process()
        self.assertEqual(event.state, "processed")

    def test_a_replay_changes_nothing(self):
        charge = self._collect()
        self.stripe.refunds.create(
            {"payment_intent": charge.provider_reference, "amount": 300}
        )
        self.stand_in.dispute(charge.provider_reference)
        self._hear()
        moves = self.env["account.move"].search_count([])
        self._get_events().action_retry()
        self._process()
        self._run_collection()
        self.assertEqual(len(charge.child_transaction_ids), 1)
        self.assertEqual(self.env["account.move"].search_count([]), moves)
        self.assertNotIn("received", self._get_events().mapped("state"))

    def test_messages_are_emptied_and_ids_stay(self):
        self._collect()
        self._hear()
        events = self._get_events()
        old, new = events[0], events[1:]
        old.date_received = fields.Datetime.now() - timedelta(days=91)
        self._run_cron("subscription_billing_stripe.ir_cron_empty_events")
        self.assertFalse(old.body)
        self.assertTrue(all(new.mapped("body")))
        self.stand_in.webhooks.redeliver(send=self._post)
        self.assertEqual(self._get_events(), events)

    def test_a_failed_message_is_kept(self):
        _charge, failed = self.test_a_failing_event_stops_no_other()
        failed.date_received = "2000-01-01"
        self._run_cron("subscription_billing_stripe.ir_cron_empty_events")
        self.assertTrue(failed.body)

    # === PEOPLE === #

    def test_accountants_read_and_managers_retry(self):
        self._collect()
        self._deliver()
        events = self._get_events()
        for login, group in (
            ("accountant", "account.group_account_invoice"),
            ("auditor", "account.group_account_readonly"),
        ):
            user = new_test_user(self.env, login, group)
            theirs = events.with_user(user)
            self.assertTrue(theirs[0].type)
            for act in (theirs.action_retry, lambda e=theirs: e.read(["body"])):
                with self.assertRaises(AccessError):
                    act()
        clerk = new_test_user(self.env, "clerk", "base.group_user")
        with self.assertRaises(AccessError):
            events.with_user(clerk).read(["type"])
        manager = new_test_user(
            self.env, "boss", "subscription_billing.group_subscription_manager"
        )
        self.assertTrue(events.with_user(manager)[0].body)
        events.with_user(manager).action_retry()
        with self.assertRaises(AccessError):
            events.with_user(manager).write({"state": "processed"})

    def test_other_companies_see_nothing(self):
        self._collect()
        self._deliver()
        company = self.env["res.company"].create({"name": "Other"})
        manager = new_test_user(
            self.env,
            "other",
            "subscription_billing.group_subscription_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        self.assertFalse(self.env["stripe.event"].with_user(manager).search([]))

    def test_the_form_opens(self):
        self._collect()
        self._hear()
        event = self._get_events()[:1]
        self.assertEqual(Form(event).type, event.type)


@tagged("standard", "post_install", "-at_install")
class TestStripePayments(StripeEventCase):
    """Payments and their attempts."""

    def test_money_that_arrives_late_is_booked(self):
        charge = self._collect_slowly()
        invoice = charge.collection_invoice_id
        self.assertEqual(charge.state, "pending")
        self.stand_in.settle(charge.provider_reference)
        self._hear()
        self._assert_charged_once(invoice)

    def test_a_debit_that_fails_late_keeps_its_facts(self):
        charge = self._collect_slowly()
        invoice = charge.collection_invoice_id
        self.stand_in.fail(charge.provider_reference, "insufficient_funds")
        self._hear()
        self.assertEqual(charge.state, "error")
        self.assertEqual(charge.decline_code, "insufficient_funds")
        self.assertEqual(invoice.collection_state, "failed")

    def test_a_payment_that_the_customer_confirms_is_booked(self):
        charge = self._collect("pm_card_authenticationRequired")
        self.assertEqual(charge.decline_code, "authentication_required")
        self.stand_in.authenticate(charge.provider_reference)
        self._hear()
        self._assert_charged_once(charge.collection_invoice_id)

    def test_complaint_13_an_answer_that_was_lost_is_found_by_the_event(self):
        """Complaint 13: the event and whoever asks again each charge for themselves."""
        invoice = self._bill_automatic()
        self.stand_in.faults.add("close_after", times=3, path="payment_intents")
        self._run_collection()
        charge = invoice.transaction_ids
        self.assertTrue(charge.is_outcome_unknown)
        self._hear("payment_intent.succeeded")
        self.assertFalse(charge.is_outcome_unknown)
        self._resolve()
        self._run_collection()
        self._assert_charged_once(invoice)

    def test_money_on_its_way_after_a_refusal_blocks_the_invoice_again(self):
        charge = self._collect(decline="generic_decline")
        invoice = charge.collection_invoice_id
        self.assertEqual(invoice.collection_state, "failed")
        self._confirm_slowly(charge)
        self._hear()
        self.assertEqual(charge.state, "pending")
        self.assertEqual(invoice.collection_state, "open")
        with self.assertRaisesRegex(UserError, "is open"):
            invoice.action_collect()
        self.assertEqual(len(invoice.transaction_ids), 1)

    def test_a_payment_over_other_money_is_an_error(self):
        charge = self._collect_slowly()
        self.stand_in.settle(charge.provider_reference)
        charge.amount += 1
        self._hear("payment_intent.succeeded")
        self.assertEqual(charge.state, "pending")
        self.assertIn("in minor units", self._get_events(state="failed").error)

    def test_a_payment_that_nobody_wrote_down_is_an_error(self):
        charge = self._collect()
        charge.collection_invoice_id.transaction_ids = False
        self.env["account.payment"].search([]).payment_transaction_id = False
        self.env.cr.execute("DELETE FROM payment_transaction WHERE id = %s", charge.ids)
        self.env.invalidate_all()
        self._deliver("payment_intent.succeeded")
        self._process()
        event = self._get_events()
        self.assertEqual(event.state, "received")
        self.assertIn("Waits until", event.result)
        for _ in range(4):
            event.date_next_try = fields.Datetime.now()
            self._process()
        self.assertEqual(event.state, "failed")
        self.assertIn("does not know it", event.error)

    # === CORE'S OWN PAYMENTS === #

    def _pay_online(self):
        """Let a customer pay on core's page, whose answer is lost."""
        payment = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "reference": "S-1",
                "amount": 5,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.partner.id,
                "operation": "online_direct",
            }
        )
        self.stripe.payment_intents.create(
            {
                "amount": 500,
                "currency": payment.currency_id.name.lower(),
                "description": "S-1",
                "payment_method": "pm_card_visa",
                "payment_method_types": ["card"],
                "confirm": True,
            }
        )
        return payment

    def test_payments_online_are_left_to_core_where_it_hears_of_them(self):
        payment = self._pay_online()
        self._hear("payment_intent.succeeded")
        self.assertEqual(payment.state, "draft")
        self.assertIn("Odoo's own webhook", self._get_events().result)

    def test_payments_online_are_handed_to_core_where_it_is_deaf(self):
        self.provider.stripe_webhook_secret = False
        payment = self._pay_online()
        self._hear("payment_intent.succeeded")
        self.assertEqual(payment.state, "done")
        self.assertTrue(payment.provider_reference.startswith("pi_"))

    # === COMPLAINT 12 === #

    def test_complaint_12_disorder_and_duplicates_never_roll_a_payment_back(self):
        """Complaint 12: races and reordering roll states back, or do things twice."""
        charge = self._collect_slowly()
        invoice = charge.collection_invoice_id
        self.stand_in.settle(charge.provider_reference)
        waiting = self.stand_in.webhooks.pending()
        kinds = {each.kind for each in waiting}
        self.assertLessEqual(
            {"payment_intent.processing", "payment_intent.succeeded"}, kinds
        )
        for seed in range(3):
            self._deliver(shuffle=seed, duplicates=3, again=waiting)
            self._process()
            self.assertEqual(charge.state, "done")
        self._run_collection()
        self._assert_charged_once(invoice)

    def test_complaint_12_an_old_failure_does_not_undo_a_later_success(self):
        charge = self._collect("pm_card_authenticationRequired")
        old = self.stand_in.webhooks.pending()
        self.stand_in.authenticate(charge.provider_reference)
        self._hear("payment_intent.succeeded")
        self.assertEqual(charge.state, "done")
        self._deliver(again=old)
        self._process()
        self.assertEqual(charge.state, "done")
        self._assert_charged_once(charge.collection_invoice_id)

    def test_complaint_12_an_old_message_to_core_does_not_roll_back(self):
        charge = self._collect(decline="generic_decline")
        [old] = self.stand_in.webhooks.pending("payment_intent.payment_failed")
        self._confirm_slowly(charge)
        self._hear("payment_intent.processing")
        self.assertEqual(charge.state, "pending")
        answer = self._post_signed(
            old.body, path="/payment/stripe/webhook", secrets=["whsec_core"]
        )
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(charge.state, "pending")

    def test_complaint_12_a_story_in_any_order_ends_the_same(self):
        """All events of a payment, its refund and its dispute, in disorder."""
        charge = self._collect()
        intent = charge.provider_reference
        self.stripe.refunds.create({"payment_intent": intent, "amount": 500})
        dispute = self.stand_in.dispute(intent, amount=1000)
        self.stand_in.close_dispute(dispute, won=True)
        waiting = self.stand_in.webhooks.pending()
        ends = set()
        for seed in range(4):
            self._deliver(shuffle=seed, duplicates=2, again=waiting)
            self._get_events().action_retry()
            self._process()
            self._run_collection()
            disputes = self.env["subscription.dispute"].search([])
            ends.add(
                (
                    charge.state,
                    tuple(charge.child_transaction_ids.mapped("amount")),
                    tuple(disputes.mapped("state")),
                    len(disputes.movement_ids),
                )
            )
        self.assertEqual(ends, {("done", (-5.0,), ("won",), 2)})
        self.assertFalse(self._get_events(state="failed"))

    def test_complaint_05_an_event_that_overtakes_the_answer_books_once(self):
        """Complaint 5: charged or booked twice, when the event overtakes the answer."""
        invoice = self._bill_automatic()
        sending = type(self.env["payment.transaction"])
        apply = sending._apply_outcome

        def overtake(charge, outcome):
            if outcome.status == "done" and charge.state == "draft" and not heard:
                heard.append(True)
                self._deliver("payment_intent.succeeded")
                self._process()
            return apply(charge, outcome)

        heard = []
        with patch.object(sending, "_apply_outcome", overtake):
            self._run_collection()
        self._run_collection()
        self.assertTrue(heard)
        self._assert_charged_once(invoice)
