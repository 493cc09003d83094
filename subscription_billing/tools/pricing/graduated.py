"""Graduated: each unit costs what its band says.

The flat fee of a band is due once a unit falls in it; that of the first band always
(Lago's graduated charge, Kill Bill's ALL_TIERS). Bands count the units that are billed:
with 5 units included, the first band begins at the sixth.
"""

from __future__ import annotations

from decimal import Decimal

from .steps import Rating, price_units
from .terms import BandTerms


def rate_graduated(quantity: Decimal, terms: BandTerms, events: int = 0) -> Rating:
    """Return the sum of the bands that the quantity reaches."""
    return Rating(
        tuple(
            price_units(units, band.rate, flat=band.flat, size=band.size, span=span)
            for band, span, units in terms.fill(terms.get_billed(quantity))
        )
    )
