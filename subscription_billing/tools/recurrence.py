"""Anchored recurrence: where the boundaries of billing periods lie.

Every boundary is computed from the anchor, ``boundary(n) = anchor + n × interval``,
never from the boundary before it. A subscription anchored on 31 January is billed on
28 (or 29) February and again on 31 March.

Days are calendar days of the company; there are no times and no time zones here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from dateutil.relativedelta import relativedelta

Unit = Literal["day", "week", "month", "year"]
UNITS: tuple[Unit, ...] = get_args(Unit)

_DAYS: dict[Unit, int] = {"day": 1, "week": 7}
_MONTHS: dict[Unit, int] = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of time: ``count`` times ``unit``.

    :raises ValueError: the count is below 1 or the unit is unknown
    """

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        """Refuse an interval that would never move forward."""
        if self.count < 1:
            raise ValueError(f"An interval counts at least 1, not {self.count}.")
        if self.unit not in UNITS:
            raise ValueError(f"An interval is in {', '.join(UNITS)}, not {self.unit}.")

    @property
    def days(self) -> int:
        """Return the fixed length in days; 0 for calendar intervals."""
        return self.count * _DAYS.get(self.unit, 0)

    @property
    def months(self) -> int:
        """Return the length in months; 0 for intervals of fixed days."""
        return self.count * _MONTHS.get(self.unit, 0)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A half-open span of days ``[date_start, date_end)``.

    :raises ValueError: the period is empty or ends before it starts
    """

    date_start: date
    date_end: date

    def __post_init__(self) -> None:
        """Refuse an empty span."""
        if self.date_end <= self.date_start:
            raise ValueError(
                f"A period must end after {self.date_start}, not on {self.date_end}."
            )

    @property
    def days(self) -> int:
        """Return the number of days in the period."""
        return (self.date_end - self.date_start).days

    @property
    def date_last(self) -> date:
        """Return the last day inside the period, as people read it."""
        return self.date_end - timedelta(days=1)


def boundary(anchor: date, interval: Interval, n: int) -> date:
    """Return the ``n``-th boundary; ``n`` is 0 at the anchor and may be negative.

    A day that a month does not have becomes the month's last day.
    """
    if interval.days:
        return anchor + timedelta(days=n * interval.days)
    return anchor + relativedelta(months=n * interval.months)


def index_on_or_before(anchor: date, interval: Interval, day: date) -> int:
    """Return the largest ``n`` with ``boundary(n) <= day``."""
    if interval.days:
        return (day - anchor).days // interval.days
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    n = months // interval.months
    return n if boundary(anchor, interval, n) <= day else n - 1


def period_containing(anchor: date, interval: Interval, day: date) -> Period:
    """Return the period that holds ``day``; it starts on ``day`` on a boundary."""
    n = index_on_or_before(anchor, interval, day)
    return Period(boundary(anchor, interval, n), boundary(anchor, interval, n + 1))


def is_boundary(anchor: date, interval: Interval, day: date) -> bool:
    """Return whether a period starts on ``day``."""
    return period_containing(anchor, interval, day).date_start == day


def boundary_on_or_after(anchor: date, interval: Interval, day: date) -> date:
    """Return the first boundary that is not before ``day``."""
    period = period_containing(anchor, interval, day)
    return day if period.date_start == day else period.date_end
