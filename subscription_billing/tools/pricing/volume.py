"""Volume: all units cost what the band says that the whole quantity reaches.

A quantity just above a bound belongs to the next band (Lago's volume charge, Kill
Bill's TOP_TIER), so that more units can cost less than fewer: ``examples.find_drops``
tells where.

Included units count towards the band, else they could make the rest dearer.
"""

from __future__ import annotations

from decimal import Decimal

from .steps import Rating, Span, price_units
from .terms import Band, BandTerms


def rate_volume(quantity: Decimal, terms: BandTerms, events: int = 0) -> Rating:
    """Return the price of the units to bill in the band of the whole quantity."""
    band, span = _find_band(quantity, terms)
    step = price_units(
        terms.get_billed(quantity),
        band.rate,
        flat=band.flat,
        size=band.size,
        span=span,
    )
    return Rating((step,))


def _find_band(quantity: Decimal, terms: BandTerms) -> tuple[Band, Span]:
    return next(
        (band, span)
        for band, span in terms.get_spans()
        if span.last is None or quantity <= span.last
    )
