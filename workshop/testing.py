"""What the root `conftest.py` does, apart from pytest's hooks themselves."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from . import addons, databases, environment, locks, paths
from .databases import Databases

PURE_TESTS = paths.ROOT / "tests" / "unit"
SHARED = Path(os.environ.get("SUBSCRIPTION_SHARED") or paths.ROOT.parent / "shared")
SHARED_IS_ABSENT = "the shared data is not there"


def only_pure(chosen: Iterable[str]) -> bool:
    """Tell whether all the chosen files and folders hold pure tests."""
    files = [Path(each.split("::")[0]).resolve() for each in chosen]
    return bool(files) and all(file.is_relative_to(PURE_TESTS) for file in files)


def prepare() -> tuple[Databases, str]:
    """Make this process's environment Odoo's; return the test database's name too."""
    prepared = environment.prepare()
    os.environ.clear()
    os.environ.update(prepared.variables)
    return Databases(prepared), databases.name_of("test")


def update_database(dbs: Databases, name: str) -> None:
    """Bring the test database to the addons on disk; anew when it cannot be updated.

    This process keeps the database to itself until it ends.
    """
    global _lock
    _lock = locks.acquire(name, f"database {name}")
    dbs.ensure_or_remake(name)


_lock = None


def copy_for_worker(dbs: Databases, name: str, worker: Mapping) -> str:
    """Copy the test database for a worker of a run in parallel; return its name.

    Each has attachments of its own, too: what one of them cleans up may be what another
    one still reads. The plugin's copies would share them.

    :param worker: what pytest-xdist has told this worker
    """
    os.environ.pop("PYTEST_XDIST_WORKER", None)
    copied = f"{name}_{worker['workerid']}"
    dbs.drop(copied)
    dbs.copy(name, copied, {"addons": {}})
    return copied


def is_excused(reason: str) -> bool:
    """Tell whether a test may be skipped for `reason`."""
    return SHARED_IS_ABSENT in reason


def own_loggers() -> tuple[str, ...]:
    """Return the names of the loggers of our addons."""
    return tuple(f"odoo.addons.{addon.name}" for addon in addons.find())
