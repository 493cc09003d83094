"""Databases: made from a cached base, and brought up to date with the addons.

A database's comment says that the workshop made it and which content of each addon is
installed, so that nothing is updated twice and nobody else's database is touched.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from . import addons as addons_module
from . import markers, odoo_config, paths
from .addons import Addon
from .console import CommandFailed, fail, run_step, say
from .environment import Environment

MAKER = "subscription workshop"
DEFAULT_PREFIX = "subscription"
# What a database of ours always has, beside what the addons depend on.
ALWAYS = {"account_payment", "payment_demo", "web"}
CHARTED = paths.ROOT / "workshop/inside/load_chart.py"


def name_of(purpose: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the name of the database for a purpose: demo, test, bench."""
    return f"{environ.get('SUBSCRIPTION_DB_PREFIX') or DEFAULT_PREFIX}_{purpose}"


class Databases:
    """The databases of one server, through PostgreSQL's and Odoo's own programs."""

    def __init__(self, environment: Environment):
        self.environment = environment
        self.variables = environment.variables

    # === LOOKING === #

    def query(self, sql: str, database: str = "postgres") -> str:
        """Run one statement and return what `psql` prints, unaligned."""
        answer = subprocess.run(
            ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql],
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            fail(f"PostgreSQL refused: {answer.stderr.strip()}")
        return answer.stdout.strip()

    def exists(self, name: str) -> bool:
        """Tell whether the server has a database of that name."""
        return bool(
            self.query(f"SELECT 1 FROM pg_database WHERE datname = {literal(name)}")
        )

    def notes(self, name: str) -> dict | None:
        """Return what the workshop has noted on a database, None if not its own."""
        comment = self.query(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database "
            f"WHERE datname = {literal(name)}"
        )
        try:
            notes = json.loads(comment)
        except ValueError:
            return None
        is_ours = isinstance(notes, dict) and notes.get("made_by") == MAKER
        return notes if is_ours else None

    def own_names(self) -> list[str]:
        """Return the names of the databases that the workshop made, for any prefix."""
        pattern = literal(f'%"made_by": "{MAKER}"%')
        return self.query(
            "SELECT datname FROM pg_database "
            f"WHERE shobj_description(oid, 'pg_database') LIKE {pattern}"
        ).splitlines()

    # === MAKING === #

    def create(self, name: str, *, with_demo: bool = False) -> None:
        """Make `name` anew from the base, with Odoo's own addons only."""
        base = self.ensure_base(with_demo=with_demo)
        self._refuse_foreign(name)
        self.drop(name)
        self._copy(base, name, {"with_demo": with_demo, "addons": {}})

    def drop(self, name: str) -> None:
        """Remove a database that the workshop made, with its files."""
        if not self.exists(name):
            return
        self._refuse_foreign(name)
        self._terminate(name)
        self.query(f"DROP DATABASE {identifier(name)}")
        shutil.rmtree(filestore(name), ignore_errors=True)

    def ensure_base(self, *, with_demo: bool = False) -> str:
        """Return the template with the addons that ours stand on, made at need.

        It is named after Odoo's version and its list of addons.
        """
        modules = sorted(ALWAYS | addons_module.foundation(addons_module.find()))
        key = markers.key_of(self.environment.odoo.version, modules, with_demo)
        name = f"{name_of('base')}_{key[:8]}{'_demo' if with_demo else ''}"
        if not self.exists(name):
            self._make_base(name, modules, with_demo)
        return name

    def _make_base(self, name: str, modules: Sequence[str], with_demo: bool) -> None:
        unfinished = f"{name}_unfinished"
        self._drop_unfinished(unfinished)
        self.query(
            f"CREATE DATABASE {identifier(unfinished)} TEMPLATE template0 "
            "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        self.odoo(
            f"Preparing a base database with {', '.join(modules)}",
            unfinished,
            "-i", ",".join(modules),
            *(["--with-demo"] if with_demo else []),
        )  # fmt: skip
        self.script("Loading its chart of accounts", unfinished, CHARTED)
        self._note(unfinished, {"base": True})
        self._rename(unfinished, name)

    def _copy(self, source: str, name: str, notes: dict) -> None:
        unfinished = f"{name}_unfinished"
        self._drop_unfinished(unfinished)
        self._terminate(source)
        self.query(
            f"CREATE DATABASE {identifier(unfinished)} TEMPLATE {identifier(source)}"
        )
        if filestore(source).exists():
            shutil.copytree(
                filestore(source), filestore(unfinished), copy_function=os.link
            )
        self._note(unfinished, notes)
        self._rename(unfinished, name)

    def _rename(self, unfinished: str, name: str) -> None:
        if filestore(unfinished).exists():
            shutil.rmtree(filestore(name), ignore_errors=True)
            filestore(unfinished).rename(filestore(name))
        self._terminate(unfinished)
        self.query(
            f"ALTER DATABASE {identifier(unfinished)} RENAME TO {identifier(name)}"
        )

    def _drop_unfinished(self, name: str) -> None:
        self._terminate(name)
        self.query(f"DROP DATABASE IF EXISTS {identifier(name)}")
        shutil.rmtree(filestore(name), ignore_errors=True)

    # === ADDONS === #

    def ensure(self, name: str, *, with_demo: bool = False) -> None:
        """Make `name` exist with all our addons, as they are on disk now.

        :raise Failure: when it is another's, or when an addon does not install
        """
        self._refuse_foreign(name)
        if self.notes(name) is None:
            self.create(name, with_demo=with_demo)
        self.update(name, with_demo=with_demo)

    def ensure_or_remake(self, name: str) -> None:
        """Do as `ensure`, and when an update fails begin anew from the base.

        For databases that hold nothing of value, so that a model which lost a field
        during development needs no migration.
        """
        try:
            self.ensure(name)
        except CommandFailed:
            if not self.notes(name)["addons"]:
                self.drop(name)
                raise
            say(f"Making database {name} anew, as it could not be updated.")
            self.drop(name)
            self.ensure(name)

    def update(self, name: str, *, with_demo: bool = False) -> None:
        """Install what is new and update what has changed since the last time."""
        found = addons_module.find()
        before = self.notes(name)["addons"]
        now = {addon.name: addon.fingerprint() for addon in found}
        new = [each for each in now if each not in before]
        changed = [each for each in now if each in before and before[each] != now[each]]
        if not new and not changed:
            return
        self.install(name, new, changed, with_demo=with_demo)
        self._note(name, {**self.notes(name), "addons": {**before, **now}})

    def install(
        self,
        name: str,
        new: Sequence[str],
        changed: Sequence[str] = (),
        *,
        with_demo: bool = False,
    ) -> None:
        """Install `new` and update `changed` addons, theirs or ours, in `name`."""
        arguments: list[str] = []
        doing = []
        for option, verb, names in (("-i", "Installing", new), ("-u", "updating", changed)):
            if names:
                arguments += [option, ",".join(names)]
                doing.append(f"{verb} {', '.join(names)}")
        if with_demo:
            arguments.append("--with-demo")
        sentence = f"{' and '.join(doing)} in database {name}"
        self.odoo(sentence[0].upper() + sentence[1:], name, *arguments)

    # === RUNNING ODOO === #

    def config(self, name: str, *, cron_threads: int = 0) -> Path:
        """Return a configuration file for `name`."""
        return odoo_config.write(
            name, self.environment.odoo, self.variables, cron_threads=cron_threads
        )

    def odoo(self, sentence: str, name: str, *arguments: str) -> Path:
        """Start Odoo on `name`, let it do its work and end; return its log."""
        command = [
            paths.VENV_PYTHON, "-m", "odoo", "server", "-c", self.config(name),
            "--stop-after-init", "--no-http", *arguments,
        ]  # fmt: skip
        log = run_step(
            sentence,
            command,
            log_name=f"odoo-{name}",
            advice="mend what the log above says, then run it again.",
            env=self.variables,
            cwd=paths.ROOT,
        )
        report_warnings(log, addons_module.find())
        return log

    def script(self, sentence: str, name: str, script: Path) -> Path:
        """Run a Python file inside Odoo on `name`, with `env` at hand."""
        return run_step(
            sentence,
            self.shell_command(name),
            log_name=f"script-{name}",
            advice="mend what the log above says, then run it again.",
            env=self.variables,
            cwd=paths.ROOT,
            stdin=script,
        )

    def shell_command(self, name: str) -> list[str]:
        """Return the command line of Odoo's shell on `name`."""
        command = [paths.VENV_PYTHON, "-m", "odoo", "shell", "-c", self.config(name)]
        command += ["-d", name, "--no-http", "--log-level=warn"]
        return [str(part) for part in command]

    # === SMALL PARTS === #

    def _note(self, name: str, notes: dict) -> None:
        text = json.dumps({"made_by": MAKER, **notes})
        self.query(f"COMMENT ON DATABASE {identifier(name)} IS {literal(text)}")

    def _refuse_foreign(self, name: str) -> None:
        if self.exists(name) and self.notes(name) is None:
            fail(
                f"There is a database {name} that ./run did not make: rename it, or "
                "choose other names with the variable SUBSCRIPTION_DB_PREFIX."
            )

    def _terminate(self, name: str) -> None:
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = {literal(name)} AND pid != pg_backend_pid()"
        )


def filestore(name: str) -> Path:
    """Return the folder of a database's attachments."""
    return paths.ODOO_DATA / "filestore" / name


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def report_warnings(log: Path, ours: Iterable[Addon]) -> None:
    """Print the warnings and errors in a log of Odoo that concern our addons."""
    names = [addon.name for addon in ours]
    for line in log.read_text(errors="replace").splitlines():
        level = line.split(" ", 4)[3:4]
        if level in (["WARNING"], ["ERROR"]) and any(name in line for name in names):
            say(f"    | {line}")
