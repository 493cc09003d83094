"""The calendar of Stripe Billing: which period of a subscription is the current one."""

import calendar
from datetime import datetime, timedelta, timezone

DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "year": 12}


def boundary(anchor: int, interval: str, count: int, number: int) -> int:
    """Return the second at which a period begins.

    :param anchor: the second from which all periods are counted
    :param number: of the period; 0 begins at the anchor
    """
    start = datetime.fromtimestamp(anchor, timezone.utc)
    if interval in DAYS:
        return anchor + DAYS[interval] * count * number * 86400
    months = start.month - 1 + MONTHS[interval] * count * number
    year, month = start.year + months // 12, months % 12 + 1
    last = calendar.monthrange(year, month)[1]
    moved = start.replace(year=year, month=month, day=min(start.day, last))
    return int(moved.timestamp())


def current_period(anchor: int, interval: str, count: int, now: int) -> tuple[int, int]:
    """Return begin and end of the period that ``now`` lies in."""
    days = DAYS.get(interval) or MONTHS[interval] * 30.436875
    number = int(timedelta(seconds=now - anchor) / timedelta(days=days * count)) - 1
    while boundary(anchor, interval, count, number + 1) <= now:
        number += 1
    start, end = (boundary(anchor, interval, count, number + i) for i in (0, 1))
    return start, end
