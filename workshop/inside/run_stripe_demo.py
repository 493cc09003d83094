"""Tell what happens to charges at Stripe, with its stand-in. Run inside Odoo.

`env` is there, `STRIPE_URL` is the stand-in's address, and the story goes as JSON into
the file that `SUBSCRIPTION_FACTS` names.
"""

import json
import os
from functools import partial

from odoo import Command, fields
from odoo.addons.subscription_billing_stripe.const import API_BASE_PARAMETER
from odoo.addons.subscription_billing_stripe.gateway.messages import read_event

from tests.stand_in import Control

STRIPE = Control(os.environ["STRIPE_URL"])
SECRET_KEY = "sk_test_demo"
#: who, and what is about to happen to them
STORIES = (
    ("Ada Pays", "a card that pays"),
    ("Ben Backup", "a card without money, and a second one"),
    ("Cleo Silence", "Stripe takes the money, and the answer gets lost"),
    ("Dan Confirms", "the bank wants the payment confirmed by the customer"),
    ("Eve Waits", "a payment that takes the bank some days"),
    ("Finn Stolen", "a card that was reported stolen"),
    ("Gus Returns", "half of the money is given back"),
    ("Hope Disputes", "the customer disputes the payment"),
)


def trigger(name, module="subscription_billing"):
    """Run a scheduled action as the scheduler would, on what is committed."""
    env.cr.commit()
    env.ref(f"{module}.{name}").method_direct_trigger()
    env.cr.commit()
    env.invalidate_all()


def set_up():
    """Point the company's Stripe provider at the stand-in."""
    provider = env["payment.provider"].search(
        [("code", "=", "stripe"), ("company_id", "=", env.company.id)], limit=1
    )
    provider.write(
        {
            "state": "test",
            "is_published": True,
            "stripe_secret_key": SECRET_KEY,
            "stripe_publishable_key": "pk_test_demo",
        }
    )
    env["ir.config_parameter"].set_param(API_BASE_PARAMETER, STRIPE.url)
    env.company._create_dispute_accounts()
    return provider


def save_card(provider, partner, card="pm_card_visa"):
    """Save a test card of a customer; return the token."""
    customer = env["stripe.customer"]._get_reference(provider, partner)
    facts = provider._get_stripe_gateway().attach(card, customer)
    return env["payment.token"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": env.ref("payment.payment_method_card").id,
            "partner_id": partner.id,
            "provider_ref": customer,
            "stripe_payment_method": facts.id,
            **env["payment.token"]._prepare_stripe_vals(facts),
        }
    )


def sign_up(provider):
    """Sign up a customer of each story; return the subscriptions by name."""
    plan = env["subscription.plan"].create({"name": "Managed Services, Monthly"})
    product = env["product.product"].create(
        {"name": "Managed Service", "type": "service", "list_price": 100}
    )
    subscriptions = {}
    for name, _story in STORIES:
        partner = env["res.partner"].create(
            {"name": name, "email": f"{name.split()[0].lower()}@example.com"}
        )
        token = save_card(provider, partner)
        subscriptions[name] = env["subscription.subscription"].create(
            {
                "partner_id": partner.id,
                "user_id": env.ref("base.user_admin").id,
                "plan_id": plan.id,
                "state": "active",
                "date_start": fields.Date.today(),
                "collection_method": "automatic",
                "payment_token_id": token.id,
                "line_ids": [
                    Command.create({"product_id": product.id, "price_unit": 100})
                ],
            }
        )
    return subscriptions


def script(provider, subscriptions):
    """Tell the stand-in what the banks are to do."""
    cards = {
        name: each.payment_token_id.stripe_payment_method
        for name, each in subscriptions.items()
    }
    STRIPE.decline(cards["Ben Backup"], code="insufficient_funds", times=None)
    save_card(provider, subscriptions["Ben Backup"].partner_id, "pm_card_mastercard")
    STRIPE.require_authentication(cards["Dan Confirms"])
    STRIPE.hold(cards["Eve Waits"])
    STRIPE.decline(cards["Finn Stolen"], code="stolen_card", times=None)
    STRIPE.tell(
        "faults/add",
        kind="close_after",
        path="payment_intents",
        times=3,
        match=cards["Cleo Silence"],
    )


def collect(subscriptions):
    """Bill, charge, and ask what became of what nobody answered for."""
    trigger("ir_cron_renewal")
    trigger("ir_cron_collection")
    lost = subscriptions["Cleo Silence"].invoice_ids.transaction_ids
    was_unknown = lost.is_outcome_unknown
    lost.date_next_check = fields.Datetime.now()
    trigger("ir_cron_resolving")
    return was_unknown


def go_on(provider, subscriptions):
    """Let the bank answer, a customer dispute, and give money back."""
    charge_of = {
        name: each.invoice_ids.transaction_ids.filtered(lambda tx: tx.state != "error")
        for name, each in subscriptions.items()
    }
    STRIPE.settle(charge_of["Eve Waits"].provider_reference)
    STRIPE.dispute(charge_of["Hope Disputes"].provider_reference, reason="fraudulent")
    invoice = subscriptions["Gus Returns"].invoice_ids
    action = invoice.action_refund()
    env[action["res_model"]].with_context(**action["context"]).create(
        {
            "invoice_id": invoice.id,
            "amount": invoice.amount_total / 2,
            "reason_id": env.ref("subscription_billing.refund_reason_other").id,
        }
    ).action_refund()
    trigger("ir_cron_collection")
    hear(provider)
    trigger("ir_cron_collection")


def hear(provider):
    """Take in what Stripe reports; no server listens yet."""
    for event in reversed(STRIPE.events()):
        env["stripe.event"]._receive(provider, read_event(json.dumps(event).encode()))
    env.cr.commit()
    trigger("ir_cron_events", "subscription_billing_stripe")


def get_outcome(name, subscription, was_unknown):
    """Return in a few words what became of a customer's invoice."""
    invoice = subscription.invoice_ids.filtered(lambda m: m.move_type == "out_invoice")
    charges = invoice.transaction_ids.filtered("collection_invoice_id").sorted("id")
    words = [
        " ".join(
            filter(
                None, (charge.token_id.display_name, charge.state, charge.decline_code)
            )
        )
        for charge in charges
    ]
    if name == "Cleo Silence" and was_unknown:
        words[-1] += " (was unknown, Stripe was asked)"
    if invoice.dispute_ids:
        words.append(f"dispute: {invoice.dispute_ids[0].state}")
    refunds = charges.child_transaction_ids.filtered(
        lambda tx: tx.operation == "refund"
    )
    words += [f"refund {-refund.amount:.2f} {refund.state}" for refund in refunds]
    if invoice.is_confirmation_awaited:
        words.append("a link to confirm it was sent")
    return {
        "name": name,
        "invoice": invoice.payment_state,
        "what": "; ".join(words),
    }


def main():
    """Play the story and write it down."""
    provider = set_up()
    subscriptions = sign_up(provider)
    script(provider, subscriptions)
    was_unknown = collect(subscriptions)
    go_on(provider, subscriptions)
    tell_outcome = partial(get_outcome, was_unknown=was_unknown)
    payments = env["account.payment"].search([("payment_transaction_id", "!=", False)])
    mine = payments.filtered(
        lambda payment: payment.payment_transaction_id.provider_id == provider
    )
    facts = {
        "provider": provider.id,
        "stories": [
            {**tell_outcome(name, subscriptions[name]), "story": story}
            for name, story in STORIES
        ],
        "taken": sum(each["amount"] for each in STRIPE.ledger("charge")) / 100,
        "booked": sum(
            mine.filtered(lambda p: p.payment_type == "inbound").mapped("amount")
        ),
        "charges": len(STRIPE.ledger("charge")),
    }
    with open(os.environ["SUBSCRIPTION_FACTS"], "w") as output:
        json.dump(facts, output)


main()
