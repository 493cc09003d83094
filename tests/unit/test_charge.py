"""What a line owes for a period."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.charge import Charge
from odoo.addons.subscription_billing.tools.recurrence import Period

PERIOD = Period(date(2026, 1, 1), date(2026, 2, 1))
amounts = st.decimals(min_value=0, max_value=10**6, places=2)
percentages = st.decimals(min_value=0, max_value=100, places=2)


def charge(quantity, price_unit, discount):
    return Charge(
        line_id=1,
        kind="recurring",
        period=PERIOD,
        quantity=Decimal(quantity),
        gross=Decimal(quantity) * Decimal(price_unit),
        discount=Decimal(discount),
    )


def test_the_amount_is_not_rounded():
    assert charge(3, "9.99", "12.5").amount == Decimal("26.22375")


def test_a_full_discount_is_free():
    assert charge(3, "9.99", 100).amount == 0


@given(amounts, amounts, percentages)
def test_a_discount_never_turns_an_amount_negative(quantity, price_unit, discount):
    amount = charge(quantity, price_unit, discount).amount
    assert 0 <= amount <= quantity * price_unit
