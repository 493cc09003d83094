"""Events: signed, in the endpoint's version, and delivered as a test wants it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stripe

URL = "http://127.0.0.1:1/hook"


class Inbox(list):
    """A route that takes events, and answers with a status of its choice."""

    status = 200

    def __call__(self, body, headers):
        """Take one event."""
        self.append((json.loads(body), headers, body))
        return self.status

    @property
    def kinds(self):
        """Return the types of what came in."""
        return [event["type"] for event, _, _ in self]


@pytest.fixture
def inbox():
    """An empty inbox."""
    return Inbox()


def test_the_sdk_accepts_the_signature(talk, inbox):
    endpoint = talk.v1.webhook_endpoints.create(
        {"url": URL, "enabled_events": ["customer.*"], "api_version": "2019-05-16"}
    )
    assert endpoint.secret.startswith("whsec_")
    assert "secret" not in talk.v1.webhook_endpoints.retrieve(endpoint.id)
    talk.saved()
    talk.stand_in.webhooks.deliver_all(inbox)
    assert inbox.kinds == ["customer.created"]
    event, headers, body = inbox[0]
    signature = headers["Stripe-Signature"]
    made = stripe.Webhook.construct_event(body, signature, endpoint.secret)
    assert made.id == event["id"]
    assert event["api_version"] == "2019-05-16"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, "whsec_other")


def test_an_old_signature_can_be_forged(talk, inbox):
    _, secret = talk.stand_in.webhooks.endpoint(URL)
    talk.v1.customers.create({})
    delivery = talk.stand_in.webhooks.pending()[0]
    talk.stand_in.webhooks.deliver(delivery, inbox, timestamp=1_000_000_000)
    _, headers, body = inbox[0]
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret)


def test_while_a_secret_is_rolled_both_sign(talk, inbox):
    webhooks = talk.stand_in.webhooks
    endpoint, old = webhooks.endpoint(URL)
    new = webhooks.roll_secret(endpoint)
    talk.v1.customers.create({})
    delivery = webhooks.deliver_all(inbox)[0]
    signature = inbox[0][1]["Stripe-Signature"]
    assert signature.count("v1=") == 2
    for secret in (old, new):
        assert stripe.Webhook.construct_event(inbox[0][2], signature, secret)
    webhooks.expire_old_secrets(endpoint)
    assert webhooks.headers(delivery)["Stripe-Signature"].count("v1=") == 1


def test_each_endpoint_gets_its_own_shape(talk, inbox):
    talk.stand_in.webhooks.endpoint(URL, ["payment_intent.succeeded"], "2019-05-16")
    talk.stand_in.webhooks.endpoint(URL, ["payment_intent.succeeded"])
    talk.charge(*talk.saved())
    talk.stand_in.webhooks.deliver_all(inbox)
    old, new = (event["data"]["object"] for event, _, _ in inbox)
    assert old["charges"]["data"][0]["id"] == new["latest_charge"]
    assert "charges" not in new
    assert inbox[0][0]["id"] == inbox[1][0]["id"]


def test_an_event_tells_of_what_was_then(talk, inbox):
    talk.stand_in.webhooks.endpoint(URL, ["charge.succeeded"])
    intent = talk.charge(*talk.saved())
    talk.v1.refunds.create({"payment_intent": intent.id})
    talk.stand_in.webhooks.deliver_all(inbox)
    assert inbox[0][0]["data"]["object"]["amount_refunded"] == 0


def test_an_event_names_the_request_that_caused_it(talk):
    customer, method = talk.saved()
    intent = talk.charge(customer, method, key="attempt 1")
    event = talk.stand_in.events("payment_intent.succeeded")[0]
    assert event["request"]["idempotency_key"] == "attempt 1"
    assert event["request"]["id"] == intent.last_response.request_id


def test_a_failure_is_delivered_again_until_it_is_taken(talk, inbox):
    talk.stand_in.webhooks.endpoint(URL)
    talk.v1.customers.create({})
    inbox.status = 500
    talk.stand_in.webhooks.deliver_all(inbox)
    assert len(talk.stand_in.webhooks.pending()) == 1
    inbox.status = 200
    delivery = talk.stand_in.webhooks.deliver_all(inbox)[0]
    assert delivery.results == [500, 200]
    assert talk.stand_in.webhooks.pending() == []


def test_duplicates_and_disorder_are_seeded(talk):
    talk.stand_in.webhooks.endpoint(URL)
    orders = []
    for _ in range(2):
        inbox = Inbox()
        again = list(talk.stand_in.webhooks.deliveries)
        if not again:
            talk.charge(*talk.saved())
        talk.stand_in.webhooks.deliver_all(inbox, shuffle=3, duplicates=2, again=again)
        orders.append(inbox.kinds)
    assert orders[0] == orders[1]
    assert len(orders[0]) == 10
    assert orders[0] != sorted(orders[0], key=orders[0].index)
    assert {orders[0].count(kind) for kind in orders[0]} == {2}


def test_what_was_dropped_can_be_delivered_by_hand(talk, inbox):
    webhooks = talk.stand_in.webhooks
    webhooks.endpoint(URL, ["payment_intent.*", "charge.succeeded"])
    talk.charge(*talk.saved())
    dropped = webhooks.drop("payment_intent.succeeded")
    webhooks.deliver_all(inbox)
    assert inbox.kinds == ["payment_intent.created", "charge.succeeded"]
    webhooks.deliver(dropped[0], inbox)
    webhooks.redeliver("charge.*", send=inbox)
    assert inbox.kinds[2:] == ["payment_intent.succeeded", "charge.succeeded"]


def test_what_an_event_causes_is_delivered_as_well(talk):
    talk.stand_in.webhooks.endpoint(URL, ["customer.created", "customer.updated"])
    made = talk.v1.customers.create({})
    kinds = []

    def route(body, headers):
        kinds.append(json.loads(body)["type"])
        if len(kinds) == 1:
            talk.v1.customers.update(made.id, {"name": "Anna"})

    talk.stand_in.webhooks.deliver_all(route)
    assert kinds == ["customer.created", "customer.updated"]


def test_a_disabled_endpoint_gets_nothing(talk):
    endpoint = talk.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"]})
    updated = talk.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    assert updated.status == "disabled"
    talk.v1.customers.create({})
    assert talk.stand_in.webhooks.pending() == []
    assert talk.v1.webhook_endpoints.delete(endpoint.id).deleted
    assert talk.v1.webhook_endpoints.list().data == []


def test_nothing_is_posted_beyond_loopback(talk):
    talk.stand_in.webhooks.endpoint("https://example.com/hook")
    talk.v1.customers.create({})
    with pytest.raises(ValueError, match="loopback"):
        talk.stand_in.webhooks.deliver_all()


def test_events_are_posted_over_http(talk):
    seen, enough = [], threading.Event()

    class Route(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((body, self.headers["Stripe-Signature"]))
            self.send_response(200 if len(seen) > 1 else 503)
            self.end_headers()
            if len(seen) == 2:
                enough.set()

        def log_message(self, *args):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Route)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        _, secret = talk.stand_in.webhooks.endpoint(url)
        talk.stand_in.webhooks.release()
        talk.v1.customers.create({})
        assert enough.wait(10)
        for body, signature in seen:
            event = stripe.Webhook.construct_event(body, signature, secret)
            assert event.type == "customer.created"
    finally:
        talk.stand_in.webhooks.hold()
        server.shutdown()
        server.server_close()


def test_events_are_kept_and_listed(talk):
    talk.charge(*talk.saved())
    listed = talk.v1.events.list({"type": "charge.*"}).data
    assert [each.type for each in listed] == ["charge.succeeded"]
    several = talk.v1.events.list({"types": ["customer.created", "charge.succeeded"]})
    assert len(several.data) == 2
    one = talk.v1.events.retrieve(listed[0].id)
    assert one.data.object.amount == 5000
    talk.stand_in.advance(31 * 86400)
    assert talk.v1.events.list().data == []
