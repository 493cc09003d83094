"""Cards as their owners know them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.card import (
    brand_name,
    card_name,
    expiry_label,
    last_valid_day,
)


@given(st.integers(1, 12), st.integers(2000, 2099))
def test_the_last_valid_day_is_the_last_of_its_month(month, year):
    last = last_valid_day(month, year)
    assert (last.month, last.year) == (month, year)
    assert (last + timedelta(days=1)).day == 1
    assert expiry_label(last) == f"{month:02}/{year % 100:02}"


@pytest.mark.parametrize(("month", "year"), [(0, 2028), (13, 2028), (4, 28)])
def test_no_such_month(month, year):
    with pytest.raises(ValueError, match="does not expire"):
        last_valid_day(month, year)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("visa", "Visa"),
        ("amex", "American Express"),
        ("American Express", "American Express"),
        ("elo", "Elo"),
        ("girocard DE", "girocard DE"),
    ],
)
def test_brands_have_their_names(code, name):
    assert brand_name(code) == name


@pytest.mark.parametrize(
    ("room", "name"),
    [
        (34, "Visa •••• 4242, 04/28"),
        (20, "Visa •••• 4242"),
        (13, "•••• 4242"),
        (8, ""),
    ],
)
def test_a_name_fits(room, name):
    assert card_name("Visa", "4242", date(2028, 4, 30), room) == name


def test_a_name_without_brand_or_expiry():
    assert card_name("", "4242", None, 34) == "•••• 4242"
    assert expiry_label(None) == ""
