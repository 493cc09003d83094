"""When the answer is lost the money is taken once, and the outcome becomes known."""

import socket
from datetime import timedelta

import pytest
from odoo.addons.subscription_billing_stripe.gateway import ConfigurationError

from odoo.addons.subscription_billing.tools.outcome import Outcome
from tests.unit.stripe_cases import KEY, Book, charge_many, make_gateway

#: what goes wrong for good, and the outcome that asking brings
LASTING = ["close_before", "close_after", "conflict", "garbage", "html"]


def find(gateway, book, request=None, **options):
    """Ask what became of a charge, ten minutes after it was sent."""
    return gateway.find_charge(request or book.request(), book.search(**options))


@pytest.mark.parametrize("kind", LASTING)
def test_a_fault_that_lasts_is_unknown_and_asking_takes_the_money_once(
    gateway, stand_in, book, kind
):
    stand_in.faults.add(kind, times=None)
    assert gateway.charge(book.request()).status == "unknown"
    stand_in.faults.clear()
    assert find(gateway, book).status == "done"
    assert find(gateway, book).status == "done"
    assert book.charged == [1999]


@pytest.mark.parametrize("kind", [*LASTING, "error_before", "error_after"])
def test_a_fault_that_passes_is_not_noticed(gateway, stand_in, book, kind):
    stored = {"stored": False} if kind.startswith("error") else {}
    stand_in.faults.add(kind, times=1, **stored)
    outcome = gateway.charge(book.request())
    # A body that is no JSON came with HTTP 200: the SDK does not ask again.
    assert outcome.status == ("unknown" if kind == "garbage" else "done")
    assert book.charged == [1999]


def test_slower_than_we_wait_is_unknown_and_then_one_charge(stand_in):
    gateway = make_gateway(stand_in, read_timeout=0.2)
    book = Book(gateway, stand_in)
    stand_in.faults.add("hang", times=None, seconds=2)
    assert gateway.charge(book.request()).status == "unknown"
    stand_in.faults.clear()
    assert find(gateway, book).status == "done"
    assert book.charged == [1999]


def test_still_being_worked_on_is_unknown(stand_in):
    gateway = make_gateway(stand_in, read_timeout=0.2)
    book = Book(gateway, stand_in)
    stand_in.faults.add("slow_before", times=1, seconds=1.5)
    assert gateway.charge(book.request()).status == "unknown"
    assert any(call["status"] == 409 for call in stand_in.calls())


def test_what_is_in_the_list_is_not_sent_again(gateway, stand_in, book):
    stand_in.faults.add("close_after", times=None)
    assert gateway.charge(book.request()).status == "unknown"
    stand_in.faults.clear()
    sent = len(stand_in.calls("POST", "payment_intents"))
    assert find(gateway, book).status == "done"
    assert len(stand_in.calls("POST", "payment_intents")) == sent


def test_nothing_is_sent_again_before_the_list_was_seen(gateway, stand_in, book):
    stand_in.faults.add("close_before", "*", times=None)
    assert gateway.charge(book.request()).status == "unknown"
    sent = len(stand_in.calls("POST", "payment_intents"))
    assert find(gateway, book).status == "unknown"
    assert len(stand_in.calls("POST", "payment_intents")) == sent


def test_an_error_that_stripe_keeps_is_looked_up(gateway, stand_in, book):
    """Stripe repeats a 500 with its key for a day; the list knows better."""
    stand_in.faults.add("error_after", times=1)
    assert gateway.charge(book.request()).status == "unknown"
    assert find(gateway, book).status == "done"
    assert book.charged == [1999]


def test_an_error_that_took_nothing_stays_unknown_for_a_day(gateway, stand_in, book):
    stand_in.faults.add("error_before", times=1)
    assert gateway.charge(book.request()).status == "unknown"
    assert find(gateway, book).status == "unknown"
    a_day_later = book.sent_at + timedelta(hours=25)
    assert find(gateway, book, now=a_day_later).status == "cancelled"
    assert book.charged == []


def test_a_key_that_may_be_forgotten_is_not_sent_again(gateway, stand_in, book):
    stand_in.faults.add("close_after", times=None)
    assert gateway.charge(book.request()).status == "unknown"
    stand_in.faults.clear()
    stand_in.expire_keys()
    outcome = find(gateway, book, now=book.sent_at + timedelta(hours=25))
    assert outcome.status == "done"
    assert book.charged == [1999]


def test_what_is_not_wanted_any_more_is_only_looked_for(gateway, stand_in, book):
    stand_in.faults.add("close_before", times=None)
    assert gateway.charge(book.request()).status == "unknown"
    stand_in.faults.clear()
    assert find(gateway, book, resend=False).status == "unknown"
    late = book.sent_at + timedelta(hours=25)
    assert find(gateway, book, now=late, resend=False).status == "cancelled"
    assert book.charged == []


def test_a_decline_is_found_without_its_key(gateway, stand_in, book):
    stand_in.decline(book.method, "insufficient_funds")
    declined = gateway.charge(book.request())
    found = find(gateway, book, resend=False)
    assert (found.status, found.reference) == ("declined", declined.reference)
    assert found.decline.code == "insufficient_funds"
    assert found.decline.category == "retry"


def test_another_attempt_of_the_customer_is_not_mistaken_for_it(gateway, book):
    gateway.charge(book.request(2))
    assert find(gateway, book, resend=False).status == "unknown"


def test_it_is_found_among_many(gateway, book):
    wanted = gateway.charge(book.request(0)).reference
    charge_many(gateway, (book.request(n) for n in range(1, 130)))
    found = find(gateway, book, book.request(0), resend=False)
    assert found == Outcome("done", wanted)


def test_other_values_under_its_key_are_found_by_the_list(gateway, book):
    gateway.charge(book.request())
    outcome = find(gateway, book, book.request(amount=2999))
    assert outcome.status == "unknown"
    assert "1999 EUR" in outcome.message


def test_an_id_that_stripe_does_not_know_stays_unknown(gateway, book):
    assert find(gateway, book, reference="pi_gone").status == "unknown"


def test_nothing_is_concluded_while_stripe_cannot_be_asked(gateway, stand_in, book):
    stand_in.faults.add("close_before", "*", times=None)
    late = book.sent_at + timedelta(days=2)
    assert find(gateway, book, now=late).status == "unknown"
    assert find(gateway, book, reference="pi_x").status == "unknown"


def test_a_bad_key_is_said_and_concludes_nothing(gateway, stand_in, book):
    stand_in.revoke(KEY)
    with pytest.raises(ConfigurationError):
        find(gateway, book)
    with pytest.raises(ConfigurationError):
        find(gateway, book, reference="pi_x")


def test_a_key_revoked_between_two_tries_leaves_the_first_one_open(
    gateway, stand_in, book, monkeypatch
):
    """The first try was carried out and lost; the refusal is the second one's."""
    stand_in.faults.add("close_after", times=1)
    request = gateway._sessions.request

    def request_then_revoke(*args, **options):
        try:
            return request(*args, **options)
        finally:
            stand_in.revoke(KEY)

    monkeypatch.setattr(gateway._sessions, "request", request_then_revoke)
    assert gateway.charge(book.request()).status == "unknown"
    assert book.charged == [1999]


def test_nobody_at_the_address_is_unknown(stand_in):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        gateway = make_gateway(stand_in)
        nobody = type(gateway)(
            type(gateway.config)(KEY, api_base=address, rate_limit=1000)
        )
        outcome = nobody.charge(Book(gateway, stand_in).request())
    assert outcome.status == "unknown"
    assert "no answer" in outcome.message


def test_a_random_schedule_of_faults_ends_with_one_charge_each(stand_in):
    gateway = make_gateway(stand_in, threads=8)
    book = Book(gateway, stand_in)
    gateway._limiter.back_off = lambda: None
    stand_in.faults.schedule(7, 0.5, path="payment_intents")
    requests = {f"key-{n}": book.request(n) for n in range(60)}
    outcomes = charge_many(gateway, requests.values())
    for _ in range(5):
        for key, request in requests.items():
            if outcomes[key].status == "unknown":
                outcomes[key] = find(gateway, book, request)
    assert {outcome.status for outcome in outcomes.values()} == {"done"}
    assert book.charged == [1999] * 60
