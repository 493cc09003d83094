"""Splitting an amount into payable parts, without a database."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.allocation import allocate, round_to_step

CENT = Decimal("0.01")

steps = st.sampled_from([Decimal(text) for text in ("0.001", "0.01", "0.05", "1")])
weights = st.lists(
    st.decimals(0, 100_000, places=4) | st.just(Decimal(0)), min_size=1, max_size=12
)
counts = st.integers(-10_000_000, 10_000_000)


def decimals(*texts):
    return tuple(map(Decimal, texts))


@pytest.mark.parametrize(
    ("amount", "weights", "step", "expected"),
    [
        pytest.param("10", (1, 1, 1), "0.01", ("3.34", "3.33", "3.33"), id="thirds"),
        pytest.param("-10", (1, 1), "0.01", (-5, -5), id="credit"),
        pytest.param("0.05", (1, 1), "0.01", ("0.03", "0.02"), id="first of equals"),
        pytest.param("0.02", (1, 1, 1), "0.01", ("0.01", "0.01", "0"), id="too few"),
        pytest.param("100", (2, 1, 1), "1", (50, 25, 25), id="no rest"),
        pytest.param("1", (1, 2), "0.05", ("0.35", "0.65"), id="Swiss francs"),
        pytest.param("100", (1, 1, 1), "1", (34, 33, 33), id="yen"),
        pytest.param("7", (0, 3, 0), "0.01", (0, 7, 0), id="zero weighs nothing"),
        pytest.param("5", (0, 0), "0.01", ("2.5", "2.5"), id="nothing weighs"),
        pytest.param("0", (1, 2), "0.01", (0, 0), id="nothing to split"),
        pytest.param("0", (), "0.01", (), id="nothing on nothing"),
        pytest.param(
            "199", ("79.60", "99.50", "19.90"), "0.01", ("79.6", "99.5", "19.9"),
            id="a bundle by its shares",
        ),
        pytest.param(
            "49.99", ("30", "20", "10"), "0.01", (25, "16.66", "8.33"),
            id="the largest remainders get the rest",
        ),
    ],
)  # fmt: skip
def test_cases(amount, weights, step, expected):
    parts = allocate(Decimal(amount), decimals(*weights), Decimal(step))
    assert parts == decimals(*expected)


@pytest.mark.parametrize(
    ("amount", "weights", "step", "reason"),
    [
        ("10", ("1", "-1"), "0.01", "0 or more, not -1"),
        ("10", ("1", "NaN"), "0.01", "0 or more, not NaN"),
        ("10", ("1", "Infinity"), "0.01", "0 or more, not Infinity"),
        ("10", (), "0.01", "nothing to put 10 on"),
        ("10.005", ("1",), "0.01", "in steps of 0.01"),
        ("Infinity", ("1",), "0.01", "in steps of 0.01"),
        ("10", ("1",), "0", "above 0, not 0"),
        ("10", ("1",), "-0.01", "above 0, not -0.01"),
    ],
)
def test_bad_input_is_refused(amount, weights, step, reason):
    with pytest.raises(ValueError, match=reason):
        allocate(Decimal(amount), decimals(*weights), Decimal(step))


@pytest.mark.parametrize(
    ("amount", "step", "expected"),
    [
        ("0.125", "0.01", "0.13"),
        ("-0.125", "0.01", "-0.13"),
        ("0.12499", "0.01", "0.12"),
        ("0.625", "0.05", "0.65"),
        ("1.5", "1", "2"),
    ],
)
def test_half_is_rounded_away_from_zero(amount, step, expected):
    assert round_to_step(Decimal(amount), Decimal(step)) == Decimal(expected)


@given(counts, weights, steps)
def test_the_parts_add_up_exactly(count, weights, step):
    assert sum(allocate(count * step, weights, step)) == count * step


@given(counts, weights, steps)
def test_each_part_is_payable_and_near_its_share(count, weights, step):
    amount = count * step
    total = sum(weights)
    for part, weight in zip(allocate(amount, weights, step), weights, strict=True):
        assert part % step == 0
        assert part * amount >= 0
        if total:
            assert abs(part - amount * weight / total) < step
            assert part or not weight or abs(amount * weight / total) < step
            assert not part or weight


@given(counts, weights, steps)
def test_a_credit_is_split_as_its_debit_was(count, weights, step):
    debit = allocate(count * step, weights, step)
    credit = allocate(-count * step, weights, step)
    assert [-part for part in credit] == list(debit)


@given(st.decimals(-1000, 1000, places=5), steps)
def test_rounding_moves_by_half_a_step_at_most(amount, step):
    rounded = round_to_step(amount, step)
    assert rounded % step == 0
    assert abs(rounded - amount) <= step / 2
    assert round_to_step(-amount, step) == -rounded
