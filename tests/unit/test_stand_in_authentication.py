"""Authentication at the stand-in: off-session, on-session, and when saving a card."""

import pytest
import requests
import stripe

ON_SESSION = {"amount": 900, "currency": "usd", "payment_method_types": ["card"]}


def refused_off_session(talk):
    """Return the intent of a charge that the bank wants authenticated."""
    customer, method = talk.saved("pm_card_authenticationRequired")
    with pytest.raises(stripe.CardError) as caught:
        talk.charge(customer, method)
    return method, caught.value


def test_off_session_it_is_a_decline(talk):
    method, error = refused_off_session(talk)
    assert error.http_status == 402
    assert error.code == "authentication_required"
    assert error.error.decline_code == "authentication_required"
    assert error.error.payment_method.id == method.id
    intent = talk.v1.payment_intents.retrieve(error.error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.payment_method.id == method.id
    assert talk.stand_in.ledger() == []


@pytest.mark.parametrize(
    ("agrees", "status"), [(True, "succeeded"), (False, "requires_payment_method")]
)
def test_the_customer_finishes_the_same_intent(talk, agrees, status):
    method, error = refused_off_session(talk)
    identifier = error.error.payment_intent.id
    asked = talk.v1.payment_intents.confirm(identifier, {"payment_method": method.id})
    assert asked.status == "requires_action"
    assert asked.next_action.type == "use_stripe_sdk"
    talk.stand_in.authenticate(asked, success=agrees)
    intent = talk.v1.payment_intents.retrieve(identifier)
    assert intent.status == status
    assert len(talk.stand_in.ledger("charge")) == (1 if agrees else 0)
    if not agrees:
        code = intent.last_payment_error.code
        assert code == "payment_intent_authentication_failure"


def test_a_test_can_let_the_customer_come_back_in_one_step(talk):
    _, error = refused_off_session(talk)
    intent = talk.stand_in.authenticate(error.error.payment_intent)
    assert intent["status"] == "succeeded"


def test_a_card_may_be_declined_after_authentication(talk):
    name = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"
    intent = talk.v1.payment_intents.create(
        {**ON_SESSION, "payment_method": name, "confirm": True}
    )
    assert intent.status == "requires_action"
    ended = talk.stand_in.authenticate(intent)
    assert ended["status"] == "requires_payment_method"
    assert ended["last_payment_error"]["decline_code"] == "insufficient_funds"


def test_error_on_requires_action_refuses_to_ask(talk):
    with pytest.raises(stripe.CardError) as caught:
        talk.v1.payment_intents.create(
            {
                **ON_SESSION,
                "payment_method": "pm_card_authenticationRequired",
                "confirm": True,
                "error_on_requires_action": True,
            }
        )
    assert caught.value.code == "authentication_required"


def test_a_card_that_was_set_up_needs_no_more_authentication(talk):
    customer, method = talk.saved("pm_card_authenticationRequiredOnSetup")
    with pytest.raises(stripe.CardError):
        talk.charge(customer, method)
    setup = talk.v1.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": method.id,
            "payment_method_types": ["card"],
            "description": "R-1",
            "confirm": True,
            "usage": "off_session",
        }
    )
    assert setup.status == "requires_action"
    talk.stand_in.authenticate(setup)
    assert talk.charge(customer, method).status == "succeeded"


def test_a_refused_authentication_saves_nothing(talk):
    customer = talk.v1.customers.create({})
    setup = talk.v1.setup_intents.create({"customer": customer.id})
    asked = talk.v1.setup_intents.confirm(
        setup.id,
        {
            "payment_method": "pm_card_authenticationRequired",
            "return_url": "http://127.0.0.1/back",
        },
    )
    talk.stand_in.authenticate(asked, success=False)
    setup = talk.v1.setup_intents.retrieve(setup.id)
    assert setup.status == "requires_payment_method"
    assert setup.last_setup_error.code == "setup_intent_authentication_failure"
    assert talk.v1.customers.payment_methods.list(customer.id).data == []
    kinds = [each["type"] for each in talk.stand_in.events()]
    assert kinds[-2:] == ["setup_intent.requires_action", "setup_intent.setup_failed"]


def test_a_card_is_saved_by_paying_with_it(talk):
    customer = talk.v1.customers.create({})
    intent = talk.v1.payment_intents.create(
        {
            **ON_SESSION,
            "customer": customer.id,
            "payment_method": "pm_card_visa",
            "setup_future_usage": "off_session",
            "confirm": True,
        }
    )
    saved = talk.v1.customers.payment_methods.list(customer.id).data
    assert [each.id for each in saved] == [intent.payment_method]


# === IN A BROWSER === #


def browse(talk, method, path, **params):
    """Send what Stripe.js sends."""
    answer = requests.request(
        method,
        f"{talk.stand_in.url}/v1/{path}",
        params=params if method == "GET" else None,
        data=params if method == "POST" else None,
        headers={"Authorization": "Bearer pk_test_x", "Origin": "http://127.0.0.1"},
        timeout=10,
    )
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return answer


def test_stripe_js_confirms_and_authenticates_with_the_client_secret(talk):
    intent = talk.v1.payment_intents.create(ON_SESSION)
    path, secret = f"payment_intents/{intent.id}", intent.client_secret
    assert browse(talk, "GET", path, client_secret="wrong").status_code == 404
    data = {
        "client_secret": secret,
        "payment_method_data[type]": "card",
        "payment_method_data[card][number]": "4000002760003184",
        "payment_method_data[card][exp_month]": "12",
        "payment_method_data[card][exp_year]": "34",
        "payment_method_data[card][cvc]": "123",
    }
    asked = browse(talk, "POST", f"{path}/confirm", **data).json()
    assert asked["status"] == "requires_action"
    done = browse(
        talk, "POST", f"{path}/authenticate", client_secret=secret, success="true"
    ).json()
    assert done["status"] == "succeeded"


def test_a_browser_may_ask_beforehand_and_gets_the_script(talk):
    asked = requests.options(f"{talk.stand_in.url}/v1/payment_intents/x", timeout=5)
    assert asked.status_code == 204
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"] or (
        asked.headers["Access-Control-Allow-Headers"] == "*"
    )
    script = requests.get(f"{talk.stand_in.url}/v3/", timeout=5)
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert "confirmCardPayment" in script.text


def test_with_a_return_url_the_bank_has_a_page(talk):
    intent = talk.v1.payment_intents.create(
        {
            **ON_SESSION,
            "payment_method": "pm_card_authenticationRequired",
            "confirm": True,
            "return_url": "http://127.0.0.1:1/back?reference=S1",
        }
    )
    page = intent.next_action.redirect_to_url.url
    assert "Authorize" in requests.get(page, timeout=5).text
    answer = requests.post(
        page, data={"outcome": "success"}, timeout=5, allow_redirects=False
    )
    target = answer.headers["Location"]
    assert target.startswith("http://127.0.0.1:1/back?reference=S1&payment_intent=pi_")
    assert "redirect_status=succeeded" in target
    assert talk.v1.payment_intents.retrieve(intent.id).status == "succeeded"
