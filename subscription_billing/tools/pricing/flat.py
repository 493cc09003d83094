"""Flat: one price for the period, whatever the quantity."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .steps import ZERO, Rating, Step
from .terms import Terms, TermsError, refuse_negative


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatTerms(Terms):
    """:param price: of one period."""

    price: Decimal = ZERO

    def __post_init__(self) -> None:
        Terms.__post_init__(self)
        refuse_negative(self, "price")
        if self.included:
            raise TermsError("no_units", "included", self.included)


def rate_flat(quantity: Decimal, terms: FlatTerms, events: int = 0) -> Rating:
    """Return the price, for no units as well."""
    return Rating((Step("flat", terms.price, rate=terms.price),))
