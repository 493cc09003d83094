"""The browser of the tests: the machine's own Chromium or Chrome, else Debian's.

Odoo looks for `google-chrome` on the path first: we put a wrapper of that name there,
with the switches that keep a browser quiet on a machine without internet.
"""

import os
import shutil
import tempfile
from pathlib import Path

from . import markers, paths, private_tool
from .console import fail, say, step

WRAPPER = "google-chrome"
SWITCHES = (
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
CHECK_SWITCHES = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
CHROMIUM = private_tool.PrivateTool("chromium", ("chromium", "fonts-dejavu-core"))
PNG = b"\x89PNG"


def ensure() -> None:
    """Provide a browser that really takes a screenshot, or fail with a sentence."""
    program = _named_or_installed()
    if program is None:
        CHROMIUM.ensure()
        program = str(CHROMIUM.root / "usr/lib/chromium/chromium")
        variables = CHROMIUM.variables()
    else:
        variables = {}
    wrapper = private_tool.write_wrapper(WRAPPER, program, variables, *SWITCHES)
    _check_once(wrapper)


def _named_or_installed() -> str | None:
    named = os.environ.get("CHROME")
    if named and not shutil.which(named):
        fail(f"CHROME is {named}, but that is no program: correct or unset it.")
    return named or private_tool.on_path(
        "google-chrome", "chromium", "chromium-browser", "google-chrome-stable"
    )


def _check_once(wrapper: Path) -> None:
    checked = paths.WORKSHOP / "checked-browser"
    key = markers.key_of(wrapper.read_text())
    if markers.is_made(checked, key):
        return
    with step("Checking that the browser draws a page"):
        works = _takes_screenshot(wrapper)
    if not works:
        fail(
            f"The browser behind {wrapper} cannot draw a page: install chromium "
            "(apt-get install chromium), or name one with the variable CHROME."
        )
    version = private_tool.output_of([wrapper, "--version", "--no-sandbox"]) or ""
    say(f"Browser tests will use {version.strip()}.")
    checked.mkdir(exist_ok=True)
    markers.mark(checked, key)


def _takes_screenshot(wrapper: Path) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        private_tool.output_of(
            [
                wrapper,
                *CHECK_SWITCHES,
                f"--user-data-dir={folder}/profile",
                f"--screenshot={picture}",
                "data:text/html,<h1>works</h1>",
            ]
        )
        return picture.exists() and picture.read_bytes().startswith(PNG)
