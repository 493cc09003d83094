"""What one line of a subscription owes for one period."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .discounts import Taken
from .recurrence import Period


@dataclass(frozen=True, slots=True)
class Charge:
    """The price of one line for one period, before taxes and rounding.

    :param line_id: id of the subscription line
    :param kind: what is claimed, ``recurring`` for a whole period in advance
    :param discount: percentage off the unit price, 0 to 100
    :param reduction: what coupons and discounts take off, in the currency, unrounded
    :param reductions: which discount takes how much of it
    """

    line_id: int
    kind: str
    period: Period
    quantity: Decimal
    price_unit: Decimal
    discount: Decimal
    reduction: Decimal = Decimal(0)
    reductions: tuple[Taken, ...] = ()

    @property
    def amount(self) -> Decimal:
        """Return quantity × price less the discount and the reduction, unrounded."""
        gross = self.quantity * self.price_unit * (100 - self.discount) / 100
        return gross - self.reduction
