"""Where the time goes: Python by function, SQL by statement."""

import cProfile
import io
import pstats
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import odoo
from odoo.sql_db import Cursor

from workshop import paths

ODOO = str(Path(odoo.__path__[0]).resolve())
HERE = str(Path(__file__).parent)
FUNCTIONS = 45
STATEMENTS = 20
STATEMENT_LENGTH = 110
CALLERS = 3


class Statements:
    """Counts and times the SQL statements of all cursors, by shape and caller."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.callers: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, query: object, seconds: float, frame: object) -> None:
        """Book one execution."""
        text = shape(getattr(query, "code", None) or str(query))
        self.count[text] += 1
        self.seconds[text] += seconds
        self.callers[text][caller(frame)] += 1

    def print_top(self, items: int) -> None:
        """Print the statements that took longest."""
        print("\nSQL: calls, ms an item, statement, most frequent caller")
        slowest = sorted(self.seconds, key=self.seconds.get, reverse=True)
        for text in slowest[:STATEMENTS]:
            each = self.seconds[text] * 1000 / items
            print(f"{self.count[text]:7d} {each:8.3f}  {text}")
            print(f"{'':18}{self.callers[text].most_common(1)[0][0]}")


def shape(query: str) -> str:
    """Return a statement without its values."""
    query = re.sub(r"'[^']*'|\b\d+\b", "?", query)
    query = re.sub(r"\((%s|\?)(, ?(%s|\?))*\)", "(..)", query)
    return re.sub(r"\s+", " ", query).strip()[:STATEMENT_LENGTH]


def caller(frame) -> str:
    """Return the innermost functions of addons that led to a statement."""
    names: list[str] = []
    while frame and len(names) < CALLERS:
        if _is_of_addon(frame.f_code.co_filename):
            names.append(frame.f_code.co_name)
        frame = frame.f_back
    return " < ".join(names)


def _is_of_addon(file: str) -> bool:
    if file.startswith(ODOO):
        return file.startswith(f"{ODOO}/addons/")
    return file.startswith(str(paths.ROOT)) and not file.startswith(HERE)


@contextmanager
def statements_watched() -> Iterator[Statements]:
    """Book every statement of the block."""
    statements, execute = Statements(), Cursor.execute

    def watching(cursor, query, *arguments, **options):
        began = time.perf_counter()
        try:
            return execute(cursor, query, *arguments, **options)
        finally:
            seconds = time.perf_counter() - began
            statements.add(query, seconds, sys._getframe(1))

    with patch.object(Cursor, "execute", watching):
        yield statements


@contextmanager
def profiled(title: str, items: int) -> Iterator[None]:
    """Print where the time of the block goes. It takes about twice as long so."""
    profiler = cProfile.Profile()
    with statements_watched() as statements:
        profiler.enable()
        try:
            yield
        finally:
            profiler.disable()
    print(f"\n=== Where the time goes: {title} ===")
    statements.print_top(items)
    _print_functions(profiler, "cumulative")
    _print_functions(profiler, "tottime")


def _print_functions(profiler: cProfile.Profile, order: str) -> None:
    output = io.StringIO()
    pstats.Stats(profiler, stream=output).sort_stats(order).print_stats(FUNCTIONS)
    print(f"\nPython, by {order} time")
    for line in output.getvalue().splitlines():
        if line.strip():
            print(line.replace(ODOO, "odoo").replace(f"{paths.ROOT}/", ""))
