"""Measure: each file of `benchmarks/` that has a `main` is a benchmark.

It runs as `python -m benchmarks.NAME [arguments]` from the top of the repository, with

- `SUBSCRIPTION_BENCH_CONF`: a configuration file for `odoo.tools.config.parse_config`,
  whose database exists, made from the base, with our addons installed;
- `SUBSCRIPTION_BENCH_DB`: that database's name;
- `SUBSCRIPTION_EXTRA_ADDONS`: where the OCA addons to compare with lie (in the
  configuration's addons path already).

It may make more databases with `workshop.databases`, and drops those itself.
"""

import subprocess

from .. import databases, environment, locks, paths, peers
from ..console import fail, say
from ..databases import Databases

FOLDER = paths.ROOT / "benchmarks"


def run(arguments: list[str]) -> int:
    """Run the benchmark that is named, or all of them."""
    name, rest = split(arguments)
    known = names()
    if name and name not in known:
        fail(f"There is no benchmark '{name}': there are {', '.join(known) or 'none'}.")
    prepared = environment.prepare(tools=False)
    with locks.exclusive("install", "the workshop to install things"):
        extra = peers.ensure()
    variables = {**prepared.variables, "SUBSCRIPTION_EXTRA_ADDONS": str(extra)}
    dbs = Databases(environment.Environment(prepared.odoo, variables))
    database = databases.name_of("bench")
    with locks.exclusive(database, f"database {database}"):
        codes = [
            _run(dbs, database, each, rest) for each in ([name] if name else known)
        ]
    return max(codes, default=0)


def _run(dbs: Databases, database: str, name: str, arguments: list[str]) -> int:
    dbs.ensure_or_remake(database)
    say(f"Benchmark {name}:")
    variables = {
        **dbs.variables,
        "SUBSCRIPTION_BENCH_CONF": str(dbs.config(database)),
        "SUBSCRIPTION_BENCH_DB": database,
    }
    command = [paths.VENV_PYTHON, "-m", f"benchmarks.{name}", *arguments]
    return subprocess.run(
        command, env=variables, cwd=paths.ROOT, check=False
    ).returncode


def split(arguments: list[str]) -> tuple[str | None, list[str]]:
    """Part the benchmark's name, which comes first, from its own arguments."""
    if arguments and not arguments[0].startswith("-"):
        return arguments[0], arguments[1:]
    return None, arguments


def names() -> list[str]:
    """Return the names of the benchmarks, in order."""
    return [
        path.stem
        for path in sorted(FOLDER.glob("*.py"))
        if "\ndef main(" in path.read_text()
    ]
