"""What a piece of work costs: time, queries and memory."""

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median

import psutil
from odoo import sql_db

SAMPLE_SECONDS = 0.05


@dataclass
class Cost:
    """The cost of work on ``items`` items.

    :param seconds: wall time
    :param cpu_seconds: of this process only, the database server's is not in it
    :param queries: SQL statements, on all cursors
    :param growth: bytes of memory, from the start to the peak
    """

    items: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    queries: int = 0
    growth: int = 0

    @property
    def ms(self) -> float:
        """Milliseconds an item."""
        return self.seconds * 1000 / max(self.items, 1)

    @property
    def queries_each(self) -> float:
        """Queries an item."""
        return self.queries / max(self.items, 1)

    def __add__(self, other: "Cost") -> "Cost":
        """Return the cost of doing both to the same items."""
        return Cost(
            self.items,
            self.seconds + other.seconds,
            self.cpu_seconds + other.cpu_seconds,
            self.queries + other.queries,
            max(self.growth, other.growth),
        )

    def as_figures(self) -> dict:
        """Return what goes into the JSON file."""
        return {
            **asdict(self),
            "ms_per_item": round(self.ms, 3),
            "queries_per_item": round(self.queries_each, 3),
        }


@contextmanager
def measured(items: int) -> Iterator[Cost]:
    """Measure the block; the yielded cost is complete after it."""
    cost = Cost(items)
    gc.collect()
    with _memory_watched(cost):
        queries, cpu = sql_db.sql_counter, time.process_time()
        began = time.perf_counter()
        yield cost
        cost.seconds = time.perf_counter() - began
        cost.cpu_seconds = time.process_time() - cpu
        cost.queries = sql_db.sql_counter - queries


@contextmanager
def _memory_watched(cost: Cost) -> Iterator[None]:
    process, over = psutil.Process(), threading.Event()
    start = process.memory_info().rss

    def watch() -> None:
        while not over.wait(SAMPLE_SECONDS):
            cost.growth = max(cost.growth, process.memory_info().rss - start)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def typical(costs: list[Cost]) -> Cost:
    """Return the medians of repetitions of the same work."""
    return Cost(
        costs[0].items,
        median(cost.seconds for cost in costs),
        median(cost.cpu_seconds for cost in costs),
        round(median(cost.queries for cost in costs)),
        max(cost.growth for cost in costs),
    )
