"""Entitlements: what a customer may claim in a period, has claimed, and has left.

An allowance is granted anew in each period of its own recurrence, such as four visits a
quarter. What is left at the end is lost, or carried over for some periods or for ever,
up to a cap. Within a period the oldest of what was carried over is used first, for it
is lost first; the order of the uses does not matter.

What exceeds the allowance is *overage*. It is worked out for one use when that is
recorded, as what the use adds to the overage of all periods, and stays as it is while
others are recorded. So the uses that stand never owe more than the overage of all, in
whatever order they were recorded, and recording one never makes another dearer.

Quantities are in the entitlement's own unit, unrounded but for the allowance itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from .recurrence import Period, Recurrence

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is granted in each period.

    :param quantity: for one unit held through a whole period
    :param is_prorated: whether days of a period without it earn nothing; otherwise one
        day earns the whole allowance
    :param carry_periods: for how many periods what is left may still be used; 0 for
        none, None for ever
    :param carry_cap: the most that is carried into a period; None for no limit
    :param step: the smallest part that is granted, half a step rounded up; 0 for any
    :raises ValueError: a number is negative
    """

    quantity: Decimal
    is_prorated: bool = False
    carry_periods: int | None = 0
    carry_cap: Decimal | None = None
    step: Decimal = NOTHING

    def __post_init__(self) -> None:
        """Refuse negative numbers."""
        numbers = (self.quantity, self.carry_periods, self.carry_cap, self.step)
        if any(number is not None and number < 0 for number in numbers):
            raise ValueError(f"An allowance counts from 0 up, not as in {self}.")

    def round(self, quantity: Decimal) -> Decimal:
        """Return ``quantity`` in whole steps."""
        if not self.step:
            return quantity
        return (quantity / self.step).quantize(Decimal(1), ROUND_HALF_UP) * self.step


@dataclass(frozen=True, slots=True)
class Held:
    """Days on which the allowance is held, for a number of units; several add up."""

    span: Period
    units: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Use:
    """A quantity that was claimed on a day."""

    day: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """One period: ``used + left = granted + carried``, and nothing is negative.

    :param used: what was claimed within the allowance
    :param overage: what was claimed beyond it
    """

    period: Period
    granted: Decimal
    carried: Decimal
    used: Decimal
    overage: Decimal

    @property
    def left(self) -> Decimal:
        """Return what may still be claimed."""
        return self.granted + self.carried - self.used

    @property
    def claimed(self) -> Decimal:
        """Return all that was claimed."""
        return self.used + self.overage


@dataclass(frozen=True, slots=True)
class Ledger:
    """An allowance, who holds it since when, and what was claimed.

    :param start: first day on which it is held
    :param opening: what the customer brings along into the first period; what is below
        0 was claimed of the first period's allowance before
    """

    allowance: Allowance
    recurrence: Recurrence
    start: date
    held: tuple[Held, ...]
    uses: tuple[Use, ...] = ()
    opening: Decimal = NOTHING

    def balances(self, day: date, since: date | None = None) -> list[Balance]:
        """Return the periods from the first to the one that holds ``day``, or the last
        use after it.

        :param since: where nothing is carried over, leave out the periods before the
            one that holds this day; they do not matter for the others
        """
        index = self.recurrence.index_on_or_before
        first, last = index(self.start), index(max([day, *(u.day for u in self.uses)]))
        is_apart = since and self.allowance.carry_periods == 0
        claimed = self._claimed_by_period(first)
        lots = [(first, max(self.opening, NOTHING))]
        balances = []
        for n in range(max(first, index(since)) if is_apart else first, last + 1):
            period = Period(
                self.recurrence.boundary(n), self.recurrence.boundary(n + 1)
            )
            granted = grant(self.allowance, period, self.held, day)
            if n == first:
                granted = max(granted + min(self.opening, NOTHING), NOTHING)
            lots = self._carry(lots, n)
            carried = sum((quantity for _n, quantity in lots), NOTHING)
            used = min(claimed[n], granted + carried)
            balances.append(Balance(period, granted, carried, used, claimed[n] - used))
            lots = _take([*lots, (n, granted)], used)
        return balances

    def balance(self, day: date) -> Balance | None:
        """Return the period that holds ``day``; None before the first day."""
        if day < self.start:
            return None
        wanted = self.recurrence.period_containing(day)
        balances = self.balances(day, since=day)
        return next(each for each in balances if each.period == wanted)

    def overage(self, day: date, since: date | None = None) -> Decimal:
        """Return the overage of all periods up to ``day``.

        :param since: as for ``balances``
        """
        return sum((each.overage for each in self.balances(day, since)), NOTHING)

    def excess(self, use: Use, day: date) -> Decimal:
        """Return what one more use adds to the overage of all periods.

        It is never more than the use's own quantity.
        """
        known = self.overage(day, since=use.day)
        return self.with_use(use).overage(day, since=use.day) - known

    def relief(self, use: Use, day: date) -> Decimal:
        """Return by how much the overage of all periods falls without one of the uses.

        :raises ValueError: there is no such use
        """
        rest = self.without_use(use).overage(day, since=use.day)
        return self.overage(day, since=use.day) - rest

    def with_use(self, use: Use) -> Ledger:
        """Return the ledger with one more use."""
        return replace(self, uses=(*self.uses, use))

    def without_use(self, use: Use) -> Ledger:
        """Return the ledger without one of its uses.

        :raises ValueError: there is no such use
        """
        uses = list(self.uses)
        uses.remove(use)
        return replace(self, uses=tuple(uses))

    def _claimed_by_period(self, first: int) -> defaultdict[int, Decimal]:
        """Return what was claimed, by the number of the period; what was claimed before
        the first one counts in it."""
        claimed: defaultdict[int, Decimal] = defaultdict(Decimal)
        for use in self.uses:
            n = self.recurrence.index_on_or_before(use.day)
            claimed[max(n, first)] += use.quantity
        return claimed

    def _carry(
        self, lots: list[tuple[int, Decimal]], n: int
    ) -> list[tuple[int, Decimal]]:
        """Return what of earlier periods is carried into period ``n``.

        What would be lost first is what a cap takes away.
        """
        periods, room = self.allowance.carry_periods, self.allowance.carry_cap
        kept = []
        for origin, quantity in reversed(lots):
            if periods is not None and n - origin > periods:
                continue
            taken = quantity if room is None else min(quantity, room)
            room = None if room is None else room - taken
            kept.append((origin, taken))
        return kept[::-1]


def grant(
    allowance: Allowance, period: Period, held: Iterable[Held], day: date
) -> Decimal:
    """Return what ``period`` grants, as far as it is known on ``day``.

    Prorated, it is the average of the units held on its days; otherwise the most units
    that were held on any of its days up to ``day``.
    """
    levels = _levels(period, held)
    if allowance.is_prorated:
        total = sum((units * span.days for span, units in levels), NOTHING)
        return allowance.round(allowance.quantity * total / period.days)
    units = [units for span, units in levels if span.date_start <= day]
    return allowance.round(allowance.quantity * max(units, default=NOTHING))


def spread(span: Period, count: int, lead_days: int = 0) -> list[date]:
    """Return ``count`` days spread evenly over ``span``: the last day of each of its
    parts, or ``lead_days`` before it, but not before the span begins."""
    ends = [span.days * number // count for number in range(1, count + 1)]
    return [
        max(span.date_start + timedelta(days=end - 1 - lead_days), span.date_start)
        for end in ends
    ]


def _levels(period: Period, held: Iterable[Held]) -> list[tuple[Period, Decimal]]:
    """Return the days of ``period`` in spans on which the number of units is the same,
    without those on which it is 0."""
    steps: defaultdict[date, Decimal] = defaultdict(Decimal)
    for each in held:
        start = max(each.span.date_start, period.date_start)
        end = min(each.span.date_end, period.date_end)
        if start < end:
            steps[start] += each.units
            steps[end] -= each.units
    days = sorted(steps)
    levels, units = [], NOTHING
    for start, end in pairwise(days):
        units += steps[start]
        if units:
            levels.append((Period(start, end), units))
    return levels


def _take(
    lots: list[tuple[int, Decimal]], quantity: Decimal
) -> list[tuple[int, Decimal]]:
    """Return what is left of the lots when ``quantity`` is used, oldest first."""
    left = []
    for origin, amount in lots:
        taken = min(amount, quantity)
        quantity -= taken
        if amount > taken:
            left.append((origin, amount - taken))
    return left
