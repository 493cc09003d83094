"""Refunds, customers, methods, disputes, endpoints and lists through the gateway."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from odoo.addons.subscription_billing_stripe.gateway import (
    API_VERSION,
    AccountFacts,
    ConfigurationError,
    CustomerRequest,
    MissingError,
    RefusedError,
    UnreachableError,
)
from odoo.addons.subscription_billing_stripe.gateway.reading import (
    read_dispute,
    read_intent_outcome,
    read_method,
)

from odoo.addons.subscription_billing.tools.outcome import Decline
from tests.unit.stripe_cases import KEY, Book, make_gateway


@pytest.fixture
def paid(gateway, book):
    """The intent of a charge over 19.99 that is done."""
    return gateway.charge(book.request()).reference


# === REFUNDS === #


def test_a_refund_is_done_once_for_each_key(gateway, stand_in, book, paid):
    request = book.refund(paid, amount=500, reason="requested_by_customer")
    outcome = gateway.refund(request)
    assert outcome.status == "done"
    assert outcome.reference.startswith("re_")
    assert gateway.refund(request) == outcome
    [entry] = stand_in.ledger("refund")
    assert entry["amount"] == -500


def test_no_more_is_refunded_than_is_left(gateway, stand_in, book, paid):
    assert gateway.refund(book.refund(paid, 1, amount=1500)).status == "done"
    refused = gateway.refund(book.refund(paid, 2, amount=500))
    assert refused.status == "declined"
    assert refused.message
    assert gateway.refund(book.refund(paid, 3, amount=499)).status == "done"
    again = gateway.refund(book.refund(paid, 4, amount=1))
    assert again.status == "declined"
    assert again.decline.code == "charge_already_refunded"


def test_a_lost_answer_to_a_refund_is_asked_for(gateway, stand_in, book, paid):
    request = book.refund(paid)
    stand_in.faults.add("close_after", path="refunds", times=None)
    assert gateway.refund(request).status == "unknown"
    stand_in.faults.clear()
    for resend in (True, False):
        found = gateway.find_refund(request, book.search(resend=resend))
        assert found.status == "done"
    assert len(stand_in.ledger("refund")) == 1


def test_a_refund_that_never_happened_is_known_a_day_later(gateway, book, paid):
    request = book.refund(paid)
    early = book.search(resend=False)
    assert gateway.find_refund(request, early).status == "unknown"
    late = replace(early, now=book.sent_at + timedelta(hours=25))
    assert gateway.find_refund(request, late).status == "cancelled"


def test_a_refund_may_fail_later(gateway, stand_in, book, paid):
    request = book.refund(paid)
    refund = gateway.refund(request).reference
    stand_in.fail_refund(refund, "expired_or_canceled_card")
    found = gateway.find_refund(request, book.search(refund))
    assert found.status == "declined"
    assert found.decline == Decline("never", "expired_or_canceled_card")
    assert found.message == "expired or canceled card"


def test_a_refund_may_take_its_time(gateway, stand_in):
    book = Book(gateway, stand_in, "pm_card_pendingRefund")
    paid = gateway.charge(book.request()).reference
    assert gateway.refund(book.refund(paid)).status == "pending"


# === CUSTOMERS AND METHODS === #

ADA = CustomerRequest(
    key="customer-1",
    partner="42",
    name="Ada",
    email="ada@example.com",
    street="Rue Haute 1",
    city="Brussels",
    country="BE",
    language="fr-BE",
    database="db-1",
)


def test_a_customer_is_created_once(gateway):
    made = gateway.create_customer(ADA)
    assert gateway.create_customer(ADA) == made
    assert gateway.retrieve_customer(made.id).email == "ada@example.com"


def test_a_customer_is_brought_up_to_date(gateway):
    made = gateway.create_customer(ADA)
    changed = CustomerRequest(key="", partner="42", name="Ada King", database="db-1")
    assert gateway.update_customer(made.id, changed).name == "Ada King"
    assert gateway.retrieve_customer(made.id).email == ""


def test_a_customer_that_was_deleted_says_so(gateway):
    made = gateway.create_customer(ADA)
    gateway._stripe.customers.delete(made.id)
    assert gateway.retrieve_customer(made.id).is_deleted


def test_what_does_not_exist_is_missing(gateway):
    with pytest.raises(MissingError) as caught:
        gateway.retrieve_customer("cus_gone")
    assert caught.value.code == "resource_missing"
    assert "cus_gone" in caught.value.message


def test_a_card_tells_its_facts(gateway, book):
    card = gateway.retrieve_payment_method(book.method)
    assert (card.type, card.brand, card.last4) == ("card", "visa", "4242")
    assert 1 <= card.expiry_month <= 12
    assert card.expiry_year > 2025
    assert card.funding == "credit"
    assert card.fingerprint
    assert card.country == "US"
    assert card.customer == book.customer


def test_a_bank_account_tells_its_facts(gateway, stand_in):
    book = Book(gateway, stand_in, "pm_sepaDebit_success")
    account = gateway.retrieve_payment_method(book.method)
    assert (account.type, account.last4) == ("sepa_debit", "3000")
    assert (account.expiry_month, account.expiry_year) == (0, 0)


def test_a_wallet_is_told():
    method = {"id": "pm_1", "type": "card", "card": {"wallet": {"type": "apple_pay"}}}
    assert read_method(method).wallet == "apple_pay"


def test_a_type_that_nobody_knows_yet_has_no_facts_but_its_name():
    facts = read_method({"id": "pm_1", "type": "telepathy"})
    assert (facts.type, facts.brand, facts.last4) == ("telepathy", "", "")


def test_a_method_is_detached_once_and_that_is_enough(gateway, book):
    assert gateway.detach(book.method).customer == ""
    assert gateway.detach(book.method).customer == ""
    with pytest.raises(RefusedError):
        gateway.attach(book.method, book.customer)


def test_a_method_that_never_was_cannot_be_detached(gateway):
    with pytest.raises(MissingError):
        gateway.detach("pm_gone")


# === DISPUTES === #


def test_a_dispute_tells_until_when_it_can_be_answered(gateway, stand_in, book, paid):
    due = datetime(2027, 1, 5, 12, 30)
    made = stand_in.dispute(
        paid,
        "subscription_canceled",
        due_by=int(due.replace(tzinfo=timezone.utc).timestamp()),
    )
    facts = gateway.get_dispute(made["id"]).facts
    assert (facts.amount, facts.currency) == (1999, "EUR")
    assert (facts.reason, facts.status) == ("subscription_canceled", "needs_response")
    assert facts.intent == paid
    assert facts.due_by == due


def test_evidence_is_sent_once(gateway, stand_in, book, paid):
    dispute = stand_in.dispute(paid)["id"]
    evidence = {"uncategorized_text": "They logged in every day."}
    sent = gateway.submit_evidence(dispute, evidence, key="e1")
    assert (sent.status, sent.submissions) == ("under_review", 1)
    with pytest.raises(RefusedError, match="already has evidence"):
        gateway.submit_evidence(dispute, evidence, key="e2")


def test_a_file_goes_along_as_evidence(echo):
    echo.answer = b'{"id": "file_1", "object": "file"}'
    gateway = make_gateway(echo)
    assert gateway.upload_evidence("pack.pdf", b"%PDF-1.7 proof") == "file_1"
    [(path, headers)] = echo.seen
    assert path == "/v1/files"
    assert headers["Content-Type"].startswith("multipart/form-data")
    for part in (b"%PDF-1.7 proof", b"dispute_evidence", b"pack.pdf"):
        assert part in echo.bodies[0]


def test_a_dispute_may_have_no_deadline():
    assert read_dispute({"id": "dp_1", "evidence_details": {}}).due_by is None


# === ACCOUNT AND ENDPOINTS === #


def test_a_connection_tells_whose_it_is(gateway):
    assert gateway.check_connection() == AccountFacts(
        id="acct_1StandIn00000000",
        name="Stand-in",
        country="US",
        currency="USD",
        is_live=False,
        can_charge=True,
    )


def test_a_bad_key_is_a_matter_of_configuration(gateway, stand_in):
    stand_in.revoke(KEY)
    with pytest.raises(ConfigurationError) as caught:
        gateway.check_connection()
    assert caught.value.kind == "key"


def test_nobody_there_is_unreachable(gateway, stand_in):
    stand_in.faults.add("close_before", "*", times=None)
    with pytest.raises(UnreachableError, match="no answer"):
        gateway.check_connection()


def test_a_page_that_is_not_stripes_is_unreachable(gateway, stand_in):
    stand_in.faults.add("html", "*", times=None)
    with pytest.raises(UnreachableError, match="HTTP 502") as caught:
        gateway.check_connection()
    assert "<" not in caught.value.message


def test_an_endpoint_speaks_our_version_and_tells_its_secret_once(gateway):
    made = gateway.create_webhook_endpoint(
        "https://example.com/hook", ["payment_intent.succeeded"]
    )
    assert made.api_version == API_VERSION
    assert made.secret.startswith("whsec_")
    assert made.secret not in repr(made)
    [listed] = gateway.list_webhook_endpoints()
    assert (listed.id, listed.url, listed.secret) == (made.id, made.url, "")
    assert listed.events == ("payment_intent.succeeded",)
    gateway.delete_webhook_endpoint(made.id)
    assert list(gateway.list_webhook_endpoints()) == []


# === READING === #


def test_a_status_of_the_future_is_unknown():
    outcome = read_intent_outcome({"id": "pi_1", "status": "levitating"})
    assert (outcome.status, outcome.reference) == ("unknown", "pi_1")
    assert "levitating" in outcome.message
    assert read_intent_outcome({}).status == "unknown"
