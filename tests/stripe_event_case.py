"""Subscriptions whose Stripe reports what happens, over real HTTP."""

import json
from contextlib import nullcontext

from odoo.addons.subscription_billing_stripe.const import EVENTS_ROUTE
from odoo.tests import HttpCase

from tests.stand_in.webhooks import sign
from tests.stripe_case import StripeCase


class StripeEventCase(StripeCase, HttpCase):
    """A stand-in with an endpoint of ours, whose events wait until they are sent."""

    def setUp(self):
        super().setUp()
        self.path = f"{EVENTS_ROUTE}/{self.provider.id}"
        self.endpoint, self.secret = self.stand_in.webhooks.endpoint(
            self.base_url() + self.path
        )
        self._add_secret(self.secret, reference=self.endpoint)

    def _add_secret(self, secret, **vals):
        return self.env["stripe.endpoint"].create(
            {"provider_id": self.provider.id, "secret": secret, **vals}
        )

    def enter_registry_test_mode(self):
        """Do nothing: a test with HTTP is in that mode all the time."""
        return nullcontext()

    # === POSTING === #

    def _post(self, body, headers, path=None):
        """Post a message; return the answer."""
        answer = self.url_open(path or self.path, data=body, headers=headers)
        self.env.invalidate_all()
        return answer

    def _post_signed(self, event, *, path=None, secrets=None, timestamp=None):
        """Post an event that is signed; return the answer."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        now = timestamp or self.stand_in.state.now()
        headers = {
            "Content-Type": "application/json",
            "Stripe-Signature": sign(body, secrets or [self.secret], now),
        }
        return self._post(body, headers, path)

    def _deliver(self, *kinds, **options):
        """Deliver what waits; return the deliveries."""
        return self.stand_in.webhooks.deliver_all(self._post, kinds=kinds, **options)

    def _process(self):
        """Process what has been received, as the scheduler does."""
        self._run_cron("subscription_billing_stripe.ir_cron_events")

    def _hear(self, *kinds, **options):
        """Deliver what waits, process it, and book what follows."""
        self._deliver(*kinds, **options)
        self._process()
        self._run_collection()

    # === RECORDS === #

    def _collect(self, card="pm_card_visa", decline=None):
        """Bill and collect a subscription; return its charge.

        :param decline: the code with which the issuer declines it
        """
        invoice = self._bill_automatic(card)
        if decline:
            token = invoice.subscription_ids.payment_token_id
            self.stand_in.decline(token.stripe_payment_method, decline)
        self._run_collection()
        return invoice.transaction_ids

    def _collect_slowly(self):
        """Bill and collect where the bank takes its time; return the charge."""
        invoice = self._bill_automatic()
        token = invoice.subscription_ids.payment_token_id
        self.stand_in.hold(token.stripe_payment_method)
        self._run_collection()
        return invoice.transaction_ids

    def _confirm_slowly(self, charge):
        """Let the customer confirm a refused payment, and its bank take its time."""
        method = charge.token_id.stripe_payment_method
        self.stand_in.hold(method)
        self.stripe.payment_intents.confirm(
            charge.provider_reference,
            {"payment_method": method, "return_url": "https://example.com"},
        )

    def _get_events(self, *kinds, **vals):
        """Return the stored events, the oldest first."""
        domain = [("type", "in", kinds)] if kinds else []
        domain += [(name, "=", value) for name, value in vals.items()]
        return self.env["stripe.event"].search(domain, order="id")
