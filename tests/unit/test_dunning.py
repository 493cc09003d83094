"""When a card that was declined may be tried again."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.dunning import (
    MOST_TRIES,
    PAUSES,
    TRIES_WITHIN,
    next_attempt,
)

NOW = datetime(2026, 3, 10, 12)
times = st.lists(
    st.timedeltas(timedelta(0), timedelta(days=60)).map(lambda ago: NOW - ago),
    min_size=1,
    max_size=30,
)


@pytest.mark.parametrize("category", ["never", "customer"])
def test_what_waits_for_the_customer_is_not_tried_again(category):
    assert next_attempt(category, [NOW]) is None


@pytest.mark.parametrize(("category", "days"), [("retry", 1), ("unknown", 3)])
def test_the_others_are_tried_after_a_pause(category, days):
    assert next_attempt(category, [NOW]) == NOW + timedelta(days=days)


def test_the_ninth_try_waits_until_the_first_is_14_days_past():
    tries = [NOW - timedelta(days=day) for day in range(8)]
    assert next_attempt("retry", tries) == NOW + timedelta(days=7)


@given(times, st.sampled_from(sorted(PAUSES)))
def test_there_are_never_more_than_8_in_14_days(tries, category):
    following = next_attempt(category, tries)
    assert following >= max(tries) + PAUSES[category]
    recent = [each for each in tries if each > following - TRIES_WITHIN]
    assert len(recent) < MOST_TRIES


def test_what_was_never_tried_was_not_declined():
    with pytest.raises(ValueError, match="never tried"):
        next_attempt("retry", [])
