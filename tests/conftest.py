"""Databases whose data is really committed, for tests with real processes."""

import os
import subprocess
import sys
import time
from contextlib import closing

import psycopg2
import pytest

from workshop import databases, environment, locks, paths


class LiveDatabase:
    """A database of its own, and Odoo processes that work on it."""

    def __init__(self, dbs, name):
        self.dbs = dbs
        self.name = name

    def start(self, script, **variables):
        """Run ``script``, a text that uses ``env``, in a process of its own."""
        command = [
            sys.executable, "-m", "odoo", "shell", "--no-http", "--log-level=error",
            "-c", str(self.dbs.config(self.name)), "-d", self.name,
        ]  # fmt: skip
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=paths.ROOT,
            env={**os.environ, **self.dbs.variables, **variables},
        )
        process.stdin.write(script)
        process.stdin.close()
        return process

    def run(self, script, **variables):
        """Run ``script`` to its end; return what it printed."""
        return self.finish(self.start(script, **variables))

    @staticmethod
    def finish(process):
        """Wait for a process that must succeed; return what it printed."""
        output = process.stdout.read()
        assert process.wait() == 0, output
        assert "Traceback" not in output, output
        return output

    def number(self, sql):
        """Return the one number that a query yields, of what is committed."""
        with closing(psycopg2.connect(dbname=self.name)) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            return int(cursor.fetchone()[0])

    def wait_for(self, sql, seconds=120):
        """Wait until a query yields more than 0; return the number."""
        deadline = time.monotonic() + seconds
        while not (found := self.number(sql)):
            assert time.monotonic() < deadline, f"never came true: {sql}"
            time.sleep(0.02)
        return found


@pytest.fixture
def live_database(request):
    """A fresh database with our addons, in which processes may commit.

    Each worker of a run in parallel has one of its own.
    """
    dbs = databases.Databases(environment.prepare())
    worker = getattr(request.config, "workerinput", {}).get("workerid", "")
    name = databases.name_of(f"live{worker}")
    template = databases.name_of("live_template")
    with locks.exclusive(template, f"database {template}"):
        dbs.ensure_or_remake(template)
        dbs.drop(name)
        dbs.copy(template, name, {})
    yield LiveDatabase(dbs, name)
    dbs.drop(name)
