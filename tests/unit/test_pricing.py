"""What quantities cost under each pricing model.

The numbered cases are those of published tests and documentation: LG is Lago's charge
models (spec/services/charge_models), ST Stripe's documentation, AU Autumn's, KB Kill
Bill's usage tests and its tutorial on consumables in arrears.
"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools.pricing.examples import (
    find_drops,
    make_examples,
)
from odoo.addons.subscription_billing.tools.pricing.flat import FlatTerms
from odoo.addons.subscription_billing.tools.pricing.package import PackageTerms
from odoo.addons.subscription_billing.tools.pricing.per_unit import PerUnitTerms
from odoo.addons.subscription_billing.tools.pricing.percentage import PercentageTerms
from odoo.addons.subscription_billing.tools.pricing.rating import MODELS, rate
from odoo.addons.subscription_billing.tools.pricing.steps import Span, Step
from odoo.addons.subscription_billing.tools.pricing.terms import (
    Band,
    BandTerms,
    TermsError,
)

D = Decimal


def bands(*rows, **common):
    """Return band terms of rows (last, rate, flat, size), the later ones optional."""
    names = ("last", "rate", "flat", "size")
    return BandTerms(
        bands=tuple(
            Band(
                **{
                    name: None if value is None else D(value)
                    for name, value in zip(names, row, strict=False)
                }
            )
            for row in rows
        ),
        **{name: D(value) for name, value in common.items()},
    )


T1 = bands(("10", "10", "2"), ("20", "5", "3"), (None, "5", "3"))
T2 = bands(("100", "2", "10"), ("200", "1"), (None, "0.5", "50"))
PERCENT_BANDS = bands(("10", "1", "200"), ("20", "2", "300"), (None, "3", "400"))
KB_TIERS = bands(("10", "1.5"), ("110", "1"), (None, "0.5"))
FONTS = bands(("5", "7"), ("10", "6.5"), (None, "6"))


def package(included):
    return PackageTerms(price=D(100), size=D(10), included=D(included))


def percentage(included=0, free_events=0):
    return PercentageTerms(
        percentage=D("1.3"), fee=D(2), included=D(included), free_events=free_events
    )


#: number of the case -> model, terms, quantities and their amounts, events
CASES = {
    "F1 LG": ("graduated", T1, "0 1 10 11 12 21", "2 12 102 110 115 163", 0),
    "F2 LG": (
        "graduated",
        bands(("0.01", "0"), ("10", "10", "2"), (None, "5", "3")),
        "0",
        "0",
        0,
    ),
    "F3 LG": ("volume", T2, "0 1 100", "10 12 210", 0),
    "F4 LG": ("volume", T2, "100.5 101 200", "100.5 101 200", 0),
    "F5 LG": ("volume", T2, "210 300", "155 200", 0),
    "F7 LG": ("package", package(0), "121", "1300", 0),
    "F7 LG, 10 free": ("package", package(10), "121", "1200", 0),
    "F9 LG": ("package", package(200), "121", "0", 0),
    "F10 LG": ("percentage", percentage(), "800", "18.40", 4),
    "F11 LG": ("percentage", percentage(250, 2), "800", "11.15", 4),
    "F12 LG": (
        "graduated_percentage",
        PERCENT_BANDS,
        "1 10 11 12",
        "200.01 200.10 500.12 500.14",
        0,
    ),
    "F14 ST": ("volume", FONTS, "5 6", "35 39", 0),
    "F15 AU": (
        "graduated",
        bands(("1000", "0.01"), ("10000", "0.008"), (None, "0.005")),
        "15000",
        "107",
        0,
    ),
    "F17 KB": ("graduated", KB_TIERS, "111", "115.5", 0),
    "F18 KB": ("volume", KB_TIERS, "111", "55.5", 0),
    "F19 KB": (
        "graduated",
        bands(("1000", "1", "0", "100"), (None, "1", "0", "1000")),
        "5325",
        "15",
        0,
    ),
    "F21 KB": ("graduated", bands(("5", "2"), (None, "1")), "13", "18", 0),
    "flat": ("flat", FlatTerms(price=D(50)), "0 1 7", "50 50 50", 0),
    "per unit": (
        "per_unit",
        PerUnitTerms(price=D("9.99")),
        "0 0.5 3",
        "0 4.995 29.97",
        0,
    ),
    "per unit, 2 included": (
        "per_unit",
        PerUnitTerms(price=D(10), included=D(2)),
        "1 2 3",
        "0 0 10",
        0,
    ),
    "minimum": (
        "per_unit",
        PerUnitTerms(price=D(10), minimum=D(25)),
        "0 2 3",
        "25 25 30",
        0,
    ),
    "graduated, 5 included": (
        "graduated",
        bands(("10", "10", "2"), (None, "5", "3"), included="5"),
        "5 6 15 16",
        "2 12 102 110",
        0,
    ),
    "volume, 1 included": (
        "volume",
        bands(("100", "2", "10"), (None, "1"), included="1"),
        "0 1 100 101",
        "10 10 208 100",
        0,
    ),
    "volume by the block": (
        "volume",
        bands(("100", "5", "0", "10"), (None, "40", "0", "100")),
        "91 101",
        "50 80",
        0,
    ),
}
POINTS = [
    pytest.param(model, terms, D(quantity), D(amount), events, id=f"{name}: {quantity}")
    for name, (model, terms, quantities, amounts, events) in CASES.items()
    for quantity, amount in zip(quantities.split(), amounts.split(), strict=True)
]


@pytest.mark.parametrize(("model", "terms", "quantity", "amount", "events"), POINTS)
def test_a_quantity_costs(model, terms, quantity, amount, events):
    assert rate(model, quantity, terms, events=events).amount == amount


def test_every_model_has_a_case():
    assert {model for model, *_ in CASES.values()} == set(MODELS)


# === EXPLANATION === #


def test_each_band_is_a_step():
    assert rate("graduated", D(11), T1).steps == (
        Step("units", D(102), D(10), D(10), D(2), None, Span(D(0), D(10))),
        Step("units", D(8), D(1), D(5), D(3), None, Span(D(10), D(20))),
    )


def test_a_volume_has_the_step_of_its_band():
    assert rate("volume", D("100.5"), T2).steps == (
        Step("units", D("100.5"), D("100.5"), D(1), D(0), None, Span(D(100), D(200))),
    )


def test_a_package_counts_blocks_after_the_included_units():
    assert rate("package", D(121), package(10)).steps == (
        Step("included", D(0), D(10)),
        Step("blocks", D(1200), D(12), D(100), size=D(10)),
    )


def test_a_percentage_tells_share_and_fees_apart():
    assert rate("percentage", D(800), percentage(250, 2), events=4).steps == (
        Step("included", D(0), D(250)),
        Step("percentage", D("7.15"), D(550), D("1.3")),
        Step("events", D(4), D(2), D(2)),
    )


def test_what_is_missing_to_the_minimum_is_the_last_step():
    terms = PerUnitTerms(price=D(10), minimum=D(25))
    assert rate("per_unit", D(2), terms).steps[-1] == Step("minimum", D(5), rate=D(25))
    assert len(rate("per_unit", D(3), terms).steps) == 1


def test_no_more_units_are_shown_as_included_than_there_are():
    terms = PerUnitTerms(price=D(10), included=D(5))
    assert rate("per_unit", D(3), terms).steps[0] == Step("included", D(0), D(3))
    assert len(rate("per_unit", D(0), terms).steps) == 1


# === EXAMPLES AND WARNINGS === #


@pytest.mark.parametrize(
    ("model", "terms", "expected"),
    [
        ("flat", FlatTerms(price=D(50)), {1: 50}),
        ("per_unit", PerUnitTerms(price=D(3)), {1: 3, 10: 30}),
        ("per_unit", PerUnitTerms(price=D(3), included=D(5)), {6: 3, 15: 30}),
        ("graduated", T1, {1: 12, 10: 102, 11: 110, 20: 155, 21: 163}),
        ("volume", FONTS, {1: 7, 5: 35, 6: 39, 10: 65, 11: 66}),
        ("package", package(0), {1: 100, 10: 100, 11: 200}),
        ("percentage", percentage(), {100: D("3.3"), 1000: 15}),
    ],
)
def test_examples_show_the_bounds(model, terms, expected):
    assert dict(make_examples(model, terms)) == expected


def test_examples_are_few():
    many = bands(*[(str(number), "1") for number in range(1, 50)], (None, "1"))
    assert len(make_examples("graduated", many)) == 6


def test_a_fall_of_the_amount_is_found():
    (drop,) = find_drops(bands(("100", "2", "10"), ("200", "1"), (None, "1", "50")))
    assert (drop.quantity, drop.amount) == (100, 210)
    assert (drop.next_quantity, drop.next_amount) == (101, 101)


def test_no_fall_is_found_where_the_amount_rises():
    assert find_drops(FONTS) == ()


def test_a_minimum_can_hide_a_fall():
    rows = (("5", "7"), (None, "5"))
    assert find_drops(bands(*rows)) != ()
    assert find_drops(bands(*rows, minimum="100")) == ()


# === BAD TERMS === #


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FlatTerms(price=D(-1)), "price must not be negative: -1"),
        (lambda: FlatTerms(included=D(1)), "included: a flat price has no units"),
        (lambda: PerUnitTerms(price=D(-1)), "price must not be negative"),
        (lambda: PerUnitTerms(included=D(-1)), "included must not be negative"),
        (lambda: PerUnitTerms(minimum=D(-1)), "minimum must not be negative"),
        (lambda: PackageTerms(size=D("0.5")), "size must be 1 or more: 0.5"),
        (lambda: PackageTerms(price=D(-1)), "price must not be negative"),
        (lambda: PercentageTerms(percentage=D(-1)), "percentage must not be negative"),
        (lambda: PercentageTerms(fee=D(-1)), "fee must not be negative"),
        (lambda: PercentageTerms(free_events=-1), "free_events must not be negative"),
        (lambda: bands(), "bands: at least one band"),
        (lambda: bands(("10", "-1"), (None,)), "band 1, rate must not be negative"),
        (lambda: bands((None, "1", "-1")), "band 1, flat must not be negative"),
        (lambda: bands((None, "1", "0", "0")), "band 1, size must be 1 or more"),
        (lambda: bands((None, "1"), (None, "1")), "band 1, last: only the last"),
        (lambda: bands(("10", "1")), "band 1, last: the last band must be without end"),
        (lambda: bands(("0", "1"), (None,)), "band 1, last: each band must end after"),
        (lambda: bands(("9", "1"), ("9", "1"), (None,)), "band 2, last: each band"),
    ],
)
def test_terms_that_cannot_be_priced_are_refused(make, message):
    with pytest.raises(TermsError, match=f"^{message}"):
        make()


@pytest.mark.parametrize(
    ("model", "quantity", "terms", "events", "message"),
    [
        ("barter", 1, T1, 0, "unknown pricing model: barter"),
        ("graduated", 1, FlatTerms(), 0, "graduated needs BandTerms, not FlatTerms"),
        ("graduated", -1, T1, 0, "nothing negative can be priced: -1"),
        ("percentage", 1, percentage(), -1, "nothing negative can be priced"),
    ],
)
def test_what_cannot_be_rated_is_refused(model, quantity, terms, events, message):
    with pytest.raises(ValueError, match=message):
        rate(model, D(quantity), terms, events=events)


# === PROPERTIES === #

numbers = st.decimals(min_value=0, max_value=10**6, places=3)
prices = st.decimals(min_value=0, max_value=10**4, places=4)
sizes = st.none() | st.decimals(min_value=1, max_value=1000, places=2)
common = {"included": numbers, "minimum": prices}


@st.composite
def band_terms(draw, sizes=sizes, **fixed):
    """Draw band terms with up to five bands."""
    lasts = sorted(draw(st.sets(numbers.filter(bool), max_size=4)))
    return BandTerms(
        bands=tuple(
            Band(last=last, rate=draw(prices), flat=draw(prices), size=draw(sizes))
            for last in (*lasts, None)
        ),
        **{
            name: fixed[name] if name in fixed else draw(strategy)
            for name, strategy in common.items()
        },
    )


TERMS = {
    "flat": st.builds(FlatTerms, price=prices, minimum=prices),
    "per_unit": st.builds(PerUnitTerms, price=prices, **common),
    "graduated": band_terms(),
    "volume": band_terms(),
    "package": st.builds(PackageTerms, price=prices, size=sizes.filter(bool), **common),
    "percentage": st.builds(
        PercentageTerms,
        percentage=prices,
        fee=prices,
        free_events=st.integers(0, 100),
        **common,
    ),
    "graduated_percentage": band_terms(),
}
events = st.integers(0, 1000)
priced = st.sampled_from(sorted(TERMS)).flatmap(
    lambda model: st.tuples(st.just(model), TERMS[model])
)
rising = st.sampled_from(sorted(set(TERMS) - {"volume"})).flatmap(
    lambda model: st.tuples(st.just(model), TERMS[model])
)


def changed(terms, **values):
    """Return other terms that differ in some values."""
    names = type(terms).__dataclass_fields__
    return type(terms)(**{name: getattr(terms, name) for name in names} | values)


@given(priced, numbers, events)
def test_the_steps_add_up_and_take_nothing_away(case, quantity, count):
    model, terms = case
    rating = rate(model, quantity, terms, events=count)
    assert rating.amount == sum(step.amount for step in rating.steps)
    assert all(step.amount >= 0 for step in rating.steps)


@given(rising, numbers, numbers, events)
def test_more_units_never_cost_less(case, one, other, count):
    model, terms = case
    low, high = sorted((one, other))
    assert (
        rate(model, low, terms, events=count).amount
        <= rate(model, high, terms, events=count).amount
    )


@given(priced, numbers, numbers, events)
def test_included_units_never_raise_the_amount(case, quantity, more, count):
    model, terms = case
    if model == "flat":
        return
    generous = changed(terms, included=terms.included + more)
    assert (
        rate(model, quantity, generous, events=count).amount
        <= rate(model, quantity, terms, events=count).amount
    )


@given(priced, numbers, events)
def test_a_minimum_never_lowers_and_is_always_reached(case, quantity, count):
    model, terms = case
    amount = rate(model, quantity, terms, events=count).amount
    without = rate(model, quantity, changed(terms, minimum=D(0)), events=count).amount
    assert amount == max(without, terms.minimum)


@given(band_terms(sizes=st.none(), included=D(0), minimum=D(0)), numbers)
def test_graduated_bands_hold_each_unit_once(terms, quantity):
    steps = rate("graduated", quantity, terms).steps
    assert sum(step.quantity for step in steps) == quantity
