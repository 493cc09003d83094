"""Lint, then run the tests."""

import os
from pathlib import PurePosixPath

from .. import environment, paths
from ..console import say
from . import lint

PURE = PurePosixPath("tests/unit")


def run(arguments: list[str]) -> int:
    """Become pytest; without arguments, lint first and run everything."""
    if only_pure(arguments):
        variables = environment.prepare_python()
        return _become_pytest(["-p", "no:odoo", *arguments], variables)
    prepared = environment.prepare()
    if not arguments and lint.run([]):
        say(
            "\nLint found something to mend (above): ./run lint --fix does what it can."
        )
        return 1
    return _become_pytest(arguments, prepared.variables)


def _become_pytest(arguments: list[str], variables) -> int:
    command = [str(paths.VENV_PYTHON), "-m", "pytest", *arguments]
    os.chdir(paths.ROOT)
    os.execve(command[0], command, dict(variables))


def only_pure(arguments: list[str]) -> bool:
    """Tell whether only tests are asked for that need neither Odoo nor a database."""
    chosen = [each for each in arguments if each.startswith("tests")]
    return bool(chosen) and all(
        PurePosixPath(each.split("::")[0]).is_relative_to(PURE) for each in chosen
    )
