"""What a partial refund takes back of each charge of an invoice.

A refund that a person writes names products and amounts, but not the lines of the
invoice it takes back. What it gives for a product is taken off the lines of that
product; what is more, or for nothing that was charged, is shared by all the lines.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal

from .allocation import allocate


def take_back(
    charged: Sequence[tuple[Hashable, Decimal]],
    refunded: Mapping[Hashable, Decimal],
    step: Decimal,
) -> tuple[Decimal, ...]:
    """Return what is taken back of each charge; never more than it was.

    :param charged: product and amount of each charge, amounts of zero or more
    :param refunded: amount refunded by product; below zero where more was charged
    :param step: the smallest payable amount, such as 0.01; all amounts are multiples
    """
    left = [amount for _product, amount in charged]
    rest = sum(refunded.values(), Decimal(0))
    for product, amount in refunded.items():
        same = [i for i, (charge, _amount) in enumerate(charged) if charge == product]
        rest -= _take(left, same, amount, step)
    _take(left, range(len(left)), rest, step)
    return tuple(
        amount - still for (_product, amount), still in zip(charged, left, strict=True)
    )


def _take(
    left: list[Decimal], places: Sequence[int], amount: Decimal, step: Decimal
) -> Decimal:
    """Take up to ``amount`` off what is left at some places; return what was taken."""
    weights = [left[place] for place in places]
    taken = max(min(amount, sum(weights, Decimal(0))), Decimal(0))
    for place, part in zip(places, allocate(taken, weights, step), strict=True):
        left[place] -= part
    return taken
