"""Do slow work once: folders that carry the key of what they were made from."""

import hashlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

MARKER = ".made-from"


def key_of(*parts: object) -> str:
    """Return a short key that changes when one of the parts does."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def key_of_files(files: Iterable[Path], root: Path) -> str:
    """Return a short key of the files' names below `root` and their content."""
    return key_of(
        *(
            (path.relative_to(root).as_posix(), path.read_bytes())
            for path in sorted(files)
        )
    )


def is_made(folder: Path, key: str) -> bool:
    """Tell whether `folder` is complete and was made from `key`."""
    marker = folder / MARKER
    return marker.is_file() and marker.read_text() == key


def mark(folder: Path, key: str) -> None:
    """Write down that `folder` is complete, as the last thing done to it."""
    (folder / MARKER).write_text(key)


def unmark(folder: Path) -> None:
    """Forget that `folder` is complete, before it is changed."""
    (folder / MARKER).unlink(missing_ok=True)


def make_folder(folder: Path, key: str, make: Callable[[Path], None]) -> bool:
    """Make `folder` with `make` unless it is there already.

    The work happens in a folder beside it that takes its name when complete, so an
    interruption leaves nothing half-made.

    :return: whether there was anything to do
    """
    if is_made(folder, key):
        return False
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    make(unfinished)
    mark(unfinished, key)
    if folder.exists():
        shutil.rmtree(folder)
    unfinished.rename(folder)
    return True
