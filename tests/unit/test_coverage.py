"""Days served and days billed are brought in line, whatever the order of changes."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.coverage import Billed, settle
from odoo.addons.subscription_billing.tools.recurrence import Period
from odoo.addons.subscription_billing.tools.spans import intersect, merge, subtract

FIRST = date(2026, 1, 1)
MAY = Period(date(2026, 5, 1), date(2026, 6, 1))


def span(first, last):
    """Return the period from the ``first`` to the ``last`` day of a year, by number."""
    return Period(FIRST + timedelta(first), FIRST + timedelta(last + 1))


def days(spans):
    """Return the set of the days in some spans."""
    return {each.date_start + timedelta(n) for each in spans for n in range(each.days)}


spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 20)).map(
        lambda pair: span(pair[0], pair[0] + pair[1])
    ),
    max_size=5,
)


# === SETS OF DAYS === #


@given(spans, spans)
def test_spans_behave_as_sets_of_days(some, others):
    assert days(merge(some)) == days(some)
    assert days(intersect(some, others)) == days(some) & days(others)
    assert days(subtract(some, others)) == days(some) - days(others)


@given(spans)
def test_merged_spans_are_apart_and_in_order(some):
    merged = merge(some)
    for before, after in pairwise(merged):
        assert before.date_end < after.date_start


# === SETTLEMENT === #


def test_what_is_billed_and_served_is_left_alone():
    settlement = settle(MAY, [MAY], [Billed(1, MAY)])
    assert settlement.to_bill == settlement.to_credit == ()


def test_an_end_in_the_middle_gives_the_rest_back():
    served = [Period(MAY.date_start, date(2026, 5, 15))]
    settlement = settle(MAY, served, [Billed(1, MAY)])
    assert settlement.to_bill == ()
    assert settlement.to_credit == ((1, Period(date(2026, 5, 15), MAY.date_end)),)


def test_a_start_in_the_middle_is_billed():
    settlement = settle(MAY, [Period(date(2026, 5, 15), MAY.date_end)], [])
    assert settlement.to_bill == (Period(date(2026, 5, 15), MAY.date_end),)


def test_nothing_is_given_back_twice():
    rest = Period(date(2026, 5, 15), MAY.date_end)
    served = [Period(MAY.date_start, rest.date_start)]
    settlement = settle(MAY, served, [Billed(1, MAY, credited=(rest,))])
    assert settlement.to_credit == ()


def test_waived_days_are_neither_billed_nor_given_back():
    waived = [Period(date(2026, 5, 10), date(2026, 5, 20))]
    assert settle(MAY, [], [Billed(1, MAY)], waived).to_credit == (
        (1, Period(MAY.date_start, date(2026, 5, 10))),
        (1, Period(date(2026, 5, 20), MAY.date_end)),
    )
    assert settle(MAY, [MAY], [], waived).to_bill == (
        Period(MAY.date_start, date(2026, 5, 10)),
        Period(date(2026, 5, 20), MAY.date_end),
    )


@given(spans, st.lists(spans.map(merge), max_size=3))
def test_settling_leaves_exactly_the_served_days_billed(served, histories):
    """However often the agreement changed, the last word decides, and it is enough."""
    window = span(0, 100)
    claims = []
    for wanted in [*histories, served]:
        settlement = settle(window, wanted, claims)
        claims = [
            Billed(
                claim.key,
                claim.period,
                claim.credited
                + tuple(part for key, part in settlement.to_credit if key == claim.key),
            )
            for claim in claims
        ]
        claims += [
            Billed(len(claims) + number, part)
            for number, part in enumerate(settlement.to_bill)
        ]
    standing = [part for claim in claims for part in claim.standing]
    assert days(standing) == days(served)
    assert sum(part.days for part in standing) == len(days(served))
    again = settle(window, served, claims)
    assert again.to_bill == again.to_credit == ()
