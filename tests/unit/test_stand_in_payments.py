"""Payments, as the SDK sees them at the stand-in."""

import pytest
import stripe

from tests.stand_in import cards


def test_a_saved_card_is_charged_off_session(talk):
    customer, method = talk.saved()
    intent = talk.charge(
        customer,
        method,
        description="INV/1",
        shipping={"name": "Anna", "address": {"line1": "Street 1"}},
        metadata={"tx": "42"},
        statement_descriptor_suffix="MAY",
        error_on_requires_action=True,
        expand=["latest_charge.balance_transaction", "payment_method"],
    )
    assert intent.status == "succeeded"
    assert intent.amount_received == 5000
    assert intent.description == "INV/1"
    assert intent.payment_method.card.brand == "visa"
    assert intent.latest_charge.outcome.network_status == "approved_by_network"
    assert intent.latest_charge.balance_transaction.net == 5000 - 175
    assert "charges" not in intent


def test_the_ledger_names_what_moved(talk):
    customer, method = talk.saved()
    intent = talk.charge(customer, method, metadata={"tx": "42"})
    talk.v1.refunds.create({"payment_intent": intent.id, "amount": 1200})
    moved = talk.stand_in.ledger()
    assert [(each["type"], each["amount"]) for each in moved] == [
        ("charge", 5000),
        ("refund", -1200),
    ]
    assert {each["metadata"]["tx"] for each in moved} == {"42"}


def test_the_same_seed_yields_the_same_ids(talk):
    from tests.unit.stand_in_cases import Talk

    other = Talk()
    try:
        assert talk.saved()[0].id == other.saved()[0].id
    finally:
        other.stand_in.stop()


@pytest.mark.parametrize(
    ("code", "advice", "network"),
    [
        ("insufficient_funds", "try_again_later", "51"),
        ("lost_card", "do_not_try_again", "41"),
        ("expired_card", "confirm_card_data", "54"),
        ("generic_decline", None, "05"),
        ("revocation_of_authorization", "do_not_try_again", "R1"),
    ],
)
def test_a_decline_tells_all_that_is_known(talk, code, advice, network):
    customer, method = talk.saved()
    talk.stand_in.decline(method, code)
    with pytest.raises(stripe.CardError) as caught:
        talk.charge(customer, method)
    error = caught.value.error
    assert caught.value.http_status == 402
    assert error.type == "card_error"
    assert error.decline_code == code
    assert getattr(error, "advice_code", None) == advice
    assert error.network_decline_code == network
    assert error.payment_method.id == method.id
    assert error.payment_intent.status == "requires_payment_method"
    charge = talk.v1.charges.retrieve(error.charge)
    assert charge.status == "failed"
    assert charge.outcome.reason == code
    assert charge.outcome.advice_code == advice
    assert talk.stand_in.ledger() == []


def test_only_mastercard_gives_a_network_advice_code(talk):
    for name, expected in (("pm_card_mastercard", "03"), ("pm_card_visa", None)):
        customer, method = talk.saved(name)
        talk.stand_in.decline(method, "stolen_card")
        with pytest.raises(stripe.CardError) as caught:
            talk.charge(customer, method)
        error = caught.value.error
        assert getattr(error, "network_advice_code", None) == expected


def test_after_a_decline_the_same_intent_takes_another_method(talk):
    customer, method = talk.saved()
    talk.stand_in.decline(method, "insufficient_funds")
    with pytest.raises(stripe.CardError) as caught:
        talk.charge(customer, method)
    refused = caught.value.error.payment_intent
    assert refused.payment_method is None
    assert refused.last_payment_error.payment_method.id == method.id
    other = talk.v1.payment_methods.attach(
        "pm_card_mastercard", {"customer": customer.id}
    )
    intent = talk.v1.payment_intents.confirm(
        refused.id, {"payment_method": other.id, "off_session": True}
    )
    assert intent.status == "succeeded"


@pytest.mark.parametrize("name", sorted(cards.BY_NAME))
def test_each_documented_test_card_pays_or_is_refused(talk, name):
    params = {"amount": 900, "currency": "usd", "payment_method_types": ["card"]}
    params.update(payment_method=f"pm_card_{name}", confirm=True)
    behaviour = cards.BY_NAME[name].behaviour.split(":")[0]
    if behaviour in ("decline", "later", "blocked"):
        with pytest.raises(stripe.CardError):
            talk.v1.payment_intents.create(params)
        return
    intent = talk.v1.payment_intents.create(params)
    asks = behaviour in ("setup", "authenticate", "authenticated")
    assert intent.status == ("requires_action" if asks else "succeeded")


@pytest.mark.parametrize(
    "name", ["visa_chargeDeclinedInsufficientFunds", "chargeDeclinedExpiredCard"]
)
def test_a_card_that_is_declined_cannot_be_saved(talk, name):
    with pytest.raises(stripe.CardError) as caught:
        talk.saved(f"pm_card_{name}")
    assert caught.value.error.decline_code


def test_a_card_can_be_saved_and_declined_later(talk):
    customer, method = talk.saved("pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError):
        talk.charge(customer, method)


def test_each_brand_is_told(talk):
    for name, brand in (("amex", "amex"), ("mastercard", "mastercard")):
        _, method = talk.saved(f"pm_card_{name}")
        assert method.card.brand == brand
    typed = talk.v1.payment_methods.create(
        {
            "type": "card",
            "card": {"number": "378282246310005", "exp_month": 3, "exp_year": 2044},
        }
    )
    assert (typed.card.brand, typed.card.last4) == ("amex", "0005")


def test_a_number_of_no_card_is_refused(talk):
    with pytest.raises(stripe.CardError) as caught:
        talk.v1.payment_methods.create(
            {
                "type": "card",
                "card": {"number": "4242424242424241", "exp_month": 1, "exp_year": 44},
            }
        )
    assert caught.value.code == "incorrect_number"


def test_a_new_expiry_leaves_the_rest_of_the_card(talk):
    _, method = talk.saved()
    updated = talk.v1.payment_methods.update(
        method.id, {"card": {"exp_month": 1, "exp_year": 2055}}
    )
    assert updated.card.exp_year == 2055
    assert updated.card.last4 == "4242"
    assert updated.card.fingerprint == method.card.fingerprint


def test_a_renewed_card_keeps_its_id_and_loses_its_record(talk):
    customer, method = talk.saved()
    talk.stand_in.decline(method, "lost_card")
    with pytest.raises(stripe.CardError):
        talk.charge(customer, method)
    talk.stand_in.update_card(method, exp_month=2, exp_year=2050, last4="1881")
    assert talk.charge(customer, method).status == "succeeded"
    event = talk.stand_in.events("payment_method.automatically_updated")[0]
    assert event["data"]["object"]["card"]["last4"] == "1881"
    assert event["data"]["previous_attributes"]["card"]["last4"] == "4242"


# === WHOSE METHOD === #


def test_a_detached_method_is_never_charged_again(talk):
    customer, method = talk.saved()
    talk.v1.payment_methods.detach(method.id)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        talk.charge(customer, method)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        talk.v1.payment_methods.attach(method.id, {"customer": customer.id})


def test_the_method_of_another_customer_is_refused(talk):
    _, method = talk.saved()
    stranger, _ = talk.saved()
    with pytest.raises(stripe.InvalidRequestError, match="does not have a payment"):
        talk.charge(stranger, method)


def test_a_deleted_customer_cannot_pay_and_keeps_no_method(talk):
    customer, method = talk.saved()
    talk.v1.customers.delete(customer.id)
    assert talk.v1.customers.retrieve(customer.id).deleted
    with pytest.raises(stripe.InvalidRequestError) as caught:
        talk.charge(customer, method)
    assert caught.value.code == "resource_missing"


def test_an_unsaved_method_serves_once(talk):
    method = talk.v1.payment_methods.create(
        {"type": "card", "card": {"token": "tok_visa"}}
    )
    params = {"amount": 900, "currency": "usd", "payment_method_types": ["card"]}
    params.update(payment_method=method.id, confirm=True)
    assert talk.v1.payment_intents.create(params).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        talk.v1.payment_intents.create(params)


# === NETWORKS === #


def test_after_a_final_decline_nothing_is_sent_to_the_network(talk):
    customer, method = talk.saved()
    talk.stand_in.decline(method, "stolen_card")
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            talk.charge(customer, method)
    charge = talk.v1.charges.retrieve(caught.value.error.charge)
    assert charge.outcome.network_status == "not_sent_to_network"
    assert charge.outcome.reason == "previously_declined_do_not_retry"


def test_the_same_card_is_stopped_however_often_it_was_saved(talk):
    customer, method = talk.saved()
    talk.stand_in.decline(method, "pickup_card")
    again = talk.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    assert again.card.fingerprint == method.card.fingerprint
    for each in (method, again):
        with pytest.raises(stripe.CardError) as caught:
            talk.charge(customer, each)
    outcome = talk.v1.charges.retrieve(caught.value.error.charge).outcome
    assert outcome.network_status == "not_sent_to_network"
    assert talk.charge(*talk.saved()).status == "succeeded"


def test_too_many_declines_in_a_month_are_stopped(talk):
    customer, method = talk.saved()
    talk.stand_in.state.declines_before_block = 3
    talk.stand_in.decline(method, "insufficient_funds", times=None)
    for _ in range(4):
        with pytest.raises(stripe.CardError) as caught:
            talk.charge(customer, method)
    outcome = talk.v1.charges.retrieve(caught.value.error.charge).outcome
    assert outcome.network_status == "not_sent_to_network"
    talk.stand_in.advance(31 * 86400)
    with pytest.raises(stripe.CardError) as caught:
        talk.charge(customer, method)
    outcome = talk.v1.charges.retrieve(caught.value.error.charge).outcome
    assert outcome.network_status == "declined_by_network"


def test_an_expired_card_is_declined(talk):
    customer, method = talk.saved()
    talk.v1.payment_methods.update(method.id, {"card": {"exp_year": 2020}})
    with pytest.raises(stripe.CardError) as caught:
        talk.charge(customer, method)
    assert caught.value.error.decline_code == "expired_card"


# === BY HAND === #


def test_what_is_held_is_captured_or_released(talk):
    customer, method = talk.saved()
    held = talk.charge(customer, method, capture_method="manual")
    assert (held.status, held.amount_capturable) == ("requires_capture", 5000)
    assert talk.stand_in.ledger() == []
    captured = talk.v1.payment_intents.capture(held.id, {"amount_to_capture": 3000})
    assert (captured.status, captured.amount_received) == ("succeeded", 3000)
    released = talk.charge(customer, method, capture_method="manual")
    assert talk.v1.payment_intents.cancel(released.id).status == "canceled"
    assert [each["amount"] for each in talk.stand_in.ledger()] == [3000]


def test_what_succeeded_can_be_neither_confirmed_nor_cancelled(talk):
    customer, method = talk.saved()
    intent = talk.charge(customer, method)
    for verb in (talk.v1.payment_intents.confirm, talk.v1.payment_intents.cancel):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            verb(intent.id)
        assert caught.value.code == "payment_intent_unexpected_state"
        assert caught.value.error.payment_intent.id == intent.id


# === WHAT IS REFUSED === #


@pytest.mark.parametrize(
    ("values", "code", "param"),
    [
        ({"amuont": 1}, "parameter_unknown", "amuont"),
        ({"shipping": {"nmae": "x"}}, "parameter_unknown", "shipping[nmae]"),
        ({"amount": 10}, "amount_too_small", "amount"),
        ({"amount": "ten"}, "parameter_invalid_integer", "amount"),
        ({"currency": None}, "parameter_missing", "currency"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"payment_method": "pm_none"}, "resource_missing", "payment_method"),
        ({"mandate": "mandate_none"}, "resource_missing", "mandate"),
        ({"statement_descriptor": "X"}, None, "statement_descriptor"),
        ({"setup_future_usage": "often"}, None, "setup_future_usage"),
    ],
)
def test_a_wrong_parameter_is_named(talk, values, code, param):
    customer, method = talk.saved()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        talk.charge(customer, method, **values)
    assert caught.value.http_status == 400
    assert (caught.value.code, caught.value.param) == (code, param)
    assert talk.stand_in.state.all("payment_intent") == []


def test_a_redirect_needs_somewhere_to_come_back_to(talk):
    customer, method = talk.saved()
    params = {"amount": 900, "currency": "usd", "customer": customer.id}
    params.update(payment_method=method.id, off_session=True, confirm=True)
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        talk.v1.payment_intents.create(params)
    never = {"enabled": True, "allow_redirects": "never"}
    params["automatic_payment_methods"] = never
    assert talk.v1.payment_intents.create(params).status == "succeeded"


def test_off_session_is_only_for_what_is_confirmed(talk):
    with pytest.raises(stripe.InvalidRequestError, match="off_session"):
        talk.v1.payment_intents.create(
            {"amount": 900, "currency": "usd", "off_session": True}
        )


# === KEYS === #


@pytest.mark.parametrize("key", ["sk_live_x", "nonsense", "sk_test_revoked"])
def test_a_wrong_key_is_refused(talk, key):
    talk.stand_in.revoke("sk_test_revoked")
    client = stripe.StripeClient(key, base_addresses={"api": talk.stand_in.url})
    with pytest.raises(stripe.AuthenticationError):
        client.v1.accounts.retrieve_current()


def test_a_missing_key_is_refused(talk):
    answer = talk.core("GET", "account", AUTHORIZATION="")
    assert answer.status_code == 401
    assert "API key" in answer.json()["error"]["message"]


def test_a_publishable_key_may_not_charge(talk):
    answer = talk.core("GET", "customers", AUTHORIZATION="Bearer pk_test_x")
    assert answer.status_code == 401


def test_the_account_is_told(talk):
    assert talk.v1.accounts.retrieve_current().charges_enabled
