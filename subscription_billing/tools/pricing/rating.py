"""What a quantity costs under any of the pricing models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from .flat import FlatTerms, rate_flat
from .graduated import rate_graduated
from .graduated_percentage import rate_graduated_percentage
from .package import PackageTerms, rate_package
from .per_unit import PerUnitTerms, rate_per_unit
from .percentage import PercentageTerms, rate_percentage
from .steps import Rating, Step
from .terms import BandTerms, Terms
from .volume import rate_volume

PricingModel = Literal[
    "flat",
    "per_unit",
    "graduated",
    "volume",
    "package",
    "percentage",
    "graduated_percentage",
]


@dataclass(frozen=True, slots=True)
class Pricing:
    """A pricing model: the terms it needs, and its function."""

    terms: type[Terms]
    function: Callable[[Decimal, Any, int], Rating]


MODELS: dict[PricingModel, Pricing] = {
    "flat": Pricing(FlatTerms, rate_flat),
    "per_unit": Pricing(PerUnitTerms, rate_per_unit),
    "graduated": Pricing(BandTerms, rate_graduated),
    "volume": Pricing(BandTerms, rate_volume),
    "package": Pricing(PackageTerms, rate_package),
    "percentage": Pricing(PercentageTerms, rate_percentage),
    "graduated_percentage": Pricing(BandTerms, rate_graduated_percentage),
}


def rate(
    model: PricingModel, quantity: Decimal, terms: Terms, *, events: int = 0
) -> Rating:
    """Return what a quantity costs for one whole period, unrounded, and why.

    :param quantity: units, or the volume of money for the percentages
    :param terms: those that the model needs
    :param events: how many events made up the quantity; only ``percentage`` asks
    :raises ValueError: the model is unknown, the terms are another model's, or the
        quantity or the events are negative
    """
    pricing = MODELS.get(model)
    if pricing is None:
        raise ValueError(f"unknown pricing model: {model}")
    if type(terms) is not pricing.terms:
        raise ValueError(
            f"{model} needs {pricing.terms.__name__}, not {type(terms).__name__}"
        )
    if quantity < 0 or events < 0:
        raise ValueError(f"nothing negative can be priced: {quantity}, {events} events")
    rating = pricing.function(quantity, terms, events)
    return _raise_to_minimum(_show_included(rating, quantity, terms), terms)


def _show_included(rating: Rating, quantity: Decimal, terms: Terms) -> Rating:
    """Return the rating with a first step for the units that cost nothing."""
    free = min(quantity, terms.included)
    if not free:
        return rating
    return Rating((Step("included", Decimal(0), quantity=free), *rating.steps))


def _raise_to_minimum(rating: Rating, terms: Terms) -> Rating:
    """Return the rating with a last step up to the minimum charge, if it is below."""
    missing = terms.minimum - rating.amount
    if missing <= 0:
        return rating
    return Rating((*rating.steps, Step("minimum", missing, rate=terms.minimum)))
