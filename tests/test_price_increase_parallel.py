"""A price increase in real processes: announced once, by two at the same moment."""

import signal

import pytest

BOOK = """
from odoo import Command
product = env["product.product"].create({"name": "Service", "type": "service"})
plan = env["subscription.plan"].create({"name": "Monthly"})
env["subscription.price"].create({
    "plan_id": plan.id,
    "product_tmpl_id": product.product_tmpl_id.id,
    "price_unit": 10,
})
partners = env["res.partner"].create([
    {"name": f"Customer {number}", "email": f"customer{number}@example.com"}
    for number in range(100)
])
env["subscription.subscription"].create([
    {
        "partner_id": partner.id,
        "plan_id": plan.id,
        "state": "active",
        "line_ids": [Command.create({"product_id": product.id}) for _line in range(2)],
    }
    for partner in partners
])
increase = env["subscription.increase"].create({"name": "2027", "percent": 10})
increase.action_compute()
increase.action_announce()
env.cr.commit()
"""
# Each process waits until both are ready, so that they really start together.
WORK = """
import os, time
from pathlib import Path
type(env["subscription.increase.run"])._chunk_size = 10
Path(os.environ["READY"]).touch()
while not Path(os.environ["GO"]).exists():
    time.sleep(0.01)
env["subscription.increase.run"]._cron_work()
"""
CANCEL = """
env["subscription.increase"].search([]).action_cancel()
env.cr.commit()
"""

ANNOUNCED = "SELECT count(*) FROM subscription_increase_line WHERE state = 'announced'"
ERRORS = "SELECT count(*) FROM subscription_increase_line WHERE error IS NOT NULL"
SCHEDULED = "SELECT count(*) FROM subscription_change WHERE state = 'scheduled'"
CHANGED_LINES = "SELECT count(*) FROM subscription_change_line"
NOTICES = "SELECT count(*) FROM subscription_notice"
DONE = "SELECT count(*) FROM subscription_increase WHERE state = '{}'"


@pytest.fixture
def together(live_database, tmp_path):
    """Start the run in two processes that begin at the same moment."""
    live_database.run(BOOK)

    def start():
        go = tmp_path / "go"
        go.unlink(missing_ok=True)
        ready = [tmp_path / f"ready-{number}" for number in range(2)]
        for flag in ready:
            flag.unlink(missing_ok=True)
        processes = [
            live_database.start(WORK, READY=str(flag), GO=str(go)) for flag in ready
        ]
        while not all(flag.exists() for flag in ready):
            assert all(process.poll() is None for process in processes)
        go.touch()
        return processes

    return start


def assert_announced_once(database):
    """Check that each customer has one change of both lines, and one e-mail."""
    assert database.number(ERRORS) == 0
    assert database.number(ANNOUNCED) == 200
    assert database.number(SCHEDULED) == 100
    assert database.number(CHANGED_LINES) == 200
    assert database.number(NOTICES) == 100


def test_two_runs_at_the_same_moment_announce_once(live_database, together):
    for process in together():
        live_database.finish(process)
    for process in together():
        live_database.finish(process)
    assert_announced_once(live_database)
    assert live_database.number(DONE.format("announced")) == 1


def test_a_killed_run_is_completed_by_the_next(live_database, together):
    processes = together()
    live_database.wait_for(ANNOUNCED)
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.wait()
    announced = live_database.number(ANNOUNCED)
    assert 0 < announced < 200
    assert (
        live_database.number(SCHEDULED)
        == announced / 2
        == live_database.number(NOTICES)
    )
    for process in together():
        live_database.finish(process)
    assert_announced_once(live_database)


def test_nothing_stays_scheduled_when_it_is_cancelled_meanwhile(
    live_database, together
):
    processes = together()
    live_database.wait_for(ANNOUNCED)
    live_database.run(CANCEL)
    for process in (*processes, *together()):
        live_database.finish(process)
    assert live_database.number(SCHEDULED) == 0
    assert live_database.number(ANNOUNCED) == 0
    assert live_database.number(DONE.format("cancelled")) == 1
