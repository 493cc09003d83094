"""How many calls may begin in a second, for all threads together."""

import threading
import time
from collections.abc import Callable

#: seconds to stand still after the first refusal; doubled with each further one
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0


class RateLimiter:
    """Spaces calls evenly, and lets all threads wait when Stripe asks for it.

    Calls are ``1 / per_second`` apart, never in a burst: time that was not used is not
    saved up. A thread that comes late by less than that does not delay those behind it.

    :param per_second: how many calls may begin in a second, more than 0
    :param clock: seconds that only ever grow
    :param sleep: waits for some seconds
    :raises ValueError: for a rate of 0 or less
    """

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if per_second <= 0:
            raise ValueError(f"A rate must be more than 0 calls a second: {per_second}")
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = clock()
        self._paused_until = self._free_at
        self._last_pause = 0.0

    def acquire(self) -> None:
        """Wait for one's turn to begin a call."""
        while (wait := self._take_turn()) > 0:
            self._sleep(wait)

    def _take_turn(self) -> float:
        """Take the turn when it is free; else return the seconds until it may be."""
        with self._lock:
            now = self._clock()
            free_at = max(self._free_at, self._paused_until)
            if now < free_at:
                return free_at - now
            is_on_time = now - free_at < self._interval
            self._free_at = (free_at if is_on_time else now) + self._interval
            return 0

    def pause(self, seconds: float) -> None:
        """Let no call begin for some seconds; a longer pause stays."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def back_off(self) -> None:
        """Pause, twice as long each time; refusals during a pause count once."""
        with self._lock:
            now = self._clock()
            if now >= self._paused_until:
                doubled = max(self._last_pause * 2, _FIRST_PAUSE)
                self._last_pause = min(doubled, _LONGEST_PAUSE)
                self._paused_until = now + self._last_pause

    def recover(self) -> None:
        """Begin with short pauses again, after a call that was not refused."""
        with self._lock:
            self._last_pause = 0.0
