"""One at a time: locks that the system releases when their holder dies."""

import fcntl
import os
from contextlib import contextmanager
from typing import IO

from . import paths
from .console import fail, say


@contextmanager
def exclusive(name: str, what: str):
    """Hold the lock `name`; when another process has it, say so and wait.

    :param what: what the lock protects, for the sentence
    """
    handle = acquire(name, what)
    try:
        yield
    finally:
        handle.close()


def acquire(name: str, what: str) -> IO[str]:
    """Take the lock `name` until the returned file is closed."""
    handle = _open(name)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"Waiting for another ./run that is using {what} ...")
        fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _open(name: str) -> IO[str]:
    try:
        paths.LOCKS.mkdir(parents=True, exist_ok=True)
        return (paths.LOCKS / name).open("w")
    except PermissionError:
        fail(
            f"{paths.WORKSHOP} cannot be written by user {os.getuid()}: run as the "
            "user who made it, or have that user call ./run clean."
        )
