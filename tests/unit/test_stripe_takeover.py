"""What of a Stripe Billing book can be taken over, and from which day on."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_stripe.gateway.book_reading import (
    read_book_price,
    read_book_subscription,
)
from odoo.addons.subscription_billing_stripe.tools.takeover import (
    Obstacle,
    PriceTerms,
    TierTerms,
    UnmappableError,
    count_periods,
    find_anchor,
    find_obstacles,
    get_interval,
    get_terms,
    is_same_interval,
    local_day,
)

from odoo.addons.subscription_billing.tools.recurrence import Interval, Recurrence

NOW = 1_780_000_000
MONTH = Interval(1, "month")
days = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def make_price(**values):
    recurring = {"interval": "month", "interval_count": 1, "usage_type": "licensed"}
    recurring |= values.pop("recurring", {})
    return read_book_price(
        {
            "id": "price_1",
            "currency": "eur",
            "product": {"id": "prod_1", "name": "Maintenance"},
            "billing_scheme": "per_unit",
            "unit_amount": 1999,
            "recurring": recurring,
            **values,
        }
    )


def make_subscription(**values):
    item = {
        "id": "si_1",
        "price": "price_1",
        "quantity": 2,
        "current_period_start": NOW - 86400,
        "current_period_end": NOW + 86400,
    }
    items = values.pop("items", [{}])
    return read_book_subscription(
        {
            "id": "sub_1",
            "status": "active",
            "customer": "cus_1",
            "currency": "eur",
            "collection_method": "charge_automatically",
            "latest_invoice": {"id": "in_1", "status": "paid"},
            "items": {"data": [{**item, **each} for each in items]},
            **values,
        }
    )


def codes(prices=None, **values):
    prices = prices or {"price_1": make_price()}
    found = find_obstacles(make_subscription(**values), prices, NOW)
    return [each.code for each in found]


# === DAYS === #


@given(days, days, st.sampled_from(["day", "week", "month", "year"]), st.integers(1, 5))
def test_a_period_begins_on_the_day_that_is_not_billed(anchor, following, unit, count):
    interval = Interval(count, unit)
    found, day = find_anchor(anchor, following, interval)
    assert Recurrence(found, interval, day).is_boundary(following)


@given(days, st.integers(0, 40))
def test_an_anchor_that_fits_is_kept(anchor, number):
    following = Recurrence(anchor, MONTH).boundary(number)
    assert find_anchor(anchor, following, MONTH) == (anchor, 0)


def test_the_31st_is_kept_where_the_anchor_does_not_fit():
    interval = Interval(2, "month")
    found, day = find_anchor(date(2026, 1, 31), date(2026, 2, 28), interval)
    assert Recurrence(found, interval, day).boundary(1) == date(2026, 4, 30)
    assert Recurrence(found, interval, day).boundary(3) == date(2026, 8, 31)


def test_the_day_is_that_of_the_company():
    midnight = 1_775_001_600  # 1 April 2026, 00:00 UTC
    assert local_day(midnight - 3600, "UTC") == date(2026, 3, 31)
    assert local_day(midnight - 3600, "Europe/Paris") == date(2026, 4, 1)
    assert local_day(midnight, "America/New_York") == date(2026, 3, 31)


def test_the_periods_that_are_left_of_a_discount_are_counted():
    recurrence = Recurrence(date(2026, 1, 31), MONTH)
    start = date(2026, 2, 28)
    assert count_periods(start, date(2026, 5, 31), recurrence) == 3
    assert count_periods(start, date(2026, 5, 31) + timedelta(1), recurrence) == 4
    assert count_periods(start, start, recurrence) == 0


# === PRICES === #


def test_a_price_per_unit():
    assert get_terms(make_price()) == PriceTerms("per_unit", Decimal("19.99"))


def test_fractions_of_a_cent_are_kept():
    price = make_price(unit_amount=None, unit_amount_decimal="0.05")
    assert get_terms(price).price == Decimal("0.0005")


def test_a_currency_without_cents():
    assert get_terms(make_price(currency="jpy")).price == Decimal(1999)


@pytest.mark.parametrize("mode", ["graduated", "volume"])
def test_tiers(mode):
    tiers = [
        {"up_to": 10, "unit_amount": 500, "flat_amount": 1000},
        {"up_to": None, "unit_amount": 400},
    ]
    price = make_price(billing_scheme="tiered", tiers_mode=mode, tiers=tiers)
    assert get_terms(price) == PriceTerms(
        mode,
        tiers=(
            TierTerms(Decimal(10), Decimal(5), Decimal(10)),
            TierTerms(None, Decimal(4), Decimal(0)),
        ),
    )


def test_packages_that_are_begun_count():
    price = make_price(transform_quantity={"divide_by": 5, "round": "up"})
    assert get_terms(price) == PriceTerms("package", Decimal("19.99"), Decimal(5))


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("custom_amount", {"custom_unit_amount": {"minimum": 100}}),
        ("package_round", {"transform_quantity": {"divide_by": 5, "round": "down"}}),
        ("tiers", {"billing_scheme": "tiered", "tiers_mode": "volume"}),
        ("tiers_mode", {"billing_scheme": "tiered", "tiers_mode": "slab"}),
        ("decimals", {"unit_amount_decimal": "1234567890123.123456789012"}),
        (
            "flat_decimals",
            {
                "billing_scheme": "tiered",
                "tiers_mode": "volume",
                "tiers": [{"up_to": None, "flat_amount_decimal": "0.5"}],
            },
        ),
    ],
)
def test_a_price_that_cannot_be_mapped_says_why(code, values):
    with pytest.raises(UnmappableError) as caught:
        get_terms(make_price(**values))
    assert caught.value.obstacle.code == code


def test_an_interval_of_no_calendar_is_refused():
    with pytest.raises(UnmappableError) as caught:
        get_interval(make_price(recurring={"interval": "fortnight"}))
    assert caught.value.obstacle == Obstacle("interval", "fortnight")


def test_twelve_months_are_a_year_and_thirty_days_are_no_month():
    assert is_same_interval(Interval(12, "month"), Interval(1, "year"))
    assert not is_same_interval(Interval(30, "day"), MONTH)


# === SUBSCRIPTIONS === #


def test_an_ordinary_subscription_has_no_obstacle():
    assert codes() == []
    assert codes(status="trialing") == []


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("connect", {"transfer_data": {"destination": "acct_1"}}),
        ("connect", {"application_fee_percent": 10}),
        ("connect", {"on_behalf_of": "acct_1"}),
        ("schedule", {"schedule": "sub_sched_1"}),
        ("pending_update", {"pending_update": {"expires_at": 1}}),
        ("threshold", {"billing_thresholds": {"amount_gte": 100}}),
        ("invoice_open", {"status": "past_due"}),
        ("invoice_open", {"status": "unpaid"}),
        ("invoice_open", {"latest_invoice": {"id": "in_1", "status": "open"}}),
        ("invoice_draft", {"latest_invoice": {"id": "in_1", "status": "draft"}}),
        ("rolling", {"items": [{"current_period_end": NOW}]}),
        ("item_discount", {"items": [{"discounts": ["di_1"]}]}),
        ("no_items", {"items": []}),
        ("price", {"items": [{"price": "price_unknown"}]}),
        ("intervals", {"items": [{}, {"current_period_end": NOW + 9 * 86400}]}),
        (
            "pause_in_trial",
            {"status": "trialing", "pause_collection": {"behavior": "void"}},
        ),
    ],
)
def test_what_cannot_be_taken_over_says_why(code, values):
    assert codes(**values) == [code]


def test_two_billing_periods_cannot_be_one():
    prices = {
        "price_1": make_price(),
        "price_2": make_price(recurring={"interval": "year"}),
    }
    assert codes(prices, items=[{}, {"price": "price_2"}]) == ["intervals"]


def test_an_invoice_that_was_sent_is_paid_at_stripe():
    sent = {"id": "in_1", "status": "open"}
    assert codes(collection_method="send_invoice", latest_invoice=sent) == []


def test_the_end_of_the_period_is_the_day_of_the_cancellation():
    subscription = make_subscription(cancel_at_period_end=True)
    assert subscription["cancel_at"] == NOW + 86400
