"""Serve the demo database."""

import os
from typing import NoReturn

from .. import databases, locks, network, paths
from ..console import say
from ..databases import Databases

DEFAULT_PORT = 8069


def run(arguments: list[str]) -> int:
    """Make or update the demo database and become its server."""
    dbs = databases.connect(tools=True)
    name = databases.name_of("demo")
    with locks.exclusive(name, f"database {name}"):
        dbs.ensure(name, with_demo=True)
    serve(dbs, name, arguments)


def serve(dbs: Databases, name: str, arguments: list[str]) -> NoReturn:
    """Say where, and become Odoo's server on `name`."""
    port = network.free_port(DEFAULT_PORT)
    if port != DEFAULT_PORT:
        say(f"Port {DEFAULT_PORT} is taken, so this uses {port}.")
    say(f"\nOdoo is at http://localhost:{port} - log in as admin, password admin;")
    say("in its portal, at /my, as the customer clinic, password clinic.")
    say("Stop it with Ctrl-C.\n")
    config = dbs.config(name, cron_threads=1)
    command = [str(paths.VENV_PYTHON), "-m", "odoo", "server", "-c", str(config)]
    command += [f"--http-port={port}", "--log-level=warn", *arguments]
    os.execve(command[0], command, dict(dbs.variables))
