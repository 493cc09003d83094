"""From which payments a refund is paid back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.refund import draw

AMOUNTS = st.decimals(min_value=0, max_value=1000, places=2)


def test_the_first_payment_is_paid_back_first():
    assert draw(Decimal(100), [Decimal(65), Decimal(50)]) == (65, 35)


def test_a_payment_that_has_enough_leaves_the_others_alone():
    assert draw(Decimal(40), [Decimal(65), Decimal(50)]) == (40, 0)


@pytest.mark.parametrize(
    ("amount", "sources"), [(1, []), (6, [5]), (-1, [5]), (0, [-1])]
)
def test_it_refuses(amount, sources):
    with pytest.raises(ValueError, match="left"):
        draw(Decimal(amount), [Decimal(source) for source in sources])


@given(st.lists(AMOUNTS, min_size=1), st.integers(0, 100))
def test_no_payment_gives_more_than_it_has(sources, percent):
    amount = sum(sources) * percent / 100
    parts = draw(amount, sources)
    assert sum(parts) == amount
    assert all(0 <= part <= source for part, source in zip(parts, sources, strict=True))
