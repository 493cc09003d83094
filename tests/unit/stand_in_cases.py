"""A stand-in with a client on the official SDK, and another as Odoo's own code is."""

import requests
import stripe

from tests.stand_in import StandIn

stripe.enable_telemetry = False

SECRET = "sk_test_standin"
LEGACY = "2019-05-16"


class Talk:
    """A stand-in and the ways to talk to it."""

    def __init__(self):
        self.stand_in = StandIn(seed=7).start()
        self.client = stripe.StripeClient(
            SECRET,
            base_addresses={"api": self.stand_in.url, "files": self.stand_in.url},
            max_network_retries=0,
        )
        self.v1 = self.client.v1

    def core(self, method, path, data=None, **headers):
        """Send what Odoo's payment_stripe sends: a form body whatever the method."""
        return requests.request(
            method,
            f"{self.stand_in.url}/v1/{path}",
            data=data,
            headers={
                "AUTHORIZATION": f"Bearer {SECRET}",
                "Stripe-Version": LEGACY,
                **headers,
            },
            timeout=10,
        )

    def saved(self, method="pm_card_visa", **values):
        """Return a customer and one of their methods."""
        customer = self.v1.customers.create({"email": "anna@example.com", **values})
        attached = self.v1.payment_methods.attach(method, {"customer": customer.id})
        return customer, attached

    def charge(self, customer, method, /, amount=5000, key=None, **values):
        """Charge a saved method off-session."""
        params = {
            "amount": amount,
            "currency": "eur",
            "customer": customer.id,
            "payment_method": method.id,
            "payment_method_types": [method.type],
            "off_session": True,
            "confirm": True,
            **values,
        }
        options = {"idempotency_key": key} if key else {}
        return self.v1.payment_intents.create(params, options)
