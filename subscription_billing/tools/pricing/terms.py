"""What all pricing models agree on: units that are free, a least amount, and bands.

Terms refuse what cannot be priced when they are made, so that rating never fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from .steps import ZERO, Span

Problem = Literal[
    "negative",
    "below_one",
    "no_units",
    "no_bands",
    "open_before_last",
    "last_not_open",
    "not_ascending",
]

_MESSAGES: dict[Problem, str] = {
    "negative": "{field} must not be negative: {value}",
    "below_one": "{field} must be 1 or more: {value}",
    "no_units": "{field}: a flat price has no units that could be included",
    "no_bands": "{field}: at least one band is needed",
    "open_before_last": "{field}: only the last band may be without end",
    "last_not_open": "{field}: the last band must be without end, it ends at {value}",
    "not_ascending": "{field}: each band must end after the one before it, not "
    "at {value}",
}


class TermsError(ValueError):
    """Terms that cannot be priced.

    :param problem: what is wrong, for whoever words it in another language
    :param field: the name of the field at fault, in the terms or in the band
    :param value: its value
    :param band: the position of the band at fault, from 0
    """

    def __init__(
        self,
        problem: Problem,
        field: str,
        value: Decimal | int | None = None,
        band: int | None = None,
    ) -> None:
        where = field if band is None else f"band {band + 1}, {field}"
        super().__init__(_MESSAGES[problem].format(field=where, value=value))
        self.problem = problem
        self.field = field
        self.value = value
        self.band = band


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What every pricing model has.

    :param included: units of a period that cost nothing
    :param minimum: the least amount of a period, whatever the quantity
    :raises TermsError: one of them is negative
    """

    included: Decimal = ZERO
    minimum: Decimal = ZERO

    def __post_init__(self) -> None:
        refuse_negative(self, "included", "minimum")

    def get_billed(self, quantity: Decimal) -> Decimal:
        """Return the units beyond the included ones."""
        return max(quantity - self.included, ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One band of quantities and what it costs.

    :param last: its last quantity, included; None for a band without end
    :param rate: the price of a unit or a block, or the percentage
    :param flat: a fee that is due once the band is reached
    :param size: units in one block, None to price single units
    """

    last: Decimal | None = None
    rate: Decimal = ZERO
    flat: Decimal = ZERO
    size: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BandTerms(Terms):
    """Bands in ascending order, the last one without end.

    :raises TermsError: they are not, or a price is negative, or a block holds less
        than one unit
    """

    bands: tuple[Band, ...]

    def __post_init__(self) -> None:
        Terms.__post_init__(self)
        if not self.bands:
            raise TermsError("no_bands", "bands")
        for position, band in enumerate(self.bands):
            refuse_negative(band, "rate", "flat", band=position)
            if band.size is not None:
                refuse_below_one(band, "size", band=position)
        self._check_order()

    def _check_order(self) -> None:
        """Refuse bands that leave a gap, overlap, or do not cover all quantities."""
        after = ZERO
        for position, band in enumerate(self.bands[:-1]):
            if band.last is None:
                raise TermsError("open_before_last", "last", band=position)
            if band.last <= after:
                raise TermsError("not_ascending", "last", band.last, position)
            after = band.last
        if (last := self.bands[-1].last) is not None:
            raise TermsError("last_not_open", "last", last, len(self.bands) - 1)

    def get_spans(self) -> Iterator[tuple[Band, Span]]:
        """Yield each band with the quantities that it covers."""
        after = ZERO
        for band in self.bands:
            yield band, Span(after, band.last)
            if band.last is not None:
                after = band.last

    def fill(self, quantity: Decimal) -> Iterator[tuple[Band, Span, Decimal]]:
        """Yield the bands that a quantity reaches, each with its units.

        The first band is there for no units as well: its flat fee is always due.
        """
        for band, span in self.get_spans():
            if quantity <= span.after and span.after:
                return
            end = quantity if span.last is None else min(quantity, span.last)
            yield band, span, end - span.after


def refuse_negative(terms: object, *names: str, band: int | None = None) -> None:
    """Raise a ``TermsError`` for the first of the fields that is below zero."""
    for name in names:
        if (value := getattr(terms, name)) < 0:
            raise TermsError("negative", name, value, band)


def refuse_below_one(terms: object, name: str, band: int | None = None) -> None:
    """Raise a ``TermsError`` for a size below one unit."""
    if (value := getattr(terms, name)) < 1:
        raise TermsError("below_one", name, value, band)
