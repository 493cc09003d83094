"""Two windows confirm one declaration, or send one form, at the same time, each in its
own transaction."""

BOOK = """
from odoo import Command, api
from psycopg2.errors import SerializationFailure
partner = env["res.partner"].create({"name": "Ada", "email": "ada@example.com"})
product = env["product.product"].create({"name": "Service", "type": "service"})
subscription = env["subscription.subscription"].create({
    "partner_id": partner.id,
    "plan_id": env["subscription.plan"].create({"name": "Monthly"}).id,
    "state": "active",
    "line_ids": [Command.create({"product_id": product.id, "price_unit": 10})],
})
Request = env["subscription.cancellation.request"]
declared = {
    "kind": "ordinary", "customer_name": "Ada", "contract_number": subscription.name,
    "email": "ada@example.com", "form_key": "one",
}
"""
CONFIRM = (
    BOOK
    + """
request = Request._receive(declared, env.company)
Request._cron_answer()
env.cr.commit()
def confirm(env):
    mine = request.with_env(env)
    mine._confirm_by_customer(mine._get_shown_key())
with env.registry.cursor() as cr:
    other = api.Environment(cr, api.SUPERUSER_ID, {})
    request.with_env(other).state
    confirm(env)
    env.cr.commit()
    try:
        confirm(other)
    except SerializationFailure:
        cr.rollback()
        confirm(api.Environment(cr, api.SUPERUSER_ID, {}))
env.cr.commit()
"""
)
SEND = (
    BOOK
    + """
env.cr.commit()
def send(env):
    attempts = env["subscription.attempt"]
    assert attempts._is_allowed("cancel_request_email", "ada@example.com", 5, 24)
    Request.with_env(env)._receive(declared, env.company)
with env.registry.cursor() as cr:
    other = api.Environment(cr, api.SUPERUSER_ID, {})
    other["subscription.attempt"].search_count([])
    send(env)
    env.cr.commit()
    try:
        send(other)
    except SerializationFailure:
        cr.rollback()
        send(api.Environment(cr, api.SUPERUSER_ID, {}))
env.cr.commit()
"""
)
CLOSES = "SELECT count(*) FROM subscription_change WHERE state = 'scheduled'"
DONE = "SELECT count(*) FROM subscription_cancellation_request WHERE state = 'done'"
KEPT = "SELECT count(*) FROM subscription_cancellation_request"


def test_confirmed_at_the_same_time_it_is_carried_out_once(live_database):
    live_database.run(CONFIRM)
    assert live_database.number(CLOSES) == 1
    assert live_database.number(DONE) == 1


def test_a_form_sent_at_the_same_time_is_kept_once(live_database):
    live_database.run(SEND)
    assert live_database.number(KEPT) == 1
