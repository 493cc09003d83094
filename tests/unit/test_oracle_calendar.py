"""The oracle's cases of the calendar: anchors, invoice dates, time zones."""

from datetime import timedelta

import pytest

from odoo.addons.subscription_billing.tools.clock import day_bounds, local_date
from odoo.addons.subscription_billing.tools.proration import cut
from odoo.addons.subscription_billing.tools.recurrence import (
    AnchorRule,
    Period,
    Recurrence,
    invoice_date,
)

from . import oracle_kinds as kinds
from .oracle_cases import each
from .oracle_money import price_of


def last_billed(recurrence, timing, today):
    """Return the last period whose invoice date has come."""
    n = recurrence.index_on_or_before(today) + 1
    while invoice_date(period(recurrence, n), timing) > today:
        n -= 1
    return period(recurrence, n)


def period(recurrence, n):
    """Return the ``n``-th period."""
    return Period(recurrence.boundary(n), recurrence.boundary(n + 1))


# === ANCHORS === #


@each(kinds.Boundaries)
def test_boundaries_count_from_the_anchor(case):
    recurrence = Recurrence(case.anchor, case.interval)
    starts = tuple(recurrence.boundary(n) for n in range(len(case.expected)))
    assert starts == case.expected


@each(kinds.SteadyDay)
def test_periods_start_on_the_same_day_for_ever(case):
    recurrence = Recurrence(case.anchor, case.interval)
    starts = [recurrence.boundary(n) for n in range(120)]
    is_weekly = case.interval.unit == "week"
    found = {start.weekday() if is_weekly else start.day for start in starts}
    assert found == {case.expected}


@each(kinds.LastDays)
def test_last_days_do_not_drift(case):
    recurrence = Recurrence(case.anchor, case.interval)
    last = tuple(period(recurrence, n).date_last for n in range(len(case.expected)))
    assert last == case.expected


@each(kinds.FirstAnchor)
def test_the_first_anchor_is_not_in_the_past(case):
    recurrence = AnchorRule(day=case.day).align(case.start, case.interval)
    assert recurrence.anchor == case.expected


@each(kinds.LastAnchor)
def test_the_last_anchor_comes_before_the_end(case):
    recurrence = AnchorRule(day=case.day).align(case.start, case.interval)
    last = recurrence.index_on_or_before(case.end - timedelta(days=1))
    assert recurrence.boundary(last) == case.expected


@each(kinds.NextBoundary)
def test_the_next_boundary_is_the_day_itself_or_later(case):
    recurrence = Recurrence(case.anchor, case.interval)
    assert recurrence.boundary_on_or_after(case.day) == case.expected


@each(kinds.WholePeriods)
def test_whole_periods_are_billed_in_full(case):
    start = case.start + timedelta(days=case.trial_days)
    recurrence = AnchorRule(day=case.day).align(start, kinds.MONTH)
    billed = Period(start, last_billed(recurrence, "advance", case.today).date_end)
    periods = cut(billed, recurrence)
    assert (start, *(month.date_end for month in periods)) == case.expected
    assert {price_of(case.price, month, recurrence) for month in periods} == {
        case.price
    }


@each(kinds.BilledPeriod)
def test_the_period_that_is_billed_on_a_day(case):
    billed = last_billed(Recurrence(case.start, case.interval), case.timing, case.today)
    assert case.date_start in (None, billed.date_start)
    assert case.date_end in (None, billed.date_end)


# === INVOICE DATES === #


@each(kinds.InvoiceDate)
def test_the_first_invoice_comes_on_its_day(case):
    recurrence = AnchorRule(day=case.day).align(case.start, case.interval)
    first = recurrence.period_from(case.start)
    assert invoice_date(first, case.timing, case.offset_days) == case.expected


@each(kinds.NextPeriod)
def test_the_next_period_follows_the_last_day(case):
    first = Recurrence(case.start, case.interval).period_containing(case.start)
    assert (first.date_last, first.date_end) == (case.date_last, case.date_next)


@each(kinds.Refused)
def test_days_that_end_before_they_start_are_refused(case):
    with pytest.raises(ValueError, match="must end after"):
        Period(case.start, case.end)


# === TIME ZONES === #


@each(kinds.LocalDate)
def test_the_day_is_that_of_the_place(case):
    assert local_date(case.instant, case.tz) == case.expected


@each(kinds.LocalPeriod)
def test_a_period_is_bounded_by_midnights_of_the_place(case):
    today = local_date(case.now, case.tz)
    january_first = today.replace(month=1, day=1)
    billed = last_billed(Recurrence(january_first, case.interval), "arrears", today)
    start, _ = day_bounds(billed.date_start, case.tz)
    _, end = day_bounds(billed.date_last, case.tz)
    assert start == case.start
    assert case.last_second in (None, end - timedelta(seconds=1))


@each(kinds.SummerTime)
def test_summer_time_moves_no_period(case):
    start = local_date(case.start, case.tz)
    recurrence = AnchorRule(day=case.day).align(start, kinds.MONTH)
    for n in range(case.count):
        month = period(recurrence, n)
        midnight, _ = day_bounds(month.date_start, case.tz)
        assert local_date(midnight, case.tz) == month.date_start
        assert month.date_start.day == case.day
        assert price_of(case.price, month, recurrence) == case.price
