"""The result of a pricing model: an amount, and the steps that lead to it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

StepKind = Literal[
    "flat", "units", "blocks", "percentage", "events", "included", "minimum"
]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Span:
    """The quantities of one band: more than ``after``, up to ``last``.

    :param last: None for a band without end
    """

    after: Decimal
    last: Decimal | None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an explanation, in no language.

    :param kind: ``flat``: a price whatever the quantity; ``units``, ``blocks``:
        quantity × rate + flat; ``percentage``: rate percent of the quantity + flat;
        ``events``: a fee for each; ``included``: units that cost nothing;
        ``minimum``: what is missing to the minimum charge, which is ``rate``
    :param amount: what this step adds, unrounded
    :param quantity: the units, blocks, events or volume that are multiplied
    :param rate: the price of one of them, or the percentage
    :param size: units in one block
    :param span: the band, where the step is one of several
    """

    kind: StepKind
    amount: Decimal
    quantity: Decimal = ZERO
    rate: Decimal = ZERO
    flat: Decimal = ZERO
    size: Decimal | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """What a quantity costs, unrounded; always the sum of its steps."""

    steps: tuple[Step, ...]

    @property
    def amount(self) -> Decimal:
        """Return the sum of the steps, unrounded."""
        return sum((step.amount for step in self.steps), ZERO)


def price_units(
    quantity: Decimal,
    rate: Decimal,
    *,
    flat: Decimal = ZERO,
    size: Decimal | None = None,
    span: Span | None = None,
) -> Step:
    """Return the step of quantity × rate + flat; with a size, of blocks of it.

    A block that has begun counts whole, as in Kill Bill's tiered blocks.
    """
    count = quantity if size is None else count_blocks(quantity, size)
    return Step(
        kind="units" if size is None else "blocks",
        amount=count * rate + flat,
        quantity=count,
        rate=rate,
        flat=flat,
        size=size,
        span=span,
    )


def price_share(
    volume: Decimal,
    percentage: Decimal,
    *,
    flat: Decimal = ZERO,
    span: Span | None = None,
) -> Step:
    """Return the step of a percentage of a volume of money, plus a flat fee."""
    return Step(
        kind="percentage",
        amount=volume * percentage / 100 + flat,
        quantity=volume,
        rate=percentage,
        flat=flat,
        span=span,
    )


def count_blocks(quantity: Decimal, size: Decimal) -> Decimal:
    """Return how many blocks of ``size`` hold ``quantity``, the last one begun."""
    whole, rest = divmod(quantity, size)
    return whole + 1 if rest else whole
