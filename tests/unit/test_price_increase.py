"""What a price becomes in a price increase, from when on, and what is left out."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.price_increase import (
    Agreement,
    Announcement,
    Rounding,
    Terms,
)
from odoo.addons.subscription_billing.tools.recurrence import (
    UNITS,
    Interval,
    Recurrence,
    invoice_date,
)

D = Decimal
days = st.dates(date(2000, 1, 1), date(2060, 12, 31))
prices = st.decimals("0.01", 10**5, places=2)
percentages = st.decimals("0.01", 300, places=2)
recurrences = st.builds(
    Recurrence,
    anchor=days,
    interval=st.builds(Interval, count=st.integers(1, 6), unit=st.sampled_from(UNITS)),
    anchor_day=st.integers(0, 31),
)
MONTHS = Recurrence(date(2021, 1, 1), Interval(1, "month"))


@st.composite
def roundings(draw):
    """Return steps with an ending below them."""
    step = draw(st.decimals("0.01", 100, places=2))
    ending = draw(st.decimals(0, step, places=2))
    assume(ending < step)
    return Rounding(step, ending, draw(st.sampled_from(["nearest", "up", "down"])))


@st.composite
def rises(draw, **fixed):
    """Return terms that raise by a percentage or an amount."""
    return Terms(
        **{
            "method": draw(st.sampled_from(["percent", "amount"])),
            "value": draw(percentages),
            "rounding": draw(st.none() | roundings()),
            "cap_percent": draw(st.none() | percentages),
            "cap_amount": draw(st.none() | percentages),
            **fixed,
        }
    )


# === NEW PRICES === #


@pytest.mark.parametrize(
    ("terms", "old", "expected"),
    [
        (Terms("percent", D(5)), "100", "105"),
        (Terms("percent", D("3.5")), "19.90", "20.5965"),
        (Terms("amount", D("2.50")), "19.90", "22.40"),
        (Terms("percent", D(100), cap_percent=D(20)), "10", "12"),
        (Terms("percent", D(100), cap_amount=D(3)), "10", "13"),
        (Terms("percent", D(5), cap_percent=D(9), cap_amount=D(1)), "100", "101"),
        (Terms("percent", D(-5)), "100", "100"),
        (Terms("percent", D(-5), may_lower=True), "100", "95"),
        (Terms("amount", D(-50), may_lower=True), "20", "0"),
        (Terms("percent", D(5), Rounding(D("0.05"))), "19.90", "20.90"),
        (Terms("percent", D(5), Rounding(D(1), D("0.99"))), "19.99", "20.99"),
        (Terms("percent", D(5), Rounding(D(10), D("9.99"))), "19.99", "29.99"),
        (Terms("percent", D(4), Rounding(D(1), D("0.99"), "down")), "49.99", "50.99"),
        (Terms("percent", D(1), Rounding(D(5), D(0), "up")), "100", "105"),
    ],
)
def test_new_prices(terms, old, expected):
    assert terms.new_price(D(old)) == D(expected)


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (Terms("list"), "60"),
        (Terms("list", cap_percent=D(50)), "45"),
        # What the list says is not rounded; what a cap leaves of it is.
        (Terms("list", rounding=Rounding(D(7))), "60"),
        (Terms("list", rounding=Rounding(D(7)), cap_percent=D(50)), "42"),
    ],
)
def test_prices_move_to_the_list(terms, expected):
    assert terms.new_price(D(30), D(60)) == D(expected)


def test_a_lower_list_price_counts_only_where_prices_may_fall():
    assert Terms("list").new_price(D(30), D(20)) == 30
    assert Terms("list", may_lower=True).new_price(D(30), D(20)) == 20


def test_a_missing_list_price_is_an_error():
    with pytest.raises(ValueError, match="no list price"):
        Terms("list").new_price(D(30))


def test_a_cap_below_the_next_rounded_price_is_kept_to_the_cent():
    """Between 19.99 and the cap of 20.39 there is no price that ends on .99."""
    terms = Terms("percent", D(5), Rounding(D(1), D("0.99")), cap_percent=D(2))
    assert terms.new_price(D("19.99")) == D("20.3898")


@given(rises(), prices)
def test_a_rise_never_lowers_a_price(terms, old):
    assert terms.new_price(old) > old


@given(rises(), prices)
def test_a_cap_is_never_exceeded(terms, old):
    new = terms.new_price(old)
    if terms.cap_percent is not None:
        assert new - old <= old * terms.cap_percent / 100
    if terms.cap_amount is not None:
        assert new - old <= terms.cap_amount


@given(rises(cap_percent=None, cap_amount=None), prices)
def test_without_a_cap_each_price_stands_in_the_list(terms, old):
    assume(terms.rounding)
    steps = (terms.new_price(old) - terms.rounding.ending) / terms.rounding.step
    assert steps == steps.to_integral_value()


@given(rises(rounding=None), prices, prices)
def test_who_pays_more_pays_more_after_it(terms, one, other):
    low, high = sorted((one, other))
    assert terms.new_price(low) <= terms.new_price(high)


@given(st.decimals(-300, 300, places=2), prices, st.none() | roundings())
def test_no_price_falls_below_zero(value, old, rounding):
    for method in ("percent", "amount"):
        assert Terms(method, value, rounding, may_lower=True).new_price(old) >= 0


@given(st.decimals(-300, 0, places=2), prices, st.none() | roundings())
def test_a_fall_never_raises_a_price(value, old, rounding):
    for method in ("percent", "amount"):
        assert Terms(method, value, rounding, may_lower=True).new_price(old) <= old
        assert Terms(method, value, rounding).new_price(old) == old


@given(roundings(), prices)
def test_rounded_prices_enclose_the_price(rounding, price):
    below, above = rounding.floor(price), rounding.ceil(price)
    assert below <= price <= above
    assert above - below in (0, rounding.step)
    assert rounding.round(price) in (below, above)
    assert rounding.floor(below) == rounding.ceil(below) == below


@pytest.mark.parametrize("vals", [{"step": D(0)}, {"step": D(1), "ending": D(1)}])
def test_a_rounding_without_prices_is_refused(vals):
    with pytest.raises(ValueError, match=r"apart|below"):
        Rounding(**vals)


# === DATES === #


def test_kill_bill_new_prices_hold_from_the_day_given():
    """30 a month, 60 for those who are there from 1 March 2021 on (G4)."""
    march = date(2021, 3, 1)
    told = Announcement(date(2021, 1, 20), not_before=march)
    assert told.earliest() == march
    assert told.first_start(told.earliest(), MONTHS, date(2021, 2, 1)) == march


def test_a_period_begins_after_the_notice():
    told = Announcement(date(2021, 1, 20), notice_days=30)
    assert told.earliest() == date(2021, 2, 19)
    start = told.first_start(told.earliest(), MONTHS, date(2021, 2, 1))
    assert start == date(2021, 3, 1)


def test_a_day_of_notice_that_is_the_start_of_a_period_is_enough():
    told = Announcement(date(2021, 1, 30), notice_days=30)
    start = told.first_start(told.earliest(), MONTHS, date(2021, 2, 1))
    assert start == date(2021, 3, 1)


def test_what_is_invoiced_is_not_changed():
    told = Announcement(date(2021, 1, 20))
    start = told.first_start(told.earliest(), MONTHS, date(2021, 4, 1))
    assert start == date(2021, 4, 1)


def test_what_should_have_been_invoiced_before_the_notice_is_not_changed():
    """February is invoiced on 22 January, even if the run is late."""
    told = Announcement(date(2021, 1, 23))
    start = told.first_start(told.earliest(), MONTHS, date(2021, 2, 1), "advance", 10)
    assert start == date(2021, 3, 1)


def test_in_arrears_the_period_that_has_begun_keeps_its_price():
    told = Announcement(date(2021, 1, 20))
    start = told.first_start(told.earliest(), MONTHS, date(2021, 1, 1), "arrears", 10)
    assert start == date(2021, 2, 1)


def test_a_promise_is_waited_for_and_a_lower_price_needs_no_notice():
    told = Announcement(date(2021, 1, 20), notice_days=30)
    assert told.earliest(date(2021, 6, 30)) == date(2021, 7, 1)
    assert told.earliest(date(2021, 6, 30), is_raise=False) == date(2021, 1, 20)


@given(
    recurrences,
    days,
    st.integers(0, 400),
    st.none() | days,
    days,
    st.sampled_from(["advance", "arrears"]),
    st.integers(0, 90),
)
def test_the_first_period_respects_all_it_has_to(
    recurrence, notice, notice_days, not_before, unbilled, timing, offset
):
    told = Announcement(notice, notice_days, not_before)
    earliest = told.earliest()
    start = told.first_start(earliest, recurrence, unbilled, timing, offset)
    assert recurrence.is_boundary(start)
    assert start >= max(earliest, unbilled)
    assert (start - notice).days >= notice_days
    assert invoice_date(recurrence.period_containing(start), timing, offset) >= notice
    before = recurrence.period_containing(start - timedelta(days=1))
    assert (
        before.date_start < max(earliest, unbilled)
        or invoice_date(before, timing, offset) < notice
    )


# === WHAT IS LEFT OUT === #

START = date(2021, 3, 1)


@pytest.mark.parametrize(
    ("vals", "reason"),
    [
        ({}, None),
        ({"first_day": START}, None),
        ({"first_day": date(2021, 3, 2)}, "starts"),
        ({"last_day": START}, None),
        ({"last_day": date(2021, 2, 28)}, "ends"),
        ({"is_pending": True}, "pending"),
        ({"kept_until": date(2021, 2, 28)}, None),
        ({"kept_until": START}, "kept"),
        ({"committed_until": START}, "committed"),
        ({"is_own": True}, "own"),
        ({"price": D(0)}, "free"),
        ({"price": D(-5)}, "free"),
        ({"price": D(60)}, "not_higher"),
        ({"price": D(70)}, "not_higher"),
        ({"is_own": True, "kept_until": START}, "kept"),
    ],
)
def test_reasons_to_leave_a_line_out(vals, reason):
    agreement = Agreement(**{"price": D(30), **vals})
    assert agreement.find_reason(D(60), START, may_lower=False) == reason


def test_own_prices_may_be_taken_along():
    agreement = Agreement(D(30), is_own=True)
    assert not agreement.find_reason(D(60), START, with_own=True, may_lower=False)


def test_a_promise_does_not_keep_a_price_from_falling():
    agreement = Agreement(D(70), kept_until=START, committed_until=START)
    assert not agreement.find_reason(D(60), START, may_lower=True)


def test_a_price_is_promised_until_the_later_of_two_days():
    assert Agreement(D(1)).promised_until is None
    agreement = Agreement(D(1), kept_until=START, committed_until=date(2021, 5, 1))
    assert agreement.promised_until == date(2021, 5, 1)
