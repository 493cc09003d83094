"""What every test run needs: the database, and no test that skips in silence.

`pytest` alone works as well as `./run test`. Tests below `tests/unit` need no database
and, with `-p no:odoo`, no Odoo process either.
"""

import logging

import hypothesis
import pytest

from workshop import testing
from workshop.console import Failure

# How long an example takes says something of the machine, and nothing of the code.
hypothesis.settings.register_profile(
    "untimed",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("untimed")

_databases = pytest.StashKey()
_warnings = pytest.StashKey()
# How a worker of a run in parallel hands over what it has collected.
WARNINGS = "warnings"


def _needs_database(config) -> bool:
    return config.pluginmanager.hasplugin("odoo") and not testing.only_pure(config.args)


def _is_worker(config) -> bool:
    return hasattr(config, "workerinput")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config):
    """Lead pytest-odoo to the test database before it configures Odoo."""
    if _needs_database(config):
        try:
            dbs, name = testing.prepare()
            if _is_worker(config):
                name = testing.copy_for_worker(dbs, name, config.workerinput)
        except Failure as failure:
            raise pytest.UsageError(str(failure)) from failure
        config.stash[_databases] = dbs, name
        option = config.option
        option.odoo_config = option.odoo_config or str(dbs.config(name))
        option.odoo_database = option.odoo_database or name
        option.odoo_http = True
        if option.odoo_log_level == "critical":
            option.odoo_log_level = "warn"
    return (yield)


def pytest_sessionstart(session):
    """Create or update the test database with the addons as they are on disk."""
    config = session.config
    prepared = config.stash.get(_databases, None)
    if prepared and not _is_worker(config) and not config.option.collectonly:
        try:
            testing.update_database(*prepared)
        except Failure as failure:
            raise pytest.UsageError(str(failure)) from failure
    config.stash[_warnings] = collector = _WarningCollector()
    logging.getLogger().addHandler(collector)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Take over what a worker has collected; one that crashed hands over nothing."""
    lines = getattr(node, "workeroutput", {}).get(WARNINGS, ())
    node.config.stash[_warnings].lines.extend(lines)


def pytest_collection_modifyitems(items):
    """Begin with what takes longest; skip what needs the shared data without it."""
    items.sort(key=lambda item: not item.get_closest_marker("long"))
    if testing.SHARED.is_dir():
        return
    for item in items:
        if item.get_closest_marker("needs_shared"):
            item.add_marker(pytest.mark.skip(reason=testing.SHARED_IS_ABSENT))


@pytest.fixture(scope="session")
def shared_folder():
    """The folder of shared data; only for tests marked `needs_shared`."""
    return testing.SHARED


class _WarningCollector(logging.Handler):
    """Keeps what our addons warn of and no test expects (`assertLogs` hides those)."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.loggers = testing.own_loggers()
        self.lines = []

    def emit(self, record):
        if record.name.startswith(self.loggers):
            self.lines.append(
                f"{record.levelname} {record.name}: {record.getMessage()}"
            )


def _forbidden_skips(terminal) -> list[str]:
    """Return a line for each test that was skipped without an excuse."""
    lines = []
    for report in terminal.stats.get("skipped", []):
        reason = report.longrepr[2] if report.longrepr else ""
        if not testing.is_excused(reason):
            lines.append(f"{report.nodeid}: {reason}")
    return lines


def pytest_sessionfinish(session, exitstatus):
    """Fail the run when a test was skipped: a browser test does so in silence."""
    if _is_worker(session.config):
        session.config.workeroutput[WARNINGS] = session.config.stash[_warnings].lines
        return
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal and _forbidden_skips(terminal):
        session.exitstatus = exitstatus or pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config):
    """Remove a worker's copy of the database."""
    if _is_worker(config) and (copied := config.stash.get(_databases, None)):
        dbs, name = copied
        dbs.drop(name)


def pytest_terminal_summary(terminalreporter, config):
    """Name the skipped tests, and what our addons warned of."""
    skips = _forbidden_skips(terminalreporter)
    if skips:
        terminalreporter.section("these tests may not be skipped", red=True, bold=True)
        for line in skips:
            terminalreporter.line(line)
    warnings = config.stash.get(_warnings, None)
    if warnings and warnings.lines:
        terminalreporter.section("our addons logged", yellow=True)
        for line in warnings.lines:
            terminalreporter.line(line)
