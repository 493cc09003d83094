"""Package: units are sold by the package, and one that is begun counts whole.

Lago's package charge: ceil((units − included) / size) × price.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .steps import ZERO, Rating, price_units
from .terms import Terms, refuse_below_one, refuse_negative


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageTerms(Terms):
    """:param price: of one package
    :param size: units in one package, 1 or more
    """

    price: Decimal = ZERO
    size: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        Terms.__post_init__(self)
        refuse_negative(self, "price")
        refuse_below_one(self, "size")


def rate_package(quantity: Decimal, terms: PackageTerms, events: int = 0) -> Rating:
    """Return the price of the packages that hold the units to bill."""
    billed = terms.get_billed(quantity)
    return Rating((price_units(billed, terms.price, size=terms.size),))
