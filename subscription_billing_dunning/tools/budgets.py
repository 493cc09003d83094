"""How often one card may be tried: what its network allows, and what we do.

The networks fine those who try a card too often. They count what one merchant tries on
one card, so all tries of a card count together: for whatever invoice, and however often
the card is saved. Visa counts them for each amount, which is more generous than here.

Windows are rolling, and half open: a try at ``t`` counts until ``t + within`` and no
longer at that instant, when the next one may be sent. So none of the half-open spans
``[t, t + within)`` ever holds more than ``count`` tries. Whoever counts by the day of
the calendar in UTC finds no more of them in as many days.

Instants are in UTC, all with a time zone or all without.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from odoo.addons.subscription_billing.tools.dunning import MOST_TRIES, TRIES_WITHIN


@dataclass(frozen=True, slots=True)
class Budget:
    """At most ``count`` tries ``within`` any time of this length.

    :raises ValueError: it would allow no try, or has no length
    """

    count: int
    within: timedelta

    def __post_init__(self) -> None:
        """Refuse a budget that could never be kept, or never be reached."""
        if self.count < 1:
            raise ValueError(f"A budget allows at least 1 try, not {self.count}.")
        if self.within <= timedelta(0):
            raise ValueError(f"A budget counts within some time, not {self.within}.")


#: ours, on every card
OURS = Budget(MOST_TRIES, TRIES_WITHIN)

_VISA = Budget(20, timedelta(days=30))
_MASTERCARD_DAY = Budget(10, timedelta(hours=24))
_MASTERCARD_MONTH = Budget(35, timedelta(days=30))
#: brand of the card, in lower case -> what its network allows; Visa's 15 in 30 days
#: became 20 in May 2025: support.checkout.com/hc/en-us/articles/25482040901394
NETWORKS: dict[str, tuple[Budget, ...]] = {
    "visa": (_VISA,),
    "mastercard": (_MASTERCARD_DAY, _MASTERCARD_MONTH),
}
#: for networks that publish no limit, and cards of unknown brand: the strictest limit
#: that any network has within a day, and within a month
ELSEWHERE = (_MASTERCARD_DAY, _VISA)


def card_budgets(brand: str, ours: Iterable[Budget] = (OURS,)) -> tuple[Budget, ...]:
    """Return all budgets that a card has to keep.

    :param brand: such as "Visa" or "visa"; empty when it is not known
    :param ours: what the company allows; the network's limits hold beside it
    """
    return (*ours, *NETWORKS.get(brand.casefold(), ELSEWHERE))


def earliest(
    budgets: Iterable[Budget], tries: Iterable[datetime], now: datetime
) -> datetime:
    """Return from when one more try of a card keeps all budgets; ``now`` at the least.

    :param tries: when the card was tried, in any order, for whatever invoice
    """
    ordered = sorted(tries)
    free = [
        ordered[-budget.count] + budget.within
        for budget in budgets
        if len(ordered) >= budget.count
    ]
    return max([now, *free])
