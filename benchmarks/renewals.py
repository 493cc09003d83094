"""Renewals and collections, this repository's beside what users have today.

    ./run bench renewals [--count N] [--repeat N] [--full] [--profile] [--json FILE]

Everybody bills the same customers the same product at the same prices and tax, each in
a database of its own with the same content, in one process. The rounds are interleaved
and the medians are printed; a ratio is the median of the rounds' ratios, so that a
moment in which the machine was busy with something else counts once. Those that go
through their subscriptions one by one are given a fifth of the items, as their cost
does not depend on the number (`--full`: all of them). Statistics are fresh (VACUUM
ANALYZE) before each round. `benchmarks/contestants` describes what everybody does.
"""

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from . import report
from .contestants import Contestant, Contract, Core, Ours, SubscriptionOca
from .measure import Cost, measured, typical
from .profiling import profiled
from .workbench import BenchmarkError, Workbench, opened, prepared

WARM_UP = 10


@dataclass
class Row:
    """A line of the table.

    :param target: how many times as fast ours is to be, None without a target
    """

    label: str
    target: float | None = None
    costs: list[Cost] = field(default_factory=list)


class Race:
    """The contestants on their databases, and what their rounds have cost."""

    def __init__(self, workbench: Workbench, stack: ExitStack, options):
        self.workbench = workbench
        self.stack = stack
        self.options = options
        self.ours = self._enter(Ours)
        self.contract = self._enter(Contract)
        self.oca = self._enter(SubscriptionOca)
        self.core = self._enter(Core)
        self.bill = Row("this: invoice and post")
        self.draft = Row("contract: drafts")
        self.posted = Row("contract: drafts, then action_post()", target=2)
        self.oca_draft = Row("subscription_oca: drafts", target=6)
        self.one_by_one = Row("core: create and post one by one")
        self.collect = Row("this: collect")
        self.chain = Row("core: charge and post-process one by one", target=5)

    def _enter(self, kind: type[Contestant]) -> Contestant:
        name = (
            self.workbench.copy_ours("ours")
            if kind is Ours
            else self.workbench.copy_with(kind.addon)
        )
        if self.options.full:
            kind.share = 1.0
        env = self.stack.enter_context(opened(name))
        return kind(env, self.options.count)

    @property
    def groups(self) -> list[list[Row]]:
        """The rows that are compared, ours first."""
        return [
            [self.bill, self.draft, self.posted, self.oca_draft, self.one_by_one],
            [self.collect, self.chain],
        ]

    # === ROUNDS === #

    def warm_up(self) -> None:
        """Let everybody do a few unmeasured, so that nobody pays for first times."""
        contestants = (self.ours, self.contract, self.oca, self.core)
        counts = [contestant.count for contestant in contestants]
        for contestant in contestants:
            contestant.count = min(WARM_UP, contestant.count)
        self.run_round()
        for contestant, count in zip(contestants, counts, strict=True):
            contestant.count = count
        for rows in self.groups:
            for row in rows:
                row.costs.clear()

    def run_round(self) -> None:
        """Let everybody bill once, and collect once."""
        self._measure(self.ours, self.bill, self.ours.bill, self.ours.check)
        self._measure(self.ours, self.collect, self.ours.collect)
        self.ours.check_collected()
        self._measure(self.contract, self.draft, self.contract.bill)
        self._measure(
            self.contract, self.posted, self.contract.post, self.contract.check
        )
        self.posted.costs[-1] += self.draft.costs[-1]
        self._measure(self.oca, self.oca_draft, self.oca.bill, self.oca.check)
        self._measure(self.core, self.one_by_one, self.core.bill, self.core.check)
        self._measure(self.core, self.chain, self.core.collect)
        self.core.check_collected()
        for contestant in (self.contract, self.oca):
            contestant.retire()
            contestant.settle()

    def _measure(
        self,
        contestant: Contestant,
        row: Row,
        work: Callable[[], None],
        check: Callable[[], None] | None = None,
    ) -> None:
        if work == contestant.bill:
            contestant.start()
        contestant.settle()
        self.workbench.analyze(contestant.env.cr.dbname)
        with measured(contestant.count) as cost:
            work()
        row.costs.append(cost)
        print(f"    {row.label}: {cost.ms:.1f} ms", flush=True)
        if check:
            check()

    def profile(self) -> None:
        """Do one more round of ours and print where its time goes."""
        self.ours.start()
        self.workbench.analyze(self.ours.env.cr.dbname)
        for title, work in (
            ("renewal", self.ours.bill),
            ("collection", self.ours.collect),
        ):
            self.ours.settle()
            with profiled(title, self.ours.count):
                work()


def main() -> int:
    """Run the benchmark; 1 when it cannot be run."""
    options = _parse()
    try:
        with prepared() as workbench, ExitStack() as stack:
            race = Race(workbench, stack, options)
            race.warm_up()
            for number in range(options.repeat):
                print(f"Round {number + 1} of {options.repeat}:", flush=True)
                race.run_round()
            _print_rows(race)
            report.save(options.json, "renewals", _as_figures(race, options))
            if options.profile:
                race.profile()
    except BenchmarkError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench renewals", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--count", type=int, default=500, help="items a round (500)")
    parser.add_argument("--repeat", type=int, default=3, help="rounds (3)")
    parser.add_argument("--full", action="store_true", help="all items for everybody")
    parser.add_argument("--profile", action="store_true", help="where our time goes")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


def _ratio(row: Row, ours: Row) -> float:
    """Return how many times as fast ours is, as the median of the rounds."""
    pairs = zip(row.costs, ours.costs, strict=True)
    return median(other.ms / own.ms for other, own in pairs)


def _print_rows(race: Race) -> None:
    rows = []
    for ours, *others in race.groups:
        rows.append(_cells(ours, "", ""))
        for row in others:
            ratio = _ratio(row, ours)
            reached = row.target and ("reached" if ratio >= row.target else "MISSED")
            target = f"×{row.target:g} {reached}" if reached else ""
            rows.append(_cells(row, f"×{ratio:.1f}", target))
    header = ("an item", "items", "ms", "queries", "ours is as fast", "target")
    report.print_table(header, rows)


def _cells(row: Row, ratio: str, target: str) -> tuple[str, ...]:
    cost = typical(row.costs)
    figures = (f"{cost.ms:.1f}", f"{cost.queries_each:.1f}")
    return row.label, str(cost.items), *figures, ratio, target


def _as_figures(race: Race, options: argparse.Namespace) -> dict:
    return {
        "count": options.count,
        "repeat": options.repeat,
        "rows": {
            row.label: {
                **typical(row.costs).as_figures(),
                "rounds_ms": [round(cost.ms, 2) for cost in row.costs],
                "ours_is_as_fast": round(_ratio(row, ours), 2),
            }
            for ours, *others in race.groups
            for row in (ours, *others)
        },
    }


if __name__ == "__main__":
    sys.exit(main())
