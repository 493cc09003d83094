"""A book of subscriptions that are paid by cards at Stripe's stand-in."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from odoo import api
from odoo.fields import Command

from workshop import paths

from . import scene

SECRET_KEY = "sk_test_benchmark"
#: calls side by side while the book is made
HANDS = 8


class RemoteStandIn:
    """A stand-in in a process of its own, as Stripe is."""

    def __init__(self, url: str):
        self.url = url

    def tell(self, name: str, **arguments: object) -> object:
        """Have it do what its control knows, such as ``ledger``."""
        return self._post(f"/_control/{name}", json.dumps(arguments).encode(), {})[
            "result"
        ]

    def call(self, path: str, data: str) -> dict:
        """Call its API, with a form."""
        headers = {"Authorization": f"Bearer {SECRET_KEY}"}
        return self._post(f"/v1/{path}", data.encode(), headers)

    def _post(self, path: str, data: bytes, headers: dict) -> dict:
        request = urllib.request.Request(self.url + path, data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@contextmanager
def stand_in() -> Iterator[RemoteStandIn]:
    """Start a stand-in, and stop it at the end."""
    command = [sys.executable, "-m", "tests.stand_in"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=paths.ROOT
    )
    try:
        yield RemoteStandIn(process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait()


def stripe_provider(env: api.Environment, rate_limit: int | None = None):
    """Return the company's Stripe provider, with a test key."""
    provider = env["payment.provider"].search(
        [("code", "=", "stripe"), ("company_id", "=", env.company.id)], limit=1
    )
    provider.write(
        {
            "state": "test",
            "stripe_secret_key": SECRET_KEY,
            "stripe_publishable_key": "pk_test_benchmark",
            **({"stripe_rate_limit": rate_limit} if rate_limit else {}),
        }
    )
    return provider


def make_tokens(env: api.Environment, provider, partners, stripe: RemoteStandIn):
    """Return a saved card for each partner, known at the stand-in."""
    with ThreadPoolExecutor(HANDS) as pool:
        saved = list(pool.map(lambda _: _save_card(stripe), partners))
    method = env.ref("payment.payment_method_card")
    return env["payment.token"].create(
        [
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "partner_id": partner.id,
                "payment_details": "4242",
                "provider_ref": customer,
                "stripe_payment_method": card,
            }
            for partner, (customer, card) in zip(partners, saved, strict=True)
        ]
    )


def _save_card(stripe: RemoteStandIn) -> tuple[str, str]:
    customer = stripe.call("customers", "name=Customer")["id"]
    path = "payment_methods/pm_card_visa/attach"
    return customer, stripe.call(path, f"customer={customer}")["id"]


def make_subscriptions(env: api.Environment, tokens) -> None:
    """Create a monthly subscription that is due today for the owner of each token."""
    product = scene.make_product(env, "Service")
    plan = env["subscription.plan"].create({"name": "Monthly"})
    today = env.company._get_subscription_today()
    env["subscription.subscription"].create(
        [
            {
                "partner_id": token.partner_id.id,
                "plan_id": plan.id,
                "state": "active",
                "date_start": today,
                "collection_method": "automatic",
                "payment_token_id": token.id,
                "line_ids": [Command.create({"product_id": product.id})],
            }
            for token in tokens
        ]
    )
