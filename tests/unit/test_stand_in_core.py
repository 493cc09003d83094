"""The stand-in in the shape that Odoo's own payment_stripe sends and expects."""

import pytest


def saved(talk):
    """Return a customer and a payment method as core makes them."""
    customer = talk.core(
        "POST",
        "customers",
        {
            "address[city]": "Graz",
            "address[country]": "AT",
            "address[line1]": None,
            "description": "Odoo Partner: Anna (id: 7)",
            "email": "anna@example.com",
            "name": "Anna",
            "phone": None,
        },
    ).json()
    method = talk.core(
        "POST", "payment_methods/pm_card_visa/attach", {"customer": customer["id"]}
    ).json()
    return customer, method


def offline(talk, customer, method, **headers):
    """Send core's request for a charge without the customer."""
    return talk.core(
        "POST",
        "payment_intents",
        {
            "amount": 9000,
            "currency": "eur",
            "description": "INV/2026/0001",
            "capture_method": "automatic",
            "payment_method_types[]": "card",
            "expand[]": "payment_method",
            "shipping[address][city]": "Graz",
            "shipping[address][country]": "AT",
            "shipping[address][line1]": "Street 1",
            "shipping[address][line2]": "",
            "shipping[address][postal_code]": "8010",
            "shipping[address][state]": "",
            "shipping[name]": "Anna",
            "confirm": True,
            "customer": customer["id"],
            "off_session": True,
            "payment_method": method["id"],
            "mandate": None,
        },
        **headers,
    )


def test_a_charge_has_the_old_shape(talk):
    customer, method = saved(talk)
    intent = offline(talk, customer, method).json()
    assert intent["status"] == "succeeded"
    assert intent["payment_method"]["card"]["brand"] == "visa"
    charge = intent["charges"]["data"][0]
    assert charge["payment_method_details"]["type"] == "card"
    assert charge["refunds"]["data"] == []
    assert intent["shipping"]["address"]["state"] is None
    assert intent["capture_method"] == "automatic"


def test_a_get_has_a_form_body(talk):
    customer, method = saved(talk)
    intent = offline(talk, customer, method).json()
    fetched = talk.core(
        "GET", f"payment_intents/{intent['id']}", {"expand[]": "payment_method"}
    ).json()
    assert fetched["payment_method"]["id"] == method["id"]
    listed = talk.core(
        "GET",
        "payment_methods",
        {"customer": customer["id"], "type": "card", "limit": 1},
    ).json()
    assert [each["id"] for each in listed["data"]] == [method["id"]]
    found = talk.core("GET", f"customers/{customer['id']}/payment_methods").json()
    assert found["data"][0]["id"] == method["id"]


def test_a_refund_and_its_event_have_the_old_shape(talk):
    talk.stand_in.webhooks.endpoint(
        "http://127.0.0.1:1/",
        ["charge.refunded", "charge.refund.updated"],
        "2019-05-16",
    )
    customer, method = saved(talk)
    intent = offline(talk, customer, method).json()
    refund = talk.core(
        "POST", "refunds", {"payment_intent": intent["id"], "amount": 2000}
    ).json()
    assert refund["status"] == "succeeded"
    talk.stand_in.fail_refund(refund)
    seen = []

    def route(body, headers):
        import json

        seen.append(json.loads(body))

    talk.stand_in.webhooks.deliver_all(route)
    charge = seen[0]["data"]["object"]
    assert charge["description"] == "INV/2026/0001"
    assert charge["refunds"]["data"][0]["id"] == refund["id"]
    assert charge["refunds"]["has_more"] is False
    assert seen[1]["data"]["object"]["status"] == "failed"


def test_a_decline_has_no_later_facts(talk):
    customer, method = saved(talk)
    talk.stand_in.decline(method, "insufficient_funds")
    answer = offline(talk, customer, method)
    error = answer.json()["error"]
    assert answer.status_code == 402
    assert error["decline_code"] == "insufficient_funds"
    assert "network_decline_code" not in error
    assert error["payment_intent"]["charges"]["data"][0]["status"] == "failed"


def test_capture_and_void_come_without_a_body(talk):
    customer, method = saved(talk)
    data = {
        "amount": 900,
        "currency": "eur",
        "capture_method": "manual",
        "payment_method_types[]": "card",
        "customer": customer["id"],
        "payment_method": method["id"],
        "confirm": True,
    }
    held = [talk.core("POST", "payment_intents", data).json() for _ in range(2)]
    assert {each["status"] for each in held} == {"requires_capture"}
    paid = talk.core("POST", f"payment_intents/{held[0]['id']}/capture").json()
    void = talk.core("POST", f"payment_intents/{held[1]['id']}/cancel").json()
    assert (paid["status"], void["status"]) == ("succeeded", "canceled")


def test_a_portal_payment_begins_without_a_method(talk):
    customer, _ = saved(talk)
    intent = talk.core(
        "POST",
        "payment_intents",
        {
            "amount": 900,
            "currency": "usd",
            "description": "S1",
            "payment_method_types[]": "card",
            "expand[]": "payment_method",
            "customer": customer["id"],
            "setup_future_usage": "off_session",
            "payment_method_options[card][mandate_options][reference]": "S1",
            "payment_method_options[card][mandate_options][amount]": 1500000,
        },
    ).json()
    assert intent["status"] == "requires_payment_method"
    assert intent["client_secret"].startswith(f"{intent['id']}_secret_")


def test_a_setup_intent_is_made_for_a_type(talk):
    customer, _ = saved(talk)
    intent = talk.core(
        "POST",
        "setup_intents",
        {
            "customer": customer["id"],
            "description": "V-1",
            "payment_method_types[]": "card",
        },
    ).json()
    assert (intent["object"], intent["description"]) == ("setup_intent", "V-1")


def test_the_webhook_of_core_is_made(talk):
    endpoint = talk.core(
        "POST",
        "webhook_endpoints",
        {
            "url": "http://127.0.0.1:1/payment/stripe/webhook",
            "enabled_events[]": ["payment_intent.succeeded", "charge.refunded"],
            "api_version": "2019-05-16",
        },
    ).json()
    assert endpoint["secret"].startswith("whsec_")
    assert len(endpoint["enabled_events"]) == 2


@pytest.mark.parametrize(("key", "again"), [("a", True), (None, False)])
def test_only_a_key_protects_from_a_second_charge(talk, key, again):
    customer, method = saved(talk)
    headers = {"Idempotency-Key": key} if key else {}
    first, second = (offline(talk, customer, method, **headers) for _ in range(2))
    assert (first.json()["id"] == second.json()["id"]) == again
    assert second.headers.get("Idempotent-Replayed") == ("true" if again else None)
