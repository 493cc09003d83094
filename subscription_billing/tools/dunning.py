"""What is known of an invoice that was not collected, for whoever follows it up.

The limits on tries keep away from those of the card networks, which count what is
tried on one card, whoever is charged with it: at most 8 in 14 days here, where Visa
allows 20 in 30 days, and Mastercard 35.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from .outcome import Category, Decline

#: the shortest time between two tries of one card, by why the last one was declined
PAUSES: dict[Category, timedelta] = {
    "retry": timedelta(days=1),
    "unknown": timedelta(days=3),
}
#: how many tries of one card there may be within a time
MOST_TRIES = 8
TRIES_WITHIN = timedelta(days=14)

#: what keeps the invoice from being charged: an unknown outcome, a charge that the bank
#: has not settled, money that is not in the books yet, the customer who is paying by
#: himself, or a dispute
Block = Literal["unknown", "pending", "unbooked", "online", "disputed"]


@dataclass(frozen=True, slots=True)
class DunningFacts:
    """What is known of an invoice that is owed.

    :param amount_due: in the currency of the invoice
    :param days_overdue: since the due date; 0 until it has passed
    :param attempts_in_round: charges that were sent since it was last put in line
    :param attempts: charges that were sent at all
    :param date_last_attempt: when the last one was sent, in UTC, None without one
    :param last_decline: why it was refused, None when it was not
    :param methods_left: ids of the saved methods that this round has not tried
    :param block: why it may not be charged now, None when it may
    :param date_next_attempt: from when the method of the last charge may be tried
        again, in UTC; None when it should not be before the customer has acted
    """

    amount_due: Decimal
    days_overdue: int
    attempts_in_round: int
    attempts: int
    date_last_attempt: datetime | None
    last_decline: Decline | None
    methods_left: tuple[int, ...]
    block: Block | None
    date_next_attempt: datetime | None


def next_attempt(category: Category, tries: Sequence[datetime]) -> datetime | None:
    """Return from when a card that was declined may be tried again.

    :param category: of the last decline
    :param tries: when the card was charged, in any order, the last one included
    :return: None for what waits for the customer, or is never tried again
    :raises ValueError: there was no try
    """
    if not tries:
        raise ValueError("What was never tried was not declined.")
    if category not in PAUSES:
        return None
    ordered = sorted(tries)
    following = ordered[-1] + PAUSES[category]
    if len(ordered) < MOST_TRIES:
        return following
    return max(following, ordered[-MOST_TRIES] + TRIES_WITHIN)
