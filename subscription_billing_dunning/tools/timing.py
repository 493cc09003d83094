"""When to try a declined charge again: the hour at which it is most likely to succeed.

``PRIOR`` is what a company starts with that has tried little yet: four retries in ten
succeed where nothing is known; fewer at night and the later the attempt; slightly more
in the morning, and slightly fewer at weekends. Who lacked the money has it when wages
come: on the 1st and the 15th, a little less on the days after them, and on Fridays; the
days before are lean. A larger amount is paid less often. ``fitting/timing.py`` lets
the company's own attempts overrule that.

Hours, weekdays and days are those of the customer's time zone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from random import Random
from zoneinfo import ZoneInfo

from odoo.addons.subscription_billing.tools.outcome import Decline

from .logistic import LogisticModel, chance, log_odds

#: what a day of waiting costs, as a part of the chance to be paid
DISCOUNT_PER_DAY = 0.02
#: how many of the retries are at random, so that other hours are learnt of as well
SHARE_RANDOM = 0.1
#: the provider's word, and the networks' code (ISO 8583), for an empty account
FUNDS_CODE = "insufficient_funds"
FUNDS_NETWORK_CODE = "51"
#: the amount counts up to this many times the usual, and down to its inverse
MOST_AMOUNT = 20.0
#: the hours from which each part of the day runs
PARTS = ((0, "night"), (6, "morning"), (12, "afternoon"), (18, "evening"))
_HOUR = timedelta(hours=1)
#: all time zones are apart by multiples of it
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Retry:
    """What is known of a retry before its time is chosen.

    :param decline: why the attempt before it was refused
    :param number: 1 for the first retry after the first decline
    :param amount_ratio: the amount, as a multiple of what the company usually charges
        in that currency (its median): comparable without rates of exchange
    :raises ValueError: the number is below 1, or the ratio not above 0
    """

    decline: Decline
    number: int
    amount_ratio: float

    def __post_init__(self) -> None:
        """Refuse what has no logarithm."""
        if self.number < 1:
            raise ValueError(f"Retries are counted from 1, not {self.number}.")
        if not 0 < self.amount_ratio < math.inf:
            raise ValueError(f"A ratio is above 0, not {self.amount_ratio}.")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A retry at a time, on the customer's clock.

    :param hour: 0 to 23
    :param weekday: 0 for Monday
    :param day: of the month, 1 to 31
    """

    retry: Retry
    hour: int
    weekday: int
    day: int


@dataclass(frozen=True, slots=True)
class Observed:
    """A retry that was made, and whether the money came."""

    attempt: Attempt
    is_success: bool


@dataclass(frozen=True, slots=True)
class TimingModel(LogisticModel):
    """How the chance of a retry depends on what ``features`` tells of it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """When to try again.

    :param date: in UTC
    :param probability: that it succeeds then, 0 to 1, as the model sees it
    :param is_random: drawn to learn from, not chosen by the model
    """

    date: datetime
    probability: float
    is_random: bool


PRIOR = TimingModel(
    intercept=-0.4,
    weights={
        "category_unknown": -0.3,
        "number": -0.35,
        "amount": -0.2,
        "part_night": -0.6,
        "part_morning": 0.2,
        "weekday_4": 0.05,
        "weekday_5": -0.1,
        "weekday_6": -0.15,
        "funds_day_01": 0.6,
        "funds_day_02": 0.4,
        "funds_day_03": 0.2,
        "funds_day_12": -0.1,
        "funds_day_13": -0.1,
        "funds_day_14": -0.1,
        "funds_day_15": 0.5,
        "funds_day_16": 0.3,
        "funds_day_17": 0.15,
        "funds_day_26": -0.1,
        "funds_day_27": -0.1,
        "funds_day_28": -0.1,
        "funds_weekday_4": 0.3,
    },
)


# === FEATURES === #


def attempt_at(retry: Retry, instant: datetime, tz: str) -> Attempt:
    """Return the retry at an instant, on the clock of a time zone.

    :param instant: with a time zone
    :raises ValueError: the instant has no time zone
    """
    local = _in_utc(instant).astimezone(ZoneInfo(tz))
    return Attempt(retry, local.hour, local.weekday(), local.day)


def features(attempt: Attempt) -> dict[str, float]:
    """Return what is known of an attempt, by the names that a model weighs.

    The number and the amount count by their logarithms: from the first to the second
    is as far as from the fourth to the eighth.
    """
    known = _retry_features(attempt.retry)
    return known | dict.fromkeys(_time_features(attempt), 1.0)


def _retry_features(retry: Retry) -> dict[str, float]:
    """Return what is known whatever the time."""
    ratio = min(max(retry.amount_ratio, 1 / MOST_AMOUNT), MOST_AMOUNT)
    return {
        "number": math.log2(retry.number),
        "amount": math.log(ratio),
        f"category_{retry.decline.category}": 1.0,
        f"code_{retry.decline.code}": 1.0,
    }


def _time_features(attempt: Attempt) -> Iterator[str]:
    """Yield the names of what is true of an attempt's time.

    Days count by themselves and, where the account was empty, once more: paydays say
    little of other declines.
    """
    yield "part_" + [name for start, name in PARTS if start <= attempt.hour][-1]
    yield f"hour_{attempt.hour:02}"
    yield f"weekday_{attempt.weekday}"
    yield f"day_{attempt.day:02}"
    if is_short_of_funds(attempt.retry.decline):
        yield f"funds_weekday_{attempt.weekday}"
        yield f"funds_day_{attempt.day:02}"


def is_short_of_funds(decline: Decline) -> bool:
    """Return whether a payment was refused because the money was not there."""
    return decline.code == FUNDS_CODE or decline.network_code == FUNDS_NETWORK_CODE


def probability(model: TimingModel, attempt: Attempt) -> float:
    """Return how likely an attempt succeeds, 0 to 1."""
    return chance(log_odds(model, features(attempt)))


def _in_utc(instant: datetime) -> datetime:
    """Return the instant in UTC, refusing one that could be anywhere."""
    if instant.tzinfo is None:
        raise ValueError(f"The instant {instant} needs a time zone, such as UTC.")
    return instant.astimezone(timezone.utc)


# === CHOOSING === #


def candidates(start: datetime, end: datetime, tz: str) -> tuple[datetime, ...]:
    """Return the instants to choose from, in UTC: ``start`` itself, and each full hour
    on the clock of ``tz`` until ``end``, which is one as well.

    They are instants, so an hour that the clock skips is not among them, and one that
    it shows twice is there twice.

    :param start: with a time zone
    :raises ValueError: the end is before the start, or one has no time zone
    """
    first, last = _in_utc(start), _in_utc(end)
    if last < first:
        raise ValueError(f"There is no time from {start} to {end}.")
    return tuple(_full_hours(first, last, ZoneInfo(tz)))


def _full_hours(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the start, and the full hours of a zone after it until the end, in UTC."""
    yield start
    quarter = start.minute - start.minute % 15
    instant = start.replace(minute=quarter, second=0, microsecond=0) + _QUARTER
    while instant <= end:
        is_full = instant.astimezone(zone).minute == 0
        if is_full:
            yield instant
        instant += _HOUR if is_full else _QUARTER


def choose(
    model: TimingModel,
    retry: Retry,
    dates: Sequence[datetime],
    *,
    tz: str,
    seed: str,
    share_random: float = SHARE_RANDOM,
    discount_per_day: float = DISCOUNT_PER_DAY,
) -> Choice:
    """Return the best time for a retry, or one at random where its turn has come.

    The same arguments lead to the same choice, on every machine.

    :param dates: the instants to choose from, such as ``candidates`` without those
        that the company's hours forbid; the first of equals is taken
    :param tz: name of the customer's time zone, such as "America/New_York"
    :param seed: tells the retry apart from all others, such as the charge's reference
    :param share_random: how many of all retries are at random, 0 to 1
    :param discount_per_day: the part of its chance that a day of waiting costs
    :raises ValueError: there is nothing to choose from
    """
    if not dates:
        raise ValueError("There is no time to choose from.")
    ordered = sorted(map(_in_utc, dates))
    known = log_odds(model, _retry_features(retry))

    def chance_at(date: datetime) -> float:
        names = _time_features(attempt_at(retry, date, tz))
        return chance(known + sum(model.weights.get(name, 0.0) for name in names))

    def worth(date: datetime) -> float:
        days = (date - ordered[0]) / timedelta(days=1)
        return chance_at(date) * (1 - discount_per_day) ** days

    random = Random(seed)
    is_random = random.random() < share_random
    date = random.choice(ordered) if is_random else max(ordered, key=worth)
    return Choice(date, chance_at(date), is_random)
