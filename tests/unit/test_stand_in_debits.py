"""Money that takes days: bank debits, mandates, and Indian cards."""

import pytest
import stripe

ONLINE = {
    "customer_acceptance": {
        "type": "online",
        "online": {"ip_address": "127.0.0.1", "user_agent": "x"},
    }
}
EURO = {"amount": 4000, "currency": "eur"}


def debit(talk, iban="DE89370400440532013000", **values):
    """Return an intent for a debit from an account that was just typed in."""
    customer = talk.v1.customers.create({"email": "a@example.com"})
    return talk.v1.payment_intents.create(
        {
            **EURO,
            "customer": customer.id,
            "payment_method_types": ["sepa_debit"],
            "payment_method_data": {
                "type": "sepa_debit",
                "sepa_debit": {"iban": iban},
                "billing_details": {"name": "Anna", "email": "a@example.com"},
            },
            "setup_future_usage": "off_session",
            "mandate_data": ONLINE,
            "confirm": True,
            **values,
        }
    )


def test_a_debit_is_processing_until_it_is_settled(talk):
    intent = debit(talk, expand=["latest_charge"])
    assert intent.status == "processing"
    assert intent.latest_charge.status == "pending"
    assert talk.stand_in.ledger() == []
    talk.stand_in.settle(intent)
    assert talk.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert [each["amount"] for each in talk.stand_in.ledger()] == [4000]


def test_a_debit_may_fail_after_days(talk):
    intent = debit(talk)
    talk.stand_in.fail(intent, "insufficient_funds")
    failed = talk.v1.payment_intents.retrieve(intent.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error.code == "insufficient_funds"
    kinds = [each["type"] for each in talk.stand_in.events()]
    assert kinds[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_a_debit_can_be_taken_back_after_it_succeeded(talk):
    intent = debit(talk)
    talk.stand_in.settle(intent)
    dispute = talk.stand_in.fail_late(intent)
    assert (dispute["status"], dispute["reason"]) == ("lost", "debit_not_authorized")
    assert sum(each["amount"] for each in talk.stand_in.ledger()) == 0


def test_test_accounts_end_as_documented(talk):
    accounts = ("DE89370400440532013000", "DE62370400440532013001")
    accounts = (*accounts, "DE35370400440532013002")
    made = [debit(talk, iban) for iban in accounts]
    talk.stand_in.settle_all()
    statuses = [talk.v1.payment_intents.retrieve(each.id).status for each in made]
    assert statuses == ["succeeded", "requires_payment_method", "succeeded"]
    assert len(talk.v1.disputes.list({"payment_intent": made[2].id}).data) == 1


def test_a_saved_account_is_debited_under_its_mandate(talk):
    first = debit(talk, expand=["latest_charge"])
    mandate = first.latest_charge.payment_method_details.sepa_debit.mandate
    assert talk.v1.mandates.retrieve(mandate).status == "active"
    params = {
        **EURO,
        "customer": first.customer,
        "payment_method": first.payment_method,
        "payment_method_types": ["sepa_debit"],
        "off_session": True,
        "confirm": True,
    }
    talk.stand_in.settle(first)
    assert talk.v1.payment_intents.create(params).status == "processing"
    named = talk.v1.payment_intents.create({**params, "mandate": mandate})
    assert named.status == "processing"
    talk.stand_in.revoke_mandate(mandate)
    assert talk.stand_in.events("mandate.updated")
    for values in ({}, {"mandate": mandate}):
        with pytest.raises(stripe.InvalidRequestError, match="mandate"):
            talk.v1.payment_intents.create({**params, **values})


def test_a_debit_without_a_mandate_is_refused(talk):
    with pytest.raises(stripe.InvalidRequestError, match="mandate"):
        debit(talk, mandate_data=None)


def test_a_debit_goes_with_its_currency_only(talk):
    with pytest.raises(stripe.InvalidRequestError, match="currency"):
        debit(talk, currency="usd")


@pytest.mark.parametrize(
    ("kind", "given", "currency"),
    [
        (
            "us_bank_account",
            {"account_number": "000123456789", "routing_number": "110000000"},
            "usd",
        ),
        (
            "bacs_debit",
            {"account_number": "00012345", "sort_code": "108800"},
            "gbp",
        ),
    ],
)
def test_other_accounts_can_be_saved_and_debited(talk, kind, given, currency):
    customer = talk.v1.customers.create({})
    method = talk.v1.payment_methods.create({"type": kind, kind: given})
    setup = talk.v1.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": method.id,
            "payment_method_types": [kind],
            "mandate_data": ONLINE,
            "confirm": True,
        }
    )
    assert setup.status == "succeeded"
    assert talk.v1.mandates.retrieve(setup.mandate).payment_method == method.id
    intent = talk.charge(customer, method, currency=currency)
    assert intent.status == "processing"


def test_link_pays_at_once(talk):
    customer = talk.v1.customers.create({})
    method = talk.v1.payment_methods.create({"type": "link", "link": {}})
    talk.v1.payment_methods.attach(method.id, {"customer": customer.id})
    assert talk.charge(customer, method).status == "succeeded"


def test_an_indian_card_waits_for_more_than_a_day(talk):
    customer, method = talk.saved("pm_card_in")
    intent = talk.charge(customer, method, currency="inr", amount=100000)
    assert intent.status == "processing"
    notice = intent.processing.card.customer_notification
    assert notice.completes_at - intent.created > 86400
    talk.stand_in.settle(intent)
    assert talk.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_an_e_mandate_can_be_agreed_to_when_a_card_is_saved(talk):
    customer = talk.v1.customers.create({})
    setup = talk.v1.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": "pm_card_in",
            "payment_method_types": ["card"],
            "confirm": True,
            "payment_method_options": {
                "card": {
                    "mandate_options": {
                        "reference": "R1",
                        "amount_type": "maximum",
                        "amount": 1500000,
                        "currency": "inr",
                        "start_date": 1,
                        "interval": "sporadic",
                        "supported_types": ["india"],
                    }
                }
            },
        }
    )
    assert talk.v1.mandates.retrieve(setup.mandate).status == "active"


def test_a_test_can_hold_any_payment(talk):
    customer, method = talk.saved()
    talk.stand_in.hold(method)
    intent = talk.charge(customer, method)
    assert intent.status == "processing"
    talk.stand_in.fail(intent, "do_not_honor")
    failed = talk.v1.payment_intents.retrieve(intent.id)
    assert failed.last_payment_error.decline_code == "do_not_honor"
