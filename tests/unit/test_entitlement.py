"""What is granted, carried over, used and left, without a database."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.entitlement import (
    Allowance,
    Held,
    Ledger,
    Use,
    grant,
    spread,
)
from odoo.addons.subscription_billing.tools.recurrence import (
    UNITS,
    Interval,
    Period,
    Recurrence,
)

FIRST = date(2026, 1, 1)
END = date(2027, 1, 1)
QUARTERS = Recurrence(FIRST, Interval(1, "quarter"))
Q1, Q2, Q3, Q4 = (
    Period(QUARTERS.boundary(n), QUARTERS.boundary(n + 1)) for n in range(4)
)
#: a day of each quarter
FEB, MAY, AUG, NOV = (date(2026, month, 15) for month in (2, 5, 8, 11))
#: what divisions of 28 digits may differ by
TOLERANCE = Decimal("1e-15")


def ledger(quantity=4, uses=(), opening=0, start=FIRST, units=1, **allowance):
    """Return four a quarter from ``start`` to the end of the year.

    :param uses: pairs of a day and a quantity
    """
    return Ledger(
        Allowance(Decimal(quantity), **allowance),
        QUARTERS,
        start,
        (Held(Period(start, END), Decimal(units)),),
        tuple(Use(day, Decimal(amount)) for day, amount in uses),
        Decimal(opening),
    )


def figures(balance):
    """Return what a period grants, carries in, uses, exceeds and leaves."""
    return [
        float(number)
        for number in (
            balance.granted,
            balance.carried,
            balance.used,
            balance.overage,
            balance.left,
        )
    ]


# === A PERIOD === #


def test_four_a_quarter():
    balance = ledger(uses=[(FEB, 1), (FEB, 2), (MAY, 1)]).balance(FEB)
    assert balance.period == Q1
    assert figures(balance) == [4, 0, 3, 0, 1]


def test_what_is_beyond_the_allowance_is_overage():
    assert figures(ledger(uses=[(FEB, 6)]).balance(FEB)) == [4, 0, 4, 2, 0]


def test_each_period_grants_anew_and_what_is_left_is_lost():
    assert figures(ledger(uses=[(FEB, 1)]).balance(MAY)) == [4, 0, 0, 0, 4]


def test_there_is_nothing_before_the_first_day():
    assert ledger(start=MAY).balance(FEB) is None


def test_the_last_day_of_a_period_is_in_it():
    balance = ledger(uses=[(date(2026, 3, 31), 1), (date(2026, 4, 1), 1)])
    assert figures(balance.balance(date(2026, 3, 31))) == [4, 0, 1, 0, 3]
    assert figures(balance.balance(date(2026, 4, 1))) == [4, 0, 1, 0, 3]


@pytest.mark.parametrize(
    ("units", "expected"), [(3, 12), ("0.5", 2), (0, 0)], ids=["three", "half", "none"]
)
def test_units_multiply_it(units, expected):
    assert ledger(units=units).balance(FEB).granted == expected


# === PARTS OF A PERIOD === #


def test_a_first_part_is_granted_in_full_by_default():
    assert ledger(start=date(2026, 3, 1)).balance(date(2026, 3, 1)).granted == 4


def test_a_first_part_can_be_granted_by_its_days():
    """31 of the 90 days of the quarter."""
    balance = ledger(9, start=date(2026, 3, 1), is_prorated=True).balance(Q1.date_last)
    assert balance.granted == Decimal(9) * 31 / 90


@pytest.mark.parametrize(
    ("quantity", "step", "expected"),
    [("10", "1", "3"), ("10", "0.01", "3.44"), ("1.5", "1", "1"), ("1", "1", "0")],
)
def test_a_part_is_granted_in_whole_steps(quantity, step, expected):
    """31 of 90 days of 10 is 3.44…, of 1.5 is 0.52, of 1 is 0.34."""
    start = date(2026, 3, 1)
    claim = ledger(quantity, start=start, is_prorated=True, step=Decimal(step))
    assert claim.balance(start).granted == Decimal(expected)


def test_more_units_in_the_middle_grant_more_at_once_or_by_their_days():
    held = (Held(Period(FIRST, END)), Held(Period(FEB, END), Decimal(2)))
    whole, by_days = Allowance(Decimal(90)), Allowance(Decimal(90), is_prorated=True)
    assert grant(whole, Q1, held, FEB - timedelta(1)) == 90
    assert grant(whole, Q1, held, FEB) == 270
    assert grant(by_days, Q1, held, FEB) == 90 + 2 * 45  # FEB is day 46


def test_fewer_units_take_nothing_away_before_the_period_ends():
    held = (Held(Period(FIRST, FEB), Decimal(3)), Held(Period(FEB, END)))
    assert grant(Allowance(Decimal(4)), Q1, held, Q1.date_last) == 12
    assert grant(Allowance(Decimal(4)), Q2, held, Q2.date_last) == 4


def test_a_period_on_whose_days_nothing_is_held_grants_nothing():
    held = (Held(Period(FIRST, FEB)), Held(Period(AUG, END)))
    claim = Ledger(Allowance(Decimal(4), carry_periods=None), QUARTERS, FIRST, held)
    assert [each.granted for each in claim.balances(NOV)] == [4, 0, 4, 4]


# === CARRY-OVER === #


def test_what_is_left_is_carried_over_for_one_period():
    claim = ledger(uses=[(FEB, 1), (MAY, 2)], carry_periods=1)
    assert [figures(each) for each in claim.balances(NOV)] == [
        [4, 0, 1, 0, 3],
        [4, 3, 2, 0, 5],  # the two come from the three of before
        [4, 4, 0, 0, 8],
        [4, 4, 0, 0, 8],
    ]


def test_what_is_left_is_carried_over_for_ever():
    claim = ledger(uses=[(NOV, 15)], carry_periods=None)
    assert figures(claim.balance(NOV)) == [4, 12, 15, 0, 1]


def test_a_cap_limits_what_is_carried_over():
    claim = ledger(carry_periods=None, carry_cap=Decimal(6))
    assert [float(each.carried) for each in claim.balances(NOV)] == [0, 4, 6, 6]


def test_a_cap_takes_away_what_would_be_lost_first():
    """Into the third quarter go 4 of the second and 1 of the first, not 3 and 2."""
    claim = ledger(uses=[(AUG, 1)], carry_periods=2, carry_cap=Decimal(5))
    assert [float(each.carried) for each in claim.balances(NOV)] == [0, 4, 5, 5]
    claim = ledger(uses=[(AUG, 1)], carry_periods=2, carry_cap=Decimal(8))
    assert [float(each.carried) for each in claim.balances(NOV)] == [0, 4, 8, 8]


def test_nothing_is_carried_out_of_overage():
    claim = ledger(uses=[(FEB, 9)], carry_periods=None)
    assert figures(claim.balance(MAY)) == [4, 0, 0, 0, 4]


# === WHAT IS BROUGHT ALONG === #


def test_a_balance_is_brought_along():
    assert figures(ledger(opening=3).balance(FEB)) == [4, 3, 0, 0, 7]
    assert figures(ledger(opening=3).balance(MAY)) == [4, 0, 0, 0, 4]
    assert figures(ledger(opening=3, carry_periods=None).balance(MAY)) == [
        4,
        7,
        0,
        0,
        11,
    ]


def test_what_was_claimed_before_counts_in_the_first_period():
    assert figures(ledger(opening=-3).balance(FEB)) == [1, 0, 0, 0, 1]
    assert figures(ledger(opening=-9).balance(FEB)) == [0, 0, 0, 0, 0]
    assert figures(ledger(opening=-9, carry_periods=None).balance(MAY)) == [
        4,
        0,
        0,
        0,
        4,
    ]


# === OVERAGE OF ONE USE === #


def test_one_use_exceeds_what_is_left():
    claim = ledger(uses=[(FEB, 3)])
    assert claim.excess(Use(FEB, Decimal(1)), FEB) == 0
    assert claim.excess(Use(FEB, Decimal(3)), FEB) == 2


def test_a_late_use_takes_away_what_had_been_carried_over():
    claim = ledger(uses=[(FEB, 2), (MAY, 6)], carry_periods=1)
    assert claim.overage(MAY) == 0
    assert claim.excess(Use(FEB, Decimal(1)), MAY) == 1


def test_a_use_that_is_taken_back_gives_relief():
    claim = ledger(uses=[(FEB, 3), (FEB, 3)])
    assert claim.relief(Use(FEB, Decimal(3)), FEB) == 2
    with pytest.raises(ValueError, match="not in"):
        claim.relief(Use(FEB, Decimal(1)), FEB)


# === WHAT IS NO ALLOWANCE === #


@pytest.mark.parametrize(
    "numbers",
    [
        {"quantity": Decimal(-1)},
        {"quantity": Decimal(1), "carry_periods": -1},
        {"quantity": Decimal(1), "carry_cap": Decimal(-1)},
        {"quantity": Decimal(1), "step": Decimal(-1)},
    ],
)
def test_a_negative_number_is_refused(numbers):
    with pytest.raises(ValueError, match="counts from 0 up"):
        Allowance(**numbers)


# === PLANNED VISITS === #


def test_visits_are_spread_over_a_period():
    assert spread(Q1, 3) == [date(2026, 1, 30), date(2026, 3, 1), date(2026, 3, 31)]
    assert spread(Q1, 1, 30) == [date(2026, 3, 1)]
    assert spread(Q1, 0) == []


@given(
    st.integers(1, 400), st.integers(1, 40), st.integers(0, 100), st.dates(FIRST, END)
)
def test_visits_lie_in_their_period_in_order(days, count, lead, start):
    span = Period(start, start + timedelta(days))
    due = spread(span, count, lead)
    assert len(due) == count
    assert all(span.date_start <= day <= span.date_last for day in due)
    assert all(before <= after for before, after in pairwise(due))
    assert lead or due[-1] == span.date_last


# === PROPERTIES === #

amounts = st.decimals(0, 50, places=2)
LAST = date(2026, 12, 31)
some_days = st.dates(FIRST, LAST)
uses = st.lists(
    st.builds(Use, some_days, st.decimals("0.01", 20, places=2)), max_size=5
)
allowances = st.builds(
    Allowance,
    quantity=amounts,
    is_prorated=st.booleans(),
    carry_periods=st.one_of(st.none(), st.integers(0, 4)),
    carry_cap=st.one_of(st.none(), amounts),
    step=st.sampled_from([Decimal(0), Decimal("0.01"), Decimal(1)]),
)
spans = st.tuples(some_days, st.integers(1, 500)).map(
    lambda pair: Period(pair[0], pair[0] + timedelta(pair[1]))
)
recurrences = st.builds(
    Recurrence,
    anchor=st.dates(date(2025, 1, 1), END),
    interval=st.sampled_from(
        [Interval(25, "day"), Interval(3, "week")]
        + [Interval(count, unit) for count in (1, 2) for unit in UNITS[2:]]
    ),
)
ledgers = st.builds(
    Ledger,
    allowance=allowances,
    recurrence=recurrences,
    start=some_days,
    held=st.lists(st.builds(Held, spans, amounts), max_size=3).map(tuple),
    uses=uses.map(tuple),
    opening=st.decimals(-20, 20, places=2),
)


@given(ledgers)
def test_used_and_left_add_up_and_nothing_is_negative(claim):
    for balance in claim.balances(LAST):
        assert balance.used + balance.left == balance.granted + balance.carried
        assert min(balance.granted, balance.carried, balance.used) >= 0
        assert min(balance.overage, balance.left) >= 0
        assert not (balance.overage and balance.left)


@given(ledgers)
def test_every_use_is_counted_once(claim):
    claimed = sum(each.claimed for each in claim.balances(LAST))
    assert claimed == sum(use.quantity for use in claim.uses)


@given(ledgers)
def test_never_more_than_the_cap_is_carried_over(claim):
    cap = claim.allowance.carry_cap
    if cap is not None:
        assert all(each.carried <= cap for each in claim.balances(LAST))


@given(ledgers)
def test_no_more_is_carried_over_than_was_left(claim):
    """A prorated allowance has no last decimal: what is compared are the first ones."""
    for before, after in pairwise(claim.balances(LAST)):
        assert after.carried <= before.left + TOLERANCE
        if claim.allowance.carry_periods == 0:
            assert after.carried == 0
        if claim.allowance.carry_periods is claim.allowance.carry_cap is None:
            assert _is_same(after.carried, before.left)


@given(ledgers, st.randoms(use_true_random=False))
def test_the_order_of_uses_does_not_matter(claim, random):
    shuffled = list(claim.uses)
    random.shuffle(shuffled)
    again = Ledger(
        claim.allowance,
        claim.recurrence,
        claim.start,
        claim.held,
        tuple(shuffled),
        claim.opening,
    )
    assert again.balances(LAST) == claim.balances(LAST)


@given(ledgers)
def test_the_parts_of_the_uses_beyond_the_allowance_add_up(claim):
    """In whatever order they are recorded, each bears its part of what is beyond.

    A prorated allowance has no last decimal: what is compared are the first ones.
    """
    recorded, total = Ledger(*_terms(claim)), Decimal(0)
    for use in claim.uses:
        excess = recorded.excess(use, LAST)
        assert 0 <= excess <= use.quantity + TOLERANCE
        total += excess
        recorded = recorded.with_use(use)
    assert _is_same(total, claim.overage(LAST))
    for use in reversed(claim.uses):
        total -= recorded.relief(use, LAST)
        recorded = recorded.without_use(use)
        assert _is_same(total, recorded.overage(LAST))
    assert _is_same(total, 0)


@given(ledgers, some_days)
def test_a_balance_does_not_depend_on_where_one_begins_to_count(claim, day):
    balance = claim.balance(day)
    if balance:
        assert balance in claim.balances(day)
    else:
        assert day < claim.start


def _is_same(one, other):
    return abs(one - other) < TOLERANCE


def _terms(claim):
    return (
        claim.allowance,
        claim.recurrence,
        claim.start,
        claim.held,
        (),
        claim.opening,
    )
