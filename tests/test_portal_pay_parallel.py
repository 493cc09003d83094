"""Two windows pay one invoice at the same time, each in its own transaction."""

TOGETHER = """
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
env.cr.commit()
subscription.action_bill_now()
env.cr.commit()
first = subscription._get_portal_owed()
with env.registry.cursor() as cr:
    other = subscription.with_env(api.Environment(cr, api.SUPERUSER_ID, {}))
    second = other._get_portal_owed()
    first._hold_for_portal_payment()
    env.cr.commit()
    try:
        second._hold_for_portal_payment()
    except SerializationFailure:
        cr.rollback()
        partner.comment = "starts over"
env.cr.commit()
"""


def test_the_second_starts_over_and_sees_what_the_first_has_done(live_database):
    live_database.run(TOGETHER)
    query = "SELECT count(*) FROM res_partner WHERE comment LIKE '%starts over%'"
    assert live_database.number(query) == 1
