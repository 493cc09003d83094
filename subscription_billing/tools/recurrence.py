"""Anchored recurrence: where the boundaries of billing periods lie.

Every boundary is computed from the anchor, ``boundary(n) = anchor + n × interval``,
never from the boundary before it. A subscription anchored on 31 January is billed on
28 (or 29) February and again on 31 March. One that is billed on the last day of the
month and starts in February has its anchor there, and the 31st as its anchor day.

Days are calendar days of the company; there are no times and no time zones here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import gcd
from typing import Literal, get_args

from dateutil.relativedelta import relativedelta

Unit = Literal["day", "week", "month", "quarter", "year"]
UNITS: tuple[Unit, ...] = get_args(Unit)

_DAYS: dict[Unit, int] = {"day": 1, "week": 7}
_MONTHS: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}

Timing = Literal["advance", "arrears"]


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


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The periods of ``interval`` that are counted from ``anchor``.

    :param anchor: the start of period 0
    :param anchor_day: the day of the month on which periods start, where the anchor's
        own month is too short for it; 0 for the anchor's own day
    """

    anchor: date
    interval: Interval
    anchor_day: int = 0

    def boundary(self, n: int) -> date:
        """Return the ``n``-th boundary; ``n`` is 0 at the anchor and may be negative.

        A day that a month does not have becomes the month's last day.
        """
        if self.interval.days:
            return self.anchor + timedelta(days=n * self.interval.days)
        day = self.anchor_day or self.anchor.day
        return self.anchor + relativedelta(months=n * self.interval.months, day=day)

    def index_on_or_before(self, day: date) -> int:
        """Return the largest ``n`` with ``boundary(n) <= day``."""
        if self.interval.days:
            return (day - self.anchor).days // self.interval.days
        months = (day.year - self.anchor.year) * 12 + day.month - self.anchor.month
        n = months // self.interval.months
        return n if self.boundary(n) <= day else n - 1

    def period_containing(self, day: date) -> Period:
        """Return the period that holds ``day``; it starts on ``day`` on a boundary."""
        n = self.index_on_or_before(day)
        return Period(self.boundary(n), self.boundary(n + 1))

    def is_boundary(self, day: date) -> bool:
        """Return whether a period starts on ``day``."""
        return self.boundary(self.index_on_or_before(day)) == day

    def boundary_on_or_after(self, day: date) -> date:
        """Return the first boundary that is not before ``day``."""
        period = self.period_containing(day)
        return day if period.date_start == day else period.date_end

    def period_from(self, day: date) -> Period:
        """Return what is left, from ``day`` on, of the period that holds it."""
        return Period(day, self.period_containing(day).date_end)


@dataclass(frozen=True, slots=True)
class AnchorRule:
    """A day of the calendar on which all subscriptions of a plan are billed.

    :param day: day of the month, 1 to 31; months without it use their last day
    :param month: a month in which a period of months starts, 1 to 12; 0 for any
    :param weekday: day of the week for periods of weeks, 0 for Monday
    :raises ValueError: a value that no calendar has
    """

    day: int = 0
    month: int = 0
    weekday: int | None = None

    def __post_init__(self) -> None:
        """Refuse days that do not exist."""
        if not (0 <= self.day <= 31 and 0 <= self.month <= 12):
            raise ValueError(f"No month has a day {self.day} in month {self.month}.")
        if self.weekday is not None and not 0 <= self.weekday <= 6:
            raise ValueError(f"A weekday is 0 to 6, not {self.weekday}.")

    def align(self, start: date, interval: Interval) -> Recurrence:
        """Return the periods whose first anchor is the first fitting day from
        ``start`` on; ``start`` itself may fit.

        A yearly plan with a day and no month is billed in the month in which it
        started, one with a month and no day on the month's first. Periods of days have
        no place in the calendar and count from ``start``.
        """
        if interval.unit == "week" and self.weekday is not None:
            wait = (self.weekday - start.weekday()) % 7
            return Recurrence(start + timedelta(days=wait), interval)
        if not interval.months or not (self.day or self.month):
            return Recurrence(start, interval)
        day = self.day or 1
        cycle = gcd(interval.months, 12) if self.month else interval.months
        wait = (self.month - start.month) % cycle if self.month else 0
        anchor = start + relativedelta(months=wait, day=day)
        if anchor < start:
            anchor = start + relativedelta(months=wait + cycle, day=day)
        return Recurrence(anchor, interval, day)


def invoice_date(period: Period, timing: Timing, offset_days: int = 0) -> date:
    """Return the day on which ``period`` is invoiced.

    :param offset_days: how long before it starts (in advance), or after its last day
        has passed (in arrears)
    """
    if timing == "advance":
        return period.date_start - timedelta(days=offset_days)
    return period.date_end + timedelta(days=offset_days)
