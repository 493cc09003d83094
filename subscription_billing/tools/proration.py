"""Proration: what a part of a period costs, and what of it is given back.

The price of a period falls on its days. Which length the days are measured against is
the *basis*:

``natural``
    the period between two boundaries that holds the days, as Kill Bill does
``thirty``
    months of thirty days; for periods of days and weeks the same as ``natural``
``start``
    the period that would begin on the first of these days, as Stripe does for
    backdated subscriptions
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from .recurrence import Period, Recurrence

Basis = Literal["natural", "thirty", "start"]

_MONTH = 30


@dataclass(frozen=True, slots=True)
class Days:
    """Some days, and how many the whole is measured against: 10 of 31."""

    count: int
    whole: int


def cut(span: Period, recurrence: Recurrence) -> list[Period]:
    """Return ``span`` cut at the boundaries of the periods."""
    pieces = []
    start = span.date_start
    while start < span.date_end:
        end = min(recurrence.period_containing(start).date_end, span.date_end)
        pieces.append(Period(start, end))
        start = end
    return pieces


def share(span: Period, recurrence: Recurrence, basis: Basis = "natural") -> Fraction:
    """Return how many periods' prices ``span`` costs: 1 for one whole period.

    1 February to 13 April with the 13th as anchor is 12/31 + 2.
    """
    return sum(
        (_share_of_piece(piece, recurrence, basis) for piece in cut(span, recurrence)),
        Fraction(0),
    )


def part(
    span: Period, whole: Period, recurrence: Recurrence, basis: Basis = "natural"
) -> Fraction:
    """Return the part of ``whole`` that falls on ``span``, which lies in it.

    It is what a credit gives back of an amount billed for ``whole``.

    :raises ValueError: ``span`` does not lie in ``whole``
    """
    days = measure_part(span, whole, recurrence, basis)
    return Fraction(days.count, days.whole)


def measure_part(
    span: Period, whole: Period, recurrence: Recurrence, basis: Basis = "natural"
) -> Days:
    """Return the days of ``span``, of those of ``whole``, in which it lies.

    :raises ValueError: ``span`` does not lie in ``whole``
    """
    if not whole.date_start <= span.date_start < span.date_end <= whole.date_end:
        raise ValueError(f"{span} does not lie in {whole}.")
    if basis == "thirty":
        count, length = (
            sum(
                measure(piece, recurrence, basis).count
                for piece in cut(each, recurrence)
            )
            for each in (span, whole)
        )
        if length:
            return Days(count, length)
    return Days(span.days, whole.days)


def measure(piece: Period, recurrence: Recurrence, basis: Basis = "natural") -> Days:
    """Return the days of a span that crosses no boundary, of those of its period."""
    natural = recurrence.period_containing(piece.date_start)
    if basis == "start" and piece != natural:
        imagined = Recurrence(piece.date_start, recurrence.interval).boundary(1)
        return Days(piece.days, (imagined - piece.date_start).days)
    if basis == "thirty" and recurrence.interval.months:
        length = _MONTH * recurrence.interval.months
        start, end = (
            _position(day, natural, length)
            for day in (piece.date_start, piece.date_end)
        )
        return Days(end - start, length)
    return Days(piece.days, natural.days)


def credit(
    billed: Decimal,
    credited: Decimal,
    part_of_period: Fraction,
    *,
    is_rest: bool,
) -> Decimal:
    """Return what to give back of ``billed``, unrounded.

    All credits of an amount add up to it to the cent, and never to more: the one that
    leaves nothing takes what the others have left.

    :param credited: what has been given back before, rounded as it was billed
    :param is_rest: whether no day remains after this credit
    """
    left = billed - credited
    if is_rest:
        return left
    exact = billed * part_of_period.numerator / part_of_period.denominator
    return min(exact, left) if billed >= 0 else max(exact, left)


def _share_of_piece(piece: Period, recurrence: Recurrence, basis: Basis) -> Fraction:
    """Return the share of a span that crosses no boundary."""
    days = measure(piece, recurrence, basis)
    return Fraction(days.count, days.whole)


def _position(day: date, natural: Period, length: int) -> int:
    """Return how many of ``length`` thirty-day-month days have passed on ``day``."""
    if day == natural.date_end:
        return length
    return min(_count_thirty(natural.date_start, day), length)


def _count_thirty(start: date, end: date) -> int:
    """Return the days from ``start`` to ``end`` with thirty days in every month."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months * _MONTH + min(end.day, _MONTH) - min(start.day, _MONTH)
