"""An order that is sent twice at the same time, each in its own transaction; and an
offer that is taken twice."""

ORDERED = """
from odoo import Command, api
from psycopg2.errors import SerializationFailure
product = env["product.product"].create({"name": "Service", "type": "service"})
plan = env["subscription.plan"].create(
    {"name": "Monthly", "collection_method": "invoice"})
env.cr.commit()

def place(env):
    order = {
        "company": env.company,
        "plan": plan.with_env(env),
        "product": product.with_env(env),
        "quantity": 1,
        "coupon": "",
    }
    return env["subscription.signup"]._place(
        "a" * 32, order, {"name": "Grace", "email": "grace@example.com"}, "I order")

with env.registry.cursor() as cr:
    other = api.Environment(cr, api.SUPERUSER_ID, {})
    other["res.partner"].search_count([])
    first = place(env)
    env.cr.commit()
    try:
        place(other)
    except SerializationFailure:
        cr.rollback()
        again = place(other)
        cr.commit()
        if again.id == first.id:
            env["res.partner"].create({"name": "starts over"})
env.cr.commit()
"""
KEPT = """
from odoo import Command, api
from psycopg2.errors import SerializationFailure
partner = env["res.partner"].create({"name": "Ada"})
product = env["product.product"].create({"name": "Service", "type": "service"})
subscription = env["subscription.subscription"].create({
    "partner_id": partner.id,
    "plan_id": env["subscription.plan"].create({"name": "Monthly"}).id,
    "state": "active",
    "line_ids": [Command.create({"product_id": product.id, "price_unit": 10})],
})
coupon = env["subscription.coupon"].create({"name": "Stay", "percentage": 50})
env["subscription.retention.offer"].create(
    {"name": "Stay", "coupon_id": coupon.id, "held_out": 0})
reason = env["subscription.close.reason"].create({"name": "Price"})
first = env["subscription.cancellation"]._ask(subscription, reason, "")
env.cr.commit()
with env.registry.cursor() as cr:
    second = first.with_env(api.Environment(cr, api.SUPERUSER_ID, {}))
    second.subscription_id.discount_ids
    first._accept(None)
    env.cr.commit()
    try:
        second._accept(None)
    except SerializationFailure:
        cr.rollback()
        if not second._get_offer():
            partner.comment = "kept once"
env.cr.commit()
"""


def test_an_order_is_placed_once(live_database):
    live_database.run(ORDERED)
    for query in (
        "SELECT count(*) FROM subscription_signup WHERE state = 'started'",
        "SELECT count(*) FROM res_partner WHERE email = 'grace@example.com'",
        "SELECT count(*) FROM res_partner WHERE name = 'starts over'",
    ):
        assert live_database.number(query) == 1, query


def test_an_offer_is_taken_once(live_database):
    live_database.run(KEPT)
    assert live_database.number("SELECT count(*) FROM subscription_discount") == 1
    query = "SELECT count(*) FROM res_partner WHERE comment LIKE '%kept once%'"
    assert live_database.number(query) == 1
