"""Payment plans and promises: what is agreed, what is kept and what is broken."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.instalments import (
    Instalment,
    split,
    status,
)

from odoo.addons.subscription_billing.tools.recurrence import Interval

CENT = Decimal("0.01")
MONTH = Interval(1, "month")
PLAN = tuple(Instalment(date(2026, month, 10), Decimal(50)) for month in (1, 2, 3))

cents = st.integers(1, 1_000_000).map(lambda count: count * CENT)
intervals = st.builds(Interval, st.integers(1, 3), st.sampled_from(["week", "month"]))
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
plans = st.builds(
    lambda count, parts, first, interval, down: split(
        count * CENT + parts * CENT + down, parts, first, interval, CENT, down
    ),
    st.integers(0, 100_000), st.integers(1, 24), days, intervals,
    cents | st.just(Decimal(0)),
)  # fmt: skip


def plan(total, count, first=date(2026, 1, 31), interval=MONTH, step=CENT, down="0"):
    return split(Decimal(total), count, first, interval, step, Decimal(down))


def texts(instalments):
    return [f"{each.date:%m-%d} {each.amount}" for each in instalments]


# === SPLIT === #


def test_cents_that_cannot_be_shared_go_to_the_first():
    assert texts(plan("100", 3)) == ["01-31 33.34", "02-28 33.33", "03-31 33.33"]
    assert texts(plan("0.05", 3)) == ["01-31 0.02", "02-28 0.02", "03-31 0.01"]


def test_a_down_payment_comes_first_and_the_rest_is_shared():
    assert texts(plan("100", 2, down="25.01")) == [
        "01-31 25.01", "02-28 37.50", "03-31 37.49",
    ]  # fmt: skip


def test_instalments_are_payable_in_the_currency():
    francs = plan("100.05", 2, interval=Interval(2, "week"), step=Decimal("0.05"))
    assert texts(francs) == ["01-31 50.05", "02-14 50.00"]
    yen = plan("1000", 3, step=Decimal(1))
    assert [each.amount for each in yen] == [334, 333, 333]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"total": "10", "count": 0}, "1 instalment or more, not 0"),
        ({"total": "0.02", "count": 3}, "too little for 3 instalments of 0.01"),
        ({"total": "0", "count": 1}, "too little for 1"),
        ({"total": "10", "count": 1, "down": "10"}, "10 with 10 at once leaves"),
        ({"total": "10", "count": 1, "down": "-1"}, "10 with -1 at once"),
        ({"total": "10.001", "count": 2}, "in steps of 0.01"),
        ({"total": "10.005", "count": 2, "down": "5.005"}, "5.005 cannot be paid"),
    ],
)
def test_a_plan_that_nobody_can_pay_is_refused(values, reason):
    with pytest.raises(ValueError, match=reason):
        plan(**values)


@given(cents, st.integers(1, 24), days, intervals)
def test_instalments_add_up_to_the_cent(total, count, first, interval):
    total += count * CENT
    parts = split(total, count, first, interval, CENT)
    amounts = [each.amount for each in parts]
    assert sum(amounts) == total
    assert amounts == sorted(amounts, reverse=True)
    assert 0 < amounts[0] - CENT <= amounts[-1] or amounts[0] == amounts[-1]
    dates = [each.date for each in parts]
    assert dates[0] == first
    assert dates == sorted(set(dates))


@given(cents, cents, st.integers(1, 24))
def test_a_down_payment_and_the_rest_add_up_to_the_cent(rest, down, count):
    rest += count * CENT
    parts = split(rest + down, count, date(2026, 1, 31), MONTH, CENT, down)
    assert len(parts) == count + 1
    assert parts[0] == Instalment(date(2026, 1, 31), down)
    assert sum(each.amount for each in parts) == rest + down


# === STATUS === #


@pytest.mark.parametrize(
    ("paid", "today", "states", "owed"),
    [
        pytest.param(0, (1, 9), "upcoming upcoming upcoming", 0, id="not begun"),
        pytest.param(0, (1, 10), "due upcoming upcoming", 50, id="on its day"),
        pytest.param(0, (1, 13), "due upcoming upcoming", 50, id="last day of grace"),
        pytest.param(0, (1, 14), "default upcoming upcoming", 50, id="grace is over"),
        pytest.param(0, (2, 10), "default due upcoming", 100, id="two at a time"),
        pytest.param(50, (1, 14), "paid upcoming upcoming", 0, id="paid"),
        pytest.param(49, (1, 14), "default upcoming upcoming", 1, id="a part is open"),
        pytest.param(70, (2, 1), "paid upcoming upcoming", 0, id="paid ahead"),
        pytest.param(70, (2, 10), "paid due upcoming", 30, id="the rest of it"),
        pytest.param(150, (3, 1), "paid paid paid", 0, id="all paid"),
        pytest.param(170, (3, 1), "paid paid paid", 0, id="too much"),
        pytest.param(-5, (1, 10), "due upcoming upcoming", 50, id="refunded"),
    ],
)
def test_money_covers_instalments_in_order(paid, today, states, owed):
    found = status(PLAN, Decimal(paid), date(2026, *today), grace_days=3)
    assert " ".join(part.state for part in found.instalments) == states
    assert found.amount_owed == owed
    assert found.amount_open == max(150 - max(paid, 0), 0)
    assert found.is_broken == ("default" in states)
    assert found.is_paid == (states == "paid paid paid")


@pytest.mark.parametrize(
    ("paid", "grace_days", "broken"),
    [(0, 0, (1, 11)), (0, 3, (1, 14)), (50, 3, (2, 14)), (120, 3, None)],
)
def test_a_plan_is_broken_since_the_grace_days_of_the_oldest_one_were_over(
    paid, grace_days, broken
):
    found = status(PLAN, Decimal(paid), date(2026, 3, 10), grace_days)
    assert found.date_broken == (date(2026, *broken) if broken else None)


def test_a_plan_that_has_caught_up_is_not_broken():
    assert status(PLAN, Decimal(0), date(2026, 1, 20)).is_broken
    assert not status(PLAN, Decimal(50), date(2026, 1, 20)).is_broken


@given(plans, cents, st.integers(-10, 800), st.integers(0, 10))
def test_what_is_open_is_what_is_not_paid(parts, paid, wait, grace_days):
    today = parts[0].date + timedelta(days=wait)
    found = status(parts[::-1], paid, today, grace_days)
    assert tuple(part.instalment for part in found.instalments) == parts
    assert found.amount_open == max(sum(each.amount for each in parts) - paid, 0)
    assert found.amount_owed == max(
        sum(each.amount for each in parts if each.date <= today) - paid, 0
    )
    assert not found.is_broken or found.date_broken <= today
    states = [part.state for part in found.instalments]
    order = ["paid", "default", "due", "upcoming"]
    assert states == sorted(states, key=order.index)


# === PROMISES === #


@pytest.mark.parametrize(
    ("paid", "today", "expected"),
    [
        pytest.param(0, 10, "open", id="its day"),
        pytest.param(0, 12, "open", id="grace"),
        pytest.param(0, 13, "broken", id="grace is over"),
        pytest.param(99, 13, "broken", id="not all"),
        pytest.param(100, 5, "kept", id="early"),
        pytest.param(120, 12, "kept", id="more"),
        pytest.param(100, 20, "kept", id="in the end"),
    ],
)
def test_a_promise_is_kept_or_broken(paid, today, expected):
    """A promise is a plan of one instalment."""
    promise = [Instalment(date(2026, 5, 10), Decimal(100))]
    plan = status(promise, Decimal(paid), date(2026, 5, today), 2)
    found = "kept" if plan.is_paid else "broken" if plan.is_broken else "open"
    assert found == expected
