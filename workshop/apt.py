"""Debian packages without installing them: a private APT that touches nothing.

It has its own lists, cache and source list, takes the mirror that the machine
already uses, needs no root, and unpacks into folders of ours. The machine's own
package state is only read, to know which dependencies are there already.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from . import paths
from .console import fail, run_step

ODOO_SUITE = "sid"
TOOLS_SUITE = "bookworm"
LISTS_LAST_SECONDS = 24 * 3600
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR = re.compile(
    r"^'(?P<base>\S+?)/+dists/(?P<suite>[^/']+)/InRelease'", re.MULTILINE
)
PLANNED = re.compile(
    r"^Inst (?P<name>\S+) (?:\[\S+\] )?\((?P<version>\S+) ", re.MULTILINE
)


def fetch(packages: Sequence[str], folder: Path, *, what: str) -> None:
    """Download `packages` (`name`, `name/suite` or `name=version`) and unpack them.

    :param what: the thing they make up together, for the sentence
    """
    update()
    downloads = folder / ".downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    run_step(
        f"Downloading {what} from the Debian mirror of this machine",
        _apt("download", *packages),
        log_name="apt-download",
        advice="look at the messages above and at the network, then run it again.",
        cwd=downloads,
    )
    run_step(
        f"Unpacking {what} into {folder.parent.name}/",
        ["sh", "-ec", 'for deb in *.deb; do dpkg -x "$deb" ..; done'],
        log_name="dpkg-unpack",
        advice="look at the free space on the disk, then run it again.",
        cwd=downloads,
    )
    shutil.rmtree(downloads)


def missing_with_dependencies(packages: Sequence[str]) -> list[str]:
    """Return `name=version` of `packages` and of what they need and is not there."""
    update()
    plan = _run_apt("install", "--simulate", "--no-install-recommends", *packages)
    if plan.returncode:
        fail(
            f"APT cannot resolve {', '.join(packages)}: {plan.stderr.strip()[-300:]} "
            "- install it by hand, then run this again."
        )
    return planned(plan.stdout)


def planned(simulation: str) -> list[str]:
    """Return as `name=version` what a simulated installation would install."""
    return [f"{m['name']}={m['version']}" for m in PLANNED.finditer(simulation)]


def update() -> None:
    """Refresh the private package lists when they are older than a day."""
    stamp = paths.APT / "updated"
    if stamp.exists() and time.time() - stamp.stat().st_mtime < LISTS_LAST_SECONDS:
        return
    for folder in ("lists/partial", "cache/archives/partial"):
        (paths.APT / folder).mkdir(parents=True, exist_ok=True)
    (paths.APT / "sources.list").write_text(_sources())
    run_step(
        "Reading the Debian package lists",
        _apt("update", "--error-on=any"),
        log_name="apt-update",
        advice="look at the network and at the mirror that APT names above.",
    )
    stamp.touch()


def _sources() -> str:
    signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    mirror = _mirror()
    return "".join(
        f"deb {signed}{mirror} {suite} main\n" for suite in (ODOO_SUITE, TOOLS_SUITE)
    )


def _mirror() -> str:
    """Return the address of the Debian mirror in the machine's own APT sources."""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        fail(
            "This needs APT (apt-get and dpkg), which this machine does not have: "
            "point ODOO_HOME at an Odoo 19 checkout, and install chromium yourself."
        )
    uris = subprocess.run(
        ["apt-get", "--print-uris", "update"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    mirror = mirror_in(uris)
    if not mirror:
        fail(
            "APT on this machine names no Debian mirror: point ODOO_HOME at an "
            "Odoo 19 checkout, or add a Debian mirror to the APT sources."
        )
    return mirror


def mirror_in(uris: str) -> str | None:
    """Find the Debian mirror in what `apt-get --print-uris update` prints.

    The archive proper is wanted, not its security or backports companions.
    """
    for match in MIRROR.finditer(uris):
        if "-" not in match["suite"] and match["base"].rstrip("/").endswith("/debian"):
            return match["base"]
    return None


def _apt(*arguments: str) -> list[str]:
    """Return the command line of the private APT."""
    options = {
        "Dir::Etc::sourcelist": paths.APT / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State::Lists": paths.APT / "lists",
        "Dir::Cache": paths.APT / "cache",
        "APT::Default-Release": TOOLS_SUITE,
        "APT::Get::List-Cleanup": "false",
        "Debug::NoLocking": "true",
        "Acquire::Languages": "none",
    }
    if os.getuid() == 0:
        options["APT::Sandbox::User"] = "root"
    command = ["apt-get", "-q"]
    for name, value in options.items():
        command += ["-o", f"{name}={value}"]
    return [*command, *arguments]


def _run_apt(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(_apt(*arguments), capture_output=True, text=True, check=False)
