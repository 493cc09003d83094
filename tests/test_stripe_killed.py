"""A run that is killed at any step is completed by the next: one charge, one payment.

Real processes on a real database, against Stripe's stand-in: one that resumes, and its
children, which die.
"""

import json

from tests.stand_in import StandIn

PREPARE = """
import json, os, signal
from odoo import Command, api, sql_db
from odoo.addons.subscription_billing_stripe.gateway import get_gateway
from odoo.addons.subscription_billing_stripe.gateway.ledger import LedgerGateway

COUNT = 6
provider = env["payment.provider"].search([("code", "=", "stripe")], limit=1)
provider.write({
    "state": "test",
    "stripe_secret_key": "sk_test_killed",
    "stripe_publishable_key": "pk_test_killed",
    "stripe_rate_limit": 1000,
    "stripe_parallel_calls": 2,
})
env["ir.config_parameter"].set_param(
    "subscription_billing_stripe.api_base", os.environ["STRIPE"]
)
product = env["product.product"].create({"name": "Service", "type": "service"})
plan = env["subscription.plan"].create({"name": "Monthly"})
collection = type(env["subscription.collection"])
transaction = type(env["payment.transaction"])
transaction._sending_size = 2

def bill():
    for number in range(COUNT):
        partner = env["res.partner"].create({"name": f"Customer {number}"})
        customer = env["stripe.customer"]._get_reference(provider, partner)
        method = provider._get_stripe_gateway().attach("pm_card_visa", customer)
        token = env["payment.token"].create({
            "provider_id": provider.id,
            "payment_method_id": env.ref("payment.payment_method_card").id,
            "partner_id": partner.id,
            "provider_ref": customer,
            "stripe_payment_method": method.id,
        })
        env["subscription.subscription"].create({
            "partner_id": partner.id,
            "plan_id": plan.id,
            "state": "active",
            "collection_method": "automatic",
            "payment_token_id": token.id,
            "line_ids": [Command.create({"product_id": product.id, "price_unit": 10})],
        })
    env.cr.commit()
    env["subscription.renewal"]._cron_renew()

def collect():
    env["subscription.collection"]._cron_collect()

def resume():
    collect()
    env["payment.transaction"].search([("state", "=", "draft")]).write(
        {"date_next_check": "2000-01-01"}
    )
    env.cr.commit()
    env["subscription.collection"]._cron_resolve()
    collect()

def die(*_args, **_options):
    os.kill(os.getpid(), signal.SIGKILL)

def charge_and_die(self, request):
    charge(self, request)
    die()

def create_and_die(self):
    create_payments(self)
    die()

charge, create_payments = LedgerGateway.charge, transaction._create_payments
STEPS = {
    "before the intents are committed": (collection, "_open_charges", die),
    "after the intents are committed": (transaction, "_send_charges", die),
    "before the taking is committed": (transaction, "_prepare_charge_request", die),
    "after the taking is committed": (LedgerGateway, "charge", die),
    "after the money was taken": (LedgerGateway, "charge", charge_and_die),
    "before the answers are committed": (transaction, "_commit_answers", die),
    "after the answers are committed": (collection, "_commit_booking", die),
    "while payments are booked": (transaction, "_create_payments", die),
    "after the payments are made": (transaction, "_create_payments", create_and_die),
}

def collect_and_die(step):
    # Nothing that the parent holds open may be used here.
    sql_db._Pool = None
    get_gateway.cache_clear()
    place, name, death = STEPS[step]
    setattr(place, name, death)
    env.registry._db = sql_db.db_connect(env.cr.dbname)
    with env.registry.cursor() as cursor:
        mine = api.Environment(cursor, api.SUPERUSER_ID, {})
        mine["subscription.collection"]._cron_collect()
    os._exit(0)

def count(model, *domain):
    return env[model].search_count(domain)
"""
RUN = """
figures = {}
for step in STEPS:
    bill()
    before = count("payment.transaction"), count("account.payment")
    env.cr.commit()
    child = os.fork()
    if not child:
        collect_and_die(step)
    _child, status = os.waitpid(child, 0)
    env.invalidate_all()
    resume()
    invoices = env["account.move"].search(
        [("move_type", "=", "out_invoice")], order="id desc", limit=COUNT
    )
    figures[step] = {
        "killed": os.WTERMSIG(status) == signal.SIGKILL,
        "charges": count("payment.transaction") - before[0],
        "payments": count("account.payment") - before[1],
        "unknown": count("payment.transaction", ("is_outcome_unknown", "=", True)),
        "collected": invoices.mapped("collection_state").count("done"),
        "owed": sum(invoices.mapped("amount_residual")),
        "taken": sorted(invoices.transaction_ids.mapped("reference")),
    }
print("FIGURES", json.dumps(figures))
"""


def test_complaint_05_a_killed_run_charges_and_pays_once(live_database):
    """Complaint 5: cards charged several times when the work starts over."""
    with StandIn() as stripe:
        output = live_database.run(PREPARE + RUN, STRIPE=stripe.url)
        charged = [
            each["metadata"]["odoo_reference"] for each in stripe.ledger("charge")
        ]
    figures = json.loads(output.split("FIGURES", 1)[1])
    assert len(figures) == 9
    expected = {
        "killed": True,
        "charges": 6,
        "payments": 6,
        "unknown": 0,
        "collected": 6,
        "owed": 0,
    }
    for step, found in figures.items():
        references = found.pop("taken")
        assert found == expected, step
        assert sorted(each for each in charged if each in references) == references
    assert len(charged) == 6 * len(figures)
