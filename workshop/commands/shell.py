"""A Python prompt inside Odoo, on the demo database."""

import os

from .. import databases, locks


def run(arguments: list[str]) -> int:
    """Become Odoo's shell; further arguments go to it."""
    dbs = databases.connect()
    name = databases.name_of("demo")
    with locks.exclusive(name, f"database {name}"):
        dbs.ensure(name, with_demo=True)
    command = [*dbs.shell_command(name), *arguments]
    os.execve(command[0], command, dict(dbs.variables))
