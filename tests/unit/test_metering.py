"""What events come to, in which window they count, and which are refused."""

import contextlib
import json
import math
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.metering import (
    Count,
    Meter,
    RefusalError,
    Usage,
    aggregate,
    check_day,
    covers,
    measure,
    measure_level,
)
from odoo.addons.subscription_billing.tools.recurrence import Period
from odoo.addons.subscription_billing.tools.usage_event import (
    CLOCK_SKEW,
    count_event,
    day_of,
    read_event,
)

JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
FEBRUARY = Period(date(2026, 2, 1), date(2026, 3, 1))
NOW = datetime(2026, 2, 15, 12)
EVENT = {"key": "a", "meter": "calls", "subscription": "SUB1", "quantity": 1}


def count(day, quantity=1, *, month=1, hour=12, number=0, **more):
    """Return an event of a day in January, unless the month is given."""
    time = datetime(2026, month, day, hour)
    return Count(number, time, time.date(), Decimal(str(quantity)), **more)


def refusal(function, *args, **more):
    """Return what a function that must refuse raises, as (field, code)."""
    with pytest.raises(RefusalError) as caught:
        function(*args, **more)
    return caught.value.field, caught.value.code


# === AGGREGATION === #


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [("sum", 12), ("count", 3), ("maximum", 9), ("last", 1)],
)
def test_events_come_to(aggregation, expected):
    counts = [count(1, 2), count(3, 1), count(2, 9)]
    assert aggregate(aggregation, counts) == expected


@pytest.mark.parametrize("aggregation", ["sum", "count", "maximum", "last", "unique"])
def test_no_event_comes_to_nothing(aggregation):
    assert aggregate(aggregation, []) == 0


def test_a_correction_lowers_a_sum_and_takes_an_event_back():
    counts = [count(1, 5), count(2, 7), count(3, -5)]
    assert aggregate("sum", counts) == 7
    assert aggregate("count", counts) == 1


def test_a_sum_is_exact():
    assert aggregate("sum", [count(1, "0.1"), count(1, "0.2")]) == Decimal("0.3")


def test_an_event_without_quantity_is_still_an_event():
    assert aggregate("count", [count(1, 0)]) == 1


def test_values_are_counted_once():
    counts = [count(1, value="ada"), count(2, value="ada"), count(3, value="bob")]
    assert aggregate("unique", counts) == 2


def test_a_value_that_was_taken_back_is_not_counted():
    counts = [count(1, value="ada"), count(2, value="bob"), count(3, -1, value="ada")]
    assert aggregate("unique", counts) == 1


def test_the_last_of_one_moment_is_the_one_recorded_last():
    counts = [count(1, 5, number=8), count(1, 7, number=9), count(1, 6, number=7)]
    assert aggregate("last", counts) == 7


# === WINDOWS === #


def test_a_window_ends_before_its_last_day():
    counts = [count(1, 1), count(31, 2), count(1, 4, month=2)]
    assert measure(Meter("sum"), counts, JANUARY) == Usage(Decimal(3), 2)


def test_what_has_been_billed_is_not_billed_again():
    counts = [count(5, 1, is_billed=True), count(6, 2)]
    assert measure(Meter("sum"), counts, JANUARY) == Usage(Decimal(2), 1)


def test_a_late_event_is_billed_in_the_next_window():
    counts = [count(31, 4), count(3, 5, month=2)]
    usage = measure(Meter("sum"), counts, FEBRUARY, billed=[JANUARY])
    assert usage == Usage(Decimal(9), 2)


def test_days_that_were_never_billed_are_not_caught_up():
    """A trial, a pause, or the time before the line was sold."""
    counts = [count(31, 4), count(3, 5, month=2)]
    assert measure(Meter("sum"), counts, FEBRUARY) == Usage(Decimal(5), 1)


def test_a_day_between_two_lines_goes_to_the_line_that_served_it():
    first = Period(date(2026, 1, 1), date(2026, 1, 15))
    second = Period(date(2026, 1, 15), date(2026, 2, 1))
    counts = [count(14, 1), count(15, 2)]
    meter = Meter("sum")
    assert measure(meter, counts, first).quantity == 1
    late = [*counts, count(31, 8, month=12)]
    assert measure(meter, late, second, previous_end=date(2026, 1, 15)).quantity == 2, (
        "what the first line bills is not billed by the second"
    )


def test_f22_a_running_meter_goes_on_over_the_period():
    """Case F22 of the peers: −3, then +4 in the next period, is 1."""
    meter = Meter("sum", carries_over=True)
    counts = [count(10, -3)]
    assert measure(meter, counts, JANUARY) == Usage(Decimal(-3), -1)
    counts = [count(10, -3, is_billed=True), count(10, 4, month=2)]
    assert measure(meter, counts, FEBRUARY, billed=[JANUARY]) == Usage(Decimal(1), 1)


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [("sum", 17), ("count", 3), ("maximum", 9), ("last", 5), ("unique", 2)],
)
def test_a_running_meter_goes_on_from(aggregation, expected):
    counts = [
        count(5, 3, value="ada", is_billed=True),
        count(6, 9, value="ada", is_billed=True),
        count(7, 5, month=2, value="bob"),
    ]
    meter = Meter(aggregation, carries_over=True)
    assert measure(meter, counts, FEBRUARY, billed=[JANUARY]).quantity == expected


@pytest.mark.parametrize(("aggregation", "expected"), [("maximum", 4), ("last", 4)])
def test_a_level_stays_without_events(aggregation, expected):
    counts = [count(5, 9, is_billed=True), count(6, 4, is_billed=True)]
    meter = Meter(aggregation, carries_over=True)
    usage = measure(meter, counts, FEBRUARY, billed=[JANUARY])
    assert usage == Usage(Decimal(expected), 0)
    assert measure(Meter(aggregation), counts, FEBRUARY) == Usage()


# === QUANTITIES IN FORCE === #


def test_the_quantity_in_force_is_that_of_the_last_day_with_events():
    counts = [count(5, 9, hour=8), count(5, 7, hour=9), count(9, 3)]
    for aggregation, on_the_5th in (("last", 7), ("maximum", 9)):
        meter = Meter(aggregation)
        assert measure_level(meter, counts, date(2026, 1, 4)) is None
        assert measure_level(meter, counts, date(2026, 1, 8)) == on_the_5th
        assert measure_level(meter, counts, date(2026, 1, 9)) == 3


def test_a_running_total_is_a_quantity_in_force():
    counts = [count(5, 2, is_billed=True), count(9, -1)]
    meter = Meter("sum", carries_over=True)
    assert measure_level(meter, counts, date(2026, 1, 8)) == 2
    assert measure_level(meter, counts, date(2026, 1, 31)) == 1


def test_a_running_maximum_begins_with_the_level_before():
    counts = [count(5, 9), count(6, 2)]
    meter = Meter("maximum", carries_over=True)
    assert measure_level(meter, counts, date(2026, 1, 6)) == 9


# === THE LATE RULE === #

ALWAYS = [(date(2025, 1, 1), None)]


def check(meter, day, *, today=date(2026, 2, 15), served=ALWAYS, billed=()):
    return check_day(meter, day, today=today, served=served, billed=billed)


def test_a_day_that_is_not_billed_yet_is_counted():
    check(Meter("sum", late_rule="refuse"), date(2026, 2, 1), billed=[JANUARY])


def test_a_late_event_waits_for_the_next_invoice_or_is_refused():
    day = date(2026, 1, 31)
    check(Meter("sum"), day, billed=[JANUARY])
    refusing = Meter("sum", late_rule="refuse")
    assert refusal(check, refusing, day, billed=[JANUARY]) == ("time", "billed")


def test_an_event_is_too_old_after_its_days():
    meter = Meter("sum", late_days=30)
    check(meter, date(2026, 1, 16))
    assert refusal(check, meter, date(2026, 1, 15)) == ("time", "too_old")


def test_days_without_a_line_are_refused():
    served = [(date(2026, 1, 1), date(2026, 1, 15)), (date(2026, 2, 1), None)]
    for day in (date(2026, 1, 1), date(2026, 1, 14), date(2026, 2, 1)):
        check(Meter("sum"), day, served=served)
    for day in (date(2025, 12, 31), date(2026, 1, 15), date(2026, 1, 31)):
        assert refusal(check, Meter("sum"), day, served=served) == ("time", "no_line")


def test_a_day_that_was_passed_over_is_refused():
    day = date(2026, 1, 31)
    found = refusal(check, Meter("sum"), day, billed=[FEBRUARY])
    assert found == ("time", "not_served")
    check(Meter("sum", carries_over=True), day, billed=[FEBRUARY])


def test_a_period_covers_its_first_day_and_not_its_end():
    assert covers([JANUARY], date(2026, 1, 1))
    assert not covers([JANUARY], date(2026, 2, 1))


# === READING === #


def read(**changes):
    return read_event({**EVENT, **changes}, NOW)


def test_an_event_is_read():
    event = read(
        quantity="-2.50", time="2026-02-01T00:30:00+01:00", properties={"a": [1]}
    )
    assert event.quantity == Decimal("-2.5")
    assert event.time == datetime(2026, 1, 31, 23, 30)
    assert event.properties == {"a": [1]}
    assert (event.subscription, event.reference) == ("SUB1", None)


def test_an_event_without_time_happens_now():
    assert read().time == NOW
    assert read(time=None).time == NOW


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-05T09:30:00Z",
        "2026-01-05T09:30:00z",
        "2026-01-05 09:30:00",
        "2026-01-05T11:30+02:00",
        datetime(2026, 1, 5, 9, 30),
        datetime(2026, 1, 5, 9, 30, tzinfo=timezone.utc),
        datetime(2026, 1, 5, 10, 30, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_a_time_may_be_written_as(time):
    assert read(time=time).time == datetime(2026, 1, 5, 9, 30)


def test_a_clock_may_be_a_little_ahead():
    ahead = NOW + CLOCK_SKEW
    assert read(time=ahead.isoformat()).time == ahead
    future = (ahead + timedelta(seconds=1)).isoformat()
    assert refusal(read, time=future) == ("time", "in_future")


def test_a_quantity_is_rounded_to_9_decimals():
    assert read(quantity=0.1 + 0.2).quantity == Decimal("0.3")
    assert read(quantity="1e-10").quantity == 0
    assert str(read(quantity=-0.0).quantity) == "0E-9"
    assert read(quantity="999999999999999").quantity == 10**15 - 1


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"key": None}, "key", "missing"),
        ({"key": ""}, "key", "missing"),
        ({"key": 7}, "key", "not_text"),
        ({"key": ["a"]}, "key", "not_text"),
        ({"key": "k" * 10_000}, "key", "too_long"),
        ({"key": "a\0b"}, "key", "unreadable"),
        ({"key": "\ud800"}, "key", "unreadable"),
        ({"meter": None}, "meter", "missing"),
        ({"meter": True}, "meter", "not_text"),
        ({"meter": 0}, "meter", "not_an_id"),
        ({"subscription": None}, "subscription", "missing"),
        ({"subscription": 2.5}, "subscription", "not_text"),
        ({"subscription": -1}, "subscription", "not_an_id"),
        ({"subscription": 2**31}, "subscription", "not_an_id"),
        ({"reference": "PO 1"}, "reference", "both"),
        ({"subscription": None, "reference": 5}, "reference", "not_text"),
        ({"quantity": True}, "quantity", "not_a_number"),
        ({"quantity": math.nan}, "quantity", "not_a_number"),
        ({"quantity": -math.inf}, "quantity", "not_a_number"),
        ({"quantity": "NaN"}, "quantity", "not_a_number"),
        ({"quantity": "many"}, "quantity", "not_a_number"),
        ({"quantity": ""}, "quantity", "not_a_number"),
        ({"quantity": [1]}, "quantity", "not_a_number"),
        ({"quantity": "1" * 99}, "quantity", "not_a_number"),
        ({"quantity": 10**15}, "quantity", "too_large"),
        ({"quantity": -(10**5000)}, "quantity", "too_large"),
        ({"quantity": 1e300}, "quantity", "too_large"),
        ({"quantity": "1e999"}, "quantity", "too_large"),
        ({"quantity": "1e9999"}, "quantity", "not_a_number"),
        ({"time": 1767225600}, "time", "not_a_time"),
        ({"time": "yesterday"}, "time", "not_a_time"),
        ({"time": "2026-01-05"}, "time", "not_a_time"),
        ({"time": "2026-02-30T10:00:00Z"}, "time", "not_a_time"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "time", "not_a_time"),
        ({"time": "1969-12-31T00:00:00Z"}, "time", "not_a_time"),
        ({"time": "9999-12-31T23:59:59-14:00"}, "time", "not_a_time"),
        ({"time": "9999-12-31T23:59:59Z"}, "time", "in_future"),
        ({"properties": "a"}, "properties", "not_properties"),
        ({"properties": {"a": math.nan}}, "properties", "unreadable"),
        ({"properties": {"a": "\0"}}, "properties", "unreadable"),
        ({"properties": {"a": "\ud800"}}, "properties", "unreadable"),
        ({"properties": {"a": NOW}}, "properties", "unreadable"),
        ({"properties": {"a": "b" * 10_001}}, "properties", "too_long"),
        ({"amount": 5}, "event", "unknown_field"),
        ({"x" * 500: 5}, "event", "unknown_field"),
    ],
)
def test_an_event_is_refused_for(changes, field, code):
    assert refusal(read, **changes) == (field, code)


def test_properties_within_each_other_without_end_are_refused():
    properties = {}
    properties["self"] = properties
    assert refusal(read, properties=properties) == ("properties", "unreadable")
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert refusal(read, properties={"a": deep}) == ("properties", "unreadable")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        json_values,
        st.dictionaries(st.sampled_from([*EVENT, "time", "properties"]), json_values),
        st.fixed_dictionaries(
            {name: st.just(value) for name, value in EVENT.items()},
            optional={"time": json_values, "properties": json_values},
        ),
    )
)
def test_whatever_is_sent_is_read_or_refused(raw):
    """Nothing else is raised, and what is read can be kept by the database."""
    with contextlib.suppress(RefusalError):
        event = read_event(raw, NOW)
        assert event.key.encode()
        assert "\0" not in event.key
        assert event.quantity is None or event.quantity.is_finite()
        again = json.loads(json.dumps(event.properties, allow_nan=False))
        assert again == event.properties


# === COUNTING === #


def test_a_meter_of_quantities_needs_one():
    for aggregation in ("sum", "maximum", "last"):
        found = refusal(count_event, read(quantity=None), Meter(aggregation))
        assert found == ("quantity", "missing")


def test_a_meter_of_events_needs_no_quantity():
    assert count_event(read(quantity=None), Meter("count")) == (1, None)
    assert count_event(read(), Meter("count")) == (1, None)


def test_a_property_may_hold_the_quantity():
    meter = Meter("sum", quantity_property="bytes")
    sent = read(quantity=None, properties={"bytes": "1.5"})
    assert count_event(sent, meter) == (Decimal("1.5"), None)
    own = read(quantity=-4, properties={"bytes": 9})
    assert count_event(own, meter)[0] == -4, "a correction brings its own"
    found = refusal(count_event, read(quantity=None), meter)
    assert found == ("properties", "no_property")
    bad = read(quantity=None, properties={"bytes": "many"})
    assert refusal(count_event, bad, meter) == ("bytes", "not_a_number")


def test_a_meter_of_values_needs_the_property():
    meter = Meter("unique", value_property="user")
    assert count_event(read(properties={"user": 12}), meter) == (1, "12")
    for properties, code in (
        ({}, "no_property"),
        ({"user": ""}, "no_property"),
        ({"user": None}, "no_property"),
        ({"user": 1.5}, "not_a_value"),
        ({"user": True}, "not_a_value"),
        ({"user": ["ada"]}, "not_a_value"),
    ):
        found = refusal(count_event, read(properties=properties), meter)
        assert found == ("properties", code)
    found = refusal(count_event, read(properties={"user": "x" * 256}), meter)
    assert found == ("user", "too_long")


def test_a_day_is_that_of_the_time_zone():
    late = datetime(2026, 1, 31, 23, 30)
    assert day_of(late, ZoneInfo("UTC")) == date(2026, 1, 31)
    assert day_of(late, ZoneInfo("Europe/Paris")) == date(2026, 2, 1)
    assert day_of(late, ZoneInfo("America/New_York")) == date(2026, 1, 31)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)))
def test_every_time_has_a_day_everywhere(time):
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        assert abs((day_of(time, ZoneInfo(zone)) - time.date()).days) <= 1
