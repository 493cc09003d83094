"""What goes wrong between a request and its answer, on demand or at random.

=================  ==========================================================
``close_before``   the connection closes, nothing was done
``close_after``    all is done, and the connection closes without an answer
``hang``           all is done, nothing is answered for ``seconds``, then closed
``slow_before``    work begins after ``seconds``; meanwhile the key is in use
``slow_after``     all is done and kept at once, answered after ``seconds``
``conflict``       409, nothing was done
``rate_limit``     429, nothing was done; ``retry_after`` seconds as a header
``error_before``   500, nothing was done; kept under the key if ``stored``
``error_after``    500, all is done; kept under the key if ``stored``
``garbage``        all is done, and the body of the answer is not JSON
``html``           a gateway's 502 page, nothing was done
=================  ==========================================================
"""

import fnmatch
import hashlib
import threading
import time
from dataclasses import dataclass, field

from . import errors

KINDS = {
    "close_before", "close_after", "hang", "slow_before", "slow_after", "conflict",
    "rate_limit", "error_before", "error_after", "garbage", "html",
}  # fmt: skip
# Nothing that is kept under a key, and nothing that takes time.
HARMLESS = ("close_before", "close_after", "conflict", "rate_limit", "garbage", "html")


@dataclass
class Fault:
    """One thing that goes wrong.

    :param method: of the requests that are hit, or ``*``
    :param path: pattern as ``payment_intents`` or ``payment_intents/*/confirm``
    :param times: how often; None for always
    :param skip: how many requests pass before
    :param match: a text that the request's parameters must contain
    """

    kind: str
    method: str = "POST"
    path: str = "*"
    times: int | None = 1
    skip: int = 0
    seconds: float = 30
    retry_after: float | None = None
    stored: bool = True
    match: str = ""
    hits: int = 0

    def __post_init__(self):
        """Refuse a kind that there is not."""
        if self.kind not in KINDS:
            raise ValueError(f"kind: {self.kind!r} is none of {sorted(KINDS)}")

    def hit(self, method, path, text) -> bool:
        """Return whether this request is hit; count it."""
        if self.method not in ("*", method) or self.match not in text:
            return False
        if not fnmatch.fnmatchcase(path, self.path) or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times = None if self.times is None else self.times - 1
        self.hits += 1
        return True


@dataclass
class Schedule:
    """Faults at random, the same for the same requests whatever their order.

    :param rate: share of the requests that are hit
    :param most: after so many hits a request with the same content passes
    """

    seed: int
    rate: float
    kinds: tuple = HARMLESS
    method: str = "POST"
    path: str = "*"
    most: int = 3
    options: dict = field(default_factory=dict)
    _tries: dict = field(default_factory=dict)

    def draw(self, method, path, text):
        """Return the fault for a request, or None."""
        if self.method not in ("*", method) or not fnmatch.fnmatchcase(path, self.path):
            return None
        identity = f"{method} {path} {text}"
        tries = self._tries[identity] = self._tries.get(identity, 0) + 1
        if tries > self.most:
            return None
        digest = hashlib.sha256(f"{self.seed} {tries} {identity}".encode()).digest()
        if int.from_bytes(digest[:4], "big") / 2**32 >= self.rate:
            return None
        kind = self.kinds[digest[4] % len(self.kinds)]
        return Fault(kind, **{"seconds": 0.05, **self.options})


def now() -> float:
    """Return seconds that run on although a test has frozen the time."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


class Bucket:
    """So many requests in a second, and no more.

    :param path: pattern of the requests that it counts
    """

    def __init__(self, path, per_second):
        self.path = path
        self.rate = float(per_second)
        self.most = self.tokens = max(self.rate, 1.0)
        self.since = now()

    def take(self, path) -> bool:
        """Return whether a request to this path may pass."""
        if not fnmatch.fnmatchcase(path, self.path):
            return True
        moment = now()
        self.tokens = min(self.most, self.tokens + (moment - self.since) * self.rate)
        self.since = moment
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Faults:
    """All that is to go wrong with one stand-in.

    ``busy`` counts the requests that are being held back.
    """

    def __init__(self):
        """Begin without a fault."""
        self._lock = threading.Lock()
        self._waiting = []
        self._schedules = []
        self._buckets = []
        self._per_endpoint = None
        self._endpoints = {}
        self._bell = threading.Condition(self._lock)
        self._rung = 0
        self.busy = 0

    def add(self, kind, method="POST", path="*", **options) -> Fault:
        """Let something go wrong; see ``Fault`` for the options."""
        fault = Fault(kind, method, path, **options)
        with self._lock:
            self._waiting.append(fault)
        return fault

    def schedule(self, seed, rate, **options) -> Schedule:
        """Let things go wrong at random; see ``Schedule`` for the options."""
        schedule = Schedule(seed, rate, **options)
        with self._lock:
            self._schedules.append(schedule)
        return schedule

    def limit(self, per_second, path="*", each=False) -> None:
        """Answer 429 to what comes faster than so many a second.

        :param each: every endpoint has so many for itself
        """
        with self._lock:
            if each:
                self._per_endpoint = float(per_second)
            else:
                self._buckets.append(Bucket(path, per_second))

    def _bucket_of(self, method, path):
        """Return the bucket of one endpoint: ids make no difference."""
        first, *more = path.split("/")
        name = (method, first, len(more))
        if name not in self._endpoints:
            self._endpoints[name] = Bucket("*", self._per_endpoint)
        return self._endpoints[name]

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._waiting, self._schedules, self._buckets = [], [], []
            self._per_endpoint, self._endpoints = None, {}

    def pick(self, method, path, text) -> Fault | None:
        """Return what is to go wrong with a request, or None.

        :raise ApiError: when it comes too fast
        """
        with self._lock:
            buckets = list(self._buckets)
            if self._per_endpoint:
                buckets.append(self._bucket_of(method, path))
            if not all([bucket.take(path) for bucket in buckets]):
                raise errors.too_many()
            for fault in self._waiting:
                if fault.hit(method, path, text):
                    return fault
            drawn = (each.draw(method, path, text) for each in self._schedules)
            return next((fault for fault in drawn if fault), None)

    def sleep(self, seconds) -> None:
        """Wait, but not longer than until the bell rings."""
        with self._bell:
            before, self.busy = self._rung, self.busy + 1
            self._bell.wait_for(lambda: self._rung > before, seconds)
            self.busy -= 1

    def wake(self) -> None:
        """End all waiting at once."""
        with self._bell:
            self._rung += 1
            self._bell.notify_all()
