"""The checks of `./run lint`, each a command line over the files it is for."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import addons, node, paths

PYTHON_FOLDERS = ("workshop", "tests", "benchmarks", "conftest.py")
PRETTIER_SUFFIXES = {".xml", ".js", ".css", ".scss", ".json"}
IGNORED_PARTS = {".workshop", "node_modules", "lib", "data_from_outside"}


@dataclass(frozen=True)
class Check:
    """A tool and its targets.

    :param fix: the arguments that make it mend what it finds, None when it cannot
    """

    name: str
    command: Sequence[str]
    targets: Callable[[], list[str]]
    verify: Sequence[str] = ()
    fix: Sequence[str] | None = None

    def run(self, *, fix: bool, env: dict[str, str]) -> bool:
        """Run it and tell whether all is well."""
        targets = self.targets()
        if not targets:
            return True
        options = self.fix if fix and self.fix is not None else self.verify
        command = [*self.command, *options, *targets]
        return (
            subprocess.run(command, env=env, cwd=paths.ROOT, check=False).returncode
            == 0
        )


def all_checks() -> list[Check]:
    """Return the checks in the order they run: what mends first, formatters last."""
    python = [str(paths.VENV_PYTHON), "-m"]
    return [
        Check("ruff", [*python, "ruff", "check", "--quiet"], _python, fix=["--fix"]),
        Check(
            "ruff format",
            [*python, "ruff", "format", "--quiet"],
            _python,
            verify=["--diff"],
            fix=[],
        ),
        Check("pylint-odoo", [*python, "pylint", "--score=n"], _addons),
        Check(
            "oca-checks-odoo-module",
            [*python, "oca_pre_commit_hooks.cli"],
            _addons,
            fix=["--fix"],
        ),
        Check("oca-checks-po", [*python, "oca_pre_commit_hooks.cli_po"], _translations),
        Check("prettier", node.prettier(), _formatted, ["--check"], ["--write"]),
    ]


def _addons() -> list[str]:
    return [addon.name for addon in addons.find()]


def _python() -> list[str]:
    present = [name for name in PYTHON_FOLDERS if (paths.ROOT / name).exists()]
    return [*_addons(), *present]


def _translations() -> list[str]:
    return _files(lambda path: path.suffix in {".po", ".pot"})


def _formatted() -> list[str]:
    return _files(lambda path: path.suffix in PRETTIER_SUFFIXES)


def _files(wanted: Callable[[Path], bool]) -> list[str]:
    """Return the wanted files of the addons and tests, relative to the root."""
    folders = [paths.ROOT / name for name in (*_addons(), "tests")]
    found = (path for folder in folders for path in sorted(folder.rglob("*")))
    relative = (path.relative_to(paths.ROOT) for path in found if wanted(path))
    return [str(path) for path in relative if not IGNORED_PARTS & set(path.parts)]
