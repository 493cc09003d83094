"""What a refund written by a person takes back of each charge."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.reversal import take_back

CENT = Decimal("0.01")
AMOUNTS = st.decimals(min_value=0, max_value=1000, places=2)


def _take_back(charged, refunded):
    return [
        str(part)
        for part in take_back(
            [(product, Decimal(amount)) for product, amount in charged],
            {product: Decimal(amount) for product, amount in refunded.items()},
            CENT,
        )
    ]


def test_a_refund_is_taken_off_the_product_that_it_names():
    charged = [("month", "310.00"), ("setup", "50.00")]
    assert _take_back(charged, {"setup": "50.00"}) == ["0.00", "50.00"]


def test_what_is_more_than_was_charged_is_taken_off_the_others():
    charged = [("month", "310.00"), ("setup", "50.00")]
    assert _take_back(charged, {"setup": "80.00"}) == ["30.00", "50.00"]


def test_a_refund_of_nothing_that_was_charged_is_shared_to_the_cent():
    charged = [("a", "10.00"), ("b", "10.00"), ("c", "10.00")]
    assert _take_back(charged, {"goodwill": "10.00"}) == ["3.34", "3.33", "3.33"]


def test_what_a_refund_charges_lowers_what_it_takes_back():
    charged = [("month", "310.00"), ("setup", "50.00")]
    refunded = {"goodwill": "100.00", "fee": "-10.00"}
    assert sum(map(Decimal, _take_back(charged, refunded))) == 90


@given(
    st.lists(st.tuples(st.sampled_from("abc"), AMOUNTS), max_size=5),
    st.dictionaries(st.sampled_from("abcd"), AMOUNTS, max_size=4),
)
def test_all_that_was_refunded_is_taken_back_and_never_more_than_charged(
    charged, refunded
):
    parts = take_back(charged, refunded, CENT)
    total = sum(amount for _product, amount in charged)
    assert sum(parts) == min(sum(refunded.values()), total)
    assert all(0 <= part <= each[1] for part, each in zip(parts, charged, strict=True))
