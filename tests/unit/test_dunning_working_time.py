"""When customers may be called: hours, holidays and clocks of where they live."""

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.working_time import (
    WorkingTime,
    add_working_days,
    next_moment,
)

OFFICE = ((time(9), time(12)), (time(13), time(17)))
WEEK = dict.fromkeys(range(5), OFFICE)
CHRISTMAS = frozenset({date(2026, 12, 25), date(2026, 12, 28)})
ZONES = [
    "UTC", "Etc/GMT+12", "Pacific/Kiritimati", "Pacific/Tongatapu", "Pacific/Pago_Pago",
    "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Africa/Cairo", "America/Havana", "Pacific/Apia",
]  # fmt: skip

#: days of 2026 before clocks are changed; by half an hour on Lord Howe, at midnight in
#: Cairo and Havana
CHANGES = [
    ("Europe/Paris", (3, 28)), ("Europe/Paris", (10, 24)),
    ("America/Havana", (3, 7)), ("America/Havana", (10, 31)),
    ("Australia/Lord_Howe", (4, 3)), ("Australia/Lord_Howe", (10, 2)),
    ("Africa/Cairo", (4, 22)), ("Africa/Cairo", (10, 28)),
]  # fmt: skip

times = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))
spans = st.tuples(times, times).filter(lambda span: span[0] < span[1]) | times.map(
    lambda start: (start, time(0))
)
weeks = st.dictionaries(
    st.integers(0, 6), st.lists(spans, min_size=1, max_size=3).map(tuple), min_size=1
)
days = st.dates(date(2010, 1, 1), date(2035, 12, 31))
working_times = st.builds(WorkingTime, weeks, st.frozensets(days, max_size=5))
moments = st.datetimes(datetime(2010, 1, 1), datetime(2035, 12, 31)).map(
    lambda moment: moment.replace(tzinfo=timezone.utc)
)


def utc(*parts):
    return datetime(*parts, tzinfo=timezone.utc)


def every_day(start, end):
    return WorkingTime(dict.fromkeys(range(7), ((start, end),)))


def is_open(working_time, moment, tz):
    """Say, the plain way, whether the clock on the wall shows working time."""
    there = moment.astimezone(ZoneInfo(tz))
    return there.date() not in working_time.holidays and any(
        start <= there.time() and (there.time() < end or end == time(0))
        for start, end in working_time.hours.get(there.weekday(), ())
    )


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param((2026, 11, 23, 10, 30), (2026, 11, 23, 10, 30), id="at work"),
        pytest.param((2026, 11, 23, 6), (2026, 11, 23, 9), id="too early"),
        pytest.param((2026, 11, 23, 9), (2026, 11, 23, 9), id="opening"),
        pytest.param((2026, 11, 23, 12), (2026, 11, 23, 13), id="at lunch"),
        pytest.param((2026, 11, 23, 17), (2026, 11, 24, 9), id="closing"),
        pytest.param((2026, 11, 20, 18), (2026, 11, 23, 9), id="weekend"),
        pytest.param((2026, 12, 24, 17), (2026, 12, 29, 9), id="holidays"),
    ],
)
def test_the_next_moment_is_in_the_hours(moment, expected):
    working_time = WorkingTime(WEEK, CHRISTMAS)
    assert next_moment(working_time, utc(*moment), "UTC") == utc(*expected)


@pytest.mark.parametrize(
    ("tz", "expected"),
    [
        pytest.param("Pacific/Tongatapu", (2026, 11, 22, 20), id="east, UTC+13"),
        pytest.param("Pacific/Kiritimati", (2026, 11, 22, 19), id="east, UTC+14"),
        pytest.param("Pacific/Pago_Pago", (2026, 11, 23, 20), id="west, UTC-11"),
        pytest.param("Etc/GMT+12", (2026, 11, 23, 21), id="west, UTC-12"),
    ],
)
def test_monday_morning_is_where_the_customer_is(tz, expected):
    """From Saturday noon on in UTC."""
    moment = next_moment(WorkingTime(WEEK), utc(2026, 11, 21, 12), tz)
    assert moment == utc(*expected)
    assert moment.astimezone(ZoneInfo(tz)).isoformat()[:16] == "2026-11-23T09:00"


def test_a_holiday_is_the_day_of_the_customer():
    """In Tonga it is already the 26th, in Samoa across the line still the 24th."""
    working_time = WorkingTime(holidays=frozenset({date(2026, 12, 25)}))
    late, early = utc(2026, 12, 25, 11), utc(2026, 12, 25, 10)
    assert next_moment(working_time, late, "UTC") == utc(2026, 12, 26)
    assert next_moment(working_time, late, "Pacific/Tongatapu") == late
    assert next_moment(working_time, early, "Pacific/Pago_Pago") == early
    found = next_moment(working_time, late, "Pacific/Pago_Pago")
    assert found == utc(2026, 12, 26, 11)


@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        pytest.param((time(2, 15), time(4)), (0,), (1,), id="opens in the lost hour"),
        pytest.param((time(1), time(2, 30)), (1,), (23,), id="closes in it"),
        pytest.param((time(2), time(3)), (0,), (24,), id="lies in it"),
        pytest.param((time(9), time(17)), (0,), (7,), id="opens later that day"),
    ],
)
def test_clocks_that_go_forward_skip_an_hour(hours, moment, expected):
    """In Paris, 02:00 is 03:00 on 29 March 2026; both are 01:00 in UTC."""
    start = utc(2026, 3, 29)
    found = next_moment(
        every_day(*hours), start + timedelta(hours=moment[0]), "Europe/Paris"
    )
    assert found == start + timedelta(hours=expected[0])


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("00:10", "00:15", id="opens"),
        pytest.param("00:29", "00:29", id="open"),
        pytest.param("00:30", "01:15", id="opens again"),
        pytest.param("01:29", "01:29", id="open again"),
    ],
)
def test_clocks_that_go_back_work_an_hour_twice(moment, expected):
    """In Paris, 03:00 is 02:00 on 25 October 2026; both are 01:00 in UTC."""
    working_time = every_day(time(2, 15), time(2, 30))
    moment, expected = (
        datetime.fromisoformat(f"2026-10-25T{each}+00:00")
        for each in (moment, expected)
    )
    assert next_moment(working_time, moment, "Europe/Paris") == expected


def test_hours_are_open_again_at_the_very_second_clocks_go_back():
    working_time = every_day(time(1, 30), time(2, 30))
    found = next_moment(working_time, utc(2026, 10, 25, 0, 45), "Europe/Paris")
    assert found == utc(2026, 10, 25, 1)


def test_a_day_that_an_island_left_out_is_not_worked():
    """Samoa had no 30 December 2011."""
    friday = WorkingTime({4: OFFICE})
    found = next_moment(friday, utc(2011, 12, 30), "Pacific/Apia")
    assert found.astimezone(ZoneInfo("Pacific/Apia")).date() == date(2012, 1, 6)


def test_any_time_is_working_time_unless_hours_are_given():
    moment = utc(2026, 11, 22, 3, 4, 5, 6)
    assert next_moment(WorkingTime(), moment, "Asia/Tokyo") == moment


@given(working_times, moments, st.sampled_from(ZONES))
def test_the_next_moment_is_working_time_and_not_earlier(working_time, moment, tz):
    found = next_moment(working_time, moment, tz)
    assert found >= moment
    assert is_open(working_time, found, tz)
    assert next_moment(working_time, found, tz) == found


@given(working_times, moments, st.sampled_from(ZONES), st.floats(0, 1))
def test_nothing_before_the_next_moment_is_working_time(working_time, moment, tz, part):
    found = next_moment(working_time, moment, tz)
    between = moment + (found - moment) * part
    assert between == found or not is_open(working_time, between, tz)


@given(st.builds(WorkingTime, weeks), st.sampled_from(CHANGES), st.integers(0, 3 * 96))
def test_it_is_exact_on_nights_when_clocks_change(working_time, change, quarter):
    tz, day = change
    moment = utc(2026, *day) + timedelta(minutes=15 * quarter)
    found = moment
    while not is_open(working_time, found, tz):
        found += timedelta(minutes=15)
    assert next_moment(working_time, moment, tz) == found


@pytest.mark.parametrize(
    "working_time",
    [
        pytest.param(WorkingTime({}), id="no hours"),
        pytest.param(WorkingTime({0: ()}), id="a weekday without hours"),
        pytest.param(
            WorkingTime({}, frozenset({date(2026, 1, 1)})), id="nothing but holidays"
        ),
        pytest.param(
            WorkingTime(
                WEEK,
                frozenset(date(2024, 6, 1) + timedelta(days=n) for n in range(1300)),
            ),
            id="holidays for years",
        ),
    ],
)
def test_it_says_what_to_do_where_nobody_ever_works(working_time):
    with pytest.raises(ValueError, match="add hours to the week, or take"):
        next_moment(working_time, utc(2026, 1, 1), "UTC")
    for count in (1, -1):
        with pytest.raises(ValueError, match="add hours to the week"):
            add_working_days(working_time, date(2026, 1, 1), count)


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="needs a time zone"):
        next_moment(WorkingTime(), datetime(2026, 1, 1), "UTC")


@pytest.mark.parametrize(
    ("hours", "reason"),
    [
        ({7: OFFICE}, "0 to 6, not 7"),
        ({0: ((time(9), time(9)),)}, "do not end at 09:00"),
        ({0: ((time(9), time(8)),)}, "do not end at 08:00"),
    ],
)
def test_hours_that_no_week_has_are_refused(hours, reason):
    with pytest.raises(ValueError, match=reason):
        WorkingTime(hours)


# === WORKING DAYS === #


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        pytest.param((2026, 11, 20), 1, (2026, 11, 23), id="over a weekend"),
        pytest.param((2026, 11, 23), -1, (2026, 11, 20), id="back over a weekend"),
        pytest.param((2026, 11, 21), 1, (2026, 11, 23), id="from a day off"),
        pytest.param((2026, 11, 21), -1, (2026, 11, 20), id="back from a day off"),
        pytest.param((2026, 11, 21), 0, (2026, 11, 21), id="none"),
        pytest.param((2026, 12, 24), 2, (2026, 12, 30), id="over holidays"),
        pytest.param((2026, 11, 23), 10, (2026, 12, 7), id="two weeks"),
    ],
)
def test_working_days_are_counted(day, count, expected):
    working_time = WorkingTime(WEEK, CHRISTMAS)
    assert add_working_days(working_time, date(*day), count) == date(*expected)


@given(working_times, days, st.integers(1, 40), st.integers(1, 40))
def test_working_days_add_up(working_time, day, first, second):
    halfway = add_working_days(working_time, day, first)
    end = add_working_days(working_time, day, first + second)
    assert add_working_days(working_time, halfway, second) == end
    assert add_working_days(working_time, end, -second) == halfway
    assert working_time.spans_on(end)
