"""Late fees and interest: what an invoice costs more because it is paid late.

A fee is a function of the terms and of what was open on which day, not of when the
job runs. What the fee has come to until today, less what it had come to when it was
booked last, is what is booked now: no day and no fixed sum is ever booked twice.

Interest is for whole days: from the day after the due date to today, each on what was
open when the day began, at the rate of that day, a year having 365 days, also where it
has 366. Amounts are in the currency of the invoice, and are not rounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from odoo.addons.subscription_billing.tools.recurrence import Interval, Recurrence

#: ``fixed``: a sum per invoice. ``percent``: a part of what is overdue, once.
#: ``interest``: per year on what is overdue. ``statutory``: Directive 2011/7/EU, a sum
#: per invoice, and interest of so many points above a reference rate
Kind = Literal["fixed", "percent", "interest", "statutory"]
Reason = Literal["fixed", "percent", "interest", "minimum", "maximum"]

#: what the Directive grants at least: a sum in EUR, and points above the reference rate
STATUTORY_AMOUNT = Decimal(40)
STATUTORY_POINTS = Decimal(8)

DAYS_OF_YEAR = 365

#: what was open from the end of a day on, after the payments of that day
OpenAmounts = Sequence[tuple[date, Decimal]]

_DAY = timedelta(days=1)
_HALF_YEARS = Recurrence(date(2000, 1, 1), Interval(6, "month"))


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What is charged for paying late.

    :param amount: the sum per invoice, if ``fixed`` or ``statutory``
    :param percent: of what is overdue; per year if ``interest``, in points above the
        reference rate if ``statutory``
    :param minimum: what all fees of an invoice come to at least
    :param maximum: what they come to at most, None without a limit
    :param grace_days: how many days after the due date nothing is charged; later, they
        count as all others do
    :raises ValueError: a value is negative, the limits exclude each other, or
        ``statutory`` grants less interest than the Directive does
    """

    kind: Kind
    amount: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    minimum: Decimal = Decimal(0)
    maximum: Decimal | None = None
    grace_days: int = 0

    def __post_init__(self) -> None:
        """Refuse terms that nobody can charge by."""
        for value in (self.amount, self.percent, self.minimum, self.grace_days):
            if value < 0:
                raise ValueError(f"The terms of a fee are 0 or more, not {value}.")
        if self.maximum is not None and self.maximum < self.minimum:
            raise ValueError(f"No fee lies between {self.minimum} and {self.maximum}.")
        if self.kind == "statutory" and self.percent < STATUTORY_POINTS:
            raise ValueError(
                f"Statutory interest is at least {STATUTORY_POINTS} points above the "
                f"reference rate, not {self.percent}."
            )

    def bound(self, amount: Decimal) -> Decimal:
        """Return ``amount``, raised to the minimum or lowered to the maximum."""
        raised = max(amount, self.minimum)
        return raised if self.maximum is None else min(raised, self.maximum)


@dataclass(frozen=True, slots=True)
class FeePart:
    """A piece of a fee, and how it comes about.

    :param amount: negative where it takes off what other parts are too much
    :param base: what was open; 0 where it does not matter
    :param percent: of the base; per year with ``interest``
    :param date_start: the first day of interest, None for other reasons
    :param days: how many days of interest
    """

    reason: Reason
    amount: Decimal
    base: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    date_start: date | None = None
    days: int = 0


@dataclass(frozen=True, slots=True)
class Fee:
    """What is to be booked, and the parts that add up to it.

    It is 0 without any parts, and may be with some, where the maximum is reached.
    """

    amount: Decimal = Decimal(0)
    parts: tuple[FeePart, ...] = ()


def late_fee(
    terms: FeeTerms,
    *,
    amount: Decimal | OpenAmounts,
    date_due: date,
    date_from: date | None,
    today: date,
    is_business: bool = False,
    rates: Mapping[date, Decimal] | None = None,
) -> Fee:
    """Return the fee of an invoice that has not been booked yet.

    :param amount: what has been open since the due date; where parts were paid, a
        sequence of days and of what was open from the end of each, one of them not
        after the due date
    :param date_from: the ``today`` of the last fee that was booked, also where it was
        waived later; None or the due date before the first
    :param is_business: whether the customer is one; ``statutory`` is not for consumers
    :param rates: the reference rate by the first day of its half-year, in percent, from
        the due date on; for ``statutory``
    :raises ValueError: a consumer is to pay the statutory fee, a half-year has no
        rate, or what was open is negative or not known
    """
    if terms.kind == "statutory" and not is_business:
        raise ValueError(
            "The statutory fee is for businesses: choose other terms for consumers."
        )
    amounts = _in_order(amount, date_due)
    graced = date_due + timedelta(days=terms.grace_days)
    late = [each for each in _get_stretches(amounts, graced, today) if each.amount]
    if not late:
        return Fee()
    is_first = date_from is None or date_from <= graced
    booked = date_due if is_first else date_from
    once = _get_sum(terms, late[0].amount)
    before = _get_interest(terms, amounts, date_due, booked, rates or {})
    since = _get_interest(terms, amounts, booked, today, rates or {})
    if is_first:
        return _within_limits(terms, None, (*once, *since))
    return _within_limits(terms, _total((*once, *before)), since)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Days ``[date_start, date_end)``, and what was open when each of them began."""

    date_start: date
    date_end: date
    amount: Decimal


def _in_order(amount: Decimal | OpenAmounts, date_due: date) -> OpenAmounts:
    """Return what was open as a sequence, the earliest day first.

    :raises ValueError: something is negative, or the due date is not covered
    """
    known = amount if isinstance(amount, Sequence) else [(date_due, amount)]
    amounts = sorted(known, key=lambda pair: pair[0])
    if not amounts or amounts[0][0] > date_due:
        raise ValueError(f"Say what was open on the due date, {date_due}.")
    for day, open_amount in amounts:
        if open_amount < 0:
            raise ValueError(f"Less than nothing was open on {day}: {open_amount}.")
    return amounts


def _get_sum(terms: FeeTerms, overdue: Decimal) -> tuple[FeePart, ...]:
    """Return what is due once, for what is open on the first day that costs a fee."""
    if terms.kind == "percent":
        amount = overdue * terms.percent / 100
        return (FeePart("percent", amount, overdue, terms.percent),)
    return () if terms.kind == "interest" else (FeePart("fixed", terms.amount),)


def _get_interest(
    terms: FeeTerms,
    amounts: OpenAmounts,
    after: date,
    until: date,
    rates: Mapping[date, Decimal],
) -> tuple[FeePart, ...]:
    """Return the interest for the days that follow ``after``, up to ``until``."""
    if terms.kind not in ("interest", "statutory"):
        return ()
    stretches = _get_stretches(amounts, after, until)
    return tuple(_get_part(terms, each, rates) for each in stretches if each.amount)


def _get_part(
    terms: FeeTerms, stretch: _Stretch, rates: Mapping[date, Decimal]
) -> FeePart:
    """Return the interest for days of one half-year.

    :raises ValueError: the half-year has no rate
    """
    percent = terms.percent
    if terms.kind == "statutory":
        half = _HALF_YEARS.period_containing(stretch.date_start).date_start
        if half not in rates:
            raise ValueError(f"Add the reference rate of the half-year from {half} on.")
        percent += rates[half]
    days = (stretch.date_end - stretch.date_start).days
    interest = stretch.amount * percent * days / (100 * DAYS_OF_YEAR)
    return FeePart(
        "interest", interest, stretch.amount, percent, stretch.date_start, days
    )


def _get_stretches(amounts: OpenAmounts, after: date, until: date) -> list[_Stretch]:
    """Return what was open on the days that follow ``after``, up to ``until``, cut
    where it changes and where half-years begin."""
    start, end = after + _DAY, until + _DAY
    cuts = {day + _DAY for day, _amount in amounts} | _half_years(start, end)
    inside = sorted(cut for cut in cuts if start < cut < end)
    return [
        _Stretch(first, last, _open_before(amounts, first))
        for first, last in pairwise([start, *inside, end])
        if first < last
    ]


def _open_before(amounts: OpenAmounts, day: date) -> Decimal:
    """Return what was open when ``day`` began."""
    return [amount for since, amount in amounts if since < day][-1]


def _half_years(start: date, end: date) -> set[date]:
    """Return where the half-years begin, from the one that holds ``start`` on."""
    first, last = map(_HALF_YEARS.index_on_or_before, (start, end))
    return {_HALF_YEARS.boundary(n) for n in range(first, last + 1)}


def _within_limits(
    terms: FeeTerms, before: Decimal | None, parts: tuple[FeePart, ...]
) -> Fee:
    """Return the fee that ``parts`` make, with a part more where limits change it.

    :param before: what earlier parts came to, before limits; None without any
    """
    if not parts:
        return Fee()
    total = _total(parts) + (before or 0)
    bounded = terms.bound(total)
    booked = Decimal(0) if before is None else terms.bound(before)
    if bounded == total and booked == (before or 0):
        return Fee(_total(parts), parts)
    amount = bounded - booked
    reason: Reason = "maximum" if bounded < total else "minimum"
    return Fee(amount, (*parts, FeePart(reason, amount - _total(parts))))


def _total(parts: Sequence[FeePart]) -> Decimal:
    """Return the sum of the parts."""
    return sum((part.amount for part in parts), Decimal(0))
