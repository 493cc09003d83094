"""The demo book: bill it, collect it, print what happened, serve it."""

import json
from pathlib import Path

from .. import databases, locks, paths, summary
from ..console import fail, say
from ..databases import Databases
from .serve import serve

SCRIPT = paths.ROOT / "workshop" / "inside" / "run_demo.py"


def run(arguments: list[str]) -> int:
    """Run the renewal and the collection over the demo book, then serve it."""
    unknown = set(arguments) - {"--no-serve"}
    if unknown:
        fail(f"./run demo knows only --no-serve, not {' '.join(sorted(unknown))}.")
    dbs = databases.connect(tools=True)
    name = databases.name_of("demo")
    with locks.exclusive(name, f"database {name}"):
        dbs.ensure(name, with_demo=True)
        say(summary.format_summary(bill_and_collect(dbs, name)))
    if "--no-serve" not in arguments:
        serve(dbs, name, [])
    return 0


def bill_and_collect(dbs: Databases, name: str) -> dict:
    """Run the two scheduled actions on `name` and return the facts of the run."""
    facts = paths.LOGS / f"facts-{name}.json"
    facts.unlink(missing_ok=True)
    log = dbs.script(
        "Billing and collecting what is due",
        name,
        SCRIPT,
        SUBSCRIPTION_FACTS=str(facts),
    )
    return _read(facts, log)


def _read(facts: Path, log: Path) -> dict:
    if not facts.exists():
        fail(f"The run left no figures: look at {log}.")
    return json.loads(facts.read_text())
