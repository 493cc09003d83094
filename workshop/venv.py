"""The virtual environment with every pinned Python package, and Odoo on its path."""

import shutil
import subprocess
import sys
from pathlib import Path

from . import apt, markers, paths
from .console import run_step
from .odoo_source import OdooSource

REQUIREMENT_FILES = ("odoo.txt", "test.txt", "lint.txt")
PIP_WHEELS = paths.WORKSHOP / "pip"
PTH_NAME = "odoo-and-these-addons.pth"


def ensure(odoo: OdooSource) -> None:
    """Make the environment, or bring it to the pins when they have changed."""
    key = _key()
    if not markers.is_made(paths.VENV, key):
        if not _is_usable():
            _create()
        markers.unmark(paths.VENV)
        _install()
        markers.mark(paths.VENV, key)
    _put_on_path(odoo)


def _key() -> str:
    pins = markers.key_of_files(
        (paths.REQUIREMENTS / name for name in REQUIREMENT_FILES), paths.ROOT
    )
    return markers.key_of(pins, sys.version_info[:3], sys.base_prefix, paths.VENV)


def _is_usable() -> bool:
    """Tell whether the environment is one of this Python, at this place, with pip."""
    probe = "import sys, pip; print(sys.prefix, *sys.version_info[:3], sep='|')"
    expected = "|".join(map(str, (paths.VENV, *sys.version_info[:3])))
    if not paths.VENV_PYTHON.exists():
        return False
    answer = subprocess.run(
        [paths.VENV_PYTHON, "-c", probe], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() == expected


def _create() -> None:
    if paths.VENV.exists():
        shutil.rmtree(paths.VENV)
    run_step(
        f"Making a virtual environment with Python {sys.version.split()[0]}",
        [sys.executable, "-m", "venv", "--without-pip", paths.VENV],
        log_name="venv",
        advice="look at the free space on the disk, then run it again.",
    )
    run_step(
        "Putting pip into it",
        _pip_bootstrap(),
        log_name="pip-bootstrap",
        advice="on Debian `apt-get install python3-venv` brings what it needs.",
    )


def _pip_bootstrap() -> list[object]:
    """Return the command that installs pip, also where Debian leaves out ensurepip."""
    found = subprocess.run(
        [sys.executable, "-c", "import ensurepip"], capture_output=True, check=False
    )
    if found.returncode == 0:
        return [paths.VENV_PYTHON, "-m", "ensurepip", "--default-pip"]
    markers.make_folder(
        PIP_WHEELS,
        markers.key_of(apt.ODOO_SUITE),
        lambda folder: apt.fetch(
            [f"python3-pip-whl/{apt.ODOO_SUITE}"], folder, what="pip"
        ),
    )
    wheel = next(PIP_WHEELS.glob("usr/share/python-wheels/pip-*.whl"))
    return [paths.VENV_PYTHON, wheel / "pip", "install", "--no-index", wheel]


def _install() -> None:
    command = [paths.VENV_PYTHON, "-m", "pip", "install", "--no-deps"]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    for name in REQUIREMENT_FILES:
        command += ["-r", paths.REQUIREMENTS / name]
    run_step(
        "Installing the pinned Python packages",
        command,
        log_name="pip-install",
        advice="look at the network and at pip's messages above, then run it again.",
    )


def _put_on_path(odoo: OdooSource) -> None:
    """Let `import odoo` find Odoo, by a path file in the environment."""
    pth = site_packages() / PTH_NAME
    content = f"{odoo.home.resolve()}\n"
    if not pth.exists() or pth.read_text() != content:
        pth.write_text(content)


def site_packages() -> Path:
    """Return the folder of the environment's packages."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return paths.VENV / "lib" / version / "site-packages"
