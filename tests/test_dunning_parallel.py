"""The dunning run in two processes at the same moment, on a database of its own."""

import signal

import pytest

from tests.test_parallel import BOOK, TOGETHER, together  # noqa: F401 - a fixture

# Everybody pays by invoice, and nobody has: 90 days ago, with addresses to write to.
UNPAID = BOOK.replace(
    '"collection_method": "automatic"', '"collection_method": "invoice"'
)
OVERDUE = """
env["dunning.policy"].search([]).date_start = False
env["res.partner"].search([("name", "like", "Customer %")]).email = "x@example.com"
env["subscription.renewal"]._cron_renew()
env.cr.execute("UPDATE account_move SET invoice_date_due = now() - interval '90 days'")
env.cr.commit()
"""
DUN = TOGETHER + (
    'type(env["dunning.run"])._chunk_size = 20\n'
    'type(env["dunning.run"])._open_size = 20\n'
    'env["dunning.run"]._cron_dun()\n'
)
CASES = "SELECT count(*) FROM dunning_case"
ACTIONS = "SELECT count(*) FROM dunning_action"
MAILS = "SELECT count(*) FROM mail_mail WHERE body_html LIKE '%Pay now%'"
FAILED = "SELECT count(*) FROM dunning_case WHERE error IS NOT NULL"
PAST_DUE = "SELECT count(*) FROM subscription_subscription WHERE state = 'past_due'"


@pytest.fixture
def book(live_database):
    """300 customers who have not paid."""
    live_database.run(UNPAID)
    live_database.run(OVERDUE)
    return live_database


def check(book):
    assert book.number(FAILED) == 0
    assert book.number(CASES) == 300
    assert book.number(ACTIONS) == 300
    assert book.number(MAILS) == 300
    assert book.number(PAST_DUE) == 300


def test_complaint_14_two_runs_at_the_same_moment_remind_once(book, together):  # noqa: F811
    """Complaint 14: a reminder job that runs twice reminds twice."""
    for process in together(DUN):
        book.finish(process)
    check(book)
    for process in together(DUN):
        book.finish(process)
    check(book)


def test_complaint_14_a_killed_run_is_completed_by_the_next(book, together):  # noqa: F811
    processes = together(DUN)
    book.wait_for(ACTIONS)
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert book.number(ACTIONS) == book.number(MAILS)
    for process in together(DUN):
        book.finish(process)
    check(book)
