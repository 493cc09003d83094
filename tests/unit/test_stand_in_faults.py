"""Idempotency keys, and what goes wrong between a request and its answer."""

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import stripe


@pytest.fixture
def pay(talk):
    """A function that charges a saved card under a key."""
    customer, method = talk.saved()
    talk.method = method
    return lambda key="k", **values: talk.charge(customer, method, key=key, **values)


def charges(talk):
    """Return how often money moved."""
    return len(talk.stand_in.ledger("charge"))


# === KEYS === #


def test_the_same_key_pays_once(talk, pay):
    first, second = pay(), pay()
    assert first.id == second.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    original = second.last_response.headers["Original-Request"]
    assert original == first.last_response.request_id
    assert second.last_response.request_id != original
    assert charges(talk) == 1
    assert talk.stand_in.calls()[-1]["is_replay"]


def test_other_parameters_under_the_same_key_are_refused(talk, pay):
    pay()
    with pytest.raises(stripe.IdempotencyError) as caught:
        pay(amount=4999)
    assert caught.value.http_status == 400
    assert caught.value.error.type == "idempotency_error"
    assert charges(talk) == 1


def test_a_decline_is_replayed_as_well(talk, pay):
    talk.stand_in.decline(talk.method, "insufficient_funds")
    identifiers = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            pay()
        identifiers.append(caught.value.error.payment_intent.id)
    assert len(set(identifiers)) == 1
    assert caught.value.headers["Idempotent-Replayed"] == "true"
    assert pay("another").status == "succeeded"


def test_a_refused_request_leaves_its_key_free(talk, pay):
    with pytest.raises(stripe.InvalidRequestError):
        pay(amuont=1)
    assert pay().status == "succeeded"


def test_keys_are_forgotten_after_a_day(talk, pay):
    pay()
    talk.stand_in.advance(25 * 3600)
    pay()
    assert charges(talk) == 2
    talk.stand_in.expire_keys()
    pay()
    assert charges(talk) == 3


def test_a_key_in_use_is_a_conflict(talk, pay):
    talk.stand_in.faults.add("slow_before", seconds=30)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(pay)
        while not talk.stand_in.faults.busy:
            threading.Event().wait(0.01)
        with pytest.raises(stripe.StripeError) as caught:
            pay()
        assert caught.value.http_status == 409
        talk.stand_in.faults.wake()
        assert first.result().status == "succeeded"
    assert charges(talk) == 1


def test_many_at_once_under_one_key_pay_once(talk, pay):
    def attempt(_):
        try:
            return pay().id
        except stripe.StripeError as error:
            if error.http_status != 409:
                raise
            return None

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(attempt, range(24))) - {None}
    assert len(ids) == 1
    assert charges(talk) == 1


# === FAULTS === #


@pytest.mark.parametrize(
    ("kind", "charged"), [("close_before", 0), ("close_after", 1), ("hang", 1)]
)
def test_a_connection_breaks(talk, pay, kind, charged):
    talk.stand_in.faults.add(kind, path="payment_intents", seconds=0.01)
    with pytest.raises(stripe.APIConnectionError):
        pay()
    assert charges(talk) == charged
    assert talk.stand_in.calls()[-1]["status"] == 0
    assert pay().status == "succeeded"
    assert charges(talk) == 1


def test_the_sdk_retries_under_its_own_key(talk):
    customer, method = talk.saved()
    talk.client = stripe.StripeClient(
        "sk_test_x",
        base_addresses={"api": talk.stand_in.url},
        max_network_retries=1,
    )
    talk.v1 = talk.client.v1
    talk.stand_in.faults.add("close_after", path="payment_intents")
    assert talk.charge(customer, method).status == "succeeded"
    assert charges(talk) == 1


@pytest.mark.parametrize(
    ("kind", "stored", "charged", "again"),
    [
        ("error_before", True, 0, 500),
        ("error_before", False, 0, 200),
        ("error_after", True, 1, 500),
        ("error_after", False, 1, 200),
    ],
)
def test_a_500_is_kept_under_its_key(talk, pay, kind, stored, charged, again):
    talk.stand_in.faults.add(kind, path="payment_intents", stored=stored)
    with pytest.raises(stripe.APIError) as caught:
        pay()
    assert caught.value.http_status == 500
    assert charges(talk) == charged
    try:
        status = 200 if pay().status == "succeeded" else None
    except stripe.APIError as error:
        status = error.http_status
    assert status == again
    assert charges(talk) <= 1


def test_a_conflict_and_a_rate_limit_are_not_kept(talk, pay):
    talk.stand_in.faults.add("conflict")
    with pytest.raises(stripe.StripeError) as caught:
        pay()
    assert caught.value.http_status == 409
    talk.stand_in.faults.add("rate_limit", retry_after=2)
    with pytest.raises(stripe.RateLimitError) as caught:
        pay()
    assert caught.value.headers["Retry-After"] == "2"
    assert pay().status == "succeeded"


@pytest.mark.parametrize(("kind", "charged"), [("garbage", 1), ("html", 0)])
def test_an_answer_is_not_json(talk, pay, kind, charged):
    talk.stand_in.faults.add(kind)
    with pytest.raises(stripe.APIError):
        pay()
    assert charges(talk) == charged
    assert pay().status == "succeeded"
    assert charges(talk) == 1


def test_a_late_answer_is_kept_at_once(talk, pay):
    talk.stand_in.faults.add("slow_after", seconds=30)
    with ThreadPoolExecutor() as pool:
        late = pool.submit(pay)
        while not charges(talk):
            threading.Event().wait(0.01)
        while not talk.stand_in.faults.busy:
            threading.Event().wait(0.01)
        assert pay().last_response.headers["Idempotent-Replayed"] == "true"
        talk.stand_in.faults.wake()
        assert late.result().status == "succeeded"


def test_a_fault_hits_what_it_is_meant_for(talk, pay):
    fault = talk.stand_in.faults.add(
        "conflict", path="refunds", skip=1, times=2, match="requested"
    )
    paid = pay()
    params = {"payment_intent": paid.id, "amount": 10}
    talk.v1.refunds.create(params)
    params["reason"] = "requested_by_customer"
    outcomes = []
    for _ in range(4):
        try:
            outcomes.append(talk.v1.refunds.create(params).status)
        except stripe.StripeError as error:
            outcomes.append(error.http_status)
    assert outcomes == ["succeeded", 409, 409, "succeeded"]
    assert fault.hits == 2


def test_an_unknown_fault_is_refused(talk):
    with pytest.raises(ValueError, match="kind"):
        talk.stand_in.faults.add("earthquake")


def test_a_schedule_of_faults_ends_with_one_charge_each(talk, pay):
    talk.stand_in.faults.schedule(11, 0.6, path="payment_intents")
    hit = 0
    for number in range(40):
        for _ in range(5):
            try:
                pay(f"key {number}", description=str(number))
                break
            except stripe.StripeError:
                hit += 1
        else:
            pytest.fail("never answered")
    assert hit > 20
    assert charges(talk) == 40
    described = {each["description"] for each in talk.stand_in.ledger()}
    assert len(described) == 40


def test_a_schedule_does_the_same_whatever_the_order(talk):
    drawn = []
    for order in (range(30), reversed(range(30))):
        schedule = talk.stand_in.faults.schedule(5, 0.5)
        faults = {n: schedule.draw("POST", "refunds", str(n)) for n in order}
        drawn.append({n: fault and fault.kind for n, fault in faults.items()})
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0].values())) > 3


def test_what_comes_too_fast_is_refused(talk, pay):
    talk.stand_in.faults.limit(0.001, "payment_intents")
    statuses = []
    for number in range(6):
        try:
            statuses.append(pay(f"key {number}").status)
        except stripe.RateLimitError as error:
            statuses.append(error.headers["Stripe-Rate-Limited-Reason"])
    assert statuses[0] == "succeeded"
    assert "endpoint-rate" in statuses
    talk.stand_in.faults.clear()
    assert pay("last").status == "succeeded"


def test_each_endpoint_has_a_limit_of_its_own(talk, pay):
    talk.stand_in.faults.limit(0.001, each=True)
    paid = pay()
    talk.v1.refunds.create({"payment_intent": paid.id, "amount": 10})
    with pytest.raises(stripe.RateLimitError):
        deque((pay(f"key {number}") for number in range(9)), maxlen=0)


def test_nothing_answers_once_it_was_stopped(talk):
    session = requests.Session()
    headers = {"Authorization": "Bearer sk_test_x"}
    url = f"{talk.stand_in.url}/v1/account"
    assert session.get(url, headers=headers, timeout=5).ok
    talk.stand_in.stop()
    with pytest.raises(requests.ConnectionError):
        session.get(url, headers=headers, timeout=5)
