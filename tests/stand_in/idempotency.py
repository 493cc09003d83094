"""Idempotency keys: the first answer to a key is the answer to all later ones."""

import threading
from dataclasses import dataclass

from . import errors


@dataclass
class Answer:
    """What goes out: a status, a body and headers."""

    status: int
    body: bytes
    headers: dict

    def replayed(self):
        """Return the same answer, marked as one that was given before."""
        headers = {**self.headers, "Idempotent-Replayed": "true"}
        headers["Original-Request"] = headers.pop("Request-Id", "")
        return Answer(self.status, self.body, headers)


class Keys:
    """The keys in use and the answers that were given to them.

    :param clock: returns the second it is now
    """

    def __init__(self, clock):
        self._lock = threading.Lock()
        self._clock = clock
        self._known = {}
        self.lifetime = 24 * 3600

    def open(self, key, request):
        """Take a key for a request; return the answer when there is one already.

        :param request: what must not differ between two uses of the key
        :raise ApiError: for another request, or while the first is being worked on
        """
        with self._lock:
            before = self._known.get(key)
            if before is None or self._clock() - before[2] > self.lifetime:
                self._known[key] = (request, None, self._clock())
                return None
            if before[0] != request:
                raise errors.key_reused()
            if before[1] is None:
                raise errors.key_in_use()
            return before[1].replayed()

    def close(self, key, answer):
        """Keep the answer to a key, or with None give the key free again."""
        with self._lock:
            request, _, since = self._known.pop(key)
            if answer is not None:
                self._known[key] = (request, answer, since)

    def expire(self, key=None):
        """Forget a key, or all keys that are not being worked on."""
        with self._lock:
            for name, (_, answer, _) in list(self._known.items()):
                if key in (None, name) and answer is not None:
                    del self._known[name]

    def __contains__(self, key):
        """Return whether an answer to a key is kept."""
        return self._known.get(key, (0, None))[1] is not None
