"""Where billing periods begin and end, beside the oracle cases."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.recurrence import (
    UNITS,
    Interval,
    Period,
    Recurrence,
)

MONTH = Interval(1, "month")
WEEK = Interval(1, "week")
QUARTER = Interval(3, "month")
YEAR = Interval(1, "year")

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31))
intervals = st.builds(Interval, count=st.integers(1, 24), unit=st.sampled_from(UNITS))
numbers = st.integers(-80, 80)


@pytest.mark.parametrize(
    ("anchor", "interval", "n", "expected"),
    [
        pytest.param(date(2012, 1, 31), MONTH, 3, date(2012, 4, 30), id="A14"),
        pytest.param(date(2020, 2, 29), YEAR, 1, date(2021, 2, 28), id="29 Feb"),
        pytest.param(date(2020, 2, 29), YEAR, 4, date(2024, 2, 29), id="leap again"),
        pytest.param(date(2012, 5, 31), MONTH, 3, date(2012, 8, 31), id="A33"),
        pytest.param(
            date(2018, 2, 22), Interval(6, "month"), 1, date(2018, 8, 22), id="B11"
        ),
    ],
)
def test_boundaries_count_from_the_anchor(anchor, interval, n, expected):
    assert Recurrence(anchor, interval).boundary(n) == expected


@pytest.mark.parametrize(
    ("anchor", "interval", "day", "expected"),
    [
        pytest.param(
            date(2012, 1, 17), MONTH, date(2012, 1, 16), date(2012, 1, 17), id="A4"
        ),
        pytest.param(
            date(2012, 1, 3), MONTH, date(2012, 3, 3), date(2012, 3, 3), id="A12"
        ),
        pytest.param(
            date(2012, 1, 3), MONTH, date(2012, 3, 4), date(2012, 4, 3), id="A13"
        ),
        pytest.param(
            date(2012, 1, 15), MONTH, date(2012, 7, 16), date(2012, 8, 15), id="A11"
        ),
    ],
)
def test_the_next_boundary_is_the_day_itself_or_later(anchor, interval, day, expected):
    assert Recurrence(anchor, interval).boundary_on_or_after(day) == expected


def test_a_month_end_anchor_never_drifts():
    """Negative oracle A34: stepping from the last date would end on the 27th."""
    starts = [Recurrence(date(2026, 1, 31), MONTH).boundary(n) for n in range(12)]
    assert [day.day for day in starts] == [
        31,
        28,
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ]


def test_a_month_end_anchor_is_billed_for_ever():
    """Kill Bill #127: an anchor on the 31st stopped being billed after March."""
    recurrence = Recurrence(date(2017, 1, 31), MONTH)
    period = Period(date(2017, 1, 31), date(2017, 2, 28))
    for _month in range(120):
        following = recurrence.period_containing(period.date_end)
        assert following.date_start == period.date_end
        period = following
    assert period.date_start == date(2027, 1, 31)


def test_the_last_day_is_inside_and_the_end_is_outside():
    period = Recurrence(date(2018, 2, 22), QUARTER).period_containing(date(2018, 3, 1))
    assert period == Period(date(2018, 2, 22), date(2018, 5, 22))
    assert period.date_last == date(2018, 5, 21)
    assert period.days == 89


@pytest.mark.parametrize(("count", "unit"), [(0, "month"), (-1, "day"), (1, "hour")])
def test_an_interval_that_does_not_move_is_refused(count, unit):
    with pytest.raises(ValueError, match="An interval"):
        Interval(count, unit)


def test_an_empty_period_is_refused():
    with pytest.raises(ValueError, match="must end after"):
        Period(date(2026, 1, 1), date(2026, 1, 1))


@given(days, intervals, numbers)
def test_boundaries_strictly_increase(anchor, interval, n):
    assert Recurrence(anchor, interval).boundary(n) < Recurrence(
        anchor, interval
    ).boundary(n + 1)


@given(days, intervals, numbers)
def test_a_boundary_is_found_again_by_its_date(anchor, interval, n):
    day = Recurrence(anchor, interval).boundary(n)
    assert Recurrence(anchor, interval).index_on_or_before(day) == n
    assert Recurrence(anchor, interval).is_boundary(day)


@given(days, intervals, days)
def test_each_day_lies_in_exactly_one_period(anchor, interval, day):
    period = Recurrence(anchor, interval).period_containing(day)
    assert period.date_start <= day < period.date_end
    assert Recurrence(anchor, interval).is_boundary(period.date_start)
    assert Recurrence(anchor, interval).is_boundary(period.date_end)


@given(days, intervals, days)
def test_the_next_boundary_is_never_in_the_past(anchor, interval, day):
    following = Recurrence(anchor, interval).boundary_on_or_after(day)
    assert following >= day
    assert Recurrence(anchor, interval).is_boundary(following)
