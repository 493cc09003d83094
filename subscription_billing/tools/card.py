"""Cards as their owners know them: brand, last digits and expiry, and no more of them.

Months and years are those on the card; days are calendar days, and a card is valid
until the last day of its month.
"""

from __future__ import annotations

import calendar
from datetime import date

#: what providers call a brand -> what its card says
BRANDS = {
    "amex": "American Express",
    "american_express": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
#: what stands for the digits that nobody keeps
HIDDEN = "••••"


def last_valid_day(month: int, year: int) -> date:
    """Return the last day on which a card can be charged.

    :param month: 1 to 12
    :param year: with its century
    :raises ValueError: there is no such month
    """
    if not 1 <= month <= 12 or not 2000 <= year <= date.max.year:
        raise ValueError(f"A card does not expire in month {month} of year {year}.")
    return date(year, month, calendar.monthrange(year, month)[1])


def expiry_label(last_day: date | None) -> str:
    """Return an expiry as it stands on the card, such as "04/28"."""
    return f"{last_day:%m/%y}" if last_day else ""


def brand_name(code: str) -> str:
    """Return the name of a brand, as on the card, from a provider's word for it."""
    key = code.strip().lower().replace(" ", "_").replace("-", "_")
    return BRANDS.get(key) or (code.strip().title() if code.islower() else code.strip())


def card_name(
    brand: str, last_digits: str, last_day: date | None, max_length: int
) -> str:
    """Return what a card is called, such as "Visa •••• 4242, 04/28".

    What does not fit is left out: first the expiry, then the brand.

    :param max_length: characters that there is room for
    :return: empty when not even the digits fit
    """
    digits = f"{HIDDEN} {last_digits}"
    branded = f"{brand} {digits}" if brand else digits
    dated = f"{branded}, {expiry_label(last_day)}" if last_day else branded
    return next(
        (name for name in (dated, branded, digits) if len(name) <= max_length), ""
    )
