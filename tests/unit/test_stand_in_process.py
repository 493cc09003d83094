"""The stand-in as a process of its own, told over HTTP what shall happen."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import stripe

from tests.stand_in import Remote


@pytest.fixture(scope="module")
def remote():
    """A stand-in in another process."""
    with Remote(seed=3) as started:
        yield started


@pytest.fixture
def v1(remote):
    """The SDK, pointed at the process."""
    return stripe.StripeClient("sk_test_x", base_addresses={"api": remote.url}).v1


def make(v1):
    """Return the parameters of a charge."""
    customer = v1.customers.create({})
    method = v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    return {
        "amount": 700,
        "currency": "usd",
        "customer": customer.id,
        "payment_method": method.id,
        "payment_method_types": ["card"],
        "off_session": True,
        "confirm": True,
    }


def test_it_listens_on_loopback_only(remote):
    port = int(remote.url.rsplit(":", 1)[1])
    assert remote.url == f"http://127.0.0.1:{port}"
    with pytest.raises(OSError, match=r"refused|route|timed out"):
        socket.create_connection(("127.0.0.2", port), timeout=2)


def test_the_world_is_told_over_http(remote, v1):
    params = make(v1)
    remote.decline(params["payment_method"], "lost_card")
    with pytest.raises(stripe.CardError):
        v1.payment_intents.create(params)
    remote.approve(params["payment_method"])
    paid = v1.payment_intents.create(params)
    dispute = remote.dispute(paid.id, reason="duplicate")
    remote.close_dispute(dispute["id"], won=True)
    kinds = [e["type"] for e in remote.ledger() if e["payment_intent"] == paid.id]
    assert kinds == ["charge", "dispute", "dispute_reversal"]


def test_faults_and_settings_are_told_over_http(remote, v1):
    params = make(v1)
    remote.tell("faults/add", kind="close_after", path="payment_intents")
    with pytest.raises(stripe.APIConnectionError):
        v1.payment_intents.create(params)
    assert remote.calls(path="payment_intents")[-1]["fault"] == "close_after"
    assert remote.tell("settings", latency=0.01)["latency"] == 0.01
    assert v1.payment_intents.create(params).status == "succeeded"
    remote.tell("settings", latency=0)
    with pytest.raises(ValueError, match="KeyError"):
        remote.tell("settings", speed=1)


def test_events_are_told_over_http(remote, v1):
    remote.tell(
        "webhooks/endpoint", url="http://127.0.0.1:1/", events=["customer.created"]
    )
    v1.customers.create({})
    assert [each["type"] for each in remote.tell("webhooks/pending")] == [
        "customer.created"
    ]
    assert remote.tell("webhooks/deliver_all")[0]["results"] == [0]
    assert remote.tell("webhooks/drop")[0]["status"] == "dropped"


@pytest.mark.parametrize(
    ("name", "given"),
    [("nonsense", {}), ("settle", {"payment": "pi_none"}), ("get", {"what": 1})],
)
def test_a_mistake_is_explained(remote, name, given):
    answer = requests.post(f"{remote.url}/_control/{name}", json=given, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_many_at_once_are_each_charged_once(remote, v1):
    params = make(v1)
    before = len(remote.ledger())
    with ThreadPoolExecutor(8) as pool:
        keys = [f"bulk {number % 40}" for number in range(80)]
        list(pool.map(lambda key: attempt(v1, params, key), keys))
    assert len(remote.ledger()) - before == 40


def attempt(v1, params, key):
    """Charge until there is an answer."""
    while True:
        try:
            return v1.payment_intents.create(params, {"idempotency_key": key})
        except stripe.StripeError as error:
            if error.http_status != 409:
                raise
