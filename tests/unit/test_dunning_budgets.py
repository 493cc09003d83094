"""How often one card may be tried."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.budgets import (
    ELSEWHERE,
    NETWORKS,
    OURS,
    Budget,
    card_budgets,
    earliest,
)

from odoo.addons.subscription_billing.tools.dunning import MOST_TRIES, TRIES_WITHIN

NOW = datetime(2026, 3, 10, 12)
SECOND = timedelta(seconds=1)
VISA = NETWORKS["visa"]
MASTERCARD = NETWORKS["mastercard"]

times = st.timedeltas(timedelta(0), timedelta(days=60)).map(lambda ago: NOW - ago)
tries_of_card = st.lists(times, max_size=40)
some_budgets = st.lists(
    st.builds(
        Budget,
        st.integers(1, 6),
        st.timedeltas(timedelta(hours=1), timedelta(days=10)),
    ),
    max_size=3,
)


def spread(count, within):
    """Return ``count`` tries, the first of them ``within`` before now."""
    return [NOW - within + within * n / count for n in range(count)]


def most_within(tries, within):
    """Return how many tries lie in the fullest span of a length, start included."""
    return max(sum(start <= each < start + within for each in tries) for start in tries)


# === THE NETWORKS === #


@pytest.mark.parametrize(
    ("budgets", "count", "within"),
    [
        pytest.param(VISA, 20, timedelta(days=30), id="H14"),
        pytest.param(MASTERCARD, 10, timedelta(hours=24), id="H15-day"),
        pytest.param(MASTERCARD, 35, timedelta(days=30), id="H15-month"),
        pytest.param((OURS,), 8, timedelta(days=14), id="ours"),
        pytest.param(ELSEWHERE, 10, timedelta(hours=24), id="elsewhere-day"),
        pytest.param(ELSEWHERE, 20, timedelta(days=30), id="elsewhere-month"),
    ],
)
def test_one_more_try_waits_until_the_first_has_left_the_window(budgets, count, within):
    tries = spread(count, within)
    assert earliest(budgets, tries, NOW - SECOND) == NOW
    assert earliest(budgets, tries, NOW) == NOW
    assert earliest(budgets, tries[1:], NOW - SECOND) == NOW - SECOND


def test_our_limit_is_the_floor_of_billing_and_below_every_network():
    assert (OURS.count, OURS.within) == (MOST_TRIES, TRIES_WITHIN)
    for budgets in (*NETWORKS.values(), ELSEWHERE):
        assert all(OURS.count < budget.count for budget in budgets)


@pytest.mark.parametrize("brand", ["Visa", "visa", "VISA"])
def test_a_brand_is_known_however_it_is_written(brand):
    assert card_budgets(brand) == (OURS, *VISA)


@pytest.mark.parametrize("brand", ["", "American Express", "elo"])
def test_other_cards_keep_the_strictest_limits(brand):
    assert card_budgets(brand) == (OURS, *ELSEWHERE)
    strictest = min(budget.count for budget in (*VISA, *MASTERCARD[1:]))
    assert {budget.count for budget in ELSEWHERE} == {strictest, MASTERCARD[0].count}


def test_a_company_that_allows_more_keeps_to_the_network_all_the_same():
    generous = Budget(100, timedelta(days=1))
    assert card_budgets("Mastercard", [generous]) == (generous, *MASTERCARD)


# === ANY BUDGET === #


def test_without_a_budget_or_a_try_nothing_waits():
    assert earliest([], [NOW] * 100, NOW) == NOW
    assert earliest(card_budgets("Visa"), [], NOW) == NOW


@given(some_budgets, st.lists(st.timedeltas(max_value=timedelta(days=5)), max_size=25))
def test_no_window_ever_holds_more_than_a_budget(budgets, steps):
    now, tries = NOW, []
    for step in steps:
        now += abs(step) % timedelta(days=5)
        tries.append(earliest(budgets, tries, now))
    for budget in budgets if tries else ():
        assert most_within(tries, budget.within) <= budget.count


@given(some_budgets, tries_of_card)
def test_nothing_waits_longer_than_it_must(budgets, tries):
    free = earliest(budgets, tries, NOW)
    if free == NOW:
        return
    sooner = free - timedelta(microseconds=1)
    assert any(
        sum(each > sooner - budget.within for each in tries) >= budget.count
        for budget in budgets
    )


@given(some_budgets, tries_of_card, times, st.timedeltas(timedelta(0)))
def test_more_tries_and_a_later_day_never_bring_it_forward(budgets, tries, more, later):
    free = earliest(budgets, tries, NOW)
    assert NOW <= free <= earliest(budgets, [*tries, more], NOW)
    assert free <= earliest(budgets, tries, NOW + later % timedelta(days=100))


@given(some_budgets, tries_of_card)
def test_the_order_of_tries_and_budgets_does_not_matter(budgets, tries):
    backwards = earliest(budgets[::-1], sorted(tries, reverse=True), NOW)
    assert backwards == earliest(budgets, tries, NOW)


@pytest.mark.parametrize(("count", "days"), [(0, 1), (-1, 1), (1, 0), (1, -1)])
def test_a_budget_allows_a_try_within_some_time(count, days):
    with pytest.raises(ValueError, match="A budget"):
        Budget(count, timedelta(days=days))
