"""Stripe's minor units: amounts are whole numbers of them.

Most currencies have two decimals; what differs is data below, from
docs.stripe.com/currencies ("zero-decimal", "three-decimal" and "special cases").
"""

from decimal import Decimal

_DEFAULT_DECIMALS = 2
_WITHOUT_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_WITH_THREE_DECIMALS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
#: currency -> a multiple of which every amount has to be, in minor units. Krónur and
#: Ugandan shillings are counted in hundredths that do not exist; the third decimal of
#: dinars and rials has to be 0.
_STEPS = {"ISK": 100, "UGX": 100} | dict.fromkeys(_WITH_THREE_DECIMALS, 10)


class AmountError(ValueError):
    """An amount that Stripe cannot take in this currency."""


def decimals(currency: str) -> int:
    """Return how many decimals Stripe counts: 2 for ``EUR`` and ``ISK``, 0 for ``JPY``.

    :param currency: three letters
    """
    if currency.upper() in _WITHOUT_DECIMALS:
        return 0
    return 3 if currency.upper() in _WITH_THREE_DECIMALS else _DEFAULT_DECIMALS


def to_minor(amount: Decimal, currency: str) -> int:
    """Return an amount in minor units: 19.99 EUR are 1999, 500 JPY are 500.

    Nothing is rounded: that is for whoever owes the amount.

    :raises AmountError: when Stripe has no such amount, as 0.001 EUR or 10.50 ISK
    """
    minor = amount.scaleb(decimals(currency))
    if minor % _STEPS.get(currency.upper(), 1):
        raise AmountError(
            f"Stripe cannot take {amount} {currency.upper()}: round the amount to "
            f"{_smallest(currency)} {currency.upper()}."
        )
    return int(minor)


def to_major(minor: int, currency: str) -> Decimal:
    """Return what minor units are worth: 1999 EUR are 19.99."""
    return Decimal(minor).scaleb(-decimals(currency))


def _smallest(currency: str) -> Decimal:
    return to_major(_STEPS.get(currency.upper(), 1), currency)
