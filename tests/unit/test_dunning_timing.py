"""When a retry is made: at the best hour within the time that there is."""

import json
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.timing import (
    FUNDS_CODE,
    PRIOR,
    Attempt,
    Retry,
    TimingModel,
    attempt_at,
    candidates,
    choose,
    features,
    probability,
)

from odoo.addons.subscription_billing.tools.outcome import Decline

UTC = timezone.utc
NOW = datetime(2026, 3, 10, 12, 20, tzinfo=UTC)
FUNDS = Retry(Decline("retry", FUNDS_CODE), 1, 1.0)
OTHER = Retry(Decline("retry", "try_again_later"), 1, 1.0)
INDIFFERENT = TimingModel(0.0, {})
ZONES = (
    "UTC",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
)

zones = st.sampled_from(ZONES)
instants = st.datetimes(
    datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)
)
lengths = st.timedeltas(timedelta(0), timedelta(days=9))
weights = st.floats(-1e3, 1e3)
retries = st.builds(
    Retry,
    decline=st.builds(
        Decline,
        category=st.sampled_from(["retry", "unknown"]),
        code=st.sampled_from(["", FUNDS_CODE, "do_not_honor"]),
        network_code=st.sampled_from(["", "51"]),
    ),
    number=st.integers(1, 50),
    amount_ratio=st.floats(1e-9, 1e9),
)
attempts = st.builds(
    Attempt,
    retry=retries,
    hour=st.integers(0, 23),
    weekday=st.integers(0, 6),
    day=st.integers(1, 31),
)
models = st.builds(
    TimingModel,
    intercept=weights,
    weights=st.dictionaries(
        st.sampled_from(["hour_09", "day_01", "number", "amount", "part_night"]),
        weights,
    ),
)


def chosen(model=PRIOR, retry=FUNDS, days=7, **options):
    dates = candidates(NOW, NOW + timedelta(days=days), options.get("tz", "UTC"))
    options = {"tz": "UTC", "seed": "S-1", "share_random": 0.0, **options}
    return choose(model, retry, dates, **options)


# === WHAT IS LIKELY === #


@given(models, attempts)
def test_a_probability_lies_between_0_and_1(model, attempt):
    assert 0 <= probability(model, attempt) <= 1


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Attempt(FUNDS, 9, 1, 1), Attempt(FUNDS, 9, 1, 10)),
        (Attempt(FUNDS, 9, 1, 15), Attempt(FUNDS, 9, 1, 14)),
        (Attempt(FUNDS, 9, 4, 10), Attempt(FUNDS, 9, 2, 10)),
        (Attempt(FUNDS, 9, 1, 10), Attempt(FUNDS, 15, 1, 10)),
        (Attempt(FUNDS, 15, 1, 10), Attempt(FUNDS, 3, 1, 10)),
    ],
)
def test_a_new_company_expects_money_on_paydays_and_in_the_morning(better, worse):
    assert probability(PRIOR, better) > probability(PRIOR, worse)


def test_paydays_are_of_no_matter_when_the_money_was_there():
    payday, another = Attempt(OTHER, 9, 1, 1), Attempt(OTHER, 9, 1, 10)
    assert probability(PRIOR, payday) == probability(PRIOR, another)


def test_the_networks_code_for_an_empty_account_counts_as_the_word():
    retry = Retry(Decline("retry", "declined", "51"), 1, 1.0)
    assert features(Attempt(retry, 9, 1, 1))["funds_day_01"] == 1


@pytest.mark.parametrize(("number", "ratio"), [(0, 1.0), (1, 0.0), (1, float("nan"))])
def test_what_has_no_logarithm_is_refused(number, ratio):
    with pytest.raises(ValueError, match=r"from 1|above 0"):
        Retry(Decline(), number, ratio)


# === THE CUSTOMER'S CLOCK === #


@pytest.mark.parametrize(
    ("tz", "expected"),
    [
        ("UTC", (23, 5, 28)),
        ("Europe/Berlin", (0, 6, 1)),
        ("America/New_York", (18, 5, 28)),
        ("Pacific/Kiritimati", (13, 6, 1)),
    ],
)
def test_an_attempt_has_the_hour_and_day_of_its_place(tz, expected):
    instant = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    attempt = attempt_at(FUNDS, instant, tz)
    assert (attempt.hour, attempt.weekday, attempt.day) == expected


def test_an_instant_needs_a_time_zone():
    with pytest.raises(ValueError, match="time zone"):
        attempt_at(FUNDS, datetime(2026, 3, 1), "UTC")


@given(instants, lengths, zones)
def test_what_is_chosen_from_is_every_full_hour_of_the_place(start, length, tz):
    end = start + length
    dates = candidates(start, end, tz)
    assert dates[0] == start
    assert all(start <= date <= end and date.tzinfo is UTC for date in dates)
    assert list(dates) == sorted(set(dates))
    minutes = {date.astimezone(ZoneInfo(tz)).minute for date in dates[1:]}
    assert minutes <= {0}
    gaps = [b - a for a, b in pairwise(dates)]
    assert all(gap <= timedelta(hours=1.5) for gap in gaps)


def local_hours(tz, *day):
    """Return the hours that the clock shows on a day and are to choose from."""
    zone = ZoneInfo(tz)
    start = datetime(*day, tzinfo=zone)
    dates = candidates(start, start + timedelta(hours=4, minutes=30), tz)
    return [date.astimezone(zone).strftime("%H:%M") for date in dates]


def test_an_hour_that_the_clock_skips_is_not_chosen():
    hours = local_hours("Europe/Berlin", 2026, 3, 29)
    assert hours == ["00:00", "01:00", "03:00", "04:00"]


def test_an_hour_that_the_clock_shows_twice_is_there_twice():
    hours = local_hours("America/New_York", 2026, 11, 1)
    assert hours == ["00:00", "01:00", "01:00", "02:00", "03:00", "04:00"]


def test_clocks_that_are_changed_by_half_an_hour_keep_full_hours():
    hours = local_hours("Australia/Lord_Howe", 2026, 10, 4)
    assert hours == ["00:00", "01:00", "03:00", "04:00"]


def test_there_is_no_time_before_the_start():
    with pytest.raises(ValueError, match="no time"):
        candidates(NOW, NOW - timedelta(seconds=1), "UTC")


# === CHOICES === #


@given(models, retries, instants, lengths, zones, st.text(), st.floats(0, 1))
def test_a_choice_lies_within_the_window(
    model, retry, start, length, tz, seed, share_random
):
    dates = candidates(start, start + length, tz)
    options = {"tz": tz, "seed": seed, "share_random": share_random}
    choice = choose(model, retry, dates, **options)
    assert choice.date in dates
    assert choice.probability == pytest.approx(
        probability(model, attempt_at(retry, choice.date, tz))
    )
    assert choose(model, retry, dates[::-1], **options) == choice


def test_an_empty_account_is_tried_on_the_morning_of_the_15th():
    assert chosen().date == datetime(2026, 3, 15, 6, tzinfo=UTC)


def test_it_is_morning_where_the_customer_is():
    choice = chosen(tz="America/New_York")
    assert choice.date == datetime(2026, 3, 15, 10, tzinfo=UTC)


def test_who_had_the_money_is_tried_without_much_waiting():
    assert chosen(retry=OTHER).date - NOW < timedelta(days=1)


def test_waiting_has_a_price():
    assert chosen(INDIFFERENT).date == NOW
    late = TimingModel(0.0, {"day_15": 0.3})
    assert chosen(late).date.day == 15
    assert chosen(late, discount_per_day=0.05).date == NOW
    assert chosen(INDIFFERENT, discount_per_day=0.0).date == NOW


def test_the_same_seed_makes_the_same_choice_on_every_machine():
    choices = [chosen(share_random=1.0, seed=f"S-{n}").date for n in range(3)]
    assert [f"{date:%d %H:%M}" for date in choices] == [
        "15 20:00",
        "16 03:00",
        "15 06:00",
    ]


def test_as_many_are_random_as_were_asked_for():
    choices = [chosen(days=1, share_random=0.1, seed=f"S-{n}") for n in range(2000)]
    drawn = [choice for choice in choices if choice.is_random]
    assert len(drawn) == pytest.approx(200, abs=50)
    assert len({choice.date for choice in drawn}) > 20
    assert len({choice.date for choice in choices if not choice.is_random}) == 1


def test_there_must_be_something_to_choose_from():
    with pytest.raises(ValueError, match="choose from"):
        choose(PRIOR, FUNDS, [], tz="UTC", seed="S-1")


# === KEEPING === #


@given(models)
def test_a_model_comes_back_from_json_as_it_was(model):
    assert TimingModel.from_json(model.to_json()) == model


def test_the_prior_comes_back_from_json_as_it_was():
    assert TimingModel.from_json(PRIOR.to_json()) == PRIOR


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "model must be an object"),
        ({"weights": {}}, "no intercept"),
        ({"intercept": 0}, "no weights"),
        ({"intercept": 0, "weights": {}, "bias": 1}, "unknown bias"),
        ({"intercept": "0", "weights": {}}, "intercept must be a number"),
        ({"intercept": True, "weights": {}}, "intercept must be a number"),
        ({"intercept": 0, "weights": [1]}, "weights must be an object"),
        ({"intercept": 0, "weights": {"hour_09": None}}, r"weights\.hour_09"),
        ({"intercept": 0, "weights": {"day_01": float("nan")}}, r"weights\.day_01"),
        ({"intercept": 10**400, "weights": {}}, "intercept must be a number"),
    ],
)
def test_what_is_no_model_is_refused_by_name(content, message):
    with pytest.raises(ValueError, match=message):
        TimingModel.from_json(json.dumps(content))


def test_what_is_no_json_is_refused():
    with pytest.raises(ValueError, match="not JSON"):
        TimingModel.from_json("intercept: 1")
