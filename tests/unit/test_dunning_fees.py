"""Late fees and interest, and that no day and no sum is ever booked twice."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.fees import (
    STATUTORY_AMOUNT,
    STATUTORY_POINTS,
    Fee,
    FeePart,
    FeeTerms,
    late_fee,
)

DUE = date(2025, 6, 15)
#: what the European Central Bank took on the first day of each half-year
RATES = {
    date(2024, 7, 1): Decimal("4.25"),
    date(2025, 1, 1): Decimal("3.15"),
    date(2025, 7, 1): Decimal("2.15"),
    date(2026, 1, 1): Decimal("2.15"),
}
STATUTORY = FeeTerms("statutory", amount=STATUTORY_AMOUNT, percent=STATUTORY_POINTS)
TINY = Decimal("1e-15")

amounts = st.decimals(0, 10_000, places=2)
offsets = st.integers(0, 190)
histories = st.dictionaries(offsets, amounts, max_size=4).map(
    lambda rest: [
        (DUE, Decimal(1000)),
        *((DUE + timedelta(days=each), amount) for each, amount in rest.items()),
    ]
)
limits = st.none() | st.decimals(20, 100, places=2)
terms_of_all_kinds = st.builds(
    FeeTerms,
    st.sampled_from(["fixed", "percent", "interest", "statutory"]),
    amount=amounts,
    percent=st.decimals(8, 20, places=2),
    minimum=st.decimals(0, 20, places=2),
    maximum=limits,
    grace_days=st.integers(0, 30),
)


def fee(terms, today, amount=Decimal(1000), date_from=None, **kwargs):
    kwargs = {"date_due": DUE, "is_business": True, "rates": RATES, **kwargs}
    return late_fee(terms, amount=amount, date_from=date_from, today=today, **kwargs)


def interest(percent="7.3", **kwargs):
    return FeeTerms("interest", percent=Decimal(percent), **kwargs)


def day(text):
    return date.fromisoformat(text)


def cents(found):
    return found.amount.quantize(Decimal("0.01"))


# === KINDS === #


def test_a_fixed_fee_is_due_on_the_day_after_the_due_date():
    terms = FeeTerms("fixed", amount=Decimal(5))
    assert fee(terms, DUE) == Fee()
    assert fee(terms, day("2025-06-16")) == Fee(5, (FeePart("fixed", Decimal(5)),))


def test_a_fixed_fee_is_booked_once():
    terms = FeeTerms("fixed", amount=Decimal(5))
    assert fee(terms, day("2025-08-01"), date_from=day("2025-06-16")) == Fee()


def test_nothing_has_been_booked_on_the_due_date():
    terms = FeeTerms("fixed", amount=Decimal(5))
    assert fee(terms, day("2025-06-16"), date_from=DUE).amount == 5


def test_a_percentage_is_of_what_is_overdue():
    terms = FeeTerms("percent", percent=Decimal("2.5"))
    found = fee(terms, day("2025-07-01"), [(DUE, Decimal(400))])
    assert found == Fee(
        10, (FeePart("percent", Decimal(10), Decimal(400), terms.percent),)
    )


def test_a_percentage_does_not_depend_on_when_it_is_booked():
    terms = FeeTerms("percent", percent=Decimal(1), grace_days=3)
    history = [(DUE, Decimal(400)), (day("2025-06-19"), Decimal(100))]
    for today in ("2025-06-19", "2025-06-20", "2025-12-01"):
        assert fee(terms, day(today), history).amount == 4


def test_interest_is_for_each_day_that_has_passed_since_the_due_date():
    """7.3 % of 1000 are 20 cents a day."""
    found = fee(interest(), day("2025-06-25"))
    assert found.amount == 2
    assert found.parts == (
        FeePart("interest", Decimal(2), 1000, Decimal("7.3"), day("2025-06-16"), 10),
    )


def test_a_leap_year_has_365_days_too():
    found = fee(interest(), day("2025-01-01"), date_due=day("2024-01-01"))
    assert found.amount == Decimal("73.2")


# === STATUTORY === #


def test_the_european_union_grants_40_euro_and_8_points():
    """On 1 July 2025, one day late: 10.15 % of 1000 for a day are 0.278..."""
    found = fee(STATUTORY, day("2025-07-01"), date_due=day("2025-06-30"))
    assert [part.reason for part in found.parts] == ["fixed", "interest"]
    assert found.parts[0].amount == 40
    assert found.parts[1].percent == Decimal("10.15")
    assert cents(found) == Decimal("40.28")


def test_each_half_year_has_its_own_rate():
    """15 days at 11.15 % and 10 days at 10.15 %: 2687.50 / 365 = 7.363..."""
    found = fee(STATUTORY, day("2025-07-10"))
    assert cents(found) == Decimal("47.36")
    assert [(part.percent, part.days, part.date_start) for part in found.parts[1:]] == [
        (Decimal("11.15"), 15, day("2025-06-16")),
        (Decimal("10.15"), 10, day("2025-07-01")),
    ]
    assert abs(found.amount - 40 - Decimal("2687.5") / 365) < TINY


def test_the_last_day_of_a_half_year_has_the_rate_of_that_half():
    found = fee(STATUTORY, day("2025-06-30"), date_from=day("2025-06-29"))
    assert [(part.percent, part.days) for part in found.parts] == [
        (Decimal("11.15"), 1)
    ]
    found = fee(STATUTORY, day("2025-07-01"), date_from=day("2025-06-30"))
    assert [(part.percent, part.days) for part in found.parts] == [
        (Decimal("10.15"), 1)
    ]


def test_the_sum_of_40_is_not_booked_again_with_later_interest():
    first = fee(STATUTORY, day("2025-07-10"))
    later = fee(STATUTORY, day("2025-07-20"), date_from=day("2025-07-10"))
    assert {part.reason for part in later.parts} == {"interest"}
    assert abs(
        first.amount + later.amount - fee(STATUTORY, day("2025-07-20")).amount
    ) < (TINY)


def test_a_consumer_does_not_pay_the_statutory_fee():
    with pytest.raises(ValueError, match="choose other terms for consumers"):
        fee(STATUTORY, day("2025-07-10"), is_business=False)


def test_a_half_year_without_a_rate_is_asked_for():
    with pytest.raises(ValueError, match="half-year from 2026-07-01 on"):
        fee(STATUTORY, day("2026-07-01"))


def test_a_negative_reference_rate_takes_off_points():
    rates = {day("2025-01-01"): Decimal("-0.88")}
    found = fee(STATUTORY, day("2025-06-16"), rates=rates)
    assert found.parts[1].percent == Decimal("7.12")


# === PART PAYMENTS === #


def test_a_part_payment_bears_interest_up_to_the_day_on_which_it_comes():
    """20 cents a day for 5 days, 10 cents for 5 more."""
    history = [(day("2025-06-20"), Decimal(500)), (DUE, Decimal(1000))]
    found = fee(interest(), day("2025-06-25"), history)
    assert [(part.base, part.days) for part in found.parts] == [(1000, 5), (500, 5)]
    assert found.amount == Decimal("1.5")


def test_interest_ends_with_the_debt():
    history = [(DUE, Decimal(1000)), (day("2025-06-20"), Decimal(0))]
    assert fee(interest(), day("2025-12-31"), history).amount == 1


def test_an_invoice_opened_again_is_late_again():
    """Paid in time; its bank debit came back on 1 July."""
    history = [(DUE, Decimal(0)), (day("2025-07-01"), Decimal(1000))]
    assert fee(interest(), day("2025-07-01"), history) == Fee()
    assert fee(interest(), day("2025-07-02"), history).amount == Decimal("0.2")


def test_a_payment_that_was_found_later_does_not_bring_the_sum_back():
    """Booked on 25 June; then it was seen that 1000 had come in time and gone again."""
    history = [(DUE, Decimal(0)), (day("2025-07-01"), Decimal(1000))]
    found = fee(STATUTORY, day("2025-07-02"), history, day("2025-06-25"))
    assert [part.reason for part in found.parts] == ["interest"]


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        ([], "what was open on the due date, 2025-06-15"),
        ([(date(2025, 6, 16), Decimal(5))], "what was open on the due date"),
        ([(DUE, Decimal(-5))], "Less than nothing was open on 2025-06-15: -5"),
    ],
)
def test_what_was_open_must_be_known(history, reason):
    with pytest.raises(ValueError, match=reason):
        fee(interest(), day("2025-07-01"), history)


# === GRACE AND LIMITS === #


def test_grace_days_delay_a_fee_and_do_not_lower_it():
    terms = interest(grace_days=5)
    assert fee(terms, day("2025-06-20")) == Fee()
    assert fee(terms, day("2025-06-21")).amount == Decimal("1.2")


def test_who_pays_within_the_grace_days_pays_no_fee():
    history = [(DUE, Decimal(1000)), (day("2025-06-20"), Decimal(0))]
    for terms in (interest(grace_days=5), FeeTerms("fixed", Decimal(9), grace_days=5)):
        assert fee(terms, day("2025-12-31"), history) == Fee()


def test_a_run_within_the_grace_days_has_booked_nothing():
    terms = interest(grace_days=5)
    found = fee(terms, day("2025-06-21"), date_from=day("2025-06-18"))
    assert found.amount == Decimal("1.2")


def test_the_minimum_is_for_all_fees_of_an_invoice():
    """20 cents a day: 1.00 is reached after 5 days."""
    terms = interest(minimum=Decimal(1))
    first = fee(terms, day("2025-06-17"))
    assert first.amount == 1
    assert first.parts[-1] == FeePart("minimum", Decimal("0.6"))
    second = fee(terms, day("2025-06-19"), date_from=day("2025-06-17"))
    assert (second.amount, second.parts[-1].reason) == (0, "minimum")
    third = fee(terms, day("2025-06-21"), date_from=day("2025-06-19"))
    assert third.amount == Decimal("0.2")


def test_the_maximum_is_for_all_fees_of_an_invoice():
    terms = interest(maximum=Decimal(1))
    assert fee(terms, day("2025-06-19")).amount == Decimal("0.8")
    second = fee(terms, day("2025-06-25"), date_from=day("2025-06-19"))
    assert (second.amount, second.parts[-1].reason) == (Decimal("0.2"), "maximum")
    assert fee(terms, day("2025-06-30"), date_from=day("2025-06-25")).amount == 0


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"amount": Decimal(-1)}, "0 or more, not -1"),
        ({"grace_days": -1}, "0 or more, not -1"),
        ({"minimum": Decimal(5), "maximum": Decimal(4)}, "between 5 and 4"),
        ({"kind": "statutory", "percent": Decimal(7)}, "at least 8 points"),
    ],
)
def test_terms_that_nobody_can_charge_by_are_refused(values, reason):
    with pytest.raises(ValueError, match=reason):
        FeeTerms(**{"kind": "fixed", **values})


# === NEVER TWICE === #


@given(terms_of_all_kinds, histories, st.lists(offsets, min_size=1, max_size=5))
def test_however_often_it_is_booked_it_comes_to_the_same(terms, history, runs):
    booked, date_from = Decimal(0), None
    for today in sorted(DUE + timedelta(days=each) for each in runs):
        found = fee(terms, today, history, date_from)
        booked += found.amount
        date_from = today if found.parts else date_from
    assert abs(booked - fee(terms, today, history).amount) < TINY


@given(terms_of_all_kinds, histories, offsets)
def test_nothing_is_booked_twice_on_one_day(terms, history, offset):
    today = DUE + timedelta(days=offset)
    assert fee(terms, today, history, today) == Fee()


@given(terms_of_all_kinds, histories, st.tuples(offsets, offsets))
def test_a_fee_is_the_sum_of_its_parts_and_within_its_limits(terms, history, runs):
    start, today = (DUE + timedelta(days=each) for each in sorted(runs))
    found = fee(terms, today, history, start)
    assert abs(sum(part.amount for part in found.parts) - found.amount) < TINY
    assert found.amount >= 0
    assert terms.maximum is None or found.amount <= terms.maximum


@given(histories, offsets)
def test_interest_is_what_each_day_adds(history, offset):
    expected = Decimal(0)
    for n in range(offset):
        since = [pair for pair in history if pair[0] <= DUE + timedelta(days=n)]
        _day, base = max(reversed(since), key=lambda pair: pair[0])
        expected += base * Decimal("7.3") / 36500
    found = fee(interest(), DUE + timedelta(days=offset), history)
    assert abs(found.amount - expected) < TINY
