"""Days and instants of a place."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.clock import day_bounds, local_date

ZONES = ["UTC", "America/Juneau", "Asia/Tokyo", "Europe/Paris", "Pacific/Apia"]
days = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2026, 3, 29), 23, id="clocks go forward"),
        pytest.param(date(2026, 10, 25), 25, id="clocks go back"),
        pytest.param(date(2026, 6, 1), 24, id="an ordinary day"),
    ],
)
def test_a_day_is_as_long_as_its_clocks_say(day, hours):
    start, end = day_bounds(day, "Europe/Paris")
    assert end - start == timedelta(hours=hours)


@given(days, st.sampled_from(ZONES))
def test_days_follow_each_other_without_a_gap(day, tz):
    assert day_bounds(day, tz)[1] == day_bounds(day + timedelta(days=1), tz)[0]


@given(days, st.sampled_from(ZONES), st.integers(0, 86_399))
def test_each_instant_lies_in_its_day(day, tz, seconds):
    instant = day_bounds(day, "UTC")[0] + timedelta(seconds=seconds)
    start, end = day_bounds(local_date(instant, tz), tz)
    assert start <= instant < end


def test_an_instant_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="needs a time zone"):
        local_date(datetime(2026, 1, 1), "UTC")
