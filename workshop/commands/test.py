"""Lint, then run the tests."""

import os
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NoReturn

from .. import environment, paths
from ..console import say
from . import lint

PURE = PurePosixPath("tests/unit")
# Each worker has a copy of the database; a file's tests stay together, for what they
# set up; files keep their order, so that the longest come first.
PARALLEL = (
    "--numprocesses=logical",
    "--maxprocesses=4",
    "--dist=loadfile",
    "--no-loadscope-reorder",
)


def run(arguments: list[str]) -> int:
    """Become pytest; without arguments, lint first and run everything in parallel."""
    variables = environment.prepare_python()
    if not arguments and lint.run([]):
        say("Mend that first: ./run lint --fix does what it can.")
        return 1
    return _become_pytest(arguments or PARALLEL, variables)


def _become_pytest(arguments: Sequence[str], variables: dict[str, str]) -> NoReturn:
    """Go on as pytest; the root `conftest.py` sees to Odoo and the database."""
    plugins = ["-p", "no:odoo"] if only_pure(arguments) else []
    command = [str(paths.VENV_PYTHON), "-m", "pytest", *plugins, *arguments]
    os.chdir(paths.ROOT)
    os.execve(command[0], command, variables)


def only_pure(arguments: Sequence[str]) -> bool:
    """Tell whether only tests are asked for that need neither Odoo nor a database."""
    chosen = [each for each in arguments if each.startswith("tests")]
    return bool(chosen) and all(
        PurePosixPath(each.split("::")[0]).is_relative_to(PURE) for each in chosen
    )
