"""What one line of a subscription owes for one period."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .discounts import Taken
from .pricing.steps import Step
from .recurrence import Period


@dataclass(frozen=True, slots=True)
class Charge:
    """The price of a line for some days, before taxes and rounding.

    :param line_id: id of the subscription line; 0 for an item without one
    :param kind: ``recurring``, ``credit`` or what other addons add
    :param quantity: units on the invoice line; negative when something is given back
    :param gross: price of ``quantity`` for a whole period, before any discount; for a
        credit what is given back, as a negative amount
    :param discount: percentage off that price, 0 to 100
    :param share: how much of a whole period is billed
    :param origin_id: id of the claim that a credit gives back
    :param item_id: id of the one-off item that is billed
    :param component_id: id of the product of a bundle whose share this is; 0 for the
        whole
    :param reduction: what coupons and discounts take off, in the currency, unrounded
    :param reductions: which discount takes how much of it
    :param steps: how ``gross`` came about, where the line alone does not tell
    """

    line_id: int
    kind: str
    period: Period
    quantity: Decimal
    gross: Decimal
    discount: Decimal = Decimal(0)
    share: Fraction = Fraction(1)
    origin_id: int = 0
    item_id: int = 0
    component_id: int = 0
    reduction: Decimal = Decimal(0)
    reductions: tuple[Taken, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def amount(self) -> Decimal:
        """Return what is owed, unrounded."""
        price = self.gross * self.share.numerator / self.share.denominator
        return price * (100 - self.discount) / 100 - self.reduction

    @property
    def price_unit(self) -> Decimal:
        """Return the price of one unit for these days before discount, unrounded.

        Without units it is the whole price: a base fee is due for none as well.
        """
        price = self.gross * self.share.numerator / self.share.denominator
        return price / self.quantity if self.quantity else price
