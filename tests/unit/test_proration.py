"""Shares of periods, and what is given back of them."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.proration import (
    Days,
    credit,
    cut,
    measure,
    measure_part,
    part,
    share,
)
from odoo.addons.subscription_billing.tools.recurrence import (
    UNITS,
    Interval,
    Period,
    Recurrence,
)

dates = st.dates(date(2000, 1, 1), date(2060, 12, 31))
recurrences = st.builds(
    Recurrence,
    anchor=dates,
    interval=st.builds(Interval, count=st.integers(1, 6), unit=st.sampled_from(UNITS)),
    anchor_day=st.integers(0, 31),
)
MONTHS = Recurrence(date(2026, 1, 1), Interval(1, "month"))
additive = st.sampled_from(["natural", "thirty"])
amounts = st.decimals(min_value=0, max_value=10**6, places=2)


def cents(amount):
    """Return an amount as it is printed."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


@given(recurrences, dates, st.integers(1, 800))
def test_the_pieces_of_a_span_follow_each_other(recurrence, start, length):
    span = Period(start, start.fromordinal(start.toordinal() + length))
    pieces = cut(span, recurrence)
    assert pieces[0].date_start == span.date_start
    assert pieces[-1].date_end == span.date_end
    for before, after in pairwise(pieces):
        assert before.date_end == after.date_start
        assert recurrence.is_boundary(after.date_start)


@given(recurrences, dates, additive, st.data())
def test_the_shares_of_a_split_period_add_up_to_it(recurrence, day, basis, data):
    period = recurrence.period_containing(day)
    assume(period.days > 1)
    at = data.draw(st.integers(1, period.days - 1))
    middle = date.fromordinal(period.date_start.toordinal() + at)
    first = share(Period(period.date_start, middle), recurrence, basis)
    second = share(Period(middle, period.date_end), recurrence, basis)
    assert first >= 0 <= second
    assert first + second == share(period, recurrence, basis) == 1


def test_a_long_span_counts_its_periods():
    recurrence = Recurrence(date(2011, 2, 13), Interval(1, "month"))
    span = Period(date(2011, 2, 1), date(2011, 4, 13))
    assert share(span, recurrence) == Fraction(12, 31) + 2


@given(amounts, st.lists(st.integers(1, 30), min_size=1, max_size=6), additive)
def test_credits_never_exceed_what_was_billed(billed, lengths, basis):
    """Given back piece by piece, an amount comes back to the cent and not more."""
    start = date(2026, 1, 1)
    whole = Period(start, date.fromordinal(start.toordinal() + sum(lengths)))
    credited = Decimal(0)
    day = whole.date_start
    for length in lengths:
        end = date.fromordinal(day.toordinal() + length)
        is_rest = end == whole.date_end
        ratio = part(Period(day, end), whole, MONTHS, basis)
        credited += cents(credit(billed, credited, ratio, is_rest=is_rest))
        assert credited <= billed
        day = end
    assert credited == billed


def test_a_part_lies_in_its_whole():
    may = Period(date(2026, 5, 1), date(2026, 6, 1))
    with pytest.raises(ValueError, match="does not lie in"):
        part(Period(date(2026, 5, 1), date(2026, 6, 2)), may, MONTHS)


@pytest.mark.parametrize(
    ("basis", "days"),
    [("natural", Days(11, 31)), ("thirty", Days(10, 30)), ("start", Days(11, 31))],
)
def test_days_are_told_as_they_are_counted(basis, days):
    """21 to 31 January: eleven days of 31, or ten of thirty."""
    span = Period(date(2026, 1, 21), date(2026, 2, 1))
    assert measure(span, MONTHS, basis) == days
    january = Period(date(2026, 1, 1), date(2026, 2, 1))
    assert measure_part(span, january, MONTHS, basis) == days


@given(recurrences, dates, st.sampled_from(["natural", "thirty", "start"]))
def test_a_whole_period_is_all_of_its_days(recurrence, day, basis):
    days = measure(recurrence.period_containing(day), recurrence, basis)
    assert days.count == days.whole
