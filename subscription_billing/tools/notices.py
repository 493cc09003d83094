"""When a notice of a coming event is sent, and when it would come too late.

Days are calendar days of the company. A window is counted backwards from the event, as
the laws do that ask for such notices: California wants a reminder of a renewal between
45 and 15 days, and of the end of a long trial between 21 and 3 days before
(Cal. Bus. & Prof. Code § 17602).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from .recurrence import Interval

#: days that a month counts when a length of days is compared with one of months: few
#: enough for 52 weeks to be a year, so that in doubt a customer is told
MONTH_DAYS = 30


@dataclass(frozen=True, slots=True)
class Window:
    """The days before an event on which a notice of it may be sent.

    :param days_before: the first day, as days before the event
    :param days_latest: the last day, as days before the event; 0 is its own day
    :raises ValueError: the window would end before it begins, or after the event
    """

    days_before: int
    days_latest: int = 0

    def __post_init__(self) -> None:
        """Refuse a window without a day in it."""
        if not 0 <= self.days_latest <= self.days_before:
            raise ValueError(
                f"A notice {self.days_before} days before cannot be late from "
                f"{self.days_latest} days before."
            )

    def first(self, event: date) -> date:
        """Return the day from which the notice of ``event`` is due."""
        return event - timedelta(days=self.days_before)

    def last(self, event: date) -> date:
        """Return the last day on which the notice of ``event`` comes in time."""
        return event - timedelta(days=self.days_latest)

    def horizon(self, today: date) -> tuple[date, date]:
        """Return the first and the last day of the events whose notice is due.

        Days on which nothing ran are caught up until the event has passed: a late
        notice is better than none.
        """
        return today, today + timedelta(days=self.days_before)


def is_late(last: date | None, sent: date) -> bool:
    """Return whether a notice that was sent on a day came too late.

    :param last: the last day on which it was in time, None when any day is
    """
    return last is not None and sent > last


def renewal_date(date_next: date | None, date_term_end: date | None) -> date | None:
    """Return the first day that will be charged and is not committed to yet.

    :param date_next: start of the next period to charge, None when there is none
    :param date_term_end: last day of the commitment, None without one
    """
    if date_next is None or date_term_end is None:
        return date_next
    return max(date_next, date_term_end + timedelta(days=1))


def lasts_months(interval: Interval, months: int) -> bool:
    """Return whether an interval is at least so many months long."""
    if interval.months:
        return interval.months >= months
    return interval.days >= months * MONTH_DAYS


def lasts_days(date_start: date, date_end: date, days: int) -> bool:
    """Return whether the half-open span of dates has at least so many days."""
    return (date_end - date_start).days >= days
