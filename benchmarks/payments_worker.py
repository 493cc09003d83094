"""One of Odoo's workers: it does what is to be done as soon as it is told to begin.

    python -m benchmarks.payments_worker renew|collect|core DATABASE COUNT [--profile]

It prints `ready`, waits for a line, works, prints where its time went when asked to,
and its figures as JSON.
"""

import json
import os
import sys
import time
from contextlib import nullcontext

import psutil
from odoo.fields import Command
from odoo.tools import config

from .measure import measured
from .profiling import profiled
from .scene import charge_by_core
from .stripe_book import stripe_provider
from .workbench import opened, run_scheduled_action

#: seconds between two looks for new work, as the scheduler is woken
PAUSE = 0.1
COLLECTED = [("collection_state", "=", "done")]


def renew(env, _count):
    """Bill all that is due."""
    run_scheduled_action(env, "subscription_billing.ir_cron_renewal")


def collect(env, count):
    """Collect as the invoices come, until that many are collected."""
    while env["account.move"].search_count(COLLECTED) < count:
        run_scheduled_action(env, "subscription_billing.ir_cron_collection")
        time.sleep(PAUSE)
        env.cr.rollback()


def core(env, count):
    """Charge cards one by one with what Odoo brings; each has its invoice."""
    base = os.environ["STRIPE_BASE"]
    provider_type = type(env["payment.provider"])
    provider_type._build_request_url = lambda _self, endpoint, **_options: (
        f"{base}/v1/{endpoint}"
    )
    provider = stripe_provider(env)
    tokens = env["payment.token"].search([("provider_id", "=", provider.id)])
    for token in tokens[:count]:
        invoice = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": token.partner_id.id,
                "invoice_line_ids": [
                    Command.create({"name": "Service", "price_unit": 50})
                ],
            }
        )
        invoice.action_post()
        charge_by_core(invoice, token)
        env.cr.commit()


WORK = {"renew": renew, "collect": collect, "core": core}


def begin(kind: str, database: str, count: int, *options: str) -> None:
    """Get ready, wait, work, and print what it cost."""
    path = os.environ["SUBSCRIPTION_BENCH_CONF"]
    config.parse_config(["-c", path, "--log-level=warn"], setup_logging=True)
    with opened(database) as env:
        print("ready", flush=True)
        sys.stdin.readline()
        watching = profiled(kind, count) if "--profile" in options else nullcontext()
        with watching, measured(count) as cost:
            WORK[kind](env, count)
    figures = {**cost.as_figures(), "threads": psutil.Process().num_threads()}
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    begin(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
