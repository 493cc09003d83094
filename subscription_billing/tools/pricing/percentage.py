"""Percentage: a share of a volume of money, and a fee for each event.

Lago's percentage charge with a fixed fee, a free volume and free events.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .steps import ZERO, Rating, Step, price_share
from .terms import Terms, refuse_negative


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentageTerms(Terms):
    """:param percentage: of the volume beyond the included one
    :param fee: of one event
    :param free_events: events of a period without a fee
    """

    percentage: Decimal = ZERO
    fee: Decimal = ZERO
    free_events: int = 0

    def __post_init__(self) -> None:
        Terms.__post_init__(self)
        refuse_negative(self, "percentage", "fee", "free_events")


def rate_percentage(
    quantity: Decimal, terms: PercentageTerms, events: int = 0
) -> Rating:
    """Return the share of the volume, and the fees where there are any.

    :param quantity: the volume of the period, in the currency
    :param events: how many events made it up
    """
    share = price_share(terms.get_billed(quantity), terms.percentage)
    charged = Decimal(max(events - terms.free_events, 0))
    if not charged or not terms.fee:
        return Rating((share,))
    fees = Step("events", charged * terms.fee, quantity=charged, rate=terms.fee)
    return Rating((share, fees))
