"""Amounts in the minor units that Stripe counts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.payment.const import CURRENCY_MINOR_UNITS
from odoo.addons.payment_stripe.const import CURRENCY_DECIMALS
from odoo.addons.subscription_billing_stripe.tools.amounts import (
    AmountError,
    decimals,
    to_major,
    to_minor,
)

#: docs.stripe.com/currencies, "Supported presentment currencies"
CURRENCIES = [
    "AED",
    "AFN",
    "ALL",
    "AMD",
    "ANG",
    "AOA",
    "ARS",
    "AUD",
    "AWG",
    "AZN",
    "BAM",
    "BBD",
    "BDT",
    "BHD",
    "BIF",
    "BMD",
    "BND",
    "BOB",
    "BRL",
    "BSD",
    "BWP",
    "BYN",
    "BZD",
    "CAD",
    "CDF",
    "CHF",
    "CLP",
    "CNY",
    "COP",
    "CRC",
    "CVE",
    "CZK",
    "DJF",
    "DKK",
    "DOP",
    "DZD",
    "EGP",
    "ETB",
    "EUR",
    "FJD",
    "FKP",
    "GBP",
    "GEL",
    "GIP",
    "GMD",
    "GNF",
    "GTQ",
    "GYD",
    "HKD",
    "HNL",
    "HTG",
    "HUF",
    "IDR",
    "ILS",
    "INR",
    "ISK",
    "JMD",
    "JOD",
    "JPY",
    "KES",
    "KGS",
    "KHR",
    "KMF",
    "KRW",
    "KWD",
    "KYD",
    "KZT",
    "LAK",
    "LBP",
    "LKR",
    "LRD",
    "LSL",
    "MAD",
    "MDL",
    "MGA",
    "MKD",
    "MMK",
    "MNT",
    "MOP",
    "MUR",
    "MVR",
    "MWK",
    "MXN",
    "MYR",
    "MZN",
    "NAD",
    "NGN",
    "NIO",
    "NOK",
    "NPR",
    "NZD",
    "OMR",
    "PAB",
    "PEN",
    "PGK",
    "PHP",
    "PKR",
    "PLN",
    "PYG",
    "QAR",
    "RON",
    "RSD",
    "RWF",
    "SAR",
    "SBD",
    "SCR",
    "SEK",
    "SGD",
    "SHP",
    "SLE",
    "SOS",
    "SRD",
    "STD",
    "SZL",
    "THB",
    "TJS",
    "TND",
    "TOP",
    "TRY",
    "TTD",
    "TWD",
    "TZS",
    "UAH",
    "UGX",
    "USD",
    "UYU",
    "UZS",
    "VND",
    "VUV",
    "WST",
    "XAF",
    "XCD",
    "XOF",
    "XPF",
    "YER",
    "ZAR",
    "ZMW",
]


@pytest.mark.parametrize("currency", CURRENCIES)
def test_stripe_and_odoo_count_alike(currency):
    core = CURRENCY_DECIMALS.get(currency, CURRENCY_MINOR_UNITS.get(currency, 2))
    assert decimals(currency) == core


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("19.99", "EUR", 1999),
        ("19.9", "eur", 1990),
        ("500", "JPY", 500),
        ("500", "ISK", 50000),
        ("500", "UGX", 50000),
        ("5.120", "KWD", 5120),
        ("5.12", "KWD", 5120),
        ("999999999999.99", "USD", 99999999999999),
    ],
)
def test_amounts_become_minor_units(amount, currency, minor):
    assert to_minor(Decimal(amount), currency) == minor
    assert to_major(minor, currency) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency", "advice"),
    [
        ("0.001", "EUR", "round the amount to 0.01 EUR"),
        ("0.5", "JPY", "round the amount to 1 JPY"),
        ("10.50", "ISK", "round the amount to 1.00 ISK"),
        ("5.124", "KWD", "round the amount to 0.010 KWD"),
    ],
)
def test_what_stripe_cannot_take_is_refused(amount, currency, advice):
    with pytest.raises(AmountError, match=advice):
        to_minor(Decimal(amount), currency)


@given(st.integers(-(10**14), 10**14), st.sampled_from(CURRENCIES))
def test_minor_units_survive_the_way_there_and_back(steps, currency):
    step = {"ISK": 100, "UGX": 100}.get(currency, 10 if decimals(currency) == 3 else 1)
    assert to_minor(to_major(steps * step, currency), currency) == steps * step
