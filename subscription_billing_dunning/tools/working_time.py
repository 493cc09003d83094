"""Working time: when a customer may be called or written to, by his own clock.

The hours are those of the wall clock where the customer lives. Where clocks go forward,
an hour that does not exist is not worked; where they go back, one that comes twice is
worked twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo.addons.subscription_billing.tools.clock import day_bounds, local_date

#: hours of one day, from the start until before the end; an end of 00:00 is midnight
Span = tuple[time, time]

#: how many days to look ahead: one more than a leap year has
HORIZON = 367

_SECOND = timedelta(seconds=1)


def _around_the_clock() -> Mapping[int, tuple[Span, ...]]:
    """Return all hours of all weekdays."""
    return {weekday: ((time.min, time.min),) for weekday in range(7)}


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """The hours of a week, and the days that are off.

    :param hours: by weekday, 0 for Monday; a weekday that is not in it is off, so that
        nothing is ever open without any. All hours of all days unless they are given
    :param holidays: days off, whatever weekday they are
    :raises ValueError: there is no such weekday, or hours end before they start
    """

    hours: Mapping[int, tuple[Span, ...]] = field(default_factory=_around_the_clock)
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """Refuse hours that no week has."""
        for weekday, spans in self.hours.items():
            if weekday not in range(7):
                raise ValueError(f"A weekday is 0 to 6, not {weekday}.")
            for start, end in spans:
                if time.min < end <= start:
                    raise ValueError(f"Hours from {start} on do not end at {end}.")

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """Return the hours of ``day``, the earliest first; none on a day off."""
        if day in self.holidays:
            return ()
        return tuple(sorted(self.hours.get(day.weekday(), ())))

    def whole_hours(self) -> frozenset[int]:
        """Return the hours, 0 to 23, that are worked in full on some weekday."""
        return frozenset(
            hour
            for spans in self.hours.values()
            for start, end in spans
            for hour in range(24)
            if start <= time(hour) and (end == time.min or hour + 1 <= end.hour)
        )


def next_moment(working_time: WorkingTime, moment: datetime, tz: str) -> datetime:
    """Return the first moment from ``moment`` on that is working time in ``tz``, in
    UTC; it is ``moment`` itself where that is.

    :param moment: with a time zone
    :param tz: name of the customer's time zone, such as "America/New_York"
    :raises ValueError: ``moment`` has no time zone, or a year has no working time
    """
    first = local_date(moment, tz)
    moment = moment.astimezone(timezone.utc)
    for offset in range(HORIZON):
        for start, end in _stretches(working_time, first + timedelta(days=offset), tz):
            if moment < end:
                return max(moment, start)
    raise _never_open(first)


def add_working_days(working_time: WorkingTime, day: date, count: int) -> date:
    """Return the ``count``-th working day after ``day``, or before it where ``count``
    is negative; 0 is ``day`` itself, working day or not.

    :raises ValueError: a year has no working day
    """
    step = timedelta(days=1 if count > 0 else -1)
    left, idle = abs(count), 0
    while left:
        day += step
        is_open = bool(working_time.spans_on(day))
        left -= is_open
        idle = 0 if is_open else idle + 1
        if idle >= HORIZON:
            raise _never_open(day)
    return day


def _stretches(
    working_time: WorkingTime, day: date, tz: str
) -> Iterator[tuple[datetime, datetime]]:
    """Yield when working time begins and ends on ``day``, in UTC and in order."""
    spans = working_time.spans_on(day)
    if not spans:
        return
    midnight = datetime.combine(day, time.min, timezone.utc)
    for date_start, date_end, ahead in _pieces(day, tz):
        for start, end in spans:
            begins = datetime.combine(day, start, timezone.utc) - ahead
            ends = datetime.combine(day, end, timezone.utc) - ahead
            if end == time.min:
                ends = midnight + timedelta(days=1) - ahead
            begins, ends = max(begins, date_start), min(ends, date_end)
            if begins < ends:
                yield begins, ends


def _pieces(day: date, tz: str) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Yield the parts of ``day`` in which the clocks are not changed: from when and
    until when, in UTC, and how far the clocks are ahead of UTC.

    There are two where clocks are changed, and none where the day was left out, as
    on an island that moved across the date line.
    """
    start, end = day_bounds(day, tz)
    while start < end:
        ahead = _ahead(start, tz)
        until = _clocks_change(start, end, tz)
        yield start, until, ahead
        start = until


def _clocks_change(start: datetime, end: datetime, tz: str) -> datetime:
    """Return when the clocks of ``start`` no longer hold, ``end`` at the latest.

    They are taken to change once at most in between, on a whole second.
    """
    ahead = _ahead(start, tz)
    if _ahead(end - _SECOND, tz) == ahead:
        return end
    before, after = start, end - _SECOND
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if _ahead(middle, tz) == ahead:
            before = middle
        else:
            after = middle
    return after


def _ahead(moment: datetime, tz: str) -> timedelta:
    """Return how far the clocks of ``tz`` are ahead of UTC at ``moment``."""
    return moment.astimezone(ZoneInfo(tz)).utcoffset() or timedelta()


def _never_open(day: date) -> ValueError:
    """Return the error of hours that leave no time to work."""
    return ValueError(
        f"There is no working time within a year of {day}: add hours to the week, or "
        "take away holidays."
    )
