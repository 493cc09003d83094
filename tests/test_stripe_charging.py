"""Charges through Stripe: whatever goes wrong, each invoice is charged once.

The scenarios of section 2.4 of the findings on Stripe and Odoo's payment chain, on a
stand-in that behaves like Stripe.
"""

from unittest.mock import patch

from odoo.addons.subscription_billing_stripe.const import API_BASE_PARAMETER
from odoo.exceptions import UserError
from odoo.tests import mute_logger, tagged

from tests.stripe_case import StripeCase

ADDON = "odoo.addons.subscription_billing"


@tagged("standard", "post_install", "-at_install")
class TestStripeCharging(StripeCase):
    def test_a_charge_pays_the_invoice(self):
        invoice = self._bill_automatic()
        self._run_collection()
        self._assert_charged_once(invoice)
        charge = invoice.transaction_ids
        self.assertTrue(charge.provider_reference.startswith("pi_"))
        [call] = self.stand_in.calls("POST", "payment_intents")
        self.assertEqual(call["idempotency_key"], charge.idempotency_key)
        self.assertEqual(call["params"]["metadata"]["odoo_reference"], charge.reference)
        self.assertEqual(call["version"], "2026-10-28.endive")

    def _bill_declined(self, code):
        """Bill a subscription whose card its bank declines; return the invoice."""
        invoice = self._bill_automatic()
        method = invoice.subscription_ids.payment_token_id.stripe_payment_method
        self.stand_in.decline(method, code, times=None)
        return invoice

    def test_a_decline_leaves_its_facts(self):
        invoice = self._bill_declined("insufficient_funds")
        self._run_collection()
        charge = invoice.transaction_ids
        self.assertEqual(charge.state, "error")
        self.assertEqual(charge.decline_code, "insufficient_funds")
        self.assertEqual(charge.decline_category, "retry")
        self.assertTrue(charge.provider_reference.startswith("pi_"))
        self.assertEqual(invoice.collection_state, "failed")
        self.assertFalse(self.stand_in.ledger("charge"))

    def test_a_stolen_card_is_never_charged_again(self):
        invoice = self._bill_declined("stolen_card")
        self._run_collection()
        self.assertEqual(invoice.transaction_ids.decline_category, "never")

    def test_authentication_is_asked_of_the_customer(self):
        invoice = self._bill_automatic("pm_card_authenticationRequired")
        self._run_collection()
        charge = invoice.transaction_ids
        self.assertEqual(charge.decline_code, "authentication_required")
        self.assertEqual(charge.decline_category, "customer")
        self.assertTrue(charge.provider_reference.startswith("pi_"))

    # === THE TABLE OF SECTION 2.4 === #

    @mute_logger(f"{ADDON}.models.payment_transaction_sending")
    def test_complaint_05_a_crash_after_the_call_charges_once(self):
        """Complaint 5: the card is charged again when the transaction is replayed."""
        invoice = self._bill_automatic()
        sending = type(self.env["payment.transaction"])
        with (
            patch.object(
                sending, "_commit_answers", side_effect=RuntimeError("killed")
            ),
            self.assertLogs("odoo.addons.base.models.ir_cron", "ERROR"),
        ):
            self._run_collection()
        self.assertEqual(len(self.stand_in.ledger("charge")), 1)
        self._run_collection()
        self._resolve()
        self._assert_charged_once(invoice)

    def test_complaint_05_a_request_that_odoo_replays_charges_once(self):
        """Complaint 5: a conflict in the database takes back what a click has done,
        after the card was charged, and Odoo sends the click again:
        https://github.com/odoo/odoo/pull/94005"""
        token = self._create_stripe_token()

        def click():
            payment = self.env["payment.transaction"].create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": token.payment_method_id.id,
                    "token_id": token.id,
                    "partner_id": self.partner.id,
                    "operation": "offline",
                    "reference": "S-1",
                    "amount": 10,
                    "currency_id": self.company.currency_id.id,
                }
            )
            payment._charge_with_token()
            return payment

        with self.assertRaises(OSError), self.env.cr.savepoint():
            lost = click()
            self.env.flush_all()
            raise OSError("could not serialize access")
        self.assertFalse(lost.exists())
        payment = click()
        self.assertEqual(payment.state, "done")
        [taken] = self.stand_in.ledger("charge")
        self.assertEqual(taken["amount"], 1000)

    def test_a_changed_amount_after_a_crash_is_not_charged_beside_the_first(self):
        invoice = self._bill_automatic()
        self.stand_in.faults.add("close_after", times=3, path="payment_intents")
        self._run_collection()
        charge = invoice.transaction_ids
        self.assertTrue(charge.is_outcome_unknown)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"amount": 15}).action_create_payments()
        self._run_collection()
        self._resolve()
        self.assertEqual(len(self.stand_in.ledger("charge")), 1)
        self.assertEqual(charge.state, "done")
        self.assertEqual(len(invoice.transaction_ids), 1)

    def test_an_answer_that_comes_too_late_is_asked_for(self):
        invoice = self._bill_automatic()
        self.provider.stripe_read_timeout = 1
        self.stand_in.faults.add("hang", times=3, path="payment_intents", seconds=15)
        self._run_collection()
        charge = invoice.transaction_ids
        self.assertEqual((charge.state, charge.is_outcome_unknown), ("draft", True))
        with self.assertRaisesRegex(UserError, "could take the money twice"):
            invoice.action_collect()
        self._run_collection()
        self._resolve()
        self._assert_charged_once(invoice)

    def test_each_way_to_lose_an_answer_ends_in_one_charge(self):
        faults = (
            "close_before", "close_after", "conflict", "error_after", "error_before",
            "garbage", "html", "rate_limit",
        )  # fmt: skip
        for fault in faults:
            for times in (1, 3):
                with self.subTest(fault, times=times):
                    invoice = self._bill_automatic()
                    stored = {"stored": False} if fault.startswith("error") else {}
                    self.stand_in.faults.add(
                        fault, path="payment_intents", times=times, **stored
                    )
                    self._run_collection()
                    self.stand_in.faults.clear()
                    self._resolve()
                    self._assert_charged_once(invoice)

    def test_a_late_success_of_an_unknown_charge_pays_the_invoice(self):
        invoice = self._bill_automatic()
        self.stand_in.faults.add("close_after", times=3, path="payment_intents")
        self._run_collection()
        self.stand_in.expire_keys()
        self._resolve()
        self._assert_charged_once(invoice)

    def test_a_key_that_stripe_has_forgotten_is_not_sent_again(self):
        """The day after, the same key would charge a second time."""
        invoice = self._bill_automatic()
        self.stand_in.faults.add("close_after", times=3, path="payment_intents")
        self._run_collection()
        charge = invoice.transaction_ids
        self.stand_in.expire_keys()
        charge.date_sent = "2000-01-01"
        self._resolve()
        self.assertEqual(len(self.stand_in.ledger("charge")), 1)

    def test_a_wrong_key_charges_nothing_and_says_what_to_do(self):
        invoices = self._bill_automatic(count=2)
        self.stand_in.revoke("sk_test_subscriptions")
        self._run_collection()
        self.assertIn("API Key", self.provider.charging_problem)
        self.assertEqual(invoices.mapped("collection_state"), ["open", "open"])
        self.assertEqual(invoices.transaction_ids.mapped("date_sent"), [False, False])

    def test_a_wrong_address_keeps_charges_until_it_is_corrected(self):
        invoice = self._bill_automatic()
        parameters = self.env["ir.config_parameter"]
        parameters.set_param(API_BASE_PARAMETER, "https://example.com")
        self._run_collection()
        self.assertIn(API_BASE_PARAMETER, self.provider.charging_problem)
        self.assertRecordValues(
            invoice.transaction_ids, [{"state": "draft", "date_sent": False}]
        )
        self.assertEqual(invoice.collection_state, "open")
        parameters.set_param(API_BASE_PARAMETER, self.stand_in.url)
        self.provider._clear_charging_problem()
        self._run_collection()
        self._assert_charged_once(invoice)

    def test_a_look_at_a_payment_holds_no_charges_back(self):
        invoice = self._bill_automatic()
        self.stand_in.hold(
            invoice.subscription_ids.payment_token_id.stripe_payment_method
        )
        self._run_collection()
        self.env["ir.config_parameter"].set_param(
            API_BASE_PARAMETER, "https://example.com"
        )
        self.assertFalse(invoice.transaction_ids.can_be_settled)
        self.assertFalse(self.provider.charging_problem)

    def test_a_wrong_address_ends_no_enquiry(self):
        invoice = self._bill_automatic()
        self.stand_in.faults.add("close_after", times=3, path="payment_intents")
        self._run_collection()
        parameters = self.env["ir.config_parameter"]
        parameters.set_param(API_BASE_PARAMETER, "https://example.com")
        self._resolve()
        charge = invoice.transaction_ids
        self.assertTrue(charge.is_outcome_unknown)
        self.assertIn(API_BASE_PARAMETER, charge.state_message)
        parameters.set_param(API_BASE_PARAMETER, self.stand_in.url)
        self._resolve()
        self._assert_charged_once(invoice)

    def test_a_key_of_another_account_ends_no_card(self):
        invoices = self._bill_automatic(count=2)
        tokens = invoices.subscription_ids.payment_token_id
        known = tokens.mapped("provider_ref")
        for token in tokens:
            token.provider_ref = f"{token.provider_ref}_elsewhere"
        self._run_collection()
        self.assertEqual(tokens.mapped("date_refused"), [False, False])
        self.assertEqual(
            invoices.transaction_ids.mapped("decline_category"), ["unknown", "unknown"]
        )
        for token, reference in zip(tokens, known, strict=True):
            token.provider_ref = reference
        for invoice in invoices:
            invoice.action_collect()
        self._run_collection()
        for invoice in invoices:
            self._assert_charged_once(invoice)

    # === CUSTOMERS === #

    def test_a_partner_is_one_customer(self):
        first = self._create_stripe_token()
        second = self._create_stripe_token()
        self.assertEqual(first.provider_ref, second.provider_ref)
        self.assertEqual(len(self.stand_in.calls("POST", "customers")), 1)

    def test_cores_own_flows_use_the_same_customer(self):
        token = self._create_stripe_token()
        tx = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": token.payment_method_id.id,
                "amount": 10,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.partner.id,
                "operation": "validation",
                "reference": "validation-1",
            }
        )
        intent = tx._stripe_create_intent()
        self.assertEqual(intent["customer"], token.provider_ref)

    def test_stripe_is_told_of_a_new_address_once(self):
        token = self._create_stripe_token()
        self.partner.email = "ada@lovelace.example"
        for _ in range(2):
            self.env["stripe.customer"]._get_reference(self.provider, self.partner)
        customer = self.stripe.customers.retrieve(token.provider_ref)
        self.assertEqual(customer.email, "ada@lovelace.example")
        updates = self.stand_in.calls("POST", f"customers/{token.provider_ref}")
        self.assertEqual(len(updates), 1)

    def test_a_customer_deleted_at_stripe_is_made_anew(self):
        token = self._create_stripe_token()
        self.stripe.customers.delete(token.provider_ref)
        self.partner.email = "ada@lovelace.example"
        reference = self.env["stripe.customer"]._get_reference(
            self.provider, self.partner
        )
        self.assertNotEqual(reference, token.provider_ref)
        self.assertEqual(
            self.stripe.customers.retrieve(reference).email, self.partner.email
        )

    def test_contacts_that_are_merged_are_one_customer(self):
        gone, kept, third = self.env["res.partner"].create(
            [{"name": name, "email": "ada@example.com"} for name in "ABC"]
        )
        tokens = [self._create_stripe_token(each) for each in (gone, kept, third)]
        own = [token.provider_ref for token in tokens]
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((gone | kept | third).ids, kept)
        customers = self.env["stripe.customer"]
        known = customers.search([("partner_id", "=", kept.id)])
        self.assertEqual(known.mapped("reference"), [own[1]])
        self.assertEqual([token.partner_id for token in tokens], [kept] * 3)
        self.assertEqual([token.provider_ref for token in tokens], own)
        self.assertEqual(customers._get_reference(self.provider, kept), own[1])

    def test_a_contact_without_a_customer_takes_one_over_in_a_merger(self):
        one, two, kept = self.env["res.partner"].create(
            [{"name": name, "email": "ada@example.com"} for name in "ABC"]
        )
        own = [self._create_stripe_token(each).provider_ref for each in (one, two)]
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((one | two | kept).ids, kept)
        customers = self.env["stripe.customer"]
        known = customers.search([("partner_id", "=", kept.id)])
        self.assertEqual(known.mapped("reference"), [own[1]])

    # === THE END OF A METHOD === #

    def _detach(self):
        self._run_cron("subscription_billing_stripe.ir_cron_detach")

    def test_archiving_detaches(self):
        token = self._create_stripe_token()
        token.active = False
        self.assertEqual(token.stripe_detach_state, "waiting")
        self._detach()
        self.assertEqual(token.stripe_detach_state, "done")
        method = self.stripe.payment_methods.retrieve(token.stripe_payment_method)
        self.assertFalse(method.customer)

    def test_a_method_is_detached_when_stripe_answers_again(self):
        token = self._create_stripe_token()
        token.active = False
        path = f"payment_methods/{token.stripe_payment_method}/detach"
        self.stand_in.faults.add("close_before", times=3, path=path)
        self._detach()
        self.assertEqual(token.stripe_detach_state, "waiting")
        self.assertTrue(token.stripe_detach_error)
        self._detach()
        self.assertEqual(token.stripe_detach_state, "done")
        self.assertFalse(token.stripe_detach_error)
