"""The demo book: bill it, collect it, print what happened, serve it."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import databases, locks, paths, summary
from ..console import fail, say
from ..databases import Databases
from .serve import serve

INSIDE = paths.ROOT / "workshop" / "inside"
OPTIONS = ("--no-serve", "--stripe")


def run(arguments: list[str]) -> int:
    """Run the renewal and the collection over the demo book, then serve it."""
    unknown = set(arguments) - set(OPTIONS)
    if unknown:
        fail(
            f"./run demo knows only {' and '.join(OPTIONS)}, "
            f"not {' '.join(sorted(unknown))}."
        )
    dbs = databases.connect(tools=True)
    is_served = "--no-serve" not in arguments
    if "--stripe" in arguments:
        return run_stripe(dbs, is_served)
    name = databases.name_of("demo")
    with locks.exclusive(name, f"database {name}"):
        dbs.ensure(name, with_demo=True)
        say(summary.format_summary(bill_and_collect(dbs, name)))
    if is_served:
        serve(dbs, name, [])
    return 0


def run_stripe(dbs: Databases, is_served: bool) -> int:
    """Tell what happens to charges at Stripe, with a stand-in, in a new database."""
    name = databases.name_of("demo_stripe")
    with stand_in(dbs) as url:
        with locks.exclusive(name, f"database {name}"):
            if dbs.exists(name):
                dbs.drop(name)
            dbs.ensure(name, with_demo=True)
            facts = run_script(
                dbs,
                name,
                "Charging at Stripe's stand-in",
                INSIDE / "run_stripe_demo.py",
                STRIPE_URL=url,
            )
            say(summary.format_stories(facts))
        if is_served:
            say(f"\nStripe's stand-in is at {url} as long as Odoo runs.")
            serve(dbs, name, [])
    return 0


@contextmanager
def stand_in(dbs: Databases) -> Iterator[str]:
    """Start a stand-in for Stripe in a process of its own; yield its address.

    A server that this process becomes inherits it, and ends with it at Ctrl-C.
    """
    process = subprocess.Popen(
        [paths.VENV_PYTHON, "-B", "-m", "tests.stand_in"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=paths.ROOT,
        env=dict(dbs.variables),
    )
    try:
        url = process.stdout.readline().strip()
        if not url:
            fail("Stripe's stand-in did not start: its error is above.")
        yield url
    finally:
        process.terminate()
        process.wait()


def bill_and_collect(dbs: Databases, name: str) -> dict:
    """Run the two scheduled actions on `name` and return the facts of the run."""
    sentence = "Billing and collecting what is due"
    return run_script(dbs, name, sentence, INSIDE / "run_demo.py")


def run_script(
    dbs: Databases, name: str, sentence: str, script: Path, **variables: str
) -> dict:
    """Run a script that leaves facts on `name`; return them."""
    facts = paths.LOGS / f"facts-{name}.json"
    facts.unlink(missing_ok=True)
    log = dbs.script(sentence, name, script, SUBSCRIPTION_FACTS=str(facts), **variables)
    if not facts.exists():
        fail(f"The run left no figures: look at {log}.")
    return json.loads(facts.read_text())
