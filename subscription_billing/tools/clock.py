"""Days of a place: which day it is there, and when that day begins and ends.

Billing knows days, events happen at instants. A day of a company is a day in its time
zone: 23, 24 or 25 hours long where clocks are changed.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo


def local_date(instant: datetime, tz: str) -> date:
    """Return the day that it is in ``tz`` at ``instant``.

    :param instant: with a time zone
    :param tz: name of a time zone, such as "America/New_York"
    :raises ValueError: the instant has no time zone
    """
    if instant.tzinfo is None:
        raise ValueError(f"The instant {instant} needs a time zone, such as UTC.")
    return instant.astimezone(ZoneInfo(tz)).date()


def day_bounds(day: date, tz: str) -> tuple[datetime, datetime]:
    """Return when ``day`` begins in ``tz`` and when the next one does, in UTC."""
    return _midnight(day, tz), _midnight(day + timedelta(days=1), tz)


def _midnight(day: date, tz: str) -> datetime:
    """Return the instant at which ``day`` begins in ``tz``, in UTC."""
    start = datetime.combine(day, time.min, tzinfo=ZoneInfo(tz))
    return start.astimezone(timezone.utc)
