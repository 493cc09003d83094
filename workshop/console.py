"""What a person sees: plain sentences, progress on long steps, one clear failure."""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from . import paths

TTY_SECONDS = 1.0
PLAIN_SECONDS = 30.0


class Failure(Exception):  # noqa: N818 - told to a person, not to a program
    """An expected failure: its text is one sentence that says what to do."""


class CommandFailed(Failure):
    """A program that `run_step` started ended with an error.

    :param log: the file that holds all the program said
    """

    def __init__(self, sentence: str, log: Path):
        super().__init__(sentence)
        self.log = log


def say(sentence: str = "") -> None:
    """Print one line at once, also when the output is a file or a pipe."""
    print(sentence, flush=True)


def fail(sentence: str) -> NoReturn:
    """End the command with `sentence`."""
    raise Failure(sentence)


@contextmanager
def step(sentence: str):
    """Announce a long step, show that time passes, and say how long it took."""
    ticker = _Ticker(sentence)
    ticker.start()
    try:
        yield
    except BaseException:
        ticker.stop("failed")
        raise
    ticker.stop("done")


class _Ticker:
    """Rewrites one line on a terminal; elsewhere adds a line now and then."""

    def __init__(self, sentence: str):
        self.sentence = sentence
        self.tty = sys.stdout.isatty()
        self.began = time.monotonic()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._tick, daemon=True)

    def start(self) -> None:
        say(f"{self.sentence} ...") if not self.tty else self._rewrite("...")
        self.thread.start()

    def stop(self, outcome: str) -> None:
        self.over.set()
        self.thread.join()
        if self.tty:
            self._rewrite(f"... {outcome} ({self._elapsed()})")
            say()
        else:
            say(f"    {outcome} after {self._elapsed()}")

    def _tick(self) -> None:
        pause = TTY_SECONDS if self.tty else PLAIN_SECONDS
        while not self.over.wait(pause):
            if self.tty:
                self._rewrite(f"... {self._elapsed()}")
            else:
                say(f"    still at it after {self._elapsed()}")

    def _rewrite(self, tail: str) -> None:
        print(f"\r\033[K{self.sentence} {tail}", end="", flush=True)

    def _elapsed(self) -> str:
        seconds = time.monotonic() - self.began
        if seconds < 60:
            return f"{seconds:.0f} s"
        return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def run_step(
    sentence: str,
    command: Sequence[object],
    *,
    log_name: str,
    advice: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: Path | None = None,
) -> Path:
    """Run a program as one announced step, its output kept in a log file.

    :param advice: what the user can do when it fails, the end of the sentence
    :return: the log file
    :raise CommandFailed: the last lines of the log have been printed already
    """
    log = paths.LOGS / f"{log_name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with step(sentence):
            if _run_logged(command, log, env=env, cwd=cwd, stdin=stdin):
                raise CommandFailed(f"{sentence}: this failed; {advice}", log)
    except CommandFailed:
        print_tail(log)
        raise
    return log


def _run_logged(command, log: Path, *, env, cwd, stdin: Path | None) -> int:
    with log.open("wb") as output, open(stdin or "/dev/null", "rb") as feed:
        return subprocess.run(
            [str(part) for part in command],
            stdin=feed,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            check=False,
        ).returncode


def print_tail(log: Path, lines: int = 25) -> None:
    """Show the end of a log, indented, below where the whole of it lies."""
    say(f"\n    The last lines of {log}:")
    for line in log.read_text(errors="replace").splitlines()[-lines:]:
        say(f"    | {line}")
