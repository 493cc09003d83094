"""Programs from Debian packages that run from a folder of ours, without installing."""

import os
import platform
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import apt, markers, paths

FONT_CONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  {folders}
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


@dataclass(frozen=True)
class PrivateTool:
    """A set of Debian packages with what they need that the machine lacks.

    :param name: the folder's name in `.workshop`
    """

    name: str
    packages: Sequence[str]

    @property
    def root(self) -> Path:
        """The folder that stands for `/` to the unpacked packages."""
        return paths.WORKSHOP / self.name

    def ensure(self) -> bool:
        """Unpack the packages; tell whether there was anything to do."""
        return markers.make_folder(
            self.root, markers.key_of(self.packages), self._fetch
        )

    def _fetch(self, folder: Path) -> None:
        wanted = apt.missing_with_dependencies(self.packages)
        what = f"{self.name} ({len(wanted)} packages)"
        apt.fetch(wanted, folder, what=what)
        fonts = folder / "fonts.conf"
        fonts.write_text(self._font_config())

    def _font_config(self) -> str:
        folders = ["/usr/share/fonts", self.root / "usr/share/fonts"]
        return FONT_CONFIG.format(
            folders="\n  ".join(f"<dir>{folder}</dir>" for folder in folders),
            cache=paths.WORKSHOP / "font-cache",
        )

    def variables(self) -> dict[str, str]:
        """Return the variables that let the programs find their libraries."""
        return {
            "LD_LIBRARY_PATH": ":".join(map(str, self._library_folders())),
            "FONTCONFIG_FILE": str(self.root / "fonts.conf"),
        }

    def _library_folders(self) -> list[Path]:
        """Return where the packages keep libraries, `/lib` of older ones included."""
        places = [self.root / top / triplet() for top in ("usr/lib", "lib")]
        inner = (path for place in places for path in sorted(place.glob("*/")))
        return [path for path in (*places, *inner) if any(path.glob("*.so*"))]


def triplet() -> str:
    """Return Debian's name for this machine's kind of libraries."""
    return f"{platform.machine()}-linux-gnu"


def on_path(*names: str) -> str | None:
    """Return the first of `names` that is installed on the machine, ours left out."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    others = os.pathsep.join(each for each in folders if each != str(paths.BIN))
    return next(filter(None, (shutil.which(name, path=others) for name in names)), None)


def write_wrapper(
    name: str, program: Path | str, variables: Mapping[str, str], *arguments: str
) -> Path:
    """Put a program on the path of everything we start, as `name`."""
    words = [str(program), *arguments]
    lines = ["#!/bin/sh", "# Made by ./run."]
    lines += [f"export {key}={shlex.quote(value)}" for key, value in variables.items()]
    lines += [f'exec {" ".join(map(shlex.quote, words))} "$@"', ""]
    wrapper = paths.BIN / name
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    content = "\n".join(lines)
    if not wrapper.exists() or wrapper.read_text() != content:
        unfinished = wrapper.with_suffix(".unfinished")
        unfinished.write_text(content)
        unfinished.chmod(0o755)
        unfinished.rename(wrapper)
    return wrapper


def is_wrapped(name: str, program: Path) -> bool:
    """Tell whether `name` starts this program, and not one where we have been before.

    The folder of a checkout may be moved or copied.
    """
    wrapper = paths.BIN / name
    command = f"exec {shlex.quote(str(program))} "
    return wrapper.exists() and command in wrapper.read_text()


def output_of(command: Sequence[object], **options) -> str | None:
    """Return what a program prints, or None when it cannot run or fails."""
    try:
        answer = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            **options,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout if answer.returncode == 0 else None
