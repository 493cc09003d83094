"""Odoo 19 itself: the one that `ODOO_HOME` names, else Debian's package, unpacked."""

import ast
import gzip
import os
import re
from dataclasses import dataclass
from pathlib import Path

from . import apt, markers, paths
from .console import Failure, fail, say

SERIES = (19, 0)
PACKAGE_ROOT = paths.WORKSHOP / "odoo"
PACKAGED_HOME = PACKAGE_ROOT / "usr/lib/python3/dist-packages"
# The package's scripts and fonts are links into these. Font Awesome's newer releases
# have other file names: without 4.7 the icons go missing.
PACKAGES = (
    f"odoo-19/{apt.ODOO_SUITE}",
    f"libjs-jquery/{apt.ODOO_SUITE}",
    f"libjs-jquery-form/{apt.ODOO_SUITE}",
    f"libjs-underscore/{apt.ODOO_SUITE}",
    f"fonts-inconsolata/{apt.ODOO_SUITE}",
    f"fonts-montserrat/{apt.ODOO_SUITE}",
    f"fonts-ocr-b/{apt.ODOO_SUITE}",
    f"fonts-roboto-unhinted/{apt.ODOO_SUITE}",
    f"fonts-font-awesome/{apt.TOOLS_SUITE}",
)
# The links that each page needs, below odoo/addons.
NEEDED_LINKS = (
    "web/static/lib/jquery/jquery.js",
    "web/static/src/libs/fontawesome/fonts/fontawesome-webfont.woff2",
)
# Debian leaves out this library (it blurs the background of video calls), but a bundle
# of scripts names it, and the error that follows would fail every browser test.
EMPTY_SCRIPTS = ("mail/static/lib/selfie_segmentation/selfie_segmentation.js",)


@dataclass(frozen=True)
class OdooSource:
    """A usable Odoo.

    :param home: the folder to put on Python's path, the one that holds `odoo/`
    :param version: as in `release.py`, with the package's build where known
    """

    home: Path
    version: str

    @property
    def addons_paths(self) -> list[Path]:
        """The folders of Odoo's own addons; an installed Odoo has only the first."""
        inside, beside = self.home / "odoo" / "addons", self.home / "addons"
        return [inside] if (inside / "account").is_dir() else [inside, beside]


def ensure() -> OdooSource:
    """Return Odoo 19, fetching it when it has to come from Debian."""
    named = os.environ.get("ODOO_HOME")
    if named:
        return _from_home(Path(named).expanduser().resolve())
    if markers.make_folder(
        PACKAGE_ROOT, markers.key_of(PACKAGES, EMPTY_SCRIPTS), _fetch
    ):
        say(f"Got Odoo {_packaged_version()} from Debian.")
    return OdooSource(PACKAGED_HOME, _packaged_version())


def _fetch(folder: Path) -> None:
    apt.fetch(PACKAGES, folder, what="Odoo 19 (some 130 MB)")
    home = folder / PACKAGED_HOME.relative_to(PACKAGE_ROOT)
    read_series(home)
    for script in EMPTY_SCRIPTS:
        path = home / "odoo/addons" / script
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for link in NEEDED_LINKS:
        if not (home / "odoo/addons" / link).exists():
            fail(
                f"Debian's Odoo package has changed: {link} leads nowhere; point "
                "ODOO_HOME at an Odoo 19 checkout instead."
            )


def _from_home(home: Path) -> OdooSource:
    for folder in (home, home.parent):
        if (folder / "odoo" / "release.py").is_file():
            return OdooSource(folder, ".".join(map(str, read_series(folder))))
    raise Failure(
        f"ODOO_HOME is {home}, but there is no odoo/release.py in it: name the "
        "folder that holds odoo/ and addons/."
    )


def read_series(home: Path) -> tuple[int, int]:
    """Return the series of the Odoo below `home`, refusing any but ours."""
    text = (home / "odoo" / "release.py").read_text()
    match = re.search(r"^version_info = \((.+?),(.+?),", text, re.MULTILINE)
    series = tuple(ast.literal_eval(part.strip()) for part in match.groups())
    if series != SERIES:
        fail(
            f"{home} holds Odoo {'.'.join(map(str, series))}, but these addons are "
            "for Odoo 19.0: name such a checkout with ODOO_HOME."
        )
    return series


def _packaged_version() -> str:
    changelog = next(
        iter((PACKAGE_ROOT / "usr/share/doc/odoo-19").glob("changelog*.gz")), None
    )
    return _newest_entry(changelog) if changelog else ".".join(map(str, SERIES))


def _newest_entry(changelog: Path) -> str:
    with gzip.open(changelog, "rt") as lines:
        return re.search(r"\((.+?)\)", lines.readline())[1]
