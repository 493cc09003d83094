"""Stop PostgreSQL, drop the databases and remove everything ./run made."""

import os
import shutil

from .. import databases, paths, postgres
from ..console import fail, say


def run(arguments: list[str]) -> int:
    """Leave the checkout as it was before the first ./run."""
    if not paths.WORKSHOP.exists():
        say("There is nothing to clean.")
        return 0
    if not os.access(paths.WORKSHOP, os.W_OK):
        fail(f"{paths.WORKSHOP} belongs to another user: that user can clean it.")
    if postgres.is_external(os.environ):
        _drop_databases()
    postgres.remove()
    shutil.rmtree(paths.WORKSHOP)
    say(f"Removed {paths.WORKSHOP}.")
    return 0


def _drop_databases() -> None:
    """Drop ours from a server that goes on living."""
    if not paths.VENV_PYTHON.exists():
        return
    dbs = databases.connect()
    for name in dbs.own_names():
        say(f"Dropping database {name}.")
        dbs.drop(name)
