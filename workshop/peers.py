"""The OCA addons that benchmarks compare with, in a folder apart."""

from pathlib import Path

from . import markers, paths
from .console import run_step

PINS = paths.REQUIREMENTS / "bench.txt"
FOLDER = paths.WORKSHOP / "bench-packages"


def ensure() -> Path:
    """Install the pinned addons and return the folder to add to the addons path."""
    markers.make_folder(FOLDER, markers.key_of_files([PINS], paths.ROOT), _install)
    return FOLDER / "odoo" / "addons"


def _install(folder: Path) -> None:
    command = [paths.VENV_PYTHON, "-m", "pip", "install", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--target", folder, "-r", PINS]
    run_step(
        "Installing the OCA addons to compare with",
        command,
        log_name="pip-bench",
        advice="look at the network and at pip's messages above, then run it again.",
    )
