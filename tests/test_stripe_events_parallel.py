"""Stripe's events in real processes: two that get the same ones at the same moment."""

import json

import stripe

from tests.stand_in import StandIn

PAYMENTS = 8
BOOK = """
import json, os
env["ir.config_parameter"].set_param(
    "subscription_billing_stripe.api_base", os.environ["STRIPE"]
)
provider = env["payment.provider"].search([("code", "=", "stripe")], limit=1)
provider.write({
    "state": "test", "stripe_secret_key": "sk_test_live", "stripe_rate_limit": 1000,
    "stripe_publishable_key": "pk_test_live",
})
partner = env["res.partner"].create({"name": "Ada"})
for number, intent in enumerate(json.loads(os.environ["INTENTS"])):
    env["payment.transaction"].create({
        "provider_id": provider.id,
        "payment_method_id": env.ref("payment.payment_method_card").id,
        "reference": f"S-{number}", "amount": 10, "state": "pending",
        "currency_id": env.ref("base.USD").id, "partner_id": partner.id,
        "operation": "offline", "provider_reference": intent,
        "request_data": {"kind": "charge"},
    })
env.cr.commit()
"""
# Each process waits until both are ready, so that they really start together.
HEAR = """
import json, os, time
from pathlib import Path
from odoo.addons.subscription_billing.models.batch import retry_on_conflict
from odoo.addons.subscription_billing_stripe.gateway import read_event
provider = env["payment.provider"].search([("code", "=", "stripe")], limit=1)
bodies = json.loads(Path(os.environ["EVENTS"]).read_text())
def receive(body):
    env["stripe.event"]._receive(provider, read_event(body.encode()))
    env.cr.commit()
env.cr.commit()
Path(os.environ["READY"]).touch()
while not Path(os.environ["GO"]).exists():
    time.sleep(0.01)
for body in bodies:
    retry_on_conflict(env, lambda: receive(body))
env["stripe.event"]._cron_process()
"""
EVENTS = "SELECT count(*) FROM stripe_event"
REFUNDS = "SELECT count(*) FROM payment_transaction WHERE operation = 'refund'"
DONE = "SELECT count(*) FROM payment_transaction WHERE state = 'done'"


def _pay_and_refund(stand_in):
    """Let money be paid, and given back in two parts each; return the intents."""
    client = stripe.StripeClient("sk_test_live", base_addresses={"api": stand_in.url})
    stand_in.webhooks.endpoint("http://127.0.0.1:1/")
    intents = []
    for _ in range(PAYMENTS):
        intent = client.v1.payment_intents.create(
            {
                "amount": 1000,
                "currency": "usd",
                "payment_method": "pm_card_visa",
                "payment_method_types": ["card"],
                "confirm": True,
            }
        )
        intents.append(intent.id)
        for amount in (300, 200):
            client.v1.refunds.create({"payment_intent": intent.id, "amount": amount})
    return intents


def test_complaint_12_two_workers_that_hear_the_same_do_it_once(
    live_database, tmp_path
):
    """Complaint 12: races of events do things twice."""
    with StandIn() as stand_in:
        intents = _pay_and_refund(stand_in)
        live_database.run(BOOK, STRIPE=stand_in.url, INTENTS=json.dumps(intents))
        bodies = [each.body.decode() for each in stand_in.webhooks.deliveries]
        (tmp_path / "events").write_text(json.dumps(bodies))
        ready = [tmp_path / "ready_0", tmp_path / "ready_1"]
        processes = [
            live_database.start(
                HEAR,
                READY=str(each),
                GO=str(tmp_path / "go"),
                EVENTS=str(tmp_path / "events"),
            )
            for each in ready
        ]
        while not all(each.exists() for each in ready):
            assert all(process.poll() is None for process in processes)
        (tmp_path / "go").touch()
        for process in processes:
            live_database.finish(process)
        # What was in the other's hands, and came after the last look, is left.
        live_database.run('env["stripe.event"]._cron_process()\n')
    assert live_database.number(EVENTS) == len(bodies)
    assert live_database.number(f"{EVENTS} WHERE state IN ('received', 'failed')") == 0
    assert live_database.number(REFUNDS) == 2 * PAYMENTS
    assert live_database.number(DONE) == 3 * PAYMENTS
