"""A Python prompt inside Odoo, on the demo database."""

import os

from .. import databases, environment, locks
from ..databases import Databases


def run(arguments: list[str]) -> int:
    """Become Odoo's shell; further arguments go to it."""
    prepared = environment.prepare(tools=False)
    databases_ = Databases(prepared)
    name = databases.name_of("demo")
    with locks.exclusive(name, f"database {name}"):
        databases_.ensure(name, with_demo=True)
    command = [*databases_.shell_command(name), *arguments]
    os.execve(command[0], command, dict(prepared.variables))
