"""Coupons and discounts: in which order they are taken off, and how much each takes.

What a line costs, its own percentage already taken off, is reduced by

1. the percentages, in the order of their sequence, each of what the former left;
2. the fixed amounts, in the order of their sequence, each spread over the lines in its
   scope in proportion to what is left of them.

Neither a line nor the sum of all falls below zero. A fixed amount is spread in payable
steps, so that it is taken off to the cent also when every line is rounded apart; what a
percentage takes is not rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Literal, get_args

from .allocation import allocate, round_to_step

Kind = Literal["percentage", "amount"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_ZERO = Decimal(0)
_UNLIMITED = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Discount:
    """What takes something off, and off which lines.

    :param key: by which the caller knows it again
    :param value: percent, above 0 and at most 100, or an amount of money above 0
    :param sequence: the lower goes first among those of its kind
    :param scope: the positions of the lines that it reduces; None for all
    :raises ValueError: the kind is unknown or the value out of range
    """

    key: int
    kind: Kind
    value: Decimal
    sequence: int = 0
    scope: frozenset[int] | None = None

    def __post_init__(self) -> None:
        """Refuse a discount that would take nothing, or more than everything."""
        if self.kind not in KINDS:
            raise ValueError(f"A discount is a {' or '.join(KINDS)}, not {self.kind}.")
        if not self.value > 0 or (self.kind == "percentage" and self.value > 100):
            raise ValueError(f"A discount cannot be a {self.kind} of {self.value}.")

    def covers(self, position: int) -> bool:
        """Return whether the line at ``position`` is in scope."""
        return self.scope is None or position in self.scope


@dataclass(frozen=True, slots=True)
class Taken:
    """What one discount takes off one line, unrounded.

    :param discount: the key of the discount
    """

    discount: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Result:
    """What is taken off each line, in the order of the lines and of application."""

    taken: tuple[tuple[Taken, ...], ...]

    @property
    def reductions(self) -> tuple[Decimal, ...]:
        """Return what all discounts together take off each line."""
        return tuple(sum((t.amount for t in line), _ZERO) for line in self.taken)


def apply(
    amounts: Sequence[Decimal], discounts: Iterable[Discount], *, step: Decimal
) -> Result:
    """Take the discounts off the lines, in the order stated above.

    A line of zero or less is not reduced. Where such lines make the sum smaller, the
    discounts take no more than the sum.

    :param amounts: what each line costs after its own percentage
    :param discounts: equal sequences keep the order in which they come
    :param step: the smallest payable amount of the currency, such as 0.01
    """
    owed = sum((amount for amount in amounts if amount < 0), _ZERO)
    left = [max(amount, _ZERO) for amount in amounts]
    taken: list[list[Taken]] = [[] for _amount in amounts]
    for discount in sorted(discounts, key=_get_rank):
        scope = [i for i, rest in enumerate(left) if rest and discount.covers(i)]
        room = max(sum(left, owed), _ZERO) if owed else _UNLIMITED
        parts = _split(discount, [left[i] for i in scope], room, step)
        for position, part in zip(scope, parts, strict=True):
            if part:
                left[position] -= part
                taken[position].append(Taken(discount.key, part))
    return Result(tuple(map(tuple, taken)))


def _get_rank(discount: Discount) -> tuple[int, int]:
    """Return what orders the discounts: percentages first, then by sequence."""
    return KINDS.index(discount.kind), discount.sequence


def _split(
    discount: Discount, rests: list[Decimal], room: Decimal, step: Decimal
) -> list[Decimal]:
    """Return what a discount takes off each of the lines in its scope.

    :param rests: what is left of these lines, above zero each
    :param room: what the sum of all lines may still fall by, because of lines below
        zero
    """
    if discount.kind == "amount":
        return _spread(min(discount.value, room), rests, step)
    parts = []
    for rest in rests:
        part = min(rest * discount.value / 100, room)
        room -= part
        parts.append(part)
    return parts


def _spread(amount: Decimal, rests: list[Decimal], step: Decimal) -> list[Decimal]:
    """Return ``amount`` spread over the lines in proportion to what is left of them.

    The proportions are those of the lines as they will be rounded. A part is then at
    most its rounded line, and a line that it empties is neither negative nor a cent
    too much. All is taken where that suffices for the lines, rounded or not.
    """
    rounded = [round_to_step(rest, step) for rest in rests]
    if amount >= max(sum(rests), sum(rounded)):
        return rests
    payable = (amount / step).to_integral_value(ROUND_FLOOR) * step
    parts = allocate(min(payable, sum(rounded, _ZERO)), rounded, step)
    return [min(part, rest) for part, rest in zip(parts, rests, strict=True)]
