"""Price increases: what a price becomes, and from which period on.

A new price is worked out from the old one, rounded to the steps of a price list and
held below a cap. It may hold once the customer has been told long enough before; it
holds from the first period that starts then and has not been invoiced.

Prices are of one unit for one period, in one currency; days are the company's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Literal

from .recurrence import Recurrence, Timing

Method = Literal["percent", "amount", "list"]
Direction = Literal["nearest", "up", "down"]
Reason = Literal[
    "starts", "ends", "pending", "kept", "committed", "own", "free", "not_higher"
]


@dataclass(frozen=True, slots=True)
class Rounding:
    """The prices of a price list: every ``step``, each with the same ending.

    Steps of 0.05 are 0.05, 0.10, 0.15; steps of 1 ending on 0.99 are 0.99, 1.99, 2.99.

    :param step: distance between two prices
    :param ending: the lowest of them, below one step
    :raises ValueError: no step, or an ending that is not below it
    """

    step: Decimal
    ending: Decimal = Decimal(0)
    direction: Direction = "nearest"

    def __post_init__(self) -> None:
        """Refuse a grid that has no prices, or names them by another ending."""
        if self.step <= 0:
            raise ValueError(f"Prices lie more than {self.step} apart.")
        if not 0 <= self.ending < self.step:
            raise ValueError(f"An ending is below {self.step}, not {self.ending}.")

    def floor(self, price: Decimal) -> Decimal:
        """Return the highest of these prices that is not above ``price``."""
        steps = ((price - self.ending) / self.step).to_integral_value(ROUND_FLOOR)
        return self.ending + steps * self.step

    def ceil(self, price: Decimal) -> Decimal:
        """Return the lowest of these prices that is not below ``price``."""
        below = self.floor(price)
        return below if below == price else below + self.step

    def round(self, price: Decimal) -> Decimal:
        """Return one of these prices; halfway, the nearest is the higher one."""
        below, above = self.floor(price), self.ceil(price)
        if self.direction == "nearest":
            return below if price - below < above - price else above
        return above if self.direction == "up" else below


@dataclass(frozen=True, slots=True)
class Terms:
    """How new prices are worked out from the old ones.

    :param value: the percentage, or the amount, that is added
    :param cap_percent: by how much of the old price it may rise at most
    :param cap_amount: by how much it may rise at most, in currency
    :param may_lower: whether a price may fall
    """

    method: Method
    value: Decimal = Decimal(0)
    rounding: Rounding | None = None
    cap_percent: Decimal | None = None
    cap_amount: Decimal | None = None
    may_lower: bool = False

    def new_price(self, old: Decimal, listed: Decimal | None = None) -> Decimal:
        """Return the price that follows ``old``, which is above 0.

        It is ``old`` itself where there is nothing to raise. A cap comes before the
        rounding: where no rounded price lies between the old one and the cap, the price
        is not rounded.

        :param listed: the price of the list, for that method; it is not rounded
        :raises ValueError: the list's price is asked for and missing
        """
        target = self._target(old, listed)
        if target > old:
            return self._raise(old, target)
        return self._lower(old, target) if self.may_lower else old

    def cap(self, old: Decimal) -> Decimal | None:
        """Return the highest price that may follow ``old``, None without a limit."""
        caps = []
        if self.cap_percent is not None:
            caps.append(old * (100 + self.cap_percent) / 100)
        if self.cap_amount is not None:
            caps.append(old + self.cap_amount)
        return min(caps, default=None)

    def _target(self, old: Decimal, listed: Decimal | None) -> Decimal:
        """Return what the method asks for, before caps and rounding."""
        if self.method == "percent":
            return old * (100 + self.value) / 100
        if self.method == "amount":
            return old + self.value
        if listed is None:
            raise ValueError("There is no list price to move to.")
        return listed

    def _raise(self, old: Decimal, target: Decimal) -> Decimal:
        """Return a higher price, capped and rounded."""
        cap = self.cap(old)
        capped = target if cap is None else min(target, cap)
        if not self.rounding or (self.method == "list" and capped == target):
            return capped
        rounded = self.rounding.round(capped)
        if rounded <= old:
            rounded = self.rounding.floor(old) + self.rounding.step
        if cap is not None and rounded > cap:
            rounded = self.rounding.floor(cap)
        return rounded if rounded > old else capped

    def _lower(self, old: Decimal, target: Decimal) -> Decimal:
        """Return a lower price, rounded, and never below 0."""
        target = max(target, Decimal(0))
        if not self.rounding or self.method == "list":
            return target
        rounded = self.rounding.round(target)
        return rounded if 0 <= rounded < old else target


@dataclass(frozen=True, slots=True)
class Announcement:
    """When customers are told, and how long before a higher price holds.

    :param date_notice: the day on which they are told
    :param notice_days: days between that day and the new price, at least
    :param not_before: no new price holds before this day
    """

    date_notice: date
    notice_days: int = 0
    not_before: date | None = None

    def earliest(
        self, kept_until: date | None = None, *, is_raise: bool = True
    ) -> date:
        """Return the first day on which a new price may hold.

        A lower price needs no notice, and breaks no promise.

        :param kept_until: last day on which the old price is promised
        """
        first = max(self.date_notice, self.not_before or self.date_notice)
        if not is_raise:
            return first
        first = max(first, self.date_notice + timedelta(days=self.notice_days))
        return max(first, kept_until + timedelta(days=1)) if kept_until else first

    def first_start(
        self,
        earliest: date,
        recurrence: Recurrence,
        unbilled: date,
        timing: Timing = "advance",
        offset_days: int = 0,
    ) -> date:
        """Return the start of the first period that has the new price.

        A period that was invoiced before the customers were told keeps its price, be it
        that the invoice itself is late.

        :param unbilled: first day that has not been invoiced
        :param offset_days: how long before a period it is invoiced, in advance
        """
        invoiced = self.date_notice
        if timing == "advance":
            invoiced += timedelta(days=offset_days)
        return recurrence.boundary_on_or_after(max(earliest, unbilled, invoiced))


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed with a customer about a price.

    :param price: the price today
    :param first_day: first day on which it is served, None for long ago
    :param last_day: last day on which it is served, None for no end
    :param kept_until: last day on which the price is promised
    :param committed_until: last day of a commitment in which prices do not rise
    :param is_own: whether the price was agreed with this customer alone
    :param is_pending: whether another price has been announced
    """

    price: Decimal
    first_day: date | None = None
    last_day: date | None = None
    kept_until: date | None = None
    committed_until: date | None = None
    is_own: bool = False
    is_pending: bool = False

    @property
    def promised_until(self) -> date | None:
        """Return the last day on which the price must not rise."""
        days = [day for day in (self.kept_until, self.committed_until) if day]
        return max(days, default=None)

    def find_reason(
        self, new: Decimal, start: date, *, with_own: bool = False, may_lower: bool
    ) -> Reason | None:
        """Return why the price stays as it is, None when it changes on ``start``.

        What cannot be overruled comes first.

        :param with_own: whether prices agreed with one customer change too
        """
        is_raise = new > self.price
        if self.first_day and self.first_day > start:
            return "starts"
        if self.last_day and self.last_day < start:
            return "ends"
        if self.is_pending:
            return "pending"
        if is_raise and self.kept_until and self.kept_until >= start:
            return "kept"
        if is_raise and self.committed_until and self.committed_until >= start:
            return "committed"
        if self.price <= 0:
            return "free"
        if self.is_own and not with_own:
            return "own"
        if new == self.price or not (is_raise or may_lower):
            return "not_higher"
        return None
