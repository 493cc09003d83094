"""The stand-in as a process of its own, told over HTTP what shall happen."""

import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import stripe

from workshop.paths import ROOT


@pytest.fixture(scope="module")
def process():
    """The address of a stand-in in another process."""
    started = subprocess.Popen(
        [sys.executable, "-B", "-m", "tests.stand_in", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    yield started.stdout.readline().strip()
    started.send_signal(signal.SIGTERM)
    assert started.wait(10) == 0


@pytest.fixture
def tell(process):
    """A function that tells the process what shall happen."""

    def control(name, **given):
        answer = requests.post(f"{process}/_control/{name}", json=given, timeout=10)
        assert answer.ok, answer.text
        return answer.json()["result"]

    yield control
    control("faults/clear")


@pytest.fixture
def v1(process):
    """The SDK, pointed at the process."""
    return stripe.StripeClient("sk_test_x", base_addresses={"api": process}).v1


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


def test_it_listens_on_loopback_only(process):
    port = int(process.rsplit(":", 1)[1])
    assert process == f"http://127.0.0.1:{port}"
    with pytest.raises(OSError, match=r"refused|route|timed out"):
        socket.create_connection(("127.0.0.2", port), timeout=2)


def test_the_world_is_told_over_http(tell, v1):
    params = make(v1)
    tell("decline", method=params["payment_method"], code="lost_card")
    with pytest.raises(stripe.CardError):
        v1.payment_intents.create(params)
    tell("approve", method=params["payment_method"])
    paid = v1.payment_intents.create(params)
    dispute = tell("dispute", payment=paid.id, reason="duplicate")
    tell("close_dispute", dispute=dispute["id"], won=True)
    kinds = [e["type"] for e in tell("ledger") if e["payment_intent"] == paid.id]
    assert kinds == ["charge", "dispute", "dispute_reversal"]


def test_faults_and_settings_are_told_over_http(tell, v1):
    params = make(v1)
    tell("faults/add", kind="close_after", path="payment_intents")
    with pytest.raises(stripe.APIConnectionError):
        v1.payment_intents.create(params)
    assert tell("calls", path="payment_intents")[-1]["fault"] == "close_after"
    assert tell("settings", latency=0.01)["latency"] == 0.01
    assert v1.payment_intents.create(params).status == "succeeded"
    tell("settings", latency=0)


def test_events_are_told_over_http(tell, v1):
    tell("webhooks/endpoint", url="http://127.0.0.1:1/", events=["customer.created"])
    v1.customers.create({})
    assert [each["type"] for each in tell("webhooks/pending")] == ["customer.created"]
    assert tell("webhooks/deliver_all")[0]["results"] == [0]
    assert tell("webhooks/drop")[0]["status"] == "dropped"


@pytest.mark.parametrize(
    ("name", "given"),
    [("nonsense", {}), ("settle", {"payment": "pi_none"}), ("get", {"what": 1})],
)
def test_a_mistake_is_explained(process, name, given):
    answer = requests.post(f"{process}/_control/{name}", json=given, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_many_at_once_are_each_charged_once(tell, v1):
    params = make(v1)
    before = len(tell("ledger"))
    with ThreadPoolExecutor(8) as pool:
        keys = [f"bulk {number % 40}" for number in range(80)]
        list(pool.map(lambda key: attempt(v1, params, key), keys))
    assert len(tell("ledger")) - before == 40


def attempt(v1, params, key):
    """Charge until there is an answer."""
    while True:
        try:
            return v1.payment_intents.create(params, {"idempotency_key": key})
        except stripe.StripeError as error:
            if error.http_status != 409:
                raise
