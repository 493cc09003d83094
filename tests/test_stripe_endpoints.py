"""How the way back from Stripe is set up, checked and renewed; who tries again."""

from datetime import timedelta

from odoo import fields
from odoo.addons.subscription_billing_stripe.gateway import API_VERSION
from odoo.addons.subscription_billing_stripe.tools.event_types import EVENT_TYPES
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from tests.stripe_event_case import StripeEventCase

URL = "https://odoo.example.com"


@tagged("standard", "post_install", "-at_install")
class TestStripeEndpoints(StripeEventCase):
    def setUp(self):
        super().setUp()
        self.provider.stripe_endpoint_ids.unlink()
        self.env["ir.config_parameter"].set_param("web.base.url", URL)

    def _check(self):
        answer = self.provider.action_stripe_check_connection()
        return answer["params"]["message"]

    def test_an_endpoint_is_created_in_our_version(self):
        self.provider.action_stripe_create_endpoint()
        endpoint = self.provider.stripe_endpoint_ids
        made = self.stripe.webhook_endpoints.retrieve(endpoint.reference)
        self.assertEqual(made.url, f"{URL}/payment/stripe/events/{self.provider.id}")
        self.assertEqual(made.api_version, API_VERSION)
        self.assertEqual(sorted(made.enabled_events), list(EVENT_TYPES))
        self.assertTrue(endpoint.secret.startswith("whsec_"))
        self.assertEqual(self._check().count("\n"), 0)

    def test_its_secret_is_the_one_that_signs(self):
        self.provider.action_stripe_create_endpoint()
        endpoint = self.provider.stripe_endpoint_ids
        self._collect()
        for delivery in self.stand_in.webhooks.pending():
            if delivery.endpoint == endpoint.reference:
                self.assertEqual(
                    self.stand_in.webhooks.deliver(delivery, self._post), 200
                )
        self.assertTrue(self._get_events("payment_intent.succeeded"))

    def test_an_address_without_https_is_refused(self):
        self.env["ir.config_parameter"].set_param("web.base.url", "http://example.com")
        with self.assertRaisesRegex(UserError, "https"):
            self.provider.action_stripe_create_endpoint()

    def test_the_check_says_that_nothing_reports(self):
        self.assertIn("does not report to this database", self._check())

    def test_the_check_finds_what_is_wrong(self):
        self.provider.action_stripe_create_endpoint()
        endpoint = self.provider.stripe_endpoint_ids
        made = self.stand_in.state.find(endpoint.reference)
        for values, told in (
            ({"status": "disabled"}, "disabled at Stripe"),
            ({"api_version": "2019-05-16"}, "2019-05-16"),
            ({"enabled_events": ["charge.failed"]}, "charge.dispute.created"),
            ({"url": "https://old.example.com"}, "old.example.com"),
        ):
            with self.subTest(told=told):
                before = dict(made)
                made.update(values)
                self.assertIn(told, self._check())
                made.update(before)
        self.stripe.webhook_endpoints.delete(endpoint.reference)
        self.assertIn("does not know it any more", self._check())

    def test_a_replacement_keeps_the_old_one_until_it_is_removed(self):
        self.provider.action_stripe_create_endpoint()
        old = self.provider.stripe_endpoint_ids
        self.provider.action_stripe_create_endpoint()
        new = self.provider.stripe_endpoint_ids - old
        self.assertNotEqual(old.secret, new.secret)
        self.assertNotEqual(old.reference, new.reference)
        self.assertEqual(len(self.provider._get_stripe_endpoint_secrets()), 2)
        # Both report the same events, which are stored once.
        self._collect()
        self._deliver()
        events = self._get_events("payment_intent.succeeded")
        self.assertEqual(len(events), 1)
        reference = old.reference
        old.action_remove()
        left = [each.id for each in self.stripe.webhook_endpoints.list().data]
        self.assertNotIn(reference, left)
        self.assertIn(new.reference, left)

    def _create_again(self):
        """Create an endpoint, remove it, and create one again; return the second."""
        self.provider.action_stripe_create_endpoint()
        self.provider.stripe_endpoint_ids.action_remove()
        self.provider.action_stripe_create_endpoint()
        return self.provider.stripe_endpoint_ids

    def test_one_that_was_removed_does_not_come_back_dead(self):
        endpoint = self._create_again()
        known = [each.id for each in self.stripe.webhook_endpoints.list().data]
        self.assertIn(endpoint.reference, known)
        self.assertEqual(self._check().count("\n"), 0)

    def test_one_is_created_again_for_another_address(self):
        self.provider.action_stripe_create_endpoint()
        self.provider.stripe_endpoint_ids.action_remove()
        url = "https://new.example.com"
        self.env["ir.config_parameter"].set_param("web.base.url", url)
        self.provider.action_stripe_create_endpoint()
        self.assertIn(url, self.provider.stripe_endpoint_ids.url)

    def test_a_refusal_by_stripe_is_told_as_one(self):
        for _ in range(16):
            self.stand_in.webhooks.endpoint(URL)
        with self.assertRaisesRegex(UserError, "refused this(.|\n)*maximum of 16"):
            self.provider.action_stripe_create_endpoint()

    def test_removing_what_stripe_has_lost_is_no_error(self):
        self.provider.action_stripe_create_endpoint()
        endpoint = self.provider.stripe_endpoint_ids
        self.stripe.webhook_endpoints.delete(endpoint.reference)
        endpoint.action_remove()
        self.assertFalse(self.provider.stripe_endpoint_ids)

    def test_a_key_is_no_signing_secret(self):
        with self.assertRaisesRegex(ValidationError, "whsec_"):
            self._add_secret("sk_test_oops")

    def test_only_administrators_see_secrets(self):
        self._add_secret("whsec_by_hand")
        manager = new_test_user(
            self.env,
            "boss",
            "base.group_user,subscription_billing.group_subscription_manager",
        )
        endpoints = self.env["stripe.endpoint"].with_user(manager)
        with self.assertRaises(AccessError):
            endpoints.search([])
        with self.assertRaises(AccessError):
            self.provider.with_user(manager).action_stripe_create_endpoint()

    def test_the_form_of_the_provider_opens(self):
        with Form(self.provider) as form:
            form.stripe_retry_owner = "stripe"
            form.stripe_retry_days = 21
        self.assertEqual(self.provider.stripe_retry_days, 21)
        self.assertEqual(
            self.provider.action_stripe_view_events()["res_model"], "stripe.event"
        )


@tagged("standard", "post_install", "-at_install")
class TestStripeRetryOwner(StripeEventCase):
    """One side tries again, and never both."""

    def _retry_by_stripe(self, charge, is_declined=True):
        """Let Stripe try a refused payment again by itself."""
        method = charge.token_id.stripe_payment_method
        if is_declined:
            self.stand_in.decline(method, "do_not_honor")
            with self.assertRaisesRegex(Exception, "declined"):
                self._confirm(charge, method)
        else:
            self._confirm(charge, method)

    def _confirm(self, charge, method):
        self.stripe.payment_intents.confirm(
            charge.provider_reference,
            {"payment_method": method, "off_session": True},
        )

    def _collect_again(self, charge):
        invoice = charge.collection_invoice_id
        invoice.action_collect()
        self._run_collection()
        return invoice.transaction_ids - charge

    def test_by_default_odoo_tries_again(self):
        charge = self._collect(decline="insufficient_funds")
        self.assertFalse(charge.date_provider_retry_until)
        self.assertEqual(self._collect_again(charge).state, "done")

    def test_complaint_13_what_stripe_tries_again_is_not_charged_beside_it(self):
        """Complaint 13: two that try again at once charge twice."""
        self.provider.stripe_retry_owner = "stripe"
        charge = self._collect(decline="insufficient_funds")
        invoice = charge.collection_invoice_id
        self.assertEqual(invoice._get_provider_retry(), charge)
        until = charge.date_provider_retry_until
        self.assertEqual(invoice.date_provider_retry_until, until)
        self.assertTrue(Form(invoice).date_provider_retry_until)
        self.assertFalse(self._collect_again(charge))
        self.assertIn("itself tries", invoice.collection_error)
        self._retry_by_stripe(charge, is_declined=False)
        self._hear()
        self._assert_charged_once(invoice)
        self.assertFalse(invoice.date_provider_retry_until)

    def test_a_backup_method_waits_for_stripe_as_well(self):
        self.provider.stripe_retry_owner = "stripe"
        invoice = self._bill_automatic()
        subscription = invoice.subscription_ids
        token = subscription.payment_token_id
        self._create_stripe_token(subscription.partner_id, "pm_card_mastercard")
        subscription.is_backup_allowed = True
        self.stand_in.decline(token.stripe_payment_method, "insufficient_funds")
        self._run_collection()
        self._run_collection()
        self.assertEqual(len(invoice.transaction_ids), 1)

    def test_odoo_goes_on_when_stripe_has_given_up(self):
        self.provider.stripe_retry_owner = "stripe"
        charge = self._collect(decline="insufficient_funds")
        charge.date_provider_retry_until = fields.Datetime.now() - timedelta(hours=1)
        self.assertEqual(self._collect_again(charge).state, "done")

    def test_a_cancelled_payment_is_given_up(self):
        self.provider.stripe_retry_owner = "stripe"
        charge = self._collect(decline="insufficient_funds")
        self.stripe.payment_intents.cancel(charge.provider_reference)
        self._hear()
        self.assertFalse(charge.date_provider_retry_until)

    def test_a_refusal_for_good_is_not_left_to_stripe(self):
        self.provider.stripe_retry_owner = "stripe"
        charge = self._collect(decline="stolen_card")
        self.assertFalse(charge.date_provider_retry_until)

    def test_odoo_takes_over_when_it_is_told_to(self):
        self.provider.stripe_retry_owner = "stripe"
        charge = self._collect(decline="insufficient_funds")
        self.provider.stripe_retry_owner = "odoo"
        self.assertFalse(charge.date_provider_retry_until)

    def test_tries_of_stripe_are_noticed_and_left_to_it(self):
        charge = self._collect(decline="insufficient_funds")
        self._retry_by_stripe(charge)
        self._hear()
        warning = self.provider.stripe_retry_warning
        self.assertIn("was tried 2 times", warning)
        message = self.provider.action_stripe_check_connection()["params"]["message"]
        self.assertIn(warning, message)
        self.assertTrue(charge.date_provider_retry_until)
        self.assertFalse(self._collect_again(charge))
        self.provider.action_stripe_dismiss_retry_warning()
        self.assertFalse(self.provider.stripe_retry_warning)

    def test_a_customer_who_confirms_is_not_taken_for_stripe(self):
        charge = self._collect("pm_card_authenticationRequired")
        self.stand_in.authenticate(charge.provider_reference)
        self._hear()
        self.assertFalse(self.provider.stripe_retry_warning)

    def _bill_by_stripe(self, customer):
        self._post_signed(
            {
                "id": f"evt_{customer}",
                "created": self.stand_in.state.now(),
                "type": "invoice.payment_failed",
                "livemode": False,
                "data": {
                    "object": {
                        "id": "in_1",
                        "object": "invoice",
                        "customer": customer,
                        "parent": {"subscription_details": {"subscription": "sub_1"}},
                    }
                },
            }
        )
        self._process()

    def test_a_customer_whom_stripe_bills_too_is_told_of(self):
        token = self._create_stripe_token()
        self._bill_by_stripe(token.provider_ref)
        self.assertIn("sub_1", self.provider.stripe_retry_warning)

    def test_customers_of_others_are_not_told_of(self):
        self._bill_by_stripe("cus_strange")
        self.assertFalse(self.provider.stripe_retry_warning)
        self.assertEqual(self._get_events().state, "ignored")
