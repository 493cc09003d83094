"""Notice windows: sections K of the oracle cases, and the arithmetic around them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.notices import (
    Window,
    is_late,
    lasts_days,
    lasts_months,
    renewal_date,
)
from odoo.addons.subscription_billing.tools.recurrence import Interval

CALIFORNIA_RENEWAL = Window(45, 15)
CALIFORNIA_TRIAL = Window(21, 3)
#: a trial or promotion of more than 31 days
CALIFORNIA_TRIAL_DAYS = 32

dates = st.dates(date(2000, 1, 1), date(2099, 12, 31))
windows = st.tuples(st.integers(0, 400), st.integers(0, 400)).map(
    lambda pair: Window(max(pair), min(pair))
)


# === THE ORACLE === #


def test_k1_a_yearly_renewal_is_announced_45_to_15_days_before():
    """Source: Cooley, 2021-10-27, on California's automatic renewal law."""
    renewal = date(2027, 3, 1)
    assert CALIFORNIA_RENEWAL.first(renewal) == date(2027, 1, 15)
    assert CALIFORNIA_RENEWAL.last(renewal) == date(2027, 2, 14)
    assert lasts_months(Interval(1, "year"), 12)
    assert not lasts_months(Interval(1, "month"), 12)


def test_k2_the_end_of_a_long_trial_is_announced_21_to_3_days_before():
    """Source: the same law, for a trial of more than 31 days."""
    start, end = date(2026, 1, 1), date(2026, 2, 2)
    assert lasts_days(start, end, CALIFORNIA_TRIAL_DAYS)
    assert CALIFORNIA_TRIAL.first(end) == date(2026, 1, 12)
    assert CALIFORNIA_TRIAL.last(end) == date(2026, 1, 30)


def test_k3_a_trial_of_14_days_needs_no_notice():
    """Source: the same law; 31 days are the longest trial without a notice."""
    start = date(2026, 1, 1)
    for days, needed in ((14, False), (31, False), (32, True)):
        end = start + timedelta(days=days)
        assert lasts_days(start, end, CALIFORNIA_TRIAL_DAYS) is needed


# === WINDOWS === #


@pytest.mark.parametrize(
    ("sent", "late"),
    [
        (date(2027, 1, 30), False),
        (date(2027, 2, 14), False),
        (date(2027, 2, 15), True),
        (date(2027, 3, 1), True),
    ],
)
def test_a_notice_is_late_from_the_day_after_the_window(sent, late):
    assert is_late(CALIFORNIA_RENEWAL.last(date(2027, 3, 1)), sent) is late


def test_a_notice_of_what_has_happened_is_never_late():
    assert not is_late(None, date(2027, 3, 1))


def test_a_notice_0_days_before_is_sent_on_the_day():
    day = date(2026, 5, 4)
    assert Window(0).first(day) == Window(0).last(day) == day
    assert Window(0).horizon(day) == (day, day)


@pytest.mark.parametrize(("before", "latest"), [(10, 11), (-1, 0), (5, -1)])
def test_a_window_without_days_is_refused(before, latest):
    with pytest.raises(ValueError, match="days before"):
        Window(before, latest)


@given(windows, dates, dates)
def test_the_horizon_holds_the_events_that_are_due_and_not_past(window, event, today):
    first, last = window.horizon(today)
    due = window.first(event) <= today
    assert (first <= event <= last) == (due and event >= today)


@given(windows, dates)
def test_a_notice_on_the_day_it_is_due_is_never_late(window, event):
    assert not is_late(window.last(event), window.first(event))
    assert window.first(event) <= window.last(event) <= event


# === WHAT RENEWS, AND FOR HOW LONG === #


@pytest.mark.parametrize(
    ("next_period", "term_end", "renewal"),
    [
        # No commitment: each period is a renewal.
        (date(2026, 5, 1), None, date(2026, 5, 1)),
        # Billed by the month, committed for the year: the months in it are none.
        (date(2026, 5, 1), date(2026, 12, 31), date(2027, 1, 1)),
        # The commitment ends with the paid period.
        (date(2027, 1, 1), date(2026, 12, 31), date(2027, 1, 1)),
        # The commitment is over, and the subscription goes on.
        (date(2027, 4, 1), date(2026, 12, 31), date(2027, 4, 1)),
        # Nothing will be charged.
        (None, date(2026, 12, 31), None),
        (None, None, None),
    ],
)
def test_the_renewal_is_the_first_charge_without_commitment(
    next_period, term_end, renewal
):
    assert renewal_date(next_period, term_end) == renewal


@pytest.mark.parametrize(
    ("interval", "months", "long"),
    [
        (Interval(12, "month"), 12, True),
        (Interval(11, "month"), 12, False),
        (Interval(2, "year"), 12, True),
        (Interval(365, "day"), 12, True),
        (Interval(52, "week"), 12, True),
        (Interval(51, "week"), 12, False),
        (Interval(1, "day"), 0, True),
    ],
)
def test_a_length_is_compared_with_months(interval, months, long):
    assert lasts_months(interval, months) is long
