"""Notices in real processes: two runs at the same moment tell each customer once."""

import pytest

BOOK = """
from datetime import date
from dateutil.relativedelta import relativedelta
from odoo import Command
product = env["product.product"].create({"name": "Service", "type": "service"})
plan = env["subscription.plan"].create({"name": "Yearly", "interval_unit": "year"})
renewal = env.company._get_subscription_today() + relativedelta(days=20)
partners = env["res.partner"].create([
    {"name": f"Customer {number}", "email": f"customer{number}@example.com"}
    for number in range(200)
])
env["subscription.subscription"].create([
    {
        "partner_id": partner.id,
        "plan_id": plan.id,
        "state": "active",
        "date_start": renewal - relativedelta(years=1),
        "date_next_invoice": renewal,
        "line_ids": [Command.create({"product_id": product.id, "price_unit": 10})],
    }
    for partner in partners
])
env.cr.commit()
"""
# Each process waits until both are ready, so that they really start together.
NOTIFY = """
import os, time
from pathlib import Path
type(env["subscription.notifier"])._find_size = 20
type(env["subscription.notifier"])._write_size = 20
Path(os.environ["READY"]).touch()
while not Path(os.environ["GO"]).exists():
    time.sleep(0.01)
env["subscription.notifier"]._cron_notify()
"""
NOTICES = "SELECT count(*) FROM subscription_notice"
TOLD = "SELECT count(DISTINCT subscription_id) FROM subscription_notice"
QUEUED = (
    f"{NOTICES} notice JOIN mail_mail mail ON mail.id = notice.mail_mail_id "
    "WHERE notice.state = 'queued' AND mail.state = 'outgoing'"
)
MAILS = "SELECT count(*) FROM mail_mail"


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
            live_database.start(NOTIFY, READY=str(flag), GO=str(go)) for flag in ready
        ]
        while not all(flag.exists() for flag in ready):
            assert all(process.poll() is None for process in processes)
        go.touch()
        return processes

    return start


def _assert_each_is_told_once(database):
    assert database.number(NOTICES) == 200
    assert database.number(TOLD) == 200
    assert database.number(QUEUED) == 200
    assert database.number(MAILS) == 200


def test_two_runs_at_the_same_moment_tell_each_customer_once(live_database, together):
    for process in together():
        live_database.finish(process)
    _assert_each_is_told_once(live_database)


def test_a_killed_run_is_completed_by_the_next(live_database, together):
    processes = together()
    live_database.wait_for(QUEUED)
    for process in processes:
        process.kill()
        process.wait()
    written = live_database.number(MAILS)
    assert 0 < written < 200
    assert live_database.number(QUEUED) == written, "a proof and its mail are one"
    for process in together():
        live_database.finish(process)
    _assert_each_is_told_once(live_database)
