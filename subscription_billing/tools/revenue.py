"""Monthly recurring revenue: what a period's price is worth per month, and how a
change of it is called.

The terms are those of Stripe's analytics glossary: a subscription whose MRR falls to
zero has churned, one that comes back is a reactivation.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from .recurrence import Interval

Movement = Literal[
    "new", "expansion", "contraction", "churn", "reactivation", "unchanged"
]

_MONTHS_PER_YEAR = 12
_WEEKS_PER_YEAR = 52
_DAYS_PER_YEAR = 365


def monthly_amount(amount: Decimal, interval: Interval) -> Decimal:
    """Return what ``amount`` per ``interval`` is worth per month, unrounded.

    A year has 12 months, 52 weeks or 365 days: 1,200 a year is 100 a month, and a
    week's fee counts 52/12 times.
    """
    if interval.months:
        return amount / interval.months
    if interval.unit == "week":
        return amount * _WEEKS_PER_YEAR / (_MONTHS_PER_YEAR * interval.count)
    return amount * _DAYS_PER_YEAR / (_MONTHS_PER_YEAR * interval.count)


def classify_movement(
    before: Decimal, after: Decimal, *, had_revenue: bool
) -> Movement:
    """Return the name of a change of MRR from ``before`` to ``after``.

    :param had_revenue: whether the subscription ever had MRR before this change
    """
    if before == after:
        return "unchanged"
    if not before:
        return "reactivation" if had_revenue else "new"
    if not after:
        return "churn"
    return "expansion" if after > before else "contraction"
