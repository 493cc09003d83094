"""Databases for a benchmark, and Odoo opened on them in this process."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import odoo
from odoo import api
from odoo.modules.registry import Registry
from odoo.tools import config

from workshop import databases, markers, paths
from workshop.databases import Databases

PINS = paths.REQUIREMENTS / "bench.txt"
# Statistics live on in a copied database; from PostgreSQL 18 on they can be removed.
FORGET = """
DO $$ DECLARE part record; BEGIN
    FOR part IN SELECT c.relname FROM pg_class c
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = off)', part.relname);
        IF current_setting('server_version_num')::int >= 180000 THEN
            PERFORM pg_clear_relation_stats('public', part.relname);
        END IF;
    END LOOP;
    IF current_setting('server_version_num')::int >= 180000 THEN
        PERFORM pg_clear_attribute_stats('public', tablename, attname, inherited)
        FROM pg_stats WHERE schemaname = 'public';
    END IF;
END $$
"""


class BenchmarkError(Exception):
    """What keeps a benchmark from running, as one sentence for a person."""


@dataclass
class Workbench:
    """Makes databases from what `./run bench` prepared, and drops them at the end."""

    dbs: Databases
    ours: str
    made: list[str] = field(default_factory=list)

    def copy_ours(self, purpose: str) -> str:
        """Return a new database with our addons and nothing else in it."""
        return self._copy(self.ours, purpose)

    def copy_with(self, addon: str | None) -> str:
        """Return a new database with Odoo's own addons, and one addon of others."""
        purpose = addon or "core"
        pins = markers.key_of_files([PINS], paths.ROOT)
        base = self.dbs.ensure_base()
        if not addon:
            return self._copy(base, purpose)
        template = databases.name_of(f"bench_{addon}_{markers.key_of(base, pins)[:8]}")
        if not self._is_complete(template, addon):
            self.dbs.create(template)
            self.dbs.install(template, [addon])
            self.dbs.note(template, {"addons": {}, "peer": addon})
        return self._copy(template, purpose)

    def _is_complete(self, template: str, addon: str) -> bool:
        notes = self.dbs.exists(template) and self.dbs.notes(template)
        return bool(notes) and notes.get("peer") == addon

    def _copy(self, source: str, purpose: str) -> str:
        name = databases.name_of(f"bench_run_{purpose}")
        if self.dbs.exists(name):
            self.dbs.drop(name)
        self.dbs.copy(source, name, {"addons": {}})
        self.made.append(name)
        return name

    def statement(self, name: str, sql: str) -> str:
        """Run one statement outside of Odoo and of any transaction."""
        answer = subprocess.run(
            ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", name, "-c", sql],
            env=self.dbs.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            raise BenchmarkError(f"PostgreSQL refused: {answer.stderr.strip()}")
        return answer.stdout.strip()

    def analyze(self, name: str) -> None:
        """Give the planner its statistics, as a database in use has them."""
        self.statement(name, "VACUUM (ANALYZE)")

    def make_cold(self, name: str) -> int:
        """Make the planner know nothing, for good; return what it still knows."""
        self.statement(name, FORGET)
        known = "SELECT count(*) FROM pg_stats WHERE schemaname = 'public'"
        return int(self.statement(name, known))

    def drop_all(self) -> None:
        """Drop the databases of this run."""
        odoo.sql_db.close_all()
        for name in self.made:
            Registry.delete(name)
            self.dbs.drop(name)


@contextmanager
def prepared() -> Iterator[Workbench]:
    """Read what `./run bench` has prepared, and leave no database behind."""
    path = os.environ.get("SUBSCRIPTION_BENCH_CONF")
    if not path:
        raise BenchmarkError("Start the benchmarks with ./run bench.")
    config.parse_config(["-c", path, "--log-level=warn"], setup_logging=True)
    workbench = Workbench(databases.connect(), os.environ["SUBSCRIPTION_BENCH_DB"])
    try:
        yield workbench
    finally:
        workbench.drop_all()


@contextmanager
def opened(name: str) -> Iterator[api.Environment]:
    """Open a database as Odoo's scheduler does: one cursor, the system user."""
    with Registry(name).cursor() as cursor:
        yield api.Environment(cursor, api.SUPERUSER_ID, {})
        with suppress(odoo.sql_db.psycopg2.InterfaceError):
            cursor.rollback()


def run_scheduled_action(env: api.Environment, xml_id: str) -> None:
    """Let the scheduler's own code run a job until the job says nothing is left.

    The scheduler gives a job ten seconds, or ten calls, at a time.
    """
    job = env.ref(xml_id)
    while True:
        error = job.method_direct_trigger()
        env.cr.commit()
        if error is not True:
            raise BenchmarkError(f"{job.name}: {error['params']['data']['debug']}")
        progress = env["ir.cron.progress"].search(
            [("cron_id", "=", job.id)], order="id desc", limit=1
        )
        if not progress.remaining:
            return
