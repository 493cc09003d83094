"""A stand-in in a process of its own, with the methods of one that is in this."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]


class Control:
    """A stand-in of another process on this machine.

    Each method of ``StandIn`` that ``control`` lists is one of this object, with
    arguments and results as JSON has them; ``tell`` calls the others::

        control.decline("pm_1", "lost_card")
        control.tell("faults/add", kind="close_after", path="payment_intents")
    """

    def __init__(self, url):
        self.url = url

    def tell(self, name, *args, **given):
        """Tell the process what to do; return the result.

        :raise ValueError: when it does not understand
        """
        answer = requests.post(
            f"{self.url}/_control/{name}", json={"args": args, **given}, timeout=60
        )
        told = answer.json()
        if not answer.ok:
            raise ValueError(told["error"])
        return told["result"]

    def __getattr__(self, name):
        """Return a method of the stand-in."""
        if name.startswith("_"):
            raise AttributeError(name)
        return partial(self.tell, name)


class Remote(Control):
    """A process that outlives whoever talks to it.

    :param options: as on the command line: ``port``, ``seed``, ``latency``
    """

    def __init__(self, **options):
        arguments = [f"--{name}={value}" for name, value in options.items()]
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "tests.stand_in", *arguments],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        super().__init__(self.process.stdout.readline().strip())

    def stop(self):
        """End the process."""
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def __enter__(self):
        """Use it for the time of a ``with``."""
        return self

    def __exit__(self, *exception):
        """End it at the end of a ``with``."""
        self.stop()
