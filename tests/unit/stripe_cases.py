"""What the tests of the Stripe gateway share: a gateway, a customer and charges."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from odoo.addons.subscription_billing_stripe.gateway import (
    ChargeRequest,
    GatewayConfig,
    RateLimiter,
    RefundRequest,
    Search,
    StripeGateway,
)

from odoo.addons.subscription_billing.tools.side_by_side import run_side_by_side

KEY = "sk_test_gateway"


def make_gateway(stand_in, **settings):
    """Return a gateway to whatever listens at a ``url``."""
    settings = {"rate_limit": 2000, "read_timeout": 5, **settings}
    return StripeGateway(GatewayConfig(KEY, api_base=stand_in.url, **settings))


class Clock:
    """A clock that runs only while somebody sleeps."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        """Let time pass."""
        self.now += seconds


def use_clock(gateway):
    """Let the rate limit of a gateway follow a clock that makes nobody wait."""
    clock = Clock()
    limiter = RateLimiter(1000, clock=clock, sleep=clock.sleep)
    gateway._limiter = gateway._sessions._limiter = limiter
    return clock


def charge_side_by_side(gateway, requests):
    """Yield batches of keys with their answers, as the charge ledger gets them."""
    return run_side_by_side(
        gateway.charge,
        ((request.key, request) for request in requests),
        threads=gateway.config.threads,
        batch=5,
    )


def charge_many(gateway, requests):
    """Charge side by side; return all answers by key."""
    batches = charge_side_by_side(gateway, requests)
    return {key: answer for batch in batches for key, answer in batch}


class Book:
    """A customer with a saved method, and charges of it."""

    def __init__(self, gateway, stand_in, method="pm_card_visa"):
        api = gateway._stripe
        self.stand_in = stand_in
        self.customer = api.customers.create({"name": "Ada"}).id
        attached = api.payment_methods.attach(method, {"customer": self.customer})
        self.method = attached.id
        self.sent_at = datetime.now(timezone.utc)
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

    def search(self, reference="", **values):
        """Return how to look for an attempt, ten minutes after it was sent."""
        return replace(Search(self.sent_at, self.now, reference), **values)

    @property
    def charged(self):
        """How much was taken of whom, each time."""
        return [entry["amount"] for entry in self.stand_in.ledger("charge")]


class Echo(BaseHTTPRequestHandler):
    """Keeps what it was sent; points elsewhere, or warns."""

    seen = []
    bodies = []
    answer = b'{"id": "acct_1", "object": "account"}'
    location = ""
    notice = ""

    def do_GET(self):
        """Answer as told."""
        length = int(self.headers.get("Content-Length") or 0)
        self.bodies.append(self.rfile.read(length))
        self.seen.append((self.path, dict(self.headers)))
        self.send_response(307 if self.location else 200)
        if self.location:
            self.send_header("Location", self.location)
        self.send_header("Request-Id", "req_1")
        if self.notice:
            self.send_header("Stripe-Notice", self.notice)
        body = b"" if self.location else self.answer
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""

    @classmethod
    @contextmanager
    def serve(cls):
        """Listen for the time of a ``with``; yield the handler, with its ``url``."""
        handler = type(
            "Handler", (cls,), {"seen": [], "bodies": [], "do_POST": cls.do_GET}
        )
        server = HTTPServer(("127.0.0.1", 0), handler)
        handler.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield handler
        server.shutdown()
        server.server_close()
        thread.join()
