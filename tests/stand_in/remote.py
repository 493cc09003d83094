"""A stand-in in a process of its own, with the methods of one that is in this."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]


class Remote:
    """A process that outlives whoever talks to it.

    Each method of ``StandIn`` that ``control`` lists is one of this object, with
    arguments and results as JSON has them; ``tell`` calls the others::

        with Remote(latency=0.3) as remote:
            remote.decline("pm_1", "lost_card")
            remote.tell("faults/add", kind="close_after", path="payment_intents")

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
        self.url = self.process.stdout.readline().strip()

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
