"""A neutralised copy of a database does nothing at Stripe that the original would."""

from datetime import datetime

from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from tests.stripe_book import StripeBookCase
from tests.stripe_case import SECRET_KEY

ADDONS = ("payment", "payment_stripe", "subscription_billing")


@tagged("standard", "post_install", "-at_install")
class TestStripeCopies(StripeBookCase):
    def _neutralise(self):
        self.env.flush_all()
        addons = [*ADDONS, "subscription_billing_stripe"]
        for query in get_neutralization_queries(addons):
            self.env.cr.execute(query)
        self.env.invalidate_all()

    def _enter_keys(self):
        """Give the copy keys of its own."""
        self.provider.write(
            {
                "stripe_secret_key": SECRET_KEY,
                "stripe_publishable_key": "pk_test_subscriptions",
            }
        )

    def test_the_secrets_of_endpoints_are_gone(self):
        self.env["stripe.endpoint"].create(
            {"provider_id": self.provider.id, "secret": "whsec_original"}
        )
        self._neutralise()
        self.assertFalse(self.provider._get_stripe_endpoint_secrets())
        self.assertFalse(self.provider.stripe_secret_key)

    def test_what_keeps_the_original_from_charging_is_forgotten(self):
        self.provider._set_charging_problem("The original's key was rolled.")
        self.provider.stripe_retry_warning = "The original's account retries."
        self._neutralise()
        self.assertFalse(self.provider.charging_problem)
        self.assertFalse(self.provider._is_charging_blocked())
        self.assertFalse(self.provider.stripe_retry_warning)

    def test_no_method_of_the_original_is_detached(self):
        token = self._create_stripe_token()
        token.active = False
        self._neutralise()
        self._enter_keys()
        self._run_cron("subscription_billing_stripe.ir_cron_detach")
        method = self.stripe.payment_methods.retrieve(token.stripe_payment_method)
        self.assertEqual(method.customer, token.provider_ref)

    def test_no_subscription_of_the_original_is_ended(self):
        reference = self._subscribe()
        self._read()
        self.book.ending = "end"
        self.book.action_run()
        self._neutralise()
        self._enter_keys()
        self._work()
        self.assertEqual(self.book.state, "ready")
        self.assertEqual(self._know(reference)["status"], "active")

    def test_no_event_of_the_original_is_processed(self):
        now = datetime.now()
        event = self.env["stripe.event"].create(
            {
                "provider_id": self.provider.id,
                "company_id": self.company.id,
                "reference": "evt_original",
                "type": "refund.created",
                "subject": "pi_original",
                "date_created": now,
                "date_received": now,
                "date_next_try": now,
            }
        )
        self._neutralise()
        self._run_cron("subscription_billing_stripe.ir_cron_events")
        self.assertEqual((event.state, event.attempts), ("received", 0))
