"""A form charges an invoice while a run is at work, each in its own transaction."""

import pytest

TOGETHER = """
import os
from odoo import Command, api
provider = env["payment.provider"].search([("code", "=", "demo")], limit=1)
provider.state = "test"
partner = env["res.partner"].create({"name": "Ada"})
token = env["payment.token"].create({
    "provider_id": provider.id,
    "payment_method_id": env.ref("payment_demo.payment_method_demo").id,
    "partner_id": partner.id,
    "provider_ref": "test",
    "demo_simulated_state": "done",
})
product = env["product.product"].create({"name": "Service", "type": "service"})
subscription = env["subscription.subscription"].create({
    "partner_id": partner.id,
    "plan_id": env["subscription.plan"].create({"name": "Monthly"}).id,
    "state": "active",
    "collection_method": "automatic",
    "payment_token_id": token.id,
    "line_ids": [Command.create({"product_id": product.id, "price_unit": 10})],
})
env.cr.commit()
subscription.action_bill_now()
env.cr.commit()
invoice = subscription.invoice_ids
if os.environ["IS_OPENED"]:
    env["subscription.collection"]._in_company(env.company)._commit_intents()
transaction = type(env["payment.transaction"])
send = transaction._send_payment_request

def send_beside_a_run(self):
    if not self.collection_invoice_id:
        with env.registry.cursor() as cr:
            # It must not wait for what this very process has locked.
            cr.execute("SET lock_timeout = '500ms'")
            cr.commit()
            api.Environment(cr, api.SUPERUSER_ID, {})[
                "subscription.collection"
            ]._cron_collect()
    return send(self)

transaction._send_payment_request = send_beside_a_run
line = provider.journal_id.inbound_payment_method_line_ids.filtered(
    lambda line: line.payment_provider_id == provider
)
env["account.payment.register"].with_context(
    active_model="account.move", active_ids=invoice.ids
).create({
    "journal_id": provider.journal_id.id,
    "payment_method_line_id": line.id,
    "payment_token_id": token.id,
}).action_create_payments()
env.cr.commit()
env["subscription.collection"]._cron_collect()
"""
DONE = "SELECT count(*) FROM payment_transaction WHERE state = 'done'"
PAID = "SELECT count(*) FROM account_move WHERE payment_state IN ('paid', 'in_payment')"


@pytest.mark.parametrize("is_opened", ["", "1"], ids=["due", "opened"])
def test_a_run_takes_nothing_that_a_form_is_taking(live_database, is_opened):
    live_database.run(TOGETHER, IS_OPENED=is_opened)
    assert live_database.number(DONE) == 1
    assert live_database.number(PAID) == 1
