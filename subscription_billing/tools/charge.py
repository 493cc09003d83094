"""What one line of a subscription owes for one period."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .recurrence import Period


@dataclass(frozen=True, slots=True)
class Charge:
    """The price of one line for one period, before taxes and rounding.

    :param line_id: id of the subscription line
    :param kind: what is claimed, ``recurring`` for a whole period in advance
    :param discount: percentage off the unit price, 0 to 100
    """

    line_id: int
    kind: str
    period: Period
    quantity: Decimal
    price_unit: Decimal
    discount: Decimal

    @property
    def amount(self) -> Decimal:
        """Return quantity × price less the discount, unrounded."""
        return self.quantity * self.price_unit * (100 - self.discount) / 100
