"""From which payments a refund is paid back.

A provider gives money back for a payment, and never more than that payment has left. A
refund that is larger than one of them comes from several.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

#: states of a refund that has moved no money, and will not
FAILED = ("error", "cancel")
#: kinds of transactions that are no payment of a customer
NO_PAYMENT = ("refund", "validation")


def draw(amount: Decimal, sources: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Return what is taken of each source, the first ones first.

    :param amount: what is to be paid back, zero or more
    :param sources: what each payment has left, zero or more each
    :raises ValueError: an amount is below zero, or the sources do not have as much
    """
    if amount < 0 or any(source < 0 for source in sources):
        raise ValueError("What is paid back, and what is left, must be 0 or more.")
    if amount > sum(sources, Decimal(0)):
        raise ValueError(f"The payments do not have {amount} left.")
    parts = []
    for source in sources:
        part = min(amount, source)
        parts.append(part)
        amount -= part
    return tuple(parts)
