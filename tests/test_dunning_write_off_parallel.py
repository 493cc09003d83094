"""Write-offs in real processes: two at the same moment give each invoice up once."""

import pytest

from .test_dunning_fees_parallel import BOOK

PREPARE = (
    BOOK.split('env["dunning.policy"].search([])')[0]
    + """
env["dunning.policy"].search([]).active = False
env["dunning.policy"].create({
    "name": "Give up",
    "date_start": False,
    "step_ids": [
        Command.create({
            "name": "Give up", "days": 5, "grace_days": 0, "action": "write_off",
        })
    ],
})
env.company.dunning_write_off_journal_id = env["account.journal"].search(
    [("type", "=", "general")], limit=1
)
env.company.dunning_write_off_account_id = env["account.account"].search(
    [("account_type", "=", "expense")], limit=1
)
env.cr.commit()
"""
)
# Each process waits until both are ready, so that they really start together.
WAIT = """
import os, time
from pathlib import Path
type(env["dunning.run"])._chunk_size = 5
type(env["dunning.run"])._open_size = 5
Path(os.environ["READY"]).touch()
while not Path(os.environ["GO"]).exists():
    time.sleep(0.01)
"""
DUN = WAIT + 'env["dunning.run"]._cron_dun()\n'
# What the dialog does, for every case, until each is given up by somebody.
BY_HAND = (
    """
from odoo.exceptions import UserError
from odoo.addons.subscription_billing.models.batch import retry_on_conflict
env["dunning.run"]._cron_dun()
"""
    + WAIT
    + """
def give_up(case):
    try:
        with env.cr.savepoint():
            case._write_off(case._get_overdue(), "By hand.")
    except UserError:
        pass
    env.cr.commit()
for case in env["dunning.case"].search([("state", "!=", "closed")]):
    retry_on_conflict(env, lambda case=case: give_up(case))
"""
)
STANDING = (
    "SELECT count(*) FROM dunning_write_off write_off "
    "JOIN account_move move ON move.id = write_off.entry_id "
    "WHERE write_off.state = 'booked' AND move.state = 'posted'"
)
ENTRIES = (
    "SELECT count(*) FROM account_move WHERE dunning_written_off_case_id IS NOT NULL"
)
OWED = (
    "SELECT count(*) FROM account_move WHERE move_type = 'out_invoice' "
    "AND payment_state != 'paid'"
)
FAILED = "SELECT count(*) FROM dunning_case WHERE error IS NOT NULL"


@pytest.mark.parametrize("script", [DUN, BY_HAND], ids=["two runs", "two people"])
def test_each_invoice_is_given_up_once(live_database, tmp_path, script):
    live_database.run(PREPARE)
    if script == BY_HAND:
        # People come before the step does.
        live_database.run(
            'env["dunning.step"].search([("action", "=", "write_off")]).days = 500\n'
            "env.cr.commit()\n"
        )
    go = tmp_path / "go"
    ready = [tmp_path / f"ready-{number}" for number in range(2)]
    processes = [
        live_database.start(script, READY=str(flag), GO=str(go)) for flag in ready
    ]
    while not all(flag.exists() for flag in ready):
        assert all(process.poll() is None for process in processes)
    go.touch()
    for process in processes:
        live_database.finish(process)
    assert live_database.number(FAILED) == 0
    assert live_database.number(STANDING) == 60
    assert live_database.number(ENTRIES) == 60
    assert live_database.number(OWED) == 0
