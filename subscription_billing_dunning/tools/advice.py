"""What the issuer or the network advises on one decline, and what follows from it.

A provider's addon has classified the decline by then, and has heard most advice itself.
What is left is heard here, for the providers that hand it through: advice may forbid
what the category allows, or say that an unclear decline will pass. It never allows what
the category forbids, for that may be the network's rule, or a payment that only the
customer can confirm.
"""

from __future__ import annotations

from datetime import timedelta

from odoo.addons.subscription_billing.tools.outcome import Category, Decline

#: how long to wait at the least, by Mastercard's advice codes:
#: docs.solidgate.com/payments/payments-insights/merchant-advice-codes
WAITS: dict[str, timedelta] = {
    "24": timedelta(hours=1),
    "25": timedelta(hours=24),
    "26": timedelta(days=2),
    "27": timedelta(days=4),
    "28": timedelta(days=6),
    "29": timedelta(days=8),
    "30": timedelta(days=10),
}
#: In words: docs.stripe.com/declines/card#retrying-issuer-declines. In figures:
#: Mastercard's "new account information", "try again later", "do not try again" and
#: "stop recurring payment"; those who try again after 03 and 21 are fined.
ADVICE: dict[str, Category] = {
    "do_not_try_again": "never",
    "confirm_card_data": "customer",
    "try_again_later": "retry",
    "01": "customer",
    "02": "retry",
    "03": "never",
    "21": "never",
} | dict.fromkeys(WAITS, "retry")

#: from what leaves the most freedom to what leaves none
_STRICTNESS: dict[Category, int] = {"retry": 0, "unknown": 1, "customer": 2, "never": 3}


def refine(decline: Decline) -> Category:
    """Return what may be done about a decline, its advice considered."""
    advised = ADVICE.get(decline.advice, decline.category)
    if decline.category == "unknown":
        return advised
    return max(decline.category, advised, key=_STRICTNESS.__getitem__)


def advised_wait(decline: Decline) -> timedelta:
    """Return how long the issuer wants nothing to be tried; 0 if it does not say."""
    return WAITS.get(decline.advice, timedelta(0))
