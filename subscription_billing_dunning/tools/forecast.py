"""When the money of unpaid invoices will come, by one simple rule.

The days since the due date are cut into spans. Of the invoices that were unpaid when a
span began, a share was paid before it ended: ``learn`` has it from the company's own
invoices, and leans on ``PRIOR`` as long as these are few. Who pays before the due date
is taken to pay on that date. Within a later span, each day brings the same part of what
is left. What is not paid after the last span is not expected any more.

A planned retry brings its chance on its day, and nothing is expected before it; what it
does not bring follows the spans. Amounts are in one currency, days are the company's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

#: the last day of each span, counted from the due date
SPAN_ENDS = (0, 30, 60, 90, 180)
#: the share that is paid in each span, where nothing is known
PRIOR = (0.6, 0.6, 0.4, 0.25, 0.15)
#: how many invoices of its own outweigh that
PRIOR_WEIGHT = 20
#: the share of instalments that are paid, and how many plans outweigh it
PLAN_PRIOR = 0.7
PLAN_PRIOR_WEIGHT = 10


@dataclass(frozen=True, slots=True)
class Seen:
    """How many were unpaid when a span began, and how many of them were paid in it."""

    count: int
    paid: int


@dataclass(frozen=True, slots=True)
class Retry:
    """A planned charge.

    :param chance: from 0 to 1
    """

    date: date
    chance: float


def learn(seen: Sequence[Seen]) -> tuple[float, ...]:
    """Return the share that is paid in each span.

    :param seen: for each span
    :raises ValueError: there are not as many as spans, or more were paid than were owed
    """
    if len(seen) != len(PRIOR):
        raise ValueError(f"There are {len(PRIOR)} spans, not {len(seen)}.")
    return tuple(
        _blend(each, prior, PRIOR_WEIGHT)
        for each, prior in zip(seen, PRIOR, strict=True)
    )


def learn_plans(seen: Seen) -> float:
    """Return the share of the instalments that are paid, from plans that have ended."""
    return _blend(seen, PLAN_PRIOR, PLAN_PRIOR_WEIGHT)


def expect(
    amount: Decimal,
    date_due: date,
    shares: Sequence[float],
    today: date,
    days: int,
    retry: Retry | None = None,
) -> Iterator[tuple[date, Decimal]]:
    """Yield what is expected of an unpaid amount on each of the next days.

    :param shares: of each span, as of ``learn``
    :param days: how many days, today is the first
    """
    left = amount
    for number in range(days):
        day = today + timedelta(days=number)
        chance = _get_chance(day, (day - date_due).days, shares, retry)
        coming = left * Decimal(str(chance))
        if coming:
            left -= coming
            yield day, coming


def _get_chance(
    day: date, age: int, shares: Sequence[float], retry: Retry | None
) -> float:
    """Return the chance that what is unpaid is paid on a day."""
    if retry and day <= retry.date:
        return retry.chance if day == retry.date else 0.0
    return _daily(age, shares)


def _daily(age: int, shares: Sequence[float]) -> float:
    """Return the chance that what is unpaid so many days after it was due is paid."""
    if age == 0:
        return shares[0]
    start = SPAN_ENDS[0]
    for end, share in zip(SPAN_ENDS[1:], shares[1:], strict=True):
        if start < age <= end:
            return 1 - (1 - share) ** (1 / (end - start))
        start = end
    return 0.0


def _blend(seen: Seen, prior: float, weight: int) -> float:
    """Return a share between what was seen and what was thought before."""
    if not 0 <= seen.paid <= seen.count:
        raise ValueError(f"{seen.paid} of {seen.count} is not a share.")
    return (seen.paid + prior * weight) / (seen.count + weight)
