"""Renewals that are charged at Stripe: invoiced, charged, paid, reconciled.

    ./run bench payments [--count N] [--latency SECONDS] [--rate N] [--profile]
                         [--json FILE]

Stripe's stand-in runs in a process of its own and answers after the latency. Ours runs
as it does in Odoo: the renewal and the collection are two scheduled actions, each in a
worker of its own, and the collection is woken as invoices come. Beside it, Odoo's own
Stripe provider charges some of the same cards one by one. At the end, the books and the
stand-in's ledger have to agree to the cent.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from tests.stand_in import Remote
from workshop import paths

from . import report
from .scene import make_partners
from .stripe_book import make_subscriptions, make_tokens, stripe_provider
from .workbench import BenchmarkError, Workbench, opened, prepared

#: renewals a second that have to be reached
TARGET = 20
CORE_SHARE = 20
WORKER = "benchmarks.payments_worker"
API_BASE = "subscription_billing_stripe.api_base"


class Worker:
    """One of Odoo's workers, in a process of its own."""

    def __init__(self, kind: str, database: str, count: int, base: str, *options: str):
        self.process = subprocess.Popen(
            [sys.executable, "-m", WORKER, kind, database, str(count), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=paths.ROOT,
            env={**os.environ, "STRIPE_BASE": base},
        )
        if self.process.stdout.readline().strip() != "ready":
            raise BenchmarkError(f"The worker that was to {kind} did not start.")

    def begin(self) -> None:
        """Let it work."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def finish(self) -> dict:
        """Wait for its end; print what it tells, return its figures."""
        *told, figures = self.process.stdout.read().strip().splitlines() or [""]
        if self.process.wait():
            raise BenchmarkError("A worker failed: its error is above.")
        for line in told:
            print(line)
        return json.loads(figures)


def run_together(workers: list[Worker]) -> tuple[float, list[dict]]:
    """Let workers begin at the same moment; return the seconds and their figures."""
    began = time.perf_counter()
    for worker in workers:
        worker.begin()
    figures = [worker.finish() for worker in workers]
    return time.perf_counter() - began, figures


def race_ours(bench: Workbench, stripe: Remote, options) -> dict:
    """Bill and collect the whole book; check it against the stand-in."""
    name = bench.copy_ours("payments")
    with opened(name) as env:
        provider = stripe_provider(env, options.rate)
        tokens = make_tokens(
            env, provider, make_partners(env, options.count), stripe.url
        )
        make_subscriptions(env, tokens)
        env["ir.config_parameter"].set_param(API_BASE, stripe.url)
        env.cr.commit()
    bench.analyze(name)
    stripe.tell("settings", latency=options.latency)
    seconds, (renewed, collected) = run_together(
        [
            Worker(
                kind,
                name,
                options.count,
                stripe.url,
                *(["--profile"] if options.profile else []),
            )
            for kind in ("renew", "collect")
        ]
    )
    with opened(name) as env:
        charged = sum(each["amount"] for each in stripe.ledger("charge"))
        paid = env["account.payment"].search([("state", "in", ("in_process", "paid"))])
        booked = round(sum(paid.mapped("amount")) * 100)
    if len(paid) != options.count or charged != booked:
        raise BenchmarkError(
            f"{len(paid)} payments over {booked} are booked, "
            f"the stand-in took {charged}."
        )
    return {"seconds": seconds, "renew": renewed, "collect": collected}


def race_core(bench: Workbench, stripe: Remote, options) -> dict:
    """Bill and charge some of the cards with what Odoo brings."""
    count = max(options.count // CORE_SHARE, 1)
    name = bench.copy_with(None)
    stripe.tell("settings", latency=0)
    with opened(name) as env:
        provider = stripe_provider(env)
        make_tokens(env, provider, make_partners(env, count), stripe.url)
        env.cr.commit()
    bench.analyze(name)
    stripe.tell("settings", latency=options.latency)
    seconds, figures = run_together([Worker("core", name, count, stripe.url)])
    return {"seconds": seconds, "items": count, "core": figures[0]}


def main() -> int:
    """Run the benchmark; 1 when it cannot be run or misses its target."""
    options = _parse()
    try:
        with ExitStack() as stack:
            bench = stack.enter_context(prepared())
            stripe = stack.enter_context(Remote())
            ours = race_ours(bench, stripe, options)
            core = race_core(bench, stripe, options)
    except BenchmarkError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    rate = options.count / ours["seconds"]
    _print(options, ours, core)
    report.save(options.json, "payments", {**vars(options), **ours, "core": core})
    return 0 if rate >= TARGET else 1


def _print(options, ours: dict, core: dict) -> None:
    rate = options.count / ours["seconds"]
    core_rate = core["items"] / core["seconds"]
    rows = [
        ("this: invoiced, charged, paid", options.count, f"{rate:.1f}", ""),
        (
            "core: one by one",
            core["items"],
            f"{core_rate:.1f}",
            f"×{rate / core_rate:.1f}",
        ),
    ]
    report.print_table(("Stripe", "items", "a second", "ours is as fast"), rows)
    reached = "reached" if rate >= TARGET else "MISSED"
    print(f"Target: {TARGET} a second, {reached}.")
    for kind in ("renew", "collect"):
        cost = ours[kind]
        print(
            f"{kind}: {cost['seconds']:.1f} s, {cost['cpu_seconds']:.1f} s of them "
            f"Python at work, {cost['queries_per_item']:.1f} queries an item"
        )
    least = options.count / options.rate
    print(f"The rate limit of {options.rate} a second alone takes {least:.1f} s.")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench payments", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="renewals")
    parser.add_argument("--latency", type=float, default=0.3, help="of an answer")
    parser.add_argument("--rate", type=int, default=25, help="calls a second")
    parser.add_argument("--profile", action="store_true", help="print what takes long")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
