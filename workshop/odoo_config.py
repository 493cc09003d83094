"""The configuration files that Odoo is started with, one a database."""

import configparser
import io
import secrets
from collections.abc import Mapping
from pathlib import Path

from . import addons, paths
from .odoo_source import OdooSource

NO_LIMIT = "0"


def write(
    database: str,
    odoo: OdooSource,
    environ: Mapping[str, str],
    *,
    cron_threads: int = 0,
) -> Path:
    """Write the configuration file for `database` and return its path.

    The password of an external server stays in the environment.

    :param cron_threads: how many threads run scheduled actions; none for tests
    """
    options = {
        "addons_path": ",".join(_addons_paths(odoo, environ)),
        "data_dir": paths.ODOO_DATA,
        "screenshots": paths.WORKSHOP / "screenshots",
        "db_name": database,
        "dbfilter": f"^{database}$",
        "db_host": environ.get("PGHOST", "False"),
        "db_port": environ.get("PGPORT", "False"),
        "db_user": environ.get("PGUSER", "False"),
        "list_db": "False",
        "admin_passwd": _master_password(),
        "http_interface": "127.0.0.1",
        "proxy_mode": "False",
        "workers": "0",
        "max_cron_threads": cron_threads,
        "limit_time_cpu": NO_LIMIT,
        "limit_time_real": NO_LIMIT,
        "limit_time_real_cron": NO_LIMIT,
        "limit_memory_soft": NO_LIMIT,
        "limit_memory_hard": NO_LIMIT,
    }
    path = paths.CONFIGS / f"{database}.conf"
    _write_if_changed(path, options)
    return path


def _addons_paths(odoo: OdooSource, environ: Mapping[str, str]) -> list[str]:
    ours = [paths.ROOT] if addons.find() else []
    more = environ.get("SUBSCRIPTION_EXTRA_ADDONS", "").split(":")
    return [str(path) for path in (*odoo.addons_paths, *ours, *more) if str(path)]


def _master_password() -> str:
    """Return the password of the database manager, made up once and told nobody."""
    path = paths.CONFIGS / "master-password"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_hex(16))
        path.chmod(0o600)
    return path.read_text()


def _write_if_changed(path: Path, options: Mapping[str, object]) -> None:
    parser = configparser.RawConfigParser()
    parser["options"] = {name: str(value) for name, value in options.items()}
    content = io.StringIO()
    parser.write(content)
    if not path.exists() or path.read_text() != content.getvalue():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.getvalue())
