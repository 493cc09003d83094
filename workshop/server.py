"""The databases on the PostgreSQL server, by plain SQL: look, copy, rename, drop.

A database's comment says that the workshop of this checkout made it and what is in it,
so that nobody else's database is touched and nothing is done twice.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from . import paths
from .console import fail

MAKER = f"subscription workshop {paths.CHECKOUT_ID}"


class Server:
    """A PostgreSQL server, through `psql` and the PG* variables.

    :param variables: the environment to start programs with
    """

    def __init__(self, variables: Mapping[str, str]):
        self.variables = variables

    def query(self, sql: str, **values: str) -> str:
        """Run one statement and return what `psql` prints, unaligned.

        :param values: what `:'name'` (a text) or `:"name"` (an identifier) stand for
        """
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "postgres"]
        for name, value in values.items():
            command += ["-v", f"{name}={value}"]
        answer = subprocess.run(
            command,
            input=sql,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            fail(f"PostgreSQL refused: {answer.stderr.strip()}")
        return answer.stdout.strip()

    # === LOOKING === #

    def exists(self, name: str) -> bool:
        """Tell whether the server has a database of that name."""
        found = self.query(
            "SELECT 1 FROM pg_database WHERE datname = :'database'", database=name
        )
        return bool(found)

    def notes(self, name: str) -> dict | None:
        """Return what the workshop has noted on a database, None if not its own."""
        comment = self.query(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database "
            "WHERE datname = :'database'",
            database=name,
        )
        try:
            notes = json.loads(comment)
        except ValueError:
            return None
        is_ours = isinstance(notes, dict) and notes.get("made_by") == MAKER
        return notes if is_ours else None

    def own_names(self) -> list[str]:
        """Return the names of the databases that the workshop made, for any prefix."""
        names = self.query("SELECT datname FROM pg_database").splitlines()
        return [name for name in names if self.notes(name) is not None]

    # === CHANGING === #

    def create_empty(self, name: str) -> None:
        """Make `name` anew as Odoo wants it, with nothing in it and no note."""
        self.drop_unfinished(name)
        self.query(
            'CREATE DATABASE :"database" TEMPLATE template0 '
            "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
            database=name,
        )

    def drop(self, name: str) -> None:
        """Remove a database that the workshop made, with its files."""
        self.refuse_foreign(name)
        self._remove(name)

    def drop_unfinished(self, name: str) -> None:
        """Remove what an interruption has left, which carries no note yet."""
        self._remove(name)

    def _remove(self, name: str) -> None:
        self.query('DROP DATABASE IF EXISTS :"database" WITH (FORCE)', database=name)
        shutil.rmtree(filestore(name), ignore_errors=True)

    def copy(self, source: str, name: str, notes: dict) -> None:
        """Copy `source` with its attachments, which are linked, not copied.

        The copy takes its name when it is complete.
        """
        unfinished = f"{name}_unfinished"
        self.drop_unfinished(unfinished)
        self._disconnect(source)
        self.query(
            'CREATE DATABASE :"database" TEMPLATE :"source"',
            database=unfinished,
            source=source,
        )
        if filestore(source).exists():
            shutil.copytree(
                filestore(source), filestore(unfinished), copy_function=os.link
            )
        self.note(unfinished, notes)
        self.rename(unfinished, name)

    def rename(self, unfinished: str, name: str) -> None:
        """Give a database that is complete its name."""
        if filestore(unfinished).exists():
            shutil.rmtree(filestore(name), ignore_errors=True)
            filestore(unfinished).rename(filestore(name))
        self._disconnect(unfinished)
        self.query(
            'ALTER DATABASE :"database" RENAME TO :"name"',
            database=unfinished,
            name=name,
        )

    def note(self, name: str, notes: dict) -> None:
        """Write down that the workshop made `name`, and what is in it."""
        self.query(
            "COMMENT ON DATABASE :\"database\" IS :'text'",
            database=name,
            text=json.dumps({"made_by": MAKER, **notes}),
        )

    def refuse_foreign(self, name: str) -> None:
        """Fail when there is a database `name` that the workshop did not make."""
        if self.exists(name) and self.notes(name) is None:
            fail(
                f"There is a database {name} that ./run did not make: rename it, or "
                "choose other names with the variable SUBSCRIPTION_DB_PREFIX."
            )

    def _disconnect(self, name: str) -> None:
        """End other sessions, which would keep PostgreSQL from copying or renaming."""
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = :'database' AND pid != pg_backend_pid()",
            database=name,
        )


def filestore(name: str) -> Path:
    """Return the folder of a database's attachments."""
    return paths.ODOO_DATA / "filestore" / name
