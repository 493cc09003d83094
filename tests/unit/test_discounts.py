"""What coupons and discounts take off, and in which order, without a database."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.allocation import round_to_step
from odoo.addons.subscription_billing.tools.discounts import Discount, apply
from odoo.addons.subscription_billing.tools.recurrence import Interval
from odoo.addons.subscription_billing.tools.revenue import monthly_amount

CENT = Decimal("0.01")

amounts = st.lists(st.decimals(0, 5000, places=5), max_size=6)
any_amounts = st.lists(st.decimals(-500, 5000, places=5), max_size=6)
scopes = st.none() | st.frozensets(st.integers(0, 5))
sequences = st.integers(0, 3)
percentages = st.builds(
    Discount,
    key=st.integers(1, 9),
    kind=st.just("percentage"),
    value=st.decimals("0.01", 100, places=2),
    sequence=sequences,
    scope=scopes,
)
fixed = st.builds(
    Discount,
    key=st.integers(1, 9),
    kind=st.just("amount"),
    value=st.decimals("0.01", 9999, places=2),
    sequence=sequences,
    scope=scopes,
)
discounts = st.lists(percentages | fixed, max_size=5)


def percent(value, key=1, **vals):
    return Discount(key, "percentage", Decimal(value), **vals)


def amount(value, key=1, **vals):
    return Discount(key, "amount", Decimal(value), **vals)


def reduce(amounts, *discounts, step=CENT):
    """Return what is left of each amount."""
    amounts = [Decimal(text) for text in amounts]
    result = apply(amounts, discounts, step=step)
    return [a - r for a, r in zip(amounts, result.reductions, strict=True)]


def decimals(*texts):
    return [Decimal(text) for text in texts]


# === CASES === #


@pytest.mark.parametrize(
    ("lines", "discounts", "expected"),
    [
        pytest.param(["100"], [percent(20)], ["80"], id="percent"),
        pytest.param(["100"], [percent("33.33")], ["66.67"], id="odd percent"),
        pytest.param(["0.05"], [percent(10)], ["0.045"], id="percent is not rounded"),
        pytest.param(["100"], [amount(20)], ["80"], id="amount"),
        pytest.param(["100"], [percent(100)], ["0"], id="free"),
        pytest.param(["15"], [amount(20)], ["0"], id="no more than there is"),
        pytest.param(["15", "10"], [amount(20)], ["3", "2"], id="in proportion"),
        pytest.param(
            ["33.33"] * 3, [amount(10)], ["29.99", "30", "30"], id="a third each"
        ),
        pytest.param(
            ["100", "50"], [percent(20, scope=frozenset({1}))], ["100", "40"],
            id="a percentage stays in its scope",
        ),
        pytest.param(
            ["100", "5"], [amount(20, scope=frozenset({1}))], ["100", "0"],
            id="an amount stays in its scope",
        ),
        pytest.param(["100"], [percent(20, scope=frozenset())], ["100"], id="no line"),
        pytest.param(["100", "0"], [amount(20)], ["80", "0"], id="a free line"),
        pytest.param(["100", "-30"], [percent(50)], ["50", "-30"], id="a rebate line"),
        pytest.param(
            ["100", "-30"], [percent(100)], ["30", "-30"], id="not below zero in total"
        ),
        pytest.param(
            ["100", "-30"], [amount(90)], ["30", "-30"], id="nor by an amount"
        ),
        pytest.param(["-30"], [amount(90)], ["-30"], id="nothing to reduce"),
        pytest.param([], [amount(90)], [], id="no lines"),
    ],
)  # fmt: skip
def test_cases(lines, discounts, expected):
    assert reduce(lines, *discounts) == decimals(*expected)


def test_percentages_multiply_and_do_not_add():
    assert reduce(["100"], percent(20), percent(10)) == decimals("72")


def test_percentages_go_before_amounts_whatever_their_sequence():
    first = [amount(20, sequence=1), percent(50, sequence=9)]
    assert reduce(["100"], *first) == decimals("30")
    assert reduce(["100"], *reversed(first)) == decimals("30")


def test_amounts_go_by_their_sequence():
    """The second finds nothing left on the line that the first has emptied."""
    lines = decimals("10", "10")
    narrow = amount(10, key=1, sequence=1, scope=frozenset({0}))
    wide = amount(8, key=2, sequence=2)
    result = apply(lines, [wide, narrow], step=CENT)
    assert [[(t.discount, t.amount) for t in line] for line in result.taken] == [
        [(1, 10)],
        [(2, 8)],
    ]


def test_the_result_says_which_discount_took_what():
    result = apply(
        decimals("100", "50"),
        [amount(10, key=3), percent(10, key=1), percent(50, key=2, sequence=1)],
        step=CENT,
    )
    assert [[(t.discount, t.amount) for t in line] for line in result.taken] == [
        [(1, 10), (2, 45), (3, Decimal("6.67"))],
        [(1, 5), (2, Decimal("22.5")), (3, Decimal("3.33"))],
    ]


def test_oracle_i3_half_price_for_ever_halves_the_revenue():
    """A 50 % forever coupon on 100 a month leaves an MRR of 50."""
    assert monthly_amount(sum(reduce(["100"], percent(50))), Interval(1, "month")) == 50


@pytest.mark.parametrize("step", ["1", "0.05"])
def test_an_amount_is_spread_in_payable_steps(step):
    step = Decimal(step)
    for rest in reduce(["100", "100", "100"], amount(20), step=step):
        assert rest % step == 0


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("percentage", "0"),
        ("percentage", "-5"),
        ("percentage", "100.01"),
        ("amount", "0"),
        ("amount", "-5"),
        ("gift", "5"),
    ],
)
def test_a_discount_that_makes_no_sense_is_refused(kind, value):
    with pytest.raises(ValueError, match="A discount"):
        Discount(1, kind, Decimal(value))


# === PROPERTIES === #


@given(any_amounts, discounts)
def test_nothing_falls_below_zero(lines, discounts):
    rests = reduce(lines, *discounts)
    for line, rest in zip(lines, rests, strict=True):
        assert min(line, 0) <= rest <= line
    assert sum(rests) >= min(sum(lines), 0)


@given(any_amounts, discounts)
def test_the_sum_as_billed_does_not_fall_below_zero_either(lines, discounts):
    """Each line is rounded apart; half a cent a line is all that this can move."""
    rests = reduce(lines, *discounts)
    billed = [round_to_step(rest, CENT) for rest in rests]
    for line, rest in zip(lines, billed, strict=True):
        assert rest >= 0 or line < 0
    owed = sum(round_to_step(line, CENT) for line in lines)
    assert sum(billed) >= min(owed, 0) - CENT * len(lines)


@given(amounts, fixed)
@example(decimals("0.005", "0.015", "0.015"), amount("0.04"))
def test_an_amount_is_taken_off_to_the_cent(lines, discount):
    """What the lines come to, each rounded, is less by the amount, or all of it."""
    before = [round_to_step(line, CENT) for line in lines]
    after = [round_to_step(rest, CENT) for rest in reduce(lines, discount)]
    in_scope = sum(line for i, line in enumerate(before) if discount.covers(i))
    assert sum(before) - sum(after) == min(discount.value, in_scope)


@given(amounts, discounts)
def test_only_lines_in_scope_are_reduced(lines, discounts):
    result = apply(lines, discounts, step=CENT)
    for position, taken in enumerate(result.taken):
        keys = {d.key for d in discounts if d.covers(position)}
        assert {t.discount for t in taken} <= keys
        assert all(t.amount > 0 for t in taken)


@given(amounts, discounts, st.randoms())
def test_the_order_in_which_they_come_matters_only_among_equals(
    lines, discounts, random
):
    ranked = [
        Discount(d.key, d.kind, d.value, sequence, d.scope)
        for sequence, d in enumerate(discounts)
    ]
    shuffled = random.sample(ranked, len(ranked))
    assert apply(lines, ranked, step=CENT) == apply(lines, shuffled, step=CENT)


@given(amounts, discounts, discounts)
def test_another_discount_makes_nothing_dearer(lines, discounts, more):
    fewer = sum(reduce(lines, *discounts))
    assert sum(reduce(lines, *discounts, *more)) <= fewer + CENT * len(lines)
