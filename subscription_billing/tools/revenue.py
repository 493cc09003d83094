"""Monthly recurring revenue: what a period's price is worth per month, and how a
change of it is called.

The terms are those of Stripe's analytics glossary: a subscription whose MRR falls to
zero has churned, one that comes back is a reactivation.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
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


def churn_rate(lost: int, at_start: int, new: int) -> Fraction:
    """Return which part of the customers of a window of time has left in it.

    As in Stripe's analytics, one who came and left inside the window counts above and
    below the line. 3 of 20 are 3/20; without customers nothing is lost.

    :param lost: customers whose MRR fell to zero in the window
    :param at_start: customers at its start
    :param new: customers who came in it
    :raises ValueError: more have left than there were
    """
    if not 0 <= lost <= at_start + new:
        raise ValueError(f"Of {at_start} customers and {new} new, {lost} cannot leave.")
    return Fraction(lost, at_start + new) if lost else Fraction(0)


def revenue_churn_rate(lost: Decimal, at_start: Decimal) -> Fraction:
    """Return which part of the MRR of a window's start has gone by its end.

    :param lost: MRR of churn and contraction in the window, as a positive amount
    :param at_start: MRR at its start
    :raises ValueError: more has gone than there was
    """
    if not 0 <= lost <= at_start:
        raise ValueError(f"Of an MRR of {at_start}, {lost} cannot be lost.")
    return Fraction(lost) / Fraction(at_start) if lost else Fraction(0)
