"""Uses that two processes record at the same moment, with real transactions."""

import pytest

BOOK = """
from odoo import Command
service, support = env["product.product"].create([
    {"name": "Service", "type": "service"}, {"name": "Support", "type": "service"},
])
plan = env["subscription.plan"].create({
    "name": "Monthly",
    "entitlement_ids": [
        Command.create({
            "product_id": support.id,
            "quantity": 15,
            "interval_unit": "year",
            "overage": "billed",
            "overage_price": 80,
        }),
    ],
})
env["subscription.subscription"].create({
    "partner_id": env["res.partner"].create({"name": "Customer"}).id,
    "plan_id": plan.id,
    "state": "active",
    "line_ids": [Command.create({"product_id": service.id, "price_unit": 10})],
})
env.cr.commit()
"""
# As a server does: what meets another transaction begins anew.
RETRYING = """
import os, time
from functools import partial
from pathlib import Path
from odoo.service.model import retrying
entitlement = env["subscription.entitlement"].search([])
Consumption = env["subscription.consumption"]
def again(work):
    while True:
        try:
            retrying(work, env)
            env.cr.commit()
            return
        except Exception as error:
            if getattr(error, "pgcode", None) not in ("40001", "40P01", "55P03"):
                raise
            env.cr.rollback()
Path(os.environ["READY"]).touch()
while not Path(os.environ["GO"]).exists():
    time.sleep(0.01)
"""
RECORD = (
    RETRYING
    + """
for number in range(10):
    again(partial(Consumption.record, [
        {"entitlement_id": entitlement.id, "key": f"{os.environ['NAME']}-{number}"},
        {"entitlement_id": entitlement.id, "key": f"both-{number}"},
    ]))
"""
)
CANCEL = (
    RETRYING
    + """
for consumption in Consumption.search([], order="id"):
    again(consumption.action_cancel)
"""
)
USES = "SELECT count(*) FROM subscription_consumption WHERE state = 'recorded'"
BEYOND = "SELECT sum(quantity_overage) FROM subscription_consumption"
ITEMS = "SELECT COALESCE(sum(quantity), 0) FROM subscription_item"


@pytest.fixture
def together(live_database, tmp_path):
    """Run a script in two processes that begin at the same moment."""
    live_database.run(BOOK)

    def start(script):
        go = tmp_path / "go"
        go.unlink(missing_ok=True)
        ready = [tmp_path / f"ready-{name}" for name in ("one", "two")]
        for flag in ready:
            flag.unlink(missing_ok=True)
        processes = [
            live_database.start(script, READY=str(flag), GO=str(go), NAME=flag.name)
            for flag in ready
        ]
        while not all(flag.exists() for flag in ready):
            assert all(process.poll() is None for process in processes)
        go.touch()
        for process in processes:
            live_database.finish(process)

    return start


def test_each_use_and_its_overage_are_recorded_once(live_database, together):
    """Ten of one, ten of the other and ten of both: thirty, of which fifteen cost."""
    together(RECORD)
    assert live_database.number(USES) == 30
    assert live_database.number(BEYOND) == 15
    assert live_database.number(ITEMS) == 15
    together(CANCEL)
    assert live_database.number(USES) == 0
    assert live_database.number(BEYOND) == 0
    assert live_database.number(ITEMS) == 0
