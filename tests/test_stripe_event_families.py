"""What follows from events about refunds, disputes, saved methods and customers."""

from datetime import UTC, date
from unittest.mock import patch

from odoo import fields
from odoo.addons.subscription_billing_stripe.gateway import MissingError, StripeGateway
from odoo.tests import tagged

from tests.stripe_event_case import StripeEventCase


@tagged("standard", "post_install", "-at_install")
class TestStripeRefundEvents(StripeEventCase):
    """Money that went back."""

    def setUp(self):
        super().setUp()
        self.charge = self._collect()

    def _refund_in_dashboard(self, **values):
        return self.stripe.refunds.create(
            {"payment_intent": self.charge.provider_reference, **values}
        )

    def test_a_refund_of_the_dashboard_is_written_down_once(self):
        refund = self._refund_in_dashboard(amount=1500)
        self._hear(duplicates=2, shuffle=1)
        self.assertRecordValues(
            self.charge.child_transaction_ids,
            [
                {
                    "operation": "refund",
                    "amount": -15.0,
                    "state": "done",
                    "provider_reference": refund.id,
                    "subscription_id": self.charge.subscription_id.id,
                }
            ],
        )
        payment = self.charge.child_transaction_ids.payment_id
        self.assertEqual(payment.payment_type, "outbound")
        self.assertEqual(payment.amount, 15)

    def test_two_refunds_are_two(self):
        self._refund_in_dashboard(amount=300)
        self._refund_in_dashboard(amount=200)
        self._hear("charge.refunded")
        amounts = self.charge.child_transaction_ids.mapped("amount")
        self.assertEqual(sorted(amounts), [-3.0, -2.0])

    def test_a_refund_of_ours_is_not_written_down_again(self):
        self.charge._refund(amount_to_refund=10)
        self._hear()
        self.assertEqual(len(self.charge.child_transaction_ids), 1)

    def test_a_refund_that_is_not_committed_yet_is_waited_for(self):
        """The event may overtake the transaction that has asked for the refund."""
        self.stripe.refunds.create(
            {
                "payment_intent": self.charge.provider_reference,
                "metadata": {
                    "odoo_uuid": "abc",
                    "odoo_reference": "R-1",
                    "odoo_database": self.provider._get_database_id(),
                },
            }
        )
        self._deliver("refund.created")
        self._process()
        event = self._get_events()
        self.assertEqual(event.state, "received")
        self.assertEqual(event.result, "Waits until R-1 is written down.")
        self.assertFalse(self.charge.child_transaction_ids)
        for _ in range(4):
            event.date_next_try = fields.Datetime.now()
            self._process()
        self.assertEqual(self.charge.child_transaction_ids.state, "done")

    def test_a_refund_that_fails_after_all_opens_the_books_again(self):
        refund = self._refund_in_dashboard()
        self._hear()
        ours = self.charge.child_transaction_ids
        self.assertTrue(ours.payment_id)
        self.stand_in.fail_refund(refund.id)
        self._hear(duplicates=2)
        self.assertEqual(ours.state, "error")
        self.assertEqual(ours.decline_code, "expired_or_canceled_card")
        self.assertFalse(ours.payment_id)
        self.assertEqual(len(self.charge.child_transaction_ids), 1)

    def test_an_old_success_does_not_undo_the_failure(self):
        refund = self._refund_in_dashboard()
        old = self.stand_in.webhooks.pending("refund.created")
        self._hear()
        self.stand_in.fail_refund(refund.id)
        self._hear()
        self._deliver(again=old)
        self._get_events("refund.created").action_retry()
        self._process()
        self.assertEqual(self.charge.child_transaction_ids.state, "error")

    def test_a_refund_brings_its_payment_up_to_date(self):
        """The event of the payment was lost, that of its refund was not."""
        charge = self._collect_slowly()
        self.stand_in.settle(charge.provider_reference)
        self.stripe.refunds.create({"payment_intent": charge.provider_reference})
        self._deliver("refund.created")
        self._process()
        self.assertEqual(charge.state, "done")
        self.assertEqual(charge.child_transaction_ids.state, "done")


@tagged("standard", "post_install", "-at_install")
class TestStripeDisputeEvents(StripeEventCase):
    """Payments that are contested."""

    def setUp(self):
        super().setUp()
        self.charge = self._collect()

    def _get_dispute(self):
        return self.env["subscription.dispute"].search([])

    def test_a_dispute_is_written_down_with_its_money(self):
        due_by = self.stand_in.state.now() + 86400
        found = self.stand_in.dispute(
            self.charge.provider_reference, "subscription_canceled", due_by=due_by
        )
        self._hear(duplicates=2, shuffle=3)
        dispute = self._get_dispute()
        self.assertRecordValues(
            dispute,
            [
                {
                    "provider_reference": found["id"],
                    "charge_id": self.charge.id,
                    "amount": self.charge.amount,
                    "reason": "subscription_canceled",
                    "state": "needs_response",
                    "kind": "dispute",
                }
            ],
        )
        self.assertEqual(dispute.due_by.replace(tzinfo=UTC).timestamp(), due_by)
        self.assertRecordValues(
            dispute.movement_ids,
            [{"kind": "withdrawn", "amount": self.charge.amount, "fee": 15.0}],
        )
        self.assertTrue(self.charge.collection_invoice_id.is_disputed)

    def test_a_dispute_that_is_won_gives_the_money_back(self):
        found = self.stand_in.dispute(self.charge.provider_reference)
        self._hear()
        self.stand_in.close_dispute(found, won=True)
        self._hear()
        dispute = self._get_dispute()
        self.assertEqual(dispute.state, "won")
        self.assertEqual(
            dispute.movement_ids.mapped("kind"), ["withdrawn", "reinstated"]
        )

    def test_a_dispute_that_is_lost_stays_lost(self):
        found = self.stand_in.dispute(self.charge.provider_reference)
        old = self.stand_in.webhooks.pending()
        self.stand_in.close_dispute(found)
        self._hear("charge.dispute.closed")
        self._deliver(again=old)
        self._process()
        self.assertEqual(self._get_dispute().state, "lost")

    def test_a_warning_of_fraud_is_written_down(self):
        self.stand_in.fraud_warning(self.charge.provider_reference)
        self._hear()
        self.assertRecordValues(
            self._get_dispute(),
            [
                {
                    "kind": "fraud_warning",
                    "state": "warning_needs_response",
                    "charge_id": self.charge.id,
                    "amount": self.charge.amount,
                }
            ],
        )

    def test_disputes_of_payments_that_others_take_are_ignored(self):
        intent = self.stripe.payment_intents.create(
            {
                "amount": 500,
                "currency": "usd",
                "payment_method": "pm_card_visa",
                "payment_method_types": ["card"],
                "confirm": True,
            }
        )
        self.stand_in.dispute(intent.id)
        self._hear()
        self.assertFalse(self._get_dispute())
        events = self._get_events("charge.dispute.created")
        self.assertEqual(events.state, "ignored")


@tagged("standard", "post_install", "-at_install")
class TestStripeMethodEvents(StripeEventCase):
    """Saved methods and customers."""

    def setUp(self):
        super().setUp()
        self.token = self._create_stripe_token()
        self.method = self.token.stripe_payment_method

    def test_a_renewed_card_is_kept_and_may_be_charged_again(self):
        self.token._refuse("stolen")
        self.token.date_refused = "2020-01-01"
        self.stand_in.update_card(self.method, 8, 2041, "1881")
        self._hear()
        self.assertRecordValues(
            self.token,
            [
                {
                    "last_digits": "1881",
                    "payment_details": "1881",
                    "brand": "Visa",
                    "date_expiry": date(2041, 8, 31),
                    "date_refused": False,
                }
            ],
        )

    def test_an_old_renewal_does_not_lift_a_newer_refusal(self):
        self.stand_in.update_card(self.method, 8, 2041)
        self._hear()
        self.token._refuse("stolen")
        self.token.date_refused = "2100-01-01"
        self._get_events("payment_method.automatically_updated").action_retry()
        self._process()
        self.assertTrue(self.token.date_refused)

    def test_a_method_that_was_detached_at_stripe_is_archived(self):
        self.stand_in.detach(self.method)
        self._hear()
        self.assertFalse(self.token.active)
        self.assertEqual(self.token.stripe_detach_state, "done")
        self._run_cron("subscription_billing_stripe.ir_cron_detach")
        self.assertFalse(
            self.stand_in.calls("POST", f"payment_methods/{self.method}/detach")
        )

    def test_an_attachment_does_not_bring_a_detached_method_back(self):
        old = self.stand_in.webhooks.pending("payment_method.attached")
        self.stand_in.detach(self.method)
        self._hear("payment_method.detached")
        self._deliver(again=old)
        self._process()
        self.assertFalse(self.token.active)

    def test_a_key_of_another_account_archives_no_method(self):
        self.stand_in.update_card(self.method, 8, 2041, "1881")
        self._deliver("payment_method.automatically_updated")
        missing = MissingError(f"No such PaymentMethod: '{self.method}'")
        with patch.object(
            StripeGateway, "retrieve_payment_method", side_effect=missing
        ):
            self._process()
        self.assertTrue(self.token.active)
        event = self._get_events("payment_method.automatically_updated")
        self.assertEqual(event.state, "failed")
        self.assertIn("No such PaymentMethod", event.error)

    def test_a_customer_that_was_deleted_has_no_methods(self):
        self.stripe.customers.delete(self.token.provider_ref)
        self._hear()
        self.assertFalse(self.token.active)
        customers = self.env["stripe.customer"].with_context(active_test=False)
        self.assertEqual(customers.search([]).mapped("active"), [False])

    def test_a_customer_who_comes_back_is_another_one_at_stripe(self):
        gone = [self.token.provider_ref]
        for _ in range(2):
            self.stripe.customers.delete(gone[-1])
            self._hear()
            customers = self.env["stripe.customer"]
            again = customers._get_reference(self.provider, self.token.partner_id)
            self.assertNotIn(again, gone)
            gone.append(again)

    def test_methods_of_others_are_ignored(self):
        customer = self.stripe.customers.create({"name": "Eve"})
        self.stripe.payment_methods.attach("pm_card_visa", {"customer": customer.id})
        self._hear("payment_method.attached")
        self.assertEqual(
            set(self._get_events().mapped("state")), {"ignored", "processed"}
        )

    def _create_debit(self):
        """Save a bank account with a mandate; return its token and the setup."""
        setup = self.stripe.setup_intents.create(
            {
                "customer": self.token.provider_ref,
                "payment_method_types": ["sepa_debit"],
                "payment_method": "pm_sepaDebit_success",
                "confirm": True,
                "mandate_data": {
                    "customer_acceptance": {"type": "offline", "offline": {}}
                },
            }
        )
        token = self.token.copy(
            {"stripe_payment_method": setup.payment_method, "stripe_mandate": False}
        )
        return token, setup

    def test_the_mandate_of_a_saved_method_is_kept(self):
        token, setup = self._create_debit()
        self._hear("setup_intent.succeeded")
        self.assertTrue(setup.mandate)
        self.assertEqual(token.stripe_mandate, setup.mandate)

    def test_a_mandate_that_was_withdrawn_stops_the_method(self):
        token, setup = self._create_debit()
        self._hear("setup_intent.succeeded")
        subscription = self._create_subscription(
            collection_method="automatic", payment_token_id=token.id
        )
        self.stand_in.revoke_mandate(setup.mandate)
        for _ in range(2):
            self._hear("mandate.updated")
            self._get_events("mandate.updated").action_retry()
        self._process()
        self.assertTrue(token.date_refused)
        self.assertTrue(token._get_charge_obstacle())
        notes = subscription.message_ids.filtered(lambda m: setup.mandate in m.body)
        self.assertEqual(len(notes), 1)
        self.assertFalse(self.token.date_refused)

    def _save_online(self):
        """Let a customer save a card on core's page; return its transaction."""
        return self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "reference": "V-1",
                "amount": 0,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.partner.id,
                "operation": "validation",
                "tokenize": True,
            }
        )

    def test_a_method_that_could_not_be_saved_says_why(self):
        validation = self._save_online()
        setup = self.stripe.setup_intents.create(
            {
                "customer": self.token.provider_ref,
                "payment_method_types": ["card"],
                "payment_method": "pm_card_authenticationRequired",
                "description": "V-1",
                "confirm": True,
                "return_url": "https://example.com",
            }
        )
        self.stand_in.authenticate(setup.id, success=False)
        self._hear("setup_intent.setup_failed")
        self.assertEqual(validation.state, "error")
        self.assertTrue(validation.state_message)

    def test_a_method_saved_online_is_handed_to_core_where_it_is_deaf(self):
        self.provider.stripe_webhook_secret = False
        validation = self._save_online()
        self.stripe.setup_intents.create(
            {
                "customer": self.token.provider_ref,
                "payment_method_types": ["card"],
                "payment_method": "pm_card_mastercard",
                "description": "V-1",
                "confirm": True,
                "return_url": "https://example.com",
            }
        )
        self._hear("setup_intent.succeeded")
        self.assertEqual(validation.state, "done")
        self.assertTrue(validation.token_id)
