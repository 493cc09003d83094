"""Per unit: quantity × price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .steps import ZERO, Rating, price_units
from .terms import Terms, refuse_negative


@dataclass(frozen=True, slots=True, kw_only=True)
class PerUnitTerms(Terms):
    """:param price: of one unit for one period."""

    price: Decimal = ZERO

    def __post_init__(self) -> None:
        Terms.__post_init__(self)
        refuse_negative(self, "price")


def rate_per_unit(quantity: Decimal, terms: PerUnitTerms, events: int = 0) -> Rating:
    """Return the price of the units beyond the included ones."""
    return Rating((price_units(terms.get_billed(quantity), terms.price),))
