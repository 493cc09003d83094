"""Graduated percentage: each part of a volume of money is charged its band's share.

The rate of a band is a percentage; flat fees as in ``graduated``.
"""

from __future__ import annotations

from decimal import Decimal

from .steps import Rating, price_share
from .terms import BandTerms


def rate_graduated_percentage(
    quantity: Decimal, terms: BandTerms, events: int = 0
) -> Rating:
    """Return the sum of the bands that the volume reaches.

    :param quantity: the volume of the period, in the currency
    """
    return Rating(
        tuple(
            price_share(volume, band.rate, flat=band.flat, span=span)
            for band, span, volume in terms.fill(terms.get_billed(quantity))
        )
    )
