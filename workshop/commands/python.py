"""The Python that has Odoo, with the environment everything else runs in."""

import os

from .. import environment, paths


def run(arguments: list[str]) -> int:
    """Become Python; the arguments are its own."""
    prepared = environment.prepare(tools=False)
    command = [str(paths.VENV_PYTHON), *arguments]
    os.execve(command[0], command, dict(prepared.variables))
