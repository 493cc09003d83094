"""What must hold of any dates and amounts, beyond the properties of each tool.

That boundaries increase stands in ``test_recurrence``, that shares add up in
``test_proration``, and that more units never cost less in ``test_pricing``.
"""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.proration import credit, share
from odoo.addons.subscription_billing.tools.recurrence import (
    UNITS,
    AnchorRule,
    Interval,
    Period,
)
from odoo.addons.subscription_billing.tools.revenue import classify_movement

from .oracle_money import CENT, credit_of, price_of, rounded

SIGNS = {"new": 1, "reactivation": 1, "expansion": 1, "contraction": -1, "churn": -1}

dates = st.dates(date(2000, 1, 1), date(2060, 12, 31))
intervals = st.builds(Interval, count=st.integers(1, 12), unit=st.sampled_from(UNITS))
calendar_intervals = intervals.filter(lambda interval: interval.months)
bases = st.sampled_from(["natural", "thirty"])
prices = st.decimals(min_value=0, max_value=10**6, places=2)
numbers = st.integers(-60, 60)


@st.composite
def split_periods(draw):
    """Draw a recurrence, one of its periods, and a day inside that splits it."""
    rule = AnchorRule(day=draw(st.integers(0, 31)))
    recurrence = rule.align(draw(dates), draw(intervals))
    period = recurrence.period_containing(draw(dates))
    assume(period.days > 1)
    day = period.date_start + timedelta(days=draw(st.integers(1, period.days - 1)))
    return recurrence, period, day


# === 1. A PERIOD COSTS WHAT ITS PARTS COST === #


@given(split_periods(), prices, bases)
def test_the_parts_of_a_period_cost_the_whole(split, price, basis):
    recurrence, period, day = split
    parts = (Period(period.date_start, day), Period(day, period.date_end))
    exact = [Fraction(price) * share(part, recurrence, basis) for part in parts]
    assert sum(exact) == Fraction(price)


@given(split_periods(), prices)
def test_what_is_kept_of_a_period_is_what_its_days_cost(split, price):
    """To the cent: a credit is worked out of the whole, a stub by itself."""
    recurrence, period, day = split
    kept = price - credit_of(price, Period(day, period.date_end), period)
    stub = price_of(price, Period(period.date_start, day), recurrence)
    assert abs(kept - stub) <= CENT


# === 2. NOTHING COMES BACK THAT WAS NOT PAID === #


@given(
    st.decimals(min_value=-(10**6), max_value=10**6, places=2),
    st.lists(st.tuples(st.fractions(0, 1), st.booleans()), max_size=8),
)
def test_credits_never_exceed_the_claim(billed, steps):
    """In whatever parts it is given back, whole parts among them and too many."""
    low, high = sorted((Decimal(0), billed))
    credited = Decimal(0)
    for part, is_rest in steps:
        credited += rounded(credit(billed, credited, part, is_rest=is_rest))
        assert low <= credited <= high
        assert credited == billed or not is_rest


# === 3. BOUNDARIES COME FROM THE ANCHOR === #


@given(dates, calendar_intervals, st.integers(1, 31), numbers)
def test_a_boundary_knows_nothing_of_the_one_before(start, interval, day, n):
    """Short months in between leave no trace: the day is the anchor's, or the last."""
    boundary = AnchorRule(day=day).align(start, interval).boundary(n)
    assert boundary.day == min(day, monthrange(boundary.year, boundary.month)[1])


@given(dates, intervals, st.integers(0, 31), numbers)
def test_aligned_boundaries_increase(start, interval, day, n):
    recurrence = AnchorRule(day=day).align(start, interval)
    assert recurrence.boundary(n) < recurrence.boundary(n + 1)


@given(dates, intervals, st.integers(0, 31))
def test_the_first_anchor_comes_within_one_period(start, interval, day):
    recurrence = AnchorRule(day=day).align(start, interval)
    assert recurrence.boundary(-1) < start <= recurrence.anchor
    assert recurrence.is_boundary(recurrence.anchor)


# === 5. MOVEMENTS ADD UP TO THE MRR === #


@given(st.lists(prices, min_size=1, max_size=12))
def test_movements_add_up_to_the_difference(history):
    total = Decimal(0)
    has_had = False
    for before, after in zip([Decimal(0), *history], history, strict=False):
        movement = classify_movement(before, after, had_revenue=has_had)
        total += SIGNS.get(movement, 0) * abs(after - before)
        has_had = has_had or after > 0
    assert total == history[-1]
