"""The hour at which a customer is best called."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.calling import (
    DECENT_HOURS,
    best_hour,
)
from odoo.addons.subscription_billing_dunning.tools.working_time import WorkingTime

HOURS = st.integers(0, 23)


def test_who_is_not_known_is_called_in_the_morning():
    assert best_hour([], DECENT_HOURS) == 10


def test_who_pays_in_the_afternoon_is_called_then():
    assert best_hour([16, 16, 9], DECENT_HOURS) == 16


def test_the_hours_around_count_half():
    assert best_hour([13, 15, 9], DECENT_HOURS) == 14


def test_nobody_is_called_at_night_who_pays_at_night():
    assert best_hour([2, 2, 3], frozenset(range(24))) == 10


def test_who_is_only_called_in_the_evening_is_called_then():
    assert best_hour([], frozenset({19, 20})) == 19


@given(st.lists(HOURS), st.frozensets(HOURS, min_size=1))
def test_the_hour_is_one_of_those_allowed(active, allowed):
    assert best_hour(active, allowed) in allowed


@pytest.mark.parametrize(
    ("span", "hours"),
    [
        ((time(8), time(12)), {8, 9, 10, 11}),
        ((time(8, 30), time(12, 15)), {9, 10, 11}),
        ((time(22), time(0)), {22, 23}),
        ((time(8, 15), time(8, 45)), set()),
    ],
)
def test_an_hour_is_worked_in_full_or_not_at_all(span, hours):
    assert WorkingTime({0: (span,)}).whole_hours() == hours


def test_all_hours_are_worked_unless_some_are_given():
    assert WorkingTime().whole_hours() == set(range(24))
    assert WorkingTime({}).whole_hours() == set()
