"""The dunning run over a book in which everybody owes something.

    ./run bench dunning [--count N] [--profile] [--json FILE]

First it opens a case for each customer, a week later it writes to all of them, then it
suspends them all; after each, it runs again at once, and has to do nothing. The job is
run by the scheduler's own code, which gives it ten seconds at a time. A week passes by
moving all dates back. The memory is looked at after each chunk, the time between any
two commits is measured, and the statements that select what is to be done have to use
indexes.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import psutil
from odoo import Command, api
from odoo.sql_db import Cursor
from odoo.tools import SQL

from . import report
from .dunning_book import make_overdue
from .measure import Cost, measured
from .profiling import profiled
from .workbench import (
    BenchmarkError,
    Workbench,
    opened,
    prepared,
    run_scheduled_action,
)

RUN = "subscription_billing_dunning.ir_cron_dunning"
#: no transaction may take longer, in seconds
LONGEST = 30
#: by how much memory may grow in the second half of the chunks, in MiB
GROWTH = 25
WEEK = 7
#: how long ago the invoices were due when the job sees them first
DAYS = 3
STEPS = (
    {"name": "Remind", "days": 10, "action": "email"},
    {"name": "Suspend", "days": 17, "action": "suspend"},
)
MIB = 2**20
MODULE = "odoo.addons.subscription_billing_dunning.models.dunning_run"


@dataclass
class Watch:
    """What is seen of the job while it runs.

    :param memory: of this process after each chunk, in MiB
    :param longest: seconds between two commits
    :param selections: the statements that select what is to be done, by model
    """

    memory: list[float] = field(default_factory=list)
    longest: float = 0.0
    selections: dict[str, SQL] = field(default_factory=dict)

    def get_memory(self) -> tuple[float, float, float]:
        """Return the memory after the first commit, half of them, and all, in MiB."""
        return self.memory[0], self.memory[len(self.memory) // 2], self.memory[-1]

    @property
    def growth(self) -> float:
        """By how much memory has grown in the second half, in MiB."""
        _start, middle, end = self.get_memory()
        return end - middle


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch what the job does in the block."""
    # It is there when the database is open.
    module = sys.modules[MODULE]
    watch, commit, lock_first = Watch(), Cursor.commit, module.lock_first
    began = time.perf_counter()

    def watching_commit(cursor):
        nonlocal began
        commit(cursor)
        now = time.perf_counter()
        watch.longest, began = max(watch.longest, now - began), now
        watch.memory.append(psutil.Process().memory_info().rss / MIB)

    def watching_select(model, domain, order, limit=None):
        query = model._search(domain, order=order, limit=limit)
        watch.selections[f"{model._name} by {order}"] = query.select()
        return lock_first(model, domain, order, limit)

    with (
        patch.object(Cursor, "commit", watching_commit),
        patch.object(module, "lock_first", watching_select),
    ):
        yield watch


# === THE BOOK === #


def make_policy(env: api.Environment) -> None:
    """Have everybody followed up by the steps of this benchmark."""
    env["dunning.policy"].search([]).active = False
    template = env.ref("subscription_billing_dunning.mail_template_dunning_friendly")
    steps = [
        Command.create({**step, "template_id": template.id, "sequence": number})
        for number, step in enumerate(STEPS)
    ]
    env["dunning.policy"].create(
        {"name": "Benchmark", "date_start": False, "step_ids": steps}
    )


def pass_week(env: api.Environment) -> None:
    """Move all that counts back by a week, and have the cases looked at."""
    for table, columns in (
        ("account_move", ("invoice_date", "invoice_date_due")),
        ("dunning_action", ("date",)),
        ("dunning_case", ("date_opened", "date_oldest")),
    ):
        moved = SQL(", ").join(
            SQL("%s = %s - %s", SQL.identifier(name), SQL.identifier(name), WEEK)
            for name in columns
        )
        env.cr.execute(SQL("UPDATE %s SET %s", SQL.identifier(table), moved))
    env.cr.execute("UPDATE dunning_case SET date_next = now() AT TIME ZONE 'UTC'")
    env.cr.commit()
    env.invalidate_all()


# === RUNNING === #


def race(bench: Workbench, options) -> tuple[list[tuple[str, Cost, Watch]], list[str]]:
    """Run the job in each of the three weeks.

    :return: what each has cost, and what its selections read through
    """
    name, rounds = bench.copy_ours("dunning"), []
    with opened(name) as env:
        make_policy(env)
        make_overdue(env, options.count, DAYS)
        for title in ("open cases", "write to all", "suspend all"):
            bench.analyze(name)
            rounds.append((title, *run_round(env, title, options)))
            print(f"    {title}: {rounds[-1][1].seconds:.0f} s", flush=True)
            check(env, bench, name, title, options.count)
            pass_week(env)
        bench.analyze(name)
        return rounds, explain(env, rounds[-1][-1].selections)


def run_round(env: api.Environment, title: str, options) -> tuple[Cost, Watch]:
    """Run the job until nothing is left."""
    watching = profiled(title, options.count) if options.profile else nullcontext()
    with watching, watched() as watch, measured(options.count) as cost:
        run_scheduled_action(env, RUN)
    return cost, watch


#: what has to be there after each round, for each customer
EXPECTED = {
    "open cases": (
        ("SELECT count(*) FROM dunning_case WHERE state = 'open'", 1),
        ("SELECT count(*) FROM subscription_subscription WHERE state = 'past_due'", 1),
        ("SELECT count(*) FROM dunning_action", 0),
    ),
    "write to all": (
        ("SELECT count(*) FROM dunning_action WHERE state = 'done'", 1),
        ("SELECT count(DISTINCT mail_message_id) FROM dunning_action", 1),
    ),
    "suspend all": (
        ("SELECT count(*) FROM dunning_action WHERE state = 'done'", 2),
        ("SELECT count(*) FROM subscription_subscription WHERE state = 'suspended'", 1),
    ),
}


def check(
    env: api.Environment, bench: Workbench, name: str, title: str, count: int
) -> None:
    """Refuse figures of a run that has not done its work, or does it twice."""
    for sql, each in EXPECTED[title]:
        if int(bench.statement(name, sql)) != count * each:
            raise BenchmarkError(f"After {title}, not {count * each}: {sql}")
    rows = "SELECT max(write_date) FROM dunning_case"
    before = bench.statement(name, rows)
    with measured(1) as again:
        run_scheduled_action(env, RUN)
    print(f"    {title}, once more: {again.seconds:.2f} s, {again.queries} queries")
    if bench.statement(name, rows) != before:
        raise BenchmarkError(f"A second run at once has worked on cases: {title}.")


def explain(env: api.Environment, selections: dict[str, SQL]) -> list[str]:
    """Print how PostgreSQL finds what is to be done; return what it reads through."""
    slow = []
    for title, query in selections.items():
        table = env[title.split()[0]]._table
        lines = [line for (line,) in env.execute_query(SQL("EXPLAIN %s", query))]
        print(f"\n    {title}:")
        for line in lines:
            print(f"        {line[:110]}")
        # Without another name: not where it is only joined with others.
        slow += [title for line in lines if f"Seq Scan on {table}  (" in line]
    return slow


# === THE BENCHMARK === #


def main() -> int:
    """Run the benchmark; 1 when it cannot be run or misses one of its limits."""
    options = _parse()
    try:
        with prepared() as bench:
            rounds, slow = race(bench, options)
    except BenchmarkError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    report.print_table(
        ("round", "cases", "a second", "queries", "longest, s", "memory, MiB"),
        [_row(*each) for each in rounds],
    )
    missed = [f"It reads through all rows: {title}." for title in slow]
    for title, _cost, watch in rounds:
        if watch.longest > LONGEST:
            missed.append(f"A transaction of {title} took {watch.longest:.0f} s.")
        if watch.growth > GROWTH:
            missed.append(f"Memory has grown by {watch.growth:.0f} MiB: {title}.")
    print("\n".join(missed) or "All limits are kept.")
    figures = {title: _as_figures(cost, watch) for title, cost, watch in rounds}
    report.save(options.json, "dunning", {**vars(options), **figures})
    return 1 if missed else 0


def _row(title: str, cost: Cost, watch: Watch) -> tuple:
    start, middle, end = watch.get_memory()
    return (
        title,
        cost.items,
        f"{cost.items / cost.seconds:.0f}",
        f"{cost.queries_each:.1f}",
        f"{watch.longest:.1f}",
        f"{start:.0f}, {middle:.0f}, {end:.0f}",
    )


def _as_figures(cost: Cost, watch: Watch) -> dict:
    return {
        **cost.as_figures(),
        "longest_transaction": round(watch.longest, 2),
        "memory_mib": [round(each) for each in watch.get_memory()],
    }


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench dunning", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--count", type=int, default=10000, help="customers")
    parser.add_argument("--profile", action="store_true", help="print what takes long")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
