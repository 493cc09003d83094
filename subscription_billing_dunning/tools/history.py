"""What a customer's invoices, charges and payment methods tell of him on a day.

The same function serves today, to assess a customer, and any day before, to learn from:
``known_on`` is the history as it could be known in the morning of that day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import fmean, median

from .risk import CustomerFacts

#: how far back lateness, declines and usual amounts are looked at
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Billed:
    """An invoice.

    :param amount: in one currency for all invoices of a history
    :param owed: what of it is not paid yet
    :param date_paid: None as long as something is owed, and for what is lost
    """

    date: date
    date_due: date
    amount: float
    owed: float
    date_paid: date | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A saved payment method.

    :param date_expiry: its last day; None where it does not expire
    """

    date_saved: date
    date_expiry: date | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What happened with a customer.

    :param invoices: in any order
    :param declines: the days on which charges were declined
    """

    invoices: tuple[Billed, ...] = ()
    declines: tuple[date, ...] = ()
    methods: tuple[Method, ...] = ()


def known_on(history: History, day: date) -> History:
    """Return what could be known in the morning of a day, invoices of that day
    included, but not what became of them."""
    return History(
        tuple(
            replace(each, date_paid=None, owed=each.amount)
            if each.date_paid is None or each.date_paid >= day
            else each
            for each in history.invoices
            if each.date <= day
        ),
        tuple(each for each in history.declines if each < day),
        tuple(each for each in history.methods if each.date_saved < day),
    )


def facts_on(history: History, day: date) -> CustomerFacts:
    """Return what is known of a customer on a day, by all that a history says."""
    invoices = sorted(history.invoices, key=lambda each: each.date)
    late = [_days_late(each, day) for each in invoices if day - YEAR < each.date_due]
    return CustomerFacts(
        days_known=(day - invoices[0].date).days if invoices else 0,
        invoice_paid_count=sum(each.date_paid is not None for each in invoices),
        days_late_average=fmean(late) if late else 0.0,
        days_late_worst=float(max(late, default=0)),
        decline_count=sum(day - YEAR < each for each in history.declines),
        has_method=bool(history.methods),
        days_to_expiry=_days_to_expiry(history.methods, day),
        amount_ratio=_ratio_of_latest(invoices, day),
        overdue_ratio=_ratio_overdue(invoices, day),
    )


def is_late(invoice: Billed, today: date, days: int) -> bool | None:
    """Return whether an invoice was paid more than some days late, or never; None as
    long as that cannot be told."""
    last = invoice.date_due + timedelta(days=days)
    if invoice.date_paid is not None:
        return invoice.date_paid > last
    return True if today > last else None


def _days_late(invoice: Billed, day: date) -> int:
    return max(((invoice.date_paid or day) - invoice.date_due).days, 0)


def _days_to_expiry(methods: tuple[Method, ...], day: date) -> int | None:
    """Return how long the method that lasts longest does."""
    if any(each.date_expiry is None for each in methods):
        return None
    days = [(each.date_expiry - day).days for each in methods if each.date_expiry]
    return max(days, default=None)


def _usual(invoices: list[Billed], day: date) -> float:
    """Return the median amount of the last year; 0 without any."""
    amounts = [each.amount for each in invoices if day - YEAR < each.date]
    return median(amounts) if amounts else 0.0


def _ratio_of_latest(invoices: list[Billed], day: date) -> float:
    """Return the latest invoice as a multiple of those before."""
    usual = _usual(invoices[:-1], day)
    return invoices[-1].amount / usual if usual else 1.0


def _ratio_overdue(invoices: list[Billed], day: date) -> float:
    """Return what is overdue as a multiple of the usual invoice."""
    overdue = sum(each.owed for each in invoices if each.date_due < day)
    usual = _usual(invoices, day) or max((each.amount for each in invoices), default=0)
    return overdue / usual if usual else 0.0
