"""Late fees in real processes: two runs at the same moment book each of them once."""

import pytest

BOOK = """
from dateutil.relativedelta import relativedelta
from odoo import Command
product = env["product.product"].create(
    {"name": "Service", "type": "service", "taxes_id": [Command.clear()]}
)
plan = env["subscription.plan"].create({"name": "Yearly", "interval_unit": "year"})
start = env.company._get_subscription_today() - relativedelta(days=73)
partners = env["res.partner"].create(
    [{"name": f"Customer {number}"} for number in range(60)]
)
env["subscription.subscription"].create([
    {
        "partner_id": partner.id,
        "plan_id": plan.id,
        "state": "active",
        "date_start": start,
        "date_next_invoice": start,
        "line_ids": [Command.create({"product_id": product.id, "price_unit": 100})],
    }
    for partner in partners
])
env["subscription.renewal"]._cron_renew()
invoices = env["account.move"].search([("move_type", "=", "out_invoice")])
for invoice in invoices:
    invoice.button_draft()
    invoice.write({"invoice_payment_term_id": False, "invoice_date_due": start})
invoices.action_post()
env["dunning.policy"].search([]).active = False
env["dunning.policy"].create({
    "name": "Fees",
    "date_start": False,
    "step_ids": [
        Command.create({
            "name": kind, "sequence": number, "days": 5, "grace_days": 0,
            "action": "fee", "fee_kind": kind, "fee_amount": 12, "fee_percent": 5,
        })
        for number, kind in enumerate(("fixed", "interest"))
    ],
})
env.cr.commit()
"""
# Each process waits until both are ready, so that they really start together.
DUN = """
import os, time
from pathlib import Path
type(env["dunning.run"])._chunk_size = 5
type(env["dunning.run"])._open_size = 5
Path(os.environ["READY"]).touch()
while not Path(os.environ["GO"]).exists():
    time.sleep(0.01)
env["dunning.run"]._cron_dun()
"""
FEES = "SELECT count(*) FROM dunning_fee"
BOOKED = (
    f"{FEES} fee JOIN account_move move ON move.id = fee.fee_move_id "
    "WHERE move.state = 'posted'"
)
INVOICES = "SELECT count(*) FROM account_move WHERE move_type = 'out_invoice'"
FAILED = "SELECT count(*) FROM dunning_case WHERE error IS NOT NULL"
# 60 x (12 + 100 x 5 % x 73 / 365)
CENTS = "SELECT round(sum(amount) * 100) FROM dunning_fee"


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
            live_database.start(DUN, READY=str(flag), GO=str(go)) for flag in ready
        ]
        while not all(flag.exists() for flag in ready):
            assert all(process.poll() is None for process in processes)
        go.touch()
        return processes

    return start


def test_complaint_14_two_runs_at_the_same_moment_book_each_fee_once(
    live_database, together
):
    """Complaint 14: the job ran twice, and fees were there twice."""
    for _ in range(2):
        for process in together():
            live_database.finish(process)
        assert live_database.number(FEES) == 120
        assert live_database.number(BOOKED) == 120
        assert live_database.number(INVOICES) == 180
        assert live_database.number(CENTS) == 60 * 1300
        assert live_database.number(FAILED) == 0
