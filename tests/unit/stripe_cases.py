"""What the tests of the Stripe gateway share: a stand-in, a gateway, a charge."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
import stripe
from odoo.addons.subscription_billing_stripe.gateway import (
    ChargeRequest,
    GatewayConfig,
    RefundRequest,
    StripeGateway,
)

from tests.stand_in import StandIn

KEY = "sk_test_gateway"


@pytest.fixture
def stand_in(monkeypatch):
    """A Stripe that runs here; the SDK repeats without waiting."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    with StandIn() as running:
        yield running


@pytest.fixture
def gateway(stand_in):
    return make_gateway(stand_in)


def make_gateway(stand_in, **settings):
    settings = {"rate_limit": 2000, "read_timeout": 5, **settings}
    return StripeGateway(GatewayConfig(KEY, api_base=stand_in.url, **settings))


class Book:
    """A customer with a saved method, and charges of it."""

    def __init__(self, gateway, stand_in, method="pm_card_visa"):
        api = gateway._stripe
        self.stand_in = stand_in
        self.customer = api.customers.create({"name": "Ada"}).id
        attached = api.payment_methods.attach(method, {"customer": self.customer})
        self.method = attached.id
        self.sent_at = datetime.now(timezone.utc).replace(tzinfo=None)
        self.now = self.sent_at + timedelta(minutes=10)

    def request(self, number=1, **values):
        """Return the request of an attempt."""
        request = ChargeRequest(
            key=f"key-{number}",
            uuid=f"uuid-{number}",
            reference=f"INV/2026/{number:04}",
            amount=1999,
            currency="EUR",
            customer=self.customer,
            method=self.method,
            database="db-1",
        )
        return replace(request, **values)

    def refund(self, intent, number=1, **values):
        """Return the request of a refund."""
        request = RefundRequest(
            key=f"refund-{number}",
            uuid=f"refund-uuid-{number}",
            reference=f"R-INV/2026/{number:04}",
            intent=intent,
            amount=1999,
            currency="EUR",
        )
        return replace(request, **values)

    @property
    def charged(self):
        """How much was taken of whom, each time."""
        return [entry["amount"] for entry in self.stand_in.ledger("charge")]


@pytest.fixture
def book(gateway, stand_in):
    return Book(gateway, stand_in)
