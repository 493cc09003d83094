"""What a price is worth per month, and what its changes are called."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.recurrence import Interval
from odoo.addons.subscription_billing.tools.revenue import (
    churn_rate,
    classify_movement,
    monthly_amount,
    revenue_churn_rate,
)

amounts = st.decimals(min_value=0, max_value=10**6, places=2)


@pytest.mark.parametrize(
    ("amount", "interval", "expected"),
    [
        pytest.param(1200, Interval(1, "year"), Decimal(100), id="I1"),
        pytest.param(32, Interval(3, "month"), Decimal(32) / 3, id="quarter"),
        pytest.param(3, Interval(1, "week"), Decimal(13), id="I11 week × 52/12"),
        pytest.param(6, Interval(2, "week"), Decimal(13), id="two weeks"),
        pytest.param(12, Interval(365, "day"), Decimal(1), id="days of a year"),
        pytest.param(240, Interval(2, "year"), Decimal(10), id="two years"),
    ],
)
def test_a_price_is_spread_over_the_months(amount, interval, expected):
    assert monthly_amount(Decimal(amount), interval) == expected


def test_a_mixed_book_adds_up():
    """Case I2: 100 × 100 a month and 50 × 600 a year."""
    monthly = 100 * monthly_amount(Decimal(100), Interval(1, "month"))
    yearly = 50 * monthly_amount(Decimal(600), Interval(1, "year"))
    assert monthly + yearly == 12500


@pytest.mark.parametrize(
    ("before", "after", "had_revenue", "movement"),
    [
        (0, 10, False, "new"),
        (0, 10, True, "reactivation"),
        (10, 20, True, "expansion"),
        (20, 10, True, "contraction"),
        (10, 0, True, "churn"),
        (10, 10, True, "unchanged"),
        (0, 0, False, "unchanged"),
    ],
)
def test_each_change_has_one_name(before, after, had_revenue, movement):
    assert (
        classify_movement(Decimal(before), Decimal(after), had_revenue=had_revenue)
        == movement
    )


@given(amounts, amounts, st.booleans())
def test_a_change_that_is_undone_is_named_its_opposite(before, after, had_revenue):
    opposites = {
        "new": {"churn"},
        "reactivation": {"churn"},
        "churn": {"reactivation"},
        "expansion": {"contraction"},
        "contraction": {"expansion"},
        "unchanged": {"unchanged"},
    }
    there = classify_movement(before, after, had_revenue=had_revenue)
    back = classify_movement(after, before, had_revenue=True)
    assert back in opposites[there]


# === CHURN === #


@pytest.mark.parametrize(("lost", "at_start", "new"), [(2, 1, 0), (-1, 1, 0)])
def test_nobody_leaves_who_was_not_there(lost, at_start, new):
    with pytest.raises(ValueError, match="cannot leave"):
        churn_rate(lost, at_start, new)


@pytest.mark.parametrize(("lost", "at_start"), [(2, 1), (-1, 1)])
def test_no_revenue_goes_that_was_not_there(lost, at_start):
    with pytest.raises(ValueError, match="cannot be lost"):
        revenue_churn_rate(Decimal(lost), Decimal(at_start))


def test_an_empty_book_loses_nothing():
    assert churn_rate(0, 0, 0) == revenue_churn_rate(Decimal(0), Decimal(0)) == 0
