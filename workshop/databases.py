"""Databases with Odoo in them: made from a cached base, kept up with the addons.

For tests, benchmarks and commands alike::

    from workshop import databases

    dbs = databases.connect()
    name = databases.name_of("bench")
    dbs.create(name)                          # a copy of the base, in a second
    dbs.install(name, ["subscription_billing"])
    config = dbs.config(name)                 # for odoo.tools.config.parse_config
    dbs.drop(name)
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from . import addons, environment, locks, markers, odoo_config, paths
from .addons import Addon
from .console import CommandFailed, run_step, say
from .environment import Environment
from .server import Server

DEFAULT_PREFIX = "subscription"
# What a database of ours always has, beside what the addons depend on.
ALWAYS = {"account_payment", "payment_demo", "web"}
LOAD_CHART = paths.ROOT / "workshop" / "inside" / "load_chart.py"
ADVICE = "mend what the log above says, then run it again."


def connect(*, tools: bool = False) -> "Databases":
    """Install what is missing, start PostgreSQL, and return its databases."""
    return Databases(environment.prepare(tools=tools))


def name_of(purpose: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the name of the database for a purpose: demo, test, bench."""
    return f"{environ.get('SUBSCRIPTION_DB_PREFIX') or DEFAULT_PREFIX}_{purpose}"


class Databases(Server):
    """The databases of one server, with the Odoo that works on them."""

    def __init__(self, prepared: Environment):
        super().__init__(prepared.variables)
        self.source = prepared.odoo

    # === MAKING === #

    def create(self, name: str, *, with_demo: bool = False) -> None:
        """Make `name` anew from the base, with Odoo's own addons only."""
        base = self.ensure_base(with_demo=with_demo)
        self.drop(name)
        self.copy(base, name, {"addons": {}})

    def ensure_base(self, *, with_demo: bool = False) -> str:
        """Return the template with the addons that ours stand on, made at need.

        It is named after Odoo's version and its list of addons, and after this
        checkout, which holds its attachments; all prefixes share it.
        """
        modules = sorted(ALWAYS | addons.foundation(addons.find()))
        key = markers.key_of(self.source.version, modules, with_demo)
        name = f"{DEFAULT_PREFIX}_base_{paths.CHECKOUT_ID}_{key[:8]}"
        with locks.exclusive("base", "the base database"):
            if not self.exists(name):
                self._make_base(name, modules, with_demo)
        return name

    def _make_base(self, name: str, modules: Sequence[str], with_demo: bool) -> None:
        unfinished = f"{name}_unfinished"
        self.create_empty(unfinished)
        sentence = f"Preparing a base database with {', '.join(modules)}"
        demo = ["--with-demo"] if with_demo else []
        self.odoo(sentence, unfinished, "-i", ",".join(modules), *demo)
        self.script("Loading its chart of accounts", unfinished, LOAD_CHART)
        self.note(unfinished, {"base": True})
        self.rename(unfinished, name)

    # === ADDONS === #

    def ensure(self, name: str, *, with_demo: bool = False) -> None:
        """Make `name` exist with all our addons, as they are on disk now.

        :raise Failure: when it is another's, or when an addon does not install
        """
        self.refuse_foreign(name)
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
            notes = self.notes(name)
            if notes is None:
                raise
            self.drop(name)
            if not notes["addons"]:
                raise
            say(f"Making database {name} anew, as it could not be updated.")
            self.ensure(name)

    def update(self, name: str, *, with_demo: bool = False) -> None:
        """Install what is new and update what has changed since the last time."""
        before = self.notes(name)["addons"]
        now = {addon.name: addon.fingerprint() for addon in addons.find()}
        new = [each for each in now if each not in before]
        changed = [each for each in now if each in before and before[each] != now[each]]
        if new or changed:
            self.install(name, new, changed, with_demo=with_demo)
            self.note(name, {"addons": {**before, **now}})

    def install(
        self,
        name: str,
        new: Sequence[str],
        changed: Sequence[str] = (),
        *,
        with_demo: bool = False,
    ) -> None:
        """Install `new` and update `changed` addons, of ours or others, in `name`."""
        arguments = ["--with-demo"] if with_demo else []
        doing = []
        if new:
            arguments += ["-i", ",".join(new)]
            doing.append(f"install {', '.join(new)}")
        if changed:
            arguments += ["-u", ",".join(changed)]
            doing.append(f"update {', '.join(changed)}")
        self.odoo(f"Database {name}: {' and '.join(doing)}", name, *arguments)

    # === RUNNING ODOO === #

    def config(self, name: str, *, cron_threads: int = 0) -> Path:
        """Return a configuration file for `name`, written when it is missing.

        Folders of more addons are named by `SUBSCRIPTION_EXTRA_ADDONS`, with colons.
        """
        return odoo_config.write(
            name, self.source, self.variables, cron_threads=cron_threads
        )

    def odoo(self, sentence: str, name: str, *arguments: str) -> Path:
        """Start Odoo on `name`, let it do its work and end; return its log."""
        command = [paths.VENV_PYTHON, "-m", "odoo", "server", "-c", self.config(name)]
        command += ["--stop-after-init", "--no-http", *arguments]
        log = run_step(
            sentence,
            command,
            log_name=f"odoo-{name}",
            advice=ADVICE,
            env=self.variables,
            cwd=paths.ROOT,
        )
        report_warnings(log, addons.find())
        return log

    def script(self, sentence: str, name: str, script: Path, **variables: str) -> Path:
        """Run a Python file inside Odoo on `name`, with `env` at hand."""
        return run_step(
            sentence,
            self.shell_command(name),
            log_name=f"script-{name}",
            advice=ADVICE,
            env={**self.variables, **variables},
            cwd=paths.ROOT,
            stdin=script,
        )

    def shell_command(self, name: str) -> list[str]:
        """Return the command line of Odoo's shell on `name`."""
        command = [paths.VENV_PYTHON, "-m", "odoo", "shell", "-c", self.config(name)]
        command += ["-d", name, "--no-http", "--log-level=warn"]
        return [str(part) for part in command]


def report_warnings(log: Path, ours: Iterable[Addon]) -> None:
    """Print the warnings and errors in a log of Odoo that concern our addons."""
    names = [addon.name for addon in ours]
    for line in log.read_text(errors="replace").splitlines():
        if is_warning(line) and any(name in line for name in names):
            say(f"    | {line}")


def is_warning(line: str) -> bool:
    """Tell whether a line of Odoo's log is more than information."""
    return line.split(" ", 4)[3:4] in (["WARNING"], ["ERROR"], ["CRITICAL"])
