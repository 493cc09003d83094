"""Quantities at which a person sees what terms do."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .package import PackageTerms
from .percentage import PercentageTerms
from .rating import PricingModel, rate
from .terms import BandTerms, Terms

#: how many examples a person takes in at a glance
MOST = 6


@dataclass(frozen=True, slots=True)
class Drop:
    """A quantity of which one more unit lowers the amount."""

    quantity: Decimal
    amount: Decimal
    next_quantity: Decimal
    next_amount: Decimal


def find_drops(terms: BandTerms) -> tuple[Drop, ...]:
    """Return where the amount of volume terms falls by one more unit, ascending."""
    drops = []
    for band in terms.bands:
        if (last := band.last) is not None:
            amount = rate("volume", last, terms).amount
            following = rate("volume", last + 1, terms).amount
            if following < amount:
                drops.append(Drop(last, amount, last + 1, following))
    return tuple(drops)


def make_examples(
    model: PricingModel, terms: Terms
) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return quantities and their amounts, unrounded: the bounds and what follows.

    The quantities of percentages are volumes of one event.
    """
    return tuple(
        (quantity, rate(model, quantity, terms, events=1).amount)
        for quantity in sorted(set(_choose_quantities(model, terms)))[:MOST]
    )


def _choose_quantities(model: PricingModel, terms: Terms) -> tuple[Decimal, ...]:
    """Return the quantities to show, in any order."""
    if model == "flat":
        return (Decimal(1),)
    # The band of a volume is reached with the included units.
    first = Decimal(0) if model == "volume" else terms.included
    steps = [Decimal(1)]
    if isinstance(terms, BandTerms):
        bounds = [band.last for band in terms.bands if band.last is not None]
        steps += [each for bound in bounds for each in (bound, bound + 1)]
    elif isinstance(terms, PackageTerms):
        steps += [terms.size, terms.size + 1]
    elif isinstance(terms, PercentageTerms):
        steps = [Decimal(100), Decimal(1000)]
    else:
        steps += [Decimal(10)]
    return tuple(first + step for step in steps)
