"""Metering: what the counted events of a meter come to, and which of them count when.

An event counts on the day of its time in the company's time zone. It is billed once, in
a window of days of one line: the one that holds its day or, when that has been billed
already, the next one. A window takes the events that no claim has taken yet, so that
what arrives while an invoice is being made is on the one after it.

A running meter (``carries_over``) goes on from what was counted before the window: a
sum or a count is the total of all events so far, a maximum or a last value begins with
the level that was reached before.

Negative quantities are corrections. They lower a sum, take an event back from a count,
and take a value back from unique values; for a maximum and a last value they are values
like others.

``models/subscription_meter_counting.py`` says the same in SQL, for many events at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from .recurrence import Period

Aggregation = Literal["sum", "count", "maximum", "last", "unique"]
LateRule = Literal["next_invoice", "refuse"]

#: states of a subscription in which usage is counted
COUNTED_STATES: frozenset[str] = frozenset({"trial", "active", "past_due", "suspended"})
#: aggregations whose running total is made of all events so far
TOTALS: frozenset[str] = frozenset({"sum", "count", "unique"})
#: aggregations of quantities, which an event must therefore bring
QUANTITIES: frozenset[str] = frozenset({"sum", "maximum", "last"})


class RefusalError(ValueError):
    """An event that is not counted.

    :param code: what is wrong, a key of the texts for people
    :param field: the field of the event that is at fault
    :param facts: what the text tells, by name
    """

    def __init__(self, code: str, field: str, **facts: object) -> None:
        super().__init__(f"{field}: {code}")
        self.code = code
        self.field = field
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Meter:
    """How events are counted.

    :param carries_over: whether counting goes on from the period before
    :param late_rule: what happens to an event whose day has been billed
    :param late_days: days after which an event is refused, 0 for never
    :param value_property: the property whose distinct values are counted
    :param quantity_property: the property that holds the quantity, if any
    """

    aggregation: Aggregation
    carries_over: bool = False
    late_rule: LateRule = "next_invoice"
    late_days: int = 0
    value_property: str = ""
    quantity_property: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """One accepted event.

    :param id: rises in the order in which events were recorded
    :param time: when it happened, in UTC
    :param day: the day for which it counts
    :param value: what unique values are told apart by
    """

    id: int
    time: datetime
    day: date
    quantity: Decimal
    value: str | None = None
    is_billed: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Days of one line whose usage is billed together."""

    line_id: int
    meter_id: int
    period: Period


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used in a window.

    :param quantity: the aggregate; below 0 when corrections outweigh the rest
    :param event_count: events that the window bills, less the corrections
    """

    quantity: Decimal = Decimal(0)
    event_count: int = 0


# === AGGREGATION === #


def aggregate(aggregation: Aggregation, counts: Iterable[Count]) -> Decimal:
    """Return what events come to; 0 without any."""
    counts = list(counts)
    if aggregation == "sum":
        return sum((count.quantity for count in counts), Decimal(0))
    if aggregation == "count":
        return Decimal(net_count(counts))
    if aggregation == "unique":
        return Decimal(_count_values(counts))
    if not counts:
        return Decimal(0)
    if aggregation == "maximum":
        return max(count.quantity for count in counts)
    return max(counts, key=_order).quantity


def net_count(counts: Iterable[Count]) -> int:
    """Return the number of events; a correction takes one back."""
    return sum(-1 if count.quantity < 0 else 1 for count in counts)


def _count_values(counts: Iterable[Count]) -> int:
    """Return how many distinct values were not taken back."""
    quantities: defaultdict[str, Decimal] = defaultdict(Decimal)
    for count in counts:
        if count.value is not None:
            quantities[count.value] += count.quantity
    return sum(quantity > 0 for quantity in quantities.values())


def _order(count: Count) -> tuple[date, datetime, int]:
    """Return the key by which the last event is found."""
    return count.day, count.time, count.id


# === WINDOWS === #


def measure(
    meter: Meter,
    counts: Sequence[Count],
    period: Period,
    *,
    billed: Sequence[Period] = (),
    previous_end: date | None = None,
) -> Usage:
    """Return what a window of one line bills.

    :param counts: all accepted events of the subscription and the meter
    :param billed: the periods that were billed for the meter before
    :param previous_end: end of the window before this one in the same run, when the
        line took the place of another
    """
    fresh = [
        count
        for count in counts
        if not count.is_billed
        and (previous_end is None or count.day >= previous_end)
        and count.day < period.date_end
        and (
            count.day >= period.date_start
            or _is_running_total(meter)
            or covers(billed, count.day)
        )
    ]
    before = _carried(meter, counts, period, fresh)
    return Usage(aggregate(meter.aggregation, [*before, *fresh]), net_count(fresh))


def measure_level(meter: Meter, counts: Sequence[Count], day: date) -> Decimal | None:
    """Return the counted quantity in force on ``day``, None when nothing was counted.

    It is the aggregate of the last day with events up to ``day``, whether billed or
    not; a running meter goes on from the days before it.
    """
    days = [count.day for count in counts if count.day <= day]
    if not days:
        return None
    last_day = max(days)
    if _is_running_total(meter):
        return aggregate(meter.aggregation, [c for c in counts if c.day <= day])
    counted = [count for count in counts if count.day == last_day]
    before = [count for count in counts if count.day < last_day]
    if meter.carries_over and before:
        counted.append(max(before, key=_order))
    return aggregate(meter.aggregation, counted)


def covers(periods: Iterable[Period], day: date) -> bool:
    """Return whether ``day`` lies in one of the periods."""
    return any(period.date_start <= day < period.date_end for period in periods)


def _is_running_total(meter: Meter) -> bool:
    return meter.carries_over and meter.aggregation in TOTALS


def _carried(
    meter: Meter, counts: Sequence[Count], period: Period, fresh: Sequence[Count]
) -> list[Count]:
    """Return the events that a running meter goes on from."""
    if not meter.carries_over:
        return []
    if _is_running_total(meter):
        return [c for c in counts if c.day < period.date_end and c not in fresh]
    before = [count for count in counts if count.day < period.date_start]
    return [max(before, key=_order)] if before else []


# === THE LATE RULE === #


def check_day(
    meter: Meter,
    day: date,
    *,
    today: date,
    served: Iterable[tuple[date, date | None]],
    billed: Sequence[Period],
) -> None:
    """Refuse an event whose day cannot be counted, or no longer.

    :param today: the company's date
    :param served: spans of days in which a line counts with the meter; the second date
        is the first day after it, or None
    :param billed: periods that have been billed for the meter
    :raises RefusalError: with the reason
    """
    if not any(start <= day and (not end or day < end) for start, end in served):
        raise RefusalError("no_line", "time", day=day)
    if meter.late_days and (today - day).days > meter.late_days:
        raise RefusalError("too_old", "time", day=day, days=meter.late_days)
    if all(day >= period.date_end for period in billed):
        return
    if meter.late_rule == "refuse":
        raise RefusalError("billed", "time", day=day)
    if not meter.carries_over and not covers(billed, day):
        raise RefusalError("not_served", "time", day=day)
