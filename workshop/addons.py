"""The addons of this repository, as their manifests describe them."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import markers, paths

MANIFEST = "__manifest__.py"
# Nothing in these is stored in a database.
NOT_IN_DATABASE = {"tests", "static", "readme", "doc", "__pycache__"}


@dataclass(frozen=True)
class Addon:
    """A top-level folder with a manifest."""

    folder: Path

    @property
    def name(self) -> str:
        """The technical name."""
        return self.folder.name

    @cached_property
    def manifest(self) -> dict:
        """The manifest's content."""
        return ast.literal_eval((self.folder / MANIFEST).read_text())

    @property
    def depends(self) -> list[str]:
        """The technical names of the addons it stands on."""
        return self.manifest.get("depends", [])

    @property
    def is_installable(self) -> bool:
        """Whether Odoo may install it."""
        return self.manifest.get("installable", True)

    def fingerprint(self) -> str:
        """Return a key of everything that an update of a database depends on."""
        return markers.key_of_files(self._files_in_database(), self.folder)

    def _files_in_database(self) -> Iterable[Path]:
        for path in self.folder.rglob("*"):
            top = path.relative_to(self.folder).parts[0]
            if path.is_file() and top not in NOT_IN_DATABASE and path.suffix != ".pyc":
                yield path


def find(root: Path = paths.ROOT) -> list[Addon]:
    """Return the installable addons at the top of the repository, by name."""
    found = (Addon(path.parent) for path in sorted(root.glob(f"*/{MANIFEST}")))
    return [addon for addon in found if addon.is_installable]


def foundation(addons: Iterable[Addon]) -> set[str]:
    """Return the addons that ours stand on and that are not ours."""
    addons = list(addons)
    ours = {addon.name for addon in addons}
    return {name for addon in addons for name in addon.depends} - ours
