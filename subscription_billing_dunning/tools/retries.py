"""When a charge that failed is tried again, or why it never is.

A schedule counts from try to try. What the decline says outranks it: some are never
tried again, some wait for the customer, and unclear ones are tried few times. A method
that was added or updated since the last try gets one try at once. A provider that fails
without saying no is asked again after minutes, which uses up nothing of the schedule.
Whatever asks for a try, the budgets of the card have to allow it.

Instants are in UTC, all with a time zone or all without. A try is due at the instant
that is named, and later: one that is to come after two days comes after 2.0 of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from odoo.addons.subscription_billing.tools.dunning import PAUSES
from odoo.addons.subscription_billing.tools.outcome import Category, Decline

from .advice import advised_wait, refine
from .budgets import Budget, earliest

#: When: the ``schedule`` says so; the provider failed (``error``); there is a new or
#: updated ``method``; a ``budget`` of the card made it later. Why never: the decline
#: is final (``never``); the ``customer`` has to act; unclear declines have
#: had their tries (``unknown``); a rule to stop counts ``declines``, ``attempts`` or
#: ``days``; the schedule is ``used_up``.
Reason = Literal[
    "schedule",
    "error",
    "method",
    "budget",
    "never",
    "customer",
    "unknown",
    "declines",
    "attempts",
    "days",
    "used_up",
]
#: picks the best instant from a first one to a last one, both included
Choose = Callable[[datetime, datetime], datetime]


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits after errors of a provider, each ``factor`` times the one before.

    :param first: after the first of some errors in a row
    :param count: how many errors in a row are waited for like this; those that follow
        count as declines
    """

    first: timedelta = timedelta(seconds=300)
    factor: int = 2
    count: int = 8

    def wait(self, errors: int) -> timedelta:
        """Return how long to wait after so many errors in a row, 1 or more."""
        return self.first * self.factor ** (errors - 1)


@dataclass(frozen=True, slots=True)
class Smart:
    """Tries at the hours that promise most.

    :param tries: how many there may be after the first failure
    :param days: within how many days of it, the last instant included
    :raises ValueError: no tries, or no days for them
    """

    tries: int
    days: int

    def __post_init__(self) -> None:
        """Refuse what leaves nothing to choose from."""
        if self.tries < 1 or self.days < 1:
            raise ValueError("Smart tries need a number of tries, and days for them.")


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often, and how far apart, a charge is tried again.

    :param days: after how many days each further try follows the one before it
    :param smart: tries at hours that are chosen one by one, instead of fixed days
    :param stop_declines: no more after so many declines; None for any number
    :param stop_attempts: no more after so many tries, errors of the provider included
    :param stop_days: none later than so many days after the first failure
    :param unknown_tries: after so many declines, nothing follows an unclear one
    :raises ValueError: both kinds of tries, or tries less than a day apart
    """

    days: tuple[int, ...] = ()
    smart: Smart | None = None
    stop_declines: int | None = None
    stop_attempts: int | None = None
    stop_days: int | None = None
    unknown_tries: int = 3
    backoff: Backoff = field(default_factory=Backoff)

    def __post_init__(self) -> None:
        """Refuse a schedule that contradicts itself."""
        if self.days and self.smart:
            raise ValueError("Tries follow on fixed days, or at chosen hours.")
        if any(days < 1 for days in self.days):
            raise ValueError("A further try follows a day later at the least.")


@dataclass(frozen=True, slots=True)
class Try:
    """A time at which a debt was tried to collect, and was not.

    :param is_error: the provider failed, and nobody declined anything
    """

    date: datetime
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """When to try again.

    :param date: from when, at the earliest; None for never
    """

    date: datetime | None
    reason: Reason


#: the schedules that other systems have made common
PRESETS: Mapping[str, Schedule] = MappingProxyType(
    {
        # Vtiger tries up to three times, on days that its users choose; these are ours
        "three_tries": Schedule(days=(3, 5, 7)),
        # Kill Bill
        "every_8_days": Schedule(days=(8, 8, 8)),
        # Stripe: what its API does by default, and what it recommends
        "smart_4_in_21_days": Schedule(smart=Smart(4, 21)),
        "smart_8_in_14_days": Schedule(smart=Smart(8, 14)),
        # Recurly's rules to stop, on the last of its intervals
        "until_7_declines": Schedule(
            days=(3,) * 19, stop_declines=7, stop_attempts=20, stop_days=60
        ),
    }
)


def next_retry(
    schedule: Schedule,
    tries: Iterable[Try],
    decline: Decline | None,
    *,
    now: datetime,
    budgets: Iterable[Budget],
    card_tries: Iterable[datetime],
    date_method_changed: datetime | None = None,
    choose: Choose | None = None,
) -> Retry:
    """Return when a debt is tried again, not before ``now``, or why it never is.

    :param tries: of this debt, in any order, one at least
    :param decline: why the last of them was refused; None where nobody gave a reason,
        and ignored where the provider failed
    :param budgets: of the card that would be charged
    :param card_tries: all tries of that card, for whatever debt
    :param date_method_changed: when a method was last added, or its card updated
    :param choose: picks the hour of a smart try; without it they are spread evenly
    :raises ValueError: there was no try
    """
    ordered = sorted(tries, key=lambda each: each.date)
    if not ordered:
        raise ValueError("What was never tried is not tried again.")
    free = earliest(budgets, card_tries, now)
    last = ordered[-1]
    if date_method_changed is not None and date_method_changed > last.date:
        return Retry(free, "method")
    answer = Decline("retry") if last.is_error else decline or Decline()
    reason = _refuse(schedule, ordered, refine(answer))
    if reason:
        return Retry(None, reason)
    rested = last.date + max(PAUSES[refine(answer)], advised_wait(answer))
    retry = _plan(schedule, ordered, max(now, rested), now, free, choose)
    if retry.date and _is_too_late(schedule, ordered[0].date, retry.date):
        return Retry(None, "days")
    return retry


def _refuse(
    schedule: Schedule, ordered: list[Try], category: Category
) -> Reason | None:
    """Return why nothing is tried again, whatever the day; None if something may be."""
    declines = sum(not each.is_error for each in ordered)
    if category == "never" or category == "customer":
        return category
    if _is_reached(schedule.stop_declines, declines):
        return "declines"
    if _is_reached(schedule.stop_attempts, len(ordered)):
        return "attempts"
    if category == "unknown" and declines >= schedule.unknown_tries:
        return "unknown"
    return None


def _is_reached(limit: int | None, count: int) -> bool:
    """Return whether there is a limit, and no room left below it."""
    return limit is not None and count >= limit


def _is_too_late(schedule: Schedule, first: datetime, date: datetime) -> bool:
    """Return whether a try would come later than the schedule's last day."""
    days = schedule.stop_days
    return days is not None and date > first + timedelta(days=days)


def _plan(
    schedule: Schedule,
    ordered: list[Try],
    rested: datetime,
    now: datetime,
    free: datetime,
    choose: Choose | None,
) -> Retry:
    """Return when the schedule has its next try, or that it has none left.

    :param rested: from when the card has been left alone long enough, ``now`` at least
    :param free: from when the budgets of the card allow it
    """
    last = ordered[-1].date
    used, errors = _count(schedule.backoff, ordered)
    if 0 < errors <= schedule.backoff.count:
        return _postpone(max(now, last + schedule.backoff.wait(errors)), free, "error")
    if schedule.smart:
        end = ordered[0].date + timedelta(days=schedule.smart.days)
        latest = _share(schedule.smart, used, last, end)
        if latest is None or max(rested, free) > end:
            return Retry(None, "used_up")
        if free > max(rested, latest):
            return Retry(free, "budget")
        return Retry(_pick(max(rested, free), latest, choose), "schedule")
    if used > len(schedule.days):
        return Retry(None, "used_up")
    wanted = last + timedelta(days=schedule.days[used - 1])
    return _postpone(max(rested, wanted), free, "schedule")


def _count(backoff: Backoff, ordered: list[Try]) -> tuple[int, int]:
    """Return how many tries the schedule counts, and how many errors came last.

    Errors count once there are more of them in a row than are waited for.
    """
    used = errors = 0
    for each in ordered:
        errors = errors + 1 if each.is_error else 0
        used += not each.is_error or errors > backoff.count
    return used, errors


def _postpone(wanted: datetime, free: datetime, reason: Reason) -> Retry:
    """Return a try as it is wanted, or when the budgets allow it."""
    return Retry(free, "budget") if free > wanted else Retry(wanted, reason)


def _share(smart: Smart, used: int, last: datetime, end: datetime) -> datetime | None:
    """Return until when the next smart try has its share of the time that is left.

    Each try that is left gets as much of it, so that a late hour takes nothing away
    from those that follow. None when no try is left.
    """
    left = smart.tries + 1 - used
    return last + (end - last) / left if left > 0 else None


def _pick(soonest: datetime, latest: datetime, choose: Choose | None) -> datetime:
    """Return the chosen instant of a span; its end unless somebody chooses."""
    latest = max(soonest, latest)
    if choose is None:
        return latest
    return min(max(soonest, choose(soonest, latest)), latest)
