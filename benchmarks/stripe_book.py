"""A book of subscriptions that are paid by cards at Stripe's stand-in."""

from concurrent.futures import ThreadPoolExecutor

import requests
from odoo import api
from odoo.fields import Command

from . import scene

SECRET_KEY = "sk_test_benchmark"
#: calls side by side while the book is made
HANDS = 8


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


def make_tokens(env: api.Environment, provider, partners, url: str):
    """Return a saved card for each partner, known at the stand-in.

    :param url: of the stand-in
    """
    with ThreadPoolExecutor(HANDS) as pool:
        saved = list(pool.map(lambda _: _save_card(url), partners))
    return scene.create_tokens(
        provider,
        partners,
        [
            {"provider_ref": customer, "stripe_payment_method": card}
            for customer, card in saved
        ],
    )


def _save_card(url: str) -> tuple[str, str]:
    customer = _call(url, "customers", name="Customer")
    card = _call(url, "payment_methods/pm_card_visa/attach", customer=customer)
    return customer, card


def _call(url: str, path: str, **form: str) -> str:
    """Call Stripe's API; return the id of what it has made."""
    key = {"Authorization": f"Bearer {SECRET_KEY}"}
    answer = requests.post(f"{url}/v1/{path}", form, headers=key, timeout=60)
    answer.raise_for_status()
    return answer.json()["id"]


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
