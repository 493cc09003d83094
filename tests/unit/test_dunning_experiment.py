"""A/B tests: who gets which version, and how sure a difference is."""

from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.experiment import (
    FEWEST,
    assign,
    compare_means,
    compare_rates,
)

shares = st.floats(0, 1)
rates = st.integers(FEWEST, 2000).flatmap(
    lambda count: st.tuples(st.integers(0, count), st.just(count))
)
values = st.lists(st.floats(-1e6, 1e6), min_size=FEWEST, max_size=40)


def width(difference):
    return difference.high - difference.low


# === WHO GETS WHICH === #


def test_a_case_always_gets_the_same_version():
    """The very ones that were drawn once, on any machine."""
    drawn = "".join(assign("friendlier mail", f"case {n}", 0.5) for n in range(16))
    assert drawn == "bbbabbbbabaaabba"


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9])
def test_the_versions_come_near_their_share(share):
    drawn = [assign("a test", str(n), share) for n in range(10_000)]
    assert drawn.count("b") / len(drawn) == pytest.approx(share, abs=0.015)


def test_another_test_draws_another_half():
    both = [
        assign("one", str(n), 0.5) == assign("another", str(n), 0.5)
        for n in range(10_000)
    ]
    assert sum(both) / len(both) == pytest.approx(0.5, abs=0.015)


def test_a_seed_does_not_run_into_a_key():
    drawn = [(assign("1", f"2{n}", 0.5), assign("12", f"{n}", 0.5)) for n in range(99)]
    assert any(first != second for first, second in drawn)


@given(st.text(), st.text(), st.tuples(shares, shares))
def test_who_gets_the_new_version_keeps_it_when_its_share_is_raised(seed, key, limits):
    low, high = sorted(limits)
    assert (assign(seed, key, low), assign(seed, key, high)) != ("b", "a")
    assert assign(seed, key, 0) == "a"
    assert assign(seed, key, 1) == "b"


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="A share is 0 to 1"):
        assign("seed", "key", share)


# === RATES === #


@pytest.mark.parametrize(
    ("b", "a", "value", "low", "high"),
    [
        ((56, 70), (48, 80), 0.2, 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.6, 0.1705, 0.8090),
        ((5, 56), (0, 29), 0.0893, -0.0381, 0.1926),
        ((0, 10), (0, 20), 0.0, -0.1611, 0.2775),
        ((0, 10), (0, 10), 0.0, -0.2775, 0.2775),
        ((10, 10), (0, 20), 1.0, 0.6791, 1.0),
    ],
)
def test_the_interval_of_rates_is_the_one_newcombe_gives(b, a, value, low, high):
    """The examples of his paper of 1998, by his method 10."""
    found = compare_rates(*a, *b)
    assert found.value == pytest.approx(value, abs=5e-5)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)
    assert found.is_telling == (low > 0)


@given(rates, rates)
def test_a_difference_of_rates_lies_in_its_interval(a, b):
    found = compare_rates(*a, *b)
    assert -1 - 1e-9 <= found.low <= found.value <= found.high <= 1 + 1e-9
    swapped = compare_rates(*b, *a)
    assert (swapped.value, swapped.low, swapped.high) == pytest.approx(
        (-found.value, -found.high, -found.low)
    )
    assert swapped.is_telling == found.is_telling


@given(rates, rates, st.integers(2, 10))
def test_more_cases_make_the_interval_of_rates_narrower(a, b, times):
    few = compare_rates(*a, *b)
    many = compare_rates(*(n * times for n in a), *(n * times for n in b))
    assert width(many) < width(few)


def test_the_interval_of_rates_holds_the_truth_in_95_of_100_tests():
    draw = Random(1)
    held = 0
    for _test in range(800):
        a = sum(draw.random() < 0.3 for _case in range(60))
        b = sum(draw.random() < 0.45 for _case in range(90))
        found = compare_rates(a, 60, b, 90)
        held += found.low <= 0.15 <= found.high
    assert held / 800 == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("counts", [(5, 4, 1, 20), (-1, 20, 1, 20), (1, 20, 1, -1)])
def test_what_is_no_rate_is_refused(counts):
    with pytest.raises(ValueError, match="is not a rate"):
        compare_rates(*counts)


# === MEANS === #


@pytest.mark.parametrize(
    ("count", "is_spread", "quantile"),
    [(10, False, 2.262157), (10, True, 2.100922), (16, True, 2.042272),
     (61, True, 1.979930)],
)  # fmt: skip
def test_the_interval_of_means_is_the_one_of_the_tables(count, is_spread, quantile):
    """Two alike have 2n - 2 degrees of freedom; one that does not vary leaves n - 1."""
    a = [float(n) for n in range(count)]
    b = [each + 5 for each in a] if is_spread else [(count - 1) / 2 + 5] * count
    found = compare_means(a, b)
    square = count * (count + 1) / 12
    error = ((1 + is_spread) * square / count) ** 0.5
    assert found.value == pytest.approx(5)
    assert found.high - 5 == pytest.approx(quantile * error, rel=1e-5)
    assert 5 - found.low == pytest.approx(quantile * error, rel=1e-5)


def test_amounts_of_money_are_compared():
    a = [Decimal(n) / 10 for n in range(100)]
    found = compare_means(a, [each + 4 for each in a])
    assert (found.a, found.b) == pytest.approx((4.95, 8.95))
    assert found.is_telling


@pytest.mark.parametrize("times", [10, 30, 49])
def test_values_that_are_all_the_same_differ_by_nothing(times):
    found = compare_means([0.1] * 17, [0.1] * times)
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert not found.is_telling


@given(values, values)
def test_a_difference_of_means_lies_in_its_interval(a, b):
    found = compare_means(a, b)
    assert found.low <= found.value <= found.high
    swapped = compare_means(b, a)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low))


@given(values, values, st.integers(2, 5))
def test_more_cases_make_the_interval_of_means_narrower(a, b, times):
    few, many = compare_means(a, b), compare_means(a * times, b * times)
    assert width(many) < width(few) or width(few) == pytest.approx(0, abs=1e-6)


def test_the_interval_of_means_holds_the_truth_in_95_of_100_tests():
    draw = Random(2)
    held = 0
    for _test in range(800):
        a = [draw.gauss(10, 2) for _case in range(12)]
        b = [draw.gauss(13, 6) for _case in range(25)]
        found = compare_means(a, b)
        held += found.low <= 3 <= found.high
    assert held / 800 == pytest.approx(0.95, abs=0.02)


# === TOO FEW === #


def test_too_few_cases_tell_nothing():
    for found in (
        compare_rates(0, 9, 500, 500),
        compare_means([1.0] * 9, [9.0] * 500),
    ):
        assert not found.has_enough
        assert not found.is_telling
        assert found.low is found.high is None
        assert (found.count_a, found.count_b) == (9, 500)
        assert found.value == found.b - found.a


@pytest.mark.parametrize(
    "found", [compare_rates(0, 0, 5, 20), compare_means([], [0.0, 0.5])]
)
def test_a_version_without_cases_has_achieved_nothing_yet(found):
    assert found.a is None
    assert found.b == 0.25
    assert found.value is None
    assert not found.is_telling


def test_enough_cases_have_an_interval():
    widths = [width(compare_rates(n // 2, n, n // 2, n)) for n in (FEWEST, 100, 1000)]
    assert all(few > many for few, many in pairwise(widths))
