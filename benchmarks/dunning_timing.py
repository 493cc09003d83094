"""Retries at learnt times beside retries every three days, on a known population.

    ./run bench dunning_timing [--count N] [--seed N] [--json FILE]

The customers' accounts are empty; wages come on the first of the month and are gone
soon, and most of the money is there from 9 to 10 in the morning; some never have any.
Nobody tells the model. In the first round a new company acts on its prior, a part of
the time at random; what it sees there is learnt. In the second, new customers are
followed up in three ways, each in all of them, with the same luck at the same hour.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from math import sqrt
from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import NamedTuple
from zoneinfo import ZoneInfo

import odoo.addons

from workshop import paths

from . import report

if str(paths.ROOT) not in odoo.addons.__path__:
    odoo.addons.__path__.append(str(paths.ROOT))

from odoo.addons.subscription_billing_dunning.fitting import timing as fitting
from odoo.addons.subscription_billing_dunning.fitting.logistic import Fitted
from odoo.addons.subscription_billing_dunning.tools.timing import (
    FUNDS_CODE,
    PRIOR,
    Observed,
    Retry,
    TimingModel,
    attempt_at,
    candidates,
    choose,
)

from odoo.addons.subscription_billing.tools.outcome import Decline

#: both ways: no more than so many retries, no longer than so many days
MOST_RETRIES = 8
MOST_DAYS = 30
#: the fixed one: at midnight, so many days apart
FIXED_DAYS = 3
#: the smart one: not before a day has passed, and within a week
PAUSE = timedelta(days=1)
WINDOW = timedelta(days=7)
#: stands for what a smaller share brings in a longer time
SHARE_LEARNING = 0.6

BEST_DAYS = (1, 2, 3)
BEST_HOURS = (9,)
#: how likely a retry succeeds: at the best hour of the best days, on these days at
#: another hour, at this hour of another day, and else
CHANCES = {
    (True, True): 0.6,
    (True, False): 0.15,
    (False, True): 0.06,
    (False, False): 0.02,
}
#: the part of the customers who will never pay
SHARE_LOST = 0.3
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney")
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
#: standard errors on each side of an interval of 95 %
Z = 1.96

Schedule = Callable[["Customer", datetime, int], datetime]


class Customer(NamedTuple):
    """Somebody whose charge was declined."""

    name: str
    tz: str
    declined: datetime

    def has_money(self, date: datetime) -> bool:
        """Tell whether a retry succeeds, for each hour once and for all."""
        if Random(self.name).random() < SHARE_LOST:
            return False
        local = date.astimezone(ZoneInfo(self.tz))
        chance = CHANCES[local.day in BEST_DAYS, local.hour in BEST_HOURS]
        return Random(f"{self.name} {date:%Y-%m-%d %H}").random() < chance


class Course(NamedTuple):
    """What became of following somebody up."""

    is_recovered: bool
    observed: list[Observed]


@dataclass(frozen=True)
class Estimate:
    """A mean, and its interval of 95 %."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Estimate":
        """Return the mean of values that do not depend on each other."""
        mean, error = fmean(values), stdev(values) / sqrt(len(values))
        return cls(mean, mean - Z * error, mean + Z * error)

    def __str__(self) -> str:
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


@dataclass(frozen=True)
class Comparison:
    """Two ways to follow up the same customers, and how the first differs.

    :param recovered: for each customer, 1 where the money came
    :param attempts: for each customer, the retries that it took
    """

    recovered: Estimate
    attempts: Estimate

    @classmethod
    def of(cls, ours: list[Course], theirs: list[Course]) -> "Comparison":
        """Return how ours differ from theirs, customer by customer."""
        pairs = list(zip(ours, theirs, strict=True))
        return cls(
            Estimate.of([float(a.is_recovered - b.is_recovered) for a, b in pairs]),
            Estimate.of([float(len(a.observed) - len(b.observed)) for a, b in pairs]),
        )


# === FOLLOWING UP === #


def customers(count: int, seed: str) -> Iterator[Customer]:
    """Yield customers whose charge was declined at any time of a year."""
    random = Random(seed)
    for number in range(count):
        declined = BEGIN + timedelta(minutes=random.randrange(365 * 24 * 60))
        yield Customer(f"{seed}/{number}", random.choice(ZONES), declined)


def follow_up(customer: Customer, schedule: Schedule) -> Course:
    """Try again until the money comes, or there were enough attempts or days."""
    observed: list[Observed] = []
    last = customer.declined
    for number in range(1, MOST_RETRIES + 1):
        date = schedule(customer, last, number)
        if date > customer.declined + timedelta(days=MOST_DAYS):
            break
        attempt = attempt_at(_retry(number), date, customer.tz)
        observed.append(Observed(attempt, customer.has_money(date)))
        if observed[-1].is_success:
            return Course(True, observed)
        last = date
    return Course(False, observed)


def _retry(number: int) -> Retry:
    return Retry(Decline("retry", FUNDS_CODE), number, amount_ratio=1.0)


def fixed(customer: Customer, last: datetime, _number: int) -> datetime:
    """Return the customer's midnight that comes some days after the last attempt."""
    local = last.astimezone(ZoneInfo(customer.tz)) + timedelta(days=FIXED_DAYS)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(timezone.utc)


def smart(
    customer: Customer,
    last: datetime,
    number: int,
    *,
    model: TimingModel,
    share_random: float,
) -> datetime:
    """Return the hour of the coming week that the model chooses."""
    dates = candidates(last + PAUSE, last + PAUSE + WINDOW, customer.tz)
    return choose(
        model,
        _retry(number),
        dates,
        tz=customer.tz,
        seed=f"{customer.name}-{number}",
        share_random=share_random,
    ).date


# === BOTH ROUNDS === #


def learn(count: int, seed: int) -> Fitted[TimingModel]:
    """Follow up customers as a new company does; return what that teaches."""
    schedule = partial(smart, model=PRIOR, share_random=SHARE_LEARNING)
    courses = [follow_up(each, schedule) for each in customers(count, f"{seed}/first")]
    observed = [each for course in courses for each in course.observed]
    return fitting.fit(observed, seed=seed)


def act(count: int, seed: int, model: TimingModel) -> dict[str, list[Course]]:
    """Follow up the same new customers in each way."""
    schedules = {
        "learnt": partial(smart, model=model, share_random=0.0),
        "prior": partial(smart, model=PRIOR, share_random=0.0),
        "fixed": fixed,
    }
    book = list(customers(count, f"{seed}/second"))
    return {
        name: [follow_up(each, schedule) for each in book]
        for name, schedule in schedules.items()
    }


# === THE BENCHMARK === #


def main() -> int:
    """Run the benchmark; 1 when the learnt times are not surely better."""
    options = _parse()
    fitted = learn(options.count, options.seed)
    courses = act(options.count, options.seed, fitted.model)
    print(f"Learnt from {fitted.count} retries, AUC {fitted.auc or 0:.3f} held out.")
    report.print_table(
        ("way", "customers", "recovered", "retries each"),
        [_row(name, each) for name, each in courses.items()],
    )
    figures, is_better = {"auc": fitted.auc, "retries": fitted.count}, True
    for other in ("fixed", "prior"):
        comparison = Comparison.of(courses["learnt"], courses[other])
        print(f"learnt - {other}: recovered {comparison.recovered}", end="")
        print(f", retries each {comparison.attempts} (95 %)")
        figures[other] = asdict(comparison)
        is_better &= comparison.recovered.low > 0
    report.save(options.json, "dunning_timing", {**vars(options), **figures})
    return 0 if is_better else 1


def _row(name: str, courses: list[Course]) -> tuple[str, int, str, str]:
    recovered = fmean(course.is_recovered for course in courses)
    retries = fmean(len(course.observed) for course in courses)
    return name, len(courses), f"{recovered:.1%}", f"{retries:.2f}"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run bench dunning_timing", description=__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--count", type=int, default=1000, help="customers a round")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
