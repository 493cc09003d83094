"""Taking over what Stripe Billing has billed: days, prices, and what cannot be mapped.

What goes in are the plain values of ``gateway/book_reading``. What cannot be mapped is
a code and values, for whoever puts it into words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from odoo.addons.subscription_billing.tools.recurrence import (
    UNITS,
    Interval,
    Recurrence,
    Unit,
)

from .amounts import decimals

#: statuses of subscriptions that are over, or have never begun
OVER = frozenset({"canceled", "incomplete", "incomplete_expired"})
_UNPAID = frozenset({"past_due", "unpaid"})
#: statuses of invoices that Stripe is still busy with
_DRAFT, _OPEN = "draft", "open"


@dataclass(frozen=True)
class Obstacle:
    """Why something cannot be taken over as it is.

    :param code: of the reason
    :param value: what it is about, such as the id of an invoice
    """

    code: str
    value: str = ""


class UnmappableError(Exception):
    """A price that Odoo has no like of."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.code)
        self.obstacle = obstacle


# === DAYS === #


def local_day(seconds: int, zone: str) -> date:
    """Return the date that a time has in a time zone.

    :param seconds: since 1970 in UTC
    :param zone: such as ``Europe/Paris``
    """
    return (
        datetime.fromtimestamp(seconds, timezone.utc).astimezone(ZoneInfo(zone)).date()
    )


def find_anchor(anchor: date, following: date, interval: Interval) -> tuple[date, int]:
    """Return an anchor, and its day of the month, that has a period begin on a day.

    Stripe counts in seconds of UTC: in another time zone its periods begin a day
    earlier or later in some months, and the day that is not billed yet must be kept.

    :param anchor: Stripe's own, as a date
    :param following: the first day that Stripe has not billed
    :return: the anchor, and 0 or the day of the month where its month is too short
    """
    if Recurrence(anchor, interval).is_boundary(following):
        return anchor, 0
    is_last = (following + timedelta(days=1)).month != following.month
    if interval.months and is_last and anchor.day > following.day:
        return following, anchor.day
    return following, 0


def count_periods(following: date, end: date, recurrence: Recurrence) -> int:
    """Return how many periods begin from ``following`` on and before ``end``."""
    first = recurrence.index_on_or_before(following)
    count = 0
    while recurrence.boundary(first + count) < end:
        count += 1
    return count


# === PRICES === #


@dataclass(frozen=True)
class TierTerms:
    """A band of quantities, in the currency's major unit."""

    last: Decimal | None
    rate: Decimal
    flat: Decimal


@dataclass(frozen=True)
class PriceTerms:
    """What a price comes to, in the currency's major unit.

    :param model: a pricing model of ours
    :param size: units of a package
    """

    model: str
    price: Decimal = Decimal(0)
    size: Decimal = Decimal(1)
    tiers: tuple[TierTerms, ...] = ()


def get_interval(price: Mapping[str, Any]) -> Interval:
    """Return the billing period of a price.

    :raises UnmappableError: it is none of ours, or the price is for one time only
    """
    unit: Unit = price["interval"]
    if unit not in UNITS:
        raise UnmappableError(Obstacle("interval", price["interval"] or "one_time"))
    return Interval(price["interval_count"], unit)


def get_plan_key(price: Mapping[str, Any]) -> str:
    """Return by what the plan of a price is known, such as ``3 month``."""
    return f"{price['interval_count']} {price['interval']}"


def is_same_interval(one: Interval, other: Interval) -> bool:
    """Return whether two billing periods are as long: 12 months are a year."""
    return (one.days, one.months) == (other.days, other.months)


def get_terms(price: Mapping[str, Any]) -> PriceTerms:
    """Return what a price comes to.

    :raises UnmappableError: no pricing model of ours gives the same amounts
    """
    currency = price["currency"]
    if price["is_custom"]:
        raise UnmappableError(Obstacle("custom_amount"))
    if price["scheme"] == "tiered":
        return _get_tiered_terms(price)
    amount = _get_amount(price["amount"], currency)
    if not price["package"]:
        return PriceTerms("per_unit", amount)
    if price["package_round"] != "up":
        raise UnmappableError(Obstacle("package_round"))
    return PriceTerms("package", amount, Decimal(price["package"]))


def _get_tiered_terms(price: Mapping[str, Any]) -> PriceTerms:
    if price["tiers_mode"] not in ("graduated", "volume"):
        raise UnmappableError(Obstacle("tiers_mode", price["tiers_mode"]))
    if not price["tiers"]:
        raise UnmappableError(Obstacle("tiers"))
    currency = price["currency"]
    tiers = tuple(
        TierTerms(
            last=None if tier["last"] is None else Decimal(tier["last"]),
            rate=_get_amount(tier["amount"], currency),
            flat=_get_flat(tier["flat"], currency),
        )
        for tier in price["tiers"]
    )
    return PriceTerms(price["tiers_mode"], tiers=tiers)


def _get_amount(minor: str, currency: str) -> Decimal:
    """Return an amount in the major unit, if a float can hold all its digits."""
    amount = Decimal(minor or 0).scaleb(-decimals(currency))
    if Decimal(repr(float(amount))) != amount:
        raise UnmappableError(Obstacle("decimals", minor))
    return amount


def _get_flat(minor: str, currency: str) -> Decimal:
    """Return a flat amount, if the currency has as many decimals."""
    if Decimal(minor or 0) % 1:
        raise UnmappableError(Obstacle("flat_decimals", minor))
    return _get_amount(minor, currency)


# === SUBSCRIPTIONS === #


def get_next_time(subscription: Mapping[str, Any]) -> int:
    """Return the second until which Stripe has billed; 0 without an item."""
    return min((each["end"] for each in subscription["items"]), default=0)


def find_obstacles(
    subscription: Mapping[str, Any], prices: Mapping[str, Mapping[str, Any]], now: int
) -> list[Obstacle]:
    """Return why a subscription that is not over cannot be taken over.

    :param prices: those that are known, by id
    :param now: seconds since 1970
    """
    return [
        *_find_unmapped(subscription),
        *find_under_way(subscription, now),
        *_find_item_obstacles(subscription, prices),
    ]


def _find_unmapped(subscription: Mapping[str, Any]) -> list[Obstacle]:
    found = {
        "connect": subscription["is_connect"],
        "schedule": bool(subscription["schedule"]),
        "pending_update": subscription["has_pending_update"],
        "threshold": subscription["has_threshold"],
        "too_many_items": subscription["has_more_items"],
        "no_items": not subscription["items"],
        "item_discount": any(each["is_discounted"] for each in subscription["items"]),
        "pause_in_trial": subscription["is_collection_paused"]
        and subscription["status"] == "trialing",
    }
    return [Obstacle(code) for code, holds in found.items() if holds]


def find_under_way(subscription: Mapping[str, Any], now: int) -> list[Obstacle]:
    """Return what Stripe has begun and nobody would finish."""
    status, invoice = subscription["invoice_status"], subscription["invoice"]
    is_charged = subscription["collection"] == "charge_automatically"
    if subscription["status"] in _UNPAID or (status == _OPEN and is_charged):
        return [Obstacle("invoice_open", invoice)]
    if status == _DRAFT:
        return [Obstacle("invoice_draft", invoice)]
    is_late = subscription["status"] in ("active", "trialing")
    if is_late and subscription["items"] and get_next_time(subscription) <= now:
        return [Obstacle("rolling")]
    return []


def _find_item_obstacles(
    subscription: Mapping[str, Any], prices: Mapping[str, Mapping[str, Any]]
) -> list[Obstacle]:
    items: Sequence[Mapping[str, Any]] = subscription["items"]
    unknown = [each["price"] for each in items if each["price"] not in prices]
    if unknown:
        return [Obstacle("price", unknown[0])]
    lengths = set()
    for item in items:
        price = prices[item["price"]]
        try:
            interval = get_interval(price)
            get_terms(price)
        except UnmappableError as error:
            return [error.obstacle]
        lengths.add((interval.days, interval.months))
    if len(lengths) > 1 or len({each["end"] for each in items}) > 1:
        return [Obstacle("intervals")]
    return []
