"""When the money of unpaid invoices will come."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.forecast import (
    PRIOR,
    Retry,
    Seen,
    expect,
    learn,
    learn_plans,
)

TODAY = date(2026, 3, 1)
HUNDRED = Decimal(100)


def in_days(days):
    return TODAY + timedelta(days=days)


def test_without_invoices_of_its_own_a_company_has_the_prior():
    assert learn([Seen(0, 0)] * 5) == pytest.approx(PRIOR)
    assert learn_plans(Seen(0, 0)) == pytest.approx(0.7)


def test_twenty_invoices_count_as_much_as_the_prior():
    shares = learn([Seen(20, 20), *[Seen(0, 0)] * 4])
    assert shares[0] == pytest.approx(0.8)
    assert learn_plans(Seen(10, 9)) == pytest.approx(0.8)


def test_a_share_of_nothing_and_too_few_spans_are_refused():
    with pytest.raises(ValueError, match="3 of 2"):
        learn([Seen(2, 3), *[Seen(0, 0)] * 4])
    with pytest.raises(ValueError, match="5 spans"):
        learn([Seen(0, 0)])


def test_who_pays_in_time_pays_on_the_due_date():
    shares = (0.6, 0.0, 0.0, 0.0, 0.0)
    assert list(expect(HUNDRED, in_days(10), shares, TODAY, 90)) == [
        (in_days(10), Decimal(60))
    ]


def test_a_span_brings_its_share_by_its_end():
    shares = (0.0, 0.5, 0.0, 0.0, 0.0)
    coming = dict(expect(HUNDRED, TODAY, shares, TODAY, 90))
    assert min(coming) == in_days(1)
    assert max(coming) == in_days(30)
    assert float(sum(coming.values())) == pytest.approx(50)
    # Each day the same part of what is left.
    assert float(coming[in_days(2)] / coming[in_days(1)]) == pytest.approx(
        0.5 ** (1 / 30)
    )


def test_spans_follow_each_other():
    shares = (0.0, 0.5, 0.2, 0.0, 0.0)
    coming = expect(HUNDRED, TODAY, shares, TODAY, 61)
    assert float(sum(part for _day, part in coming)) == pytest.approx(50 + 10)


def test_half_a_span_that_is_over_brings_nothing_any_more():
    shares = (0.0, 0.75, 0.0, 0.0, 0.0)
    coming = expect(HUNDRED, in_days(-15), shares, TODAY, 90)
    # 15 of 30 days are over: the day itself and 15 more are left.
    left = 1 - 0.25 ** (16 / 30)
    assert float(sum(part for _day, part in coming)) == pytest.approx(100 * left)


def test_a_debt_of_more_than_half_a_year_is_not_expected():
    assert not list(expect(HUNDRED, in_days(-181), (1.0,) * 5, TODAY, 90))


def test_a_planned_retry_comes_before_everything():
    shares = (0.6, 0.0, 0.5, 0.0, 0.0)
    retry = Retry(in_days(3), 0.4)
    coming = dict(expect(HUNDRED, TODAY, shares, TODAY, 61, retry))
    assert min(coming) == in_days(3)
    assert coming[in_days(3)] == Decimal("40.0")
    assert float(sum(coming.values())) == pytest.approx(40 + 60 * 0.5)


@given(
    st.decimals(min_value=0, max_value=10**6, places=2),
    st.integers(-300, 300),
    st.lists(st.floats(0, 1), min_size=5, max_size=5),
    st.integers(0, 90),
    st.none() | st.tuples(st.integers(0, 90), st.floats(0, 1)),
)
def test_never_more_is_expected_than_is_owed(amount, due, shares, days, planned):
    retry = planned and Retry(in_days(planned[0]), planned[1])
    coming = list(expect(amount, in_days(due), shares, TODAY, days, retry or None))
    assert all(part > 0 for _day, part in coming)
    assert sum(part for _day, part in coming) <= amount * (1 + Decimal("1e-20"))
    assert [day for day, _part in coming] == sorted({day for day, _part in coming})
