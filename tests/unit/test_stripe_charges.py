"""Taking money through the gateway: what Stripe says, in words of ours."""

from dataclasses import asdict

import pytest
from odoo.addons.subscription_billing_stripe.gateway import (
    API_VERSION,
    ConfigurationError,
)
from odoo.addons.subscription_billing_stripe.gateway.ledger import KIND, LedgerGateway

from odoo.addons.subscription_billing.tools.outcome import Decline, Outcome
from odoo.addons.subscription_billing.tools.side_by_side import run_side_by_side
from tests.unit.stripe_cases import (
    KEY,
    Book,
    charge_many,
    charge_side_by_side,
    make_gateway,
)


def test_a_charge_is_done(gateway, stand_in, book):
    outcome = gateway.charge(book.request())
    assert outcome.status == "done"
    assert outcome.reference.startswith("pi_")
    [entry] = stand_in.ledger("charge")
    assert (entry["amount"], entry["currency"]) == (1999, "eur")
    assert entry["description"] == "INV/2026/0001"


def test_a_request_says_who_it_is_and_in_which_version(gateway, stand_in, book):
    gateway.charge(book.request())
    call = stand_in.calls("POST", "payment_intents")[-1]
    assert call["version"] == API_VERSION
    assert call["idempotency_key"] == "key-1"
    assert call["params"] == {
        "amount": "1999",
        "currency": "eur",
        "customer": book.customer,
        "payment_method": book.method,
        "payment_method_types": ["card"],
        "confirm": "true",
        "off_session": "true",
        "description": "INV/2026/0001",
        "metadata": {
            "odoo_uuid": "uuid-1",
            "odoo_reference": "INV/2026/0001",
            "odoo_database": "db-1",
        },
    }


def test_the_same_key_takes_the_money_once(gateway, book):
    first = gateway.charge(book.request())
    assert gateway.charge(book.request()) == first
    assert book.charged == [1999]


def test_a_decline_is_repeated_with_its_key(gateway, stand_in, book):
    stand_in.decline(book.method, "insufficient_funds")
    first = gateway.charge(book.request())
    assert first.status == "declined"
    assert gateway.charge(book.request()) == first
    assert gateway.charge(book.request(2)).status == "done"


def test_other_values_under_a_key_are_no_decline(gateway, book):
    gateway.charge(book.request())
    outcome = gateway.charge(book.request(amount=2999))
    assert outcome.status == "unknown"
    assert book.charged == [1999]


@pytest.mark.parametrize(
    ("code", "facts", "expected"),
    [
        (
            "insufficient_funds",
            {},
            Decline("retry", "insufficient_funds", "51", "try_again_later"),
        ),
        (
            "expired_card",
            {},
            Decline("customer", "expired_card", "54", "confirm_card_data"),
        ),
        ("lost_card", {"advice_code": None}, Decline("never", "lost_card", "41", "")),
        (
            "generic_decline",
            {"advice_code": None},
            Decline("unknown", "generic_decline", "05", ""),
        ),
        (
            "do_not_honor",
            {"advice_code": "do_not_try_again"},
            Decline("never", "do_not_honor", "05", "do_not_try_again"),
        ),
    ],
)
def test_a_decline_keeps_its_facts(gateway, stand_in, book, code, facts, expected):
    stand_in.decline(book.method, code, **facts)
    outcome = gateway.charge(book.request())
    assert outcome.status == "declined"
    assert outcome.reference.startswith("pi_")
    assert outcome.message
    assert outcome.decline == expected
    assert book.charged == []


def test_visas_ban_is_seen_through_the_error(gateway, stand_in, book):
    stand_in.decline(
        book.method, "try_again_later", network_decline_code="R1", advice_code=None
    )
    assert gateway.charge(book.request()).decline.category == "never"


def test_mastercards_ban_is_seen_through_the_error(gateway, stand_in):
    book = Book(gateway, stand_in, "pm_card_mastercard")
    stand_in.decline(
        book.method, "generic_decline", network_advice_code="21", advice_code=None
    )
    assert gateway.charge(book.request()).decline.category == "never"


def test_authentication_leaves_a_payment_that_the_customer_can_finish(
    gateway, stand_in, book
):
    stand_in.require_authentication(book.method)
    outcome = gateway.charge(book.request())
    assert outcome.status == "action"
    assert outcome.decline.category == "customer"
    assert outcome.decline.code == "authentication_required"
    intent = gateway.get_payment(outcome.reference).facts
    assert intent.client_secret.startswith(intent.id)
    stand_in.authenticate(outcome.reference)
    found = gateway.find_charge(book.request(), book.search(outcome.reference))
    assert found == Outcome("done", outcome.reference)
    assert book.charged == [1999]


def test_a_failed_authentication_is_the_customers(gateway, stand_in, book):
    stand_in.require_authentication(book.method)
    intent = gateway.charge(book.request()).reference
    gateway._stripe.payment_intents.confirm(intent, {"payment_method": book.method})
    stand_in.authenticate(intent, success=False)
    found = gateway.find_charge(book.request(), book.search(intent))
    assert found.status == "action"
    assert found.decline.category == "customer"
    assert found.decline.code == "authentication_required"


def test_a_debit_is_pending_until_the_bank_answers(gateway, stand_in):
    book = Book(gateway, stand_in, "pm_usBankAccount_accountClosed")
    request = book.request(
        currency="USD", method_type="us_bank_account", mandate=agree(gateway, book)
    )
    outcome = gateway.charge(request)
    assert outcome.status == "pending"
    stand_in.settle_all()
    found = gateway.find_charge(request, book.search(outcome.reference))
    assert found.status == "declined"
    assert found.decline == Decline("never", "account_closed")


def test_a_mandate_that_was_taken_back_is_the_customers(gateway, stand_in):
    book = Book(gateway, stand_in, "pm_sepaDebit_success")
    mandate = agree(gateway, book)
    stand_in.revoke_mandate(mandate)
    outcome = gateway.charge(book.request(method_type="sepa_debit", mandate=mandate))
    assert outcome.status == "declined"
    assert outcome.decline == Decline("customer", "payment_intent_mandate_invalid")


def agree(gateway, book):
    """Let the customer allow debits; return the mandate."""
    method = gateway.retrieve_payment_method(book.method)
    intent = gateway._stripe.setup_intents.create(
        {
            "customer": book.customer,
            "payment_method": book.method,
            "payment_method_types": [method.type],
            "confirm": True,
            "mandate_data": {"customer_acceptance": {"type": "offline"}},
        }
    )
    return intent.mandate


def test_a_method_that_is_gone_is_never_charged_again(gateway, stand_in, book):
    stand_in.detach(book.method)
    outcome = gateway.charge(book.request())
    assert outcome.status == "declined"
    assert outcome.decline.category == "never"
    assert outcome.message


@pytest.mark.parametrize(
    "missing", [{"customer": "cus_gone"}, {"method": "pm_of_another_account"}]
)
def test_what_this_account_does_not_know_is_no_fault_of_the_card(
    gateway, book, missing
):
    """With the key of another account, nothing of the book is known."""
    outcome = gateway.charge(book.request(**missing))
    assert outcome.status == "declined"
    assert outcome.decline == Decline("unknown", "resource_missing")


def test_a_request_that_makes_no_sense_is_refused_with_its_reason(gateway, book):
    outcome = gateway.charge(book.request(amount=-5))
    assert outcome.status == "declined"
    assert outcome.decline.category == "unknown"
    assert outcome.message
    assert book.charged == []


def test_a_bad_key_takes_nothing_and_says_what_it_is(gateway, stand_in, book):
    stand_in.revoke(KEY)
    with pytest.raises(ConfigurationError) as caught:
        gateway.charge(book.request())
    assert caught.value.kind == "key"
    assert "sk_test_gateway" not in str(caught.value)
    assert book.charged == []


def test_an_open_payment_is_called_off(gateway, stand_in, book):
    stand_in.require_authentication(book.method)
    intent = gateway.charge(book.request()).reference
    assert gateway.cancel(intent).status == "cancelled"
    assert gateway.cancel(intent).status == "cancelled"


def test_what_is_paid_stays_paid_when_it_is_called_off(gateway, book):
    intent = gateway.charge(book.request()).reference
    assert gateway.cancel(intent) == Outcome("done", intent)


# === MANY === #


def test_many_are_charged_side_by_side(gateway, stand_in, book):
    stand_in.latency = 0.1
    requests = [book.request(n) for n in range(32)]
    outcomes = charge_many(gateway, requests)
    assert {outcome.status for outcome in outcomes.values()} == {"done"}
    assert set(outcomes) == {request.key for request in requests}
    assert len(book.charged) == 32


def test_what_breaks_for_one_is_unknown_for_that_one_only(
    gateway, book, monkeypatch, caplog
):
    charge = gateway.charge

    def charge_or_break(request):
        if request.key == "key-2":
            raise KeyError("pk_live_abcdef")
        return charge(request)

    monkeypatch.setattr(gateway, "charge", charge_or_break)
    kept = [(n, {KIND: "charge", **asdict(book.request(n))}) for n in range(5)]
    ledger = LedgerGateway(gateway)
    batches = run_side_by_side(ledger.charge, kept, threads=ledger.threads, batch=5)
    outcomes = {key: outcome for batch in batches for key, outcome in batch}
    broken = outcomes.pop(2)
    assert broken.status == "unknown"
    assert [outcome.status for outcome in outcomes.values()] == ["done"] * 4
    assert "KeyError" in caplog.text
    assert "pk_live_abcdef" not in caplog.text + broken.message


def test_a_bad_key_takes_nothing_of_anybody(stand_in):
    gateway = make_gateway(stand_in, threads=4)
    book = Book(gateway, stand_in)
    stand_in.revoke(KEY)
    answers = charge_many(gateway, (book.request(n) for n in range(12)))
    assert len(answers) == 12
    assert {type(answer) for answer in answers.values()} == {ConfigurationError}
    assert book.charged == []


def test_a_run_that_is_closed_ends_what_it_has_begun(stand_in):
    gateway = make_gateway(stand_in, threads=4)
    book = Book(gateway, stand_in)
    batches = charge_side_by_side(gateway, (book.request(n) for n in range(100)))
    next(batches)
    batches.close()
    calls = len(stand_in.calls())
    assert len(book.charged) < 100
    assert list(batches) == []
    assert len(stand_in.calls()) == calls


def test_stripes_rate_limit_is_waited_for(stand_in, monkeypatch):
    gateway = make_gateway(stand_in, threads=8)
    monkeypatch.setattr(
        gateway._limiter, "back_off", lambda: gateway._limiter.pause(0.05)
    )
    book = Book(gateway, stand_in)
    # So few that the slowest machine is faster.
    stand_in.faults.limit(2, "payment_intents")
    outcomes = charge_many(gateway, (book.request(n) for n in range(10)))
    assert {outcome.status for outcome in outcomes.values()} == {"done"}
    assert len(book.charged) == 10
    assert any(call["status"] == 429 for call in stand_in.calls())


def test_who_never_gets_through_is_unknown_and_not_declined(stand_in, monkeypatch):
    gateway = make_gateway(stand_in, patience=0.1)
    book = Book(gateway, stand_in)
    monkeypatch.setattr(gateway._limiter, "back_off", lambda: None)
    stand_in.faults.add("rate_limit", times=None)
    assert gateway.charge(book.request()).status == "unknown"
    stand_in.faults.clear()
    assert gateway.charge(book.request()).status == "done"
