"""What a refund gives back of a line, and from which payments it is paid back."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.refund import TaxedAmount, draw

AMOUNTS = st.decimals(min_value=0, max_value=1000, places=2)
CENT = Decimal("0.01")


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


def test_a_part_has_its_part_of_the_taxes():
    worth = TaxedAmount(Decimal(100), (Decimal(15),), (Decimal(100),))
    part = worth.get_part(Fraction(0), Fraction(1, 5), CENT)
    assert part == TaxedAmount(Decimal(20), (Decimal(3),), (Decimal(20),))


def test_however_small_the_parts_are_they_have_the_taxes():
    """Of 0.23 in cents, 15 % are less than half a cent each time."""
    worth = TaxedAmount(Decimal("0.20"), (Decimal("0.03"),), (Decimal("0.20"),))
    cents = [
        worth.get_part(Fraction(n, 23), Fraction(n + 1, 23), CENT) for n in range(23)
    ]
    assert {part.total for part in cents} == {CENT}
    assert sum(part.taxes[0] for part in cents) == Decimal("0.03")
    assert sum(part.bases[0] for part in cents) == Decimal("0.20")


@given(AMOUNTS, st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=3), st.data())
def test_parts_that_follow_one_another_are_the_whole(untaxed, taxes, data):
    amounts, bases = zip(*taxes, strict=True) if taxes else ((), ())
    worth = TaxedAmount(untaxed, amounts, bases)
    cents = int(worth.total * 100)
    given_back = data.draw(st.sets(st.integers(0, cents))) | {0, cents}
    shares = [(n, Fraction(n, cents) if cents else Fraction(1)) for n in given_back]
    parts = []
    for (before, start), (after, end) in pairwise(sorted(shares)):
        part = worth.get_part(start, end, CENT)
        assert part.total == (after - before) * CENT
        parts.append(part)
    if cents:
        assert sum(part.untaxed for part in parts) == untaxed
        for number in range(len(taxes)):
            assert sum(part.taxes[number] for part in parts) == amounts[number]
            assert sum(part.bases[number] for part in parts) == bases[number]
