"""Reading one event of usage as a client sends it: anything may come.

An event is an object with these fields::

    key           text, unique per meter: an event with a known key is a duplicate
    meter         code (text) or id (whole number) of the meter
    subscription  number (text) or id (whole number) of the subscription, or instead
    reference     the customer reference of the subscription
    quantity      a number, negative to correct; 1 where the meter only counts events
    time          ISO 8601, UTC unless it says otherwise; now when left out
    properties    an object, for unique values and for the customer's information

Whatever is wrong ends in ``RefusalError``, which names the field, never in another
error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

from .metering import QUANTITIES, Meter, RefusalError

FIELDS = (
    "key",
    "meter",
    "subscription",
    "reference",
    "quantity",
    "time",
    "properties",
)
#: characters of a text
MAX_TEXT = 255
#: characters of all properties, as JSON
MAX_PROPERTIES = 10_000
#: quantities are below this, in both directions, and exact to ``STEP``
MAX_QUANTITY = Decimal(10) ** 15
STEP = Decimal("1e-9")
MAX_ID = 2**31 - 1
#: by how much a client's clock may be ahead of ours
CLOCK_SKEW = timedelta(minutes=5)
#: no event is older; it also keeps time zones from leaving the calendar
EARLIEST = datetime(1970, 1, 2)
NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Event:
    """An event in good order; whether its meter and subscription exist is not known.

    :param subscription: its number or its id; None when ``reference`` names it
    :param quantity: None when left out
    :param time: in UTC, without a time zone
    """

    key: str
    meter: str | int
    subscription: str | int | None
    reference: str | None
    quantity: Decimal | None
    time: datetime
    properties: dict[str, Any] = field(default_factory=dict)


# === READING === #


def read_event(raw: object, now: datetime) -> Event:
    """Return the event that a client has sent.

    :param now: the present time in UTC, without a time zone
    :raises RefusalError: with what is wrong first
    """
    if not isinstance(raw, Mapping):
        raise RefusalError("not_an_object", "event")
    for name in raw:
        if name not in FIELDS:
            shown = ascii(name)[:60]
            raise RefusalError("unknown_field", "event", name=shown, fields=FIELDS)
    subscription, reference = _read_subscription(raw)
    return Event(
        key=_read_text(raw, "key"),
        meter=_read_name(raw, "meter"),
        subscription=subscription,
        reference=reference,
        quantity=_read_quantity(raw.get("quantity"), "quantity"),
        time=_read_time(raw.get("time"), now),
        properties=_read_properties(raw.get("properties")),
    )


def _read_text(raw: Mapping[str, object], name: str) -> str:
    """Return a text that the database can keep."""
    value = raw.get(name)
    if value is None or value is False or value == "":
        raise RefusalError("missing", name)
    if not isinstance(value, str):
        raise RefusalError("not_text", name)
    return _check_text(value, name)


def _check_text(value: str, name: str) -> str:
    if len(value) > MAX_TEXT:
        raise RefusalError("too_long", name, limit=MAX_TEXT)
    if not _is_storable(value):
        raise RefusalError("unreadable", name)
    return value


def _is_storable(value: str) -> bool:
    """Return whether PostgreSQL takes a text: no NUL, no half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _read_subscription(
    raw: Mapping[str, object],
) -> tuple[str | int | None, str | None]:
    """Return what names the subscription: its number or id, or its reference."""
    if not raw.get("reference"):
        return _read_name(raw, "subscription"), None
    if raw.get("subscription"):
        raise RefusalError("both", "reference")
    return None, _read_text(raw, "reference")


def _read_name(raw: Mapping[str, object], name: str) -> str | int:
    """Return a text, or an id that the database can know."""
    value = raw.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 < value <= MAX_ID:
            raise RefusalError("not_an_id", name)
        return value
    return _read_text(raw, name)


def _read_quantity(value: object, name: str) -> Decimal | None:
    """Return an exact number, rounded to 9 decimals; None when left out."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise RefusalError("not_a_number", name)
    # A whole number of thousands of digits is not worth writing out.
    if isinstance(value, int) and abs(value) >= MAX_QUANTITY:
        raise RefusalError("too_large", name, limit=MAX_QUANTITY)
    text = str(value).strip()
    if not NUMBER.fullmatch(text):
        raise RefusalError("not_a_number", name)
    number = Decimal(text)
    if abs(number) >= MAX_QUANTITY:
        raise RefusalError("too_large", name, limit=MAX_QUANTITY)
    # Adding 0 turns a negative zero into zero.
    return number.quantize(STEP) + 0


def _read_time(value: object, now: datetime) -> datetime:
    """Return a time in UTC; now when left out."""
    if value is None or value is False:
        return now
    if isinstance(value, str):
        value = _parse_time(value)
    if not isinstance(value, datetime):
        raise RefusalError("not_a_time", "time")
    try:
        if value.tzinfo:
            value = value.astimezone(timezone.utc).replace(tzinfo=None)
    except OverflowError:
        raise RefusalError("not_a_time", "time") from None
    if value > now + CLOCK_SKEW:
        raise RefusalError("in_future", "time", minutes=CLOCK_SKEW.seconds // 60)
    if value < EARLIEST:
        raise RefusalError("not_a_time", "time")
    return value


def _parse_time(text: str) -> datetime | None:
    """Return the time that an ISO 8601 text names; a day alone is no time."""
    text = text.strip()
    if len(text) > MAX_TEXT or ":" not in text:
        return None
    if text[-1] in "zZ":
        text = f"{text[:-1]}+00:00"
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _read_properties(value: object) -> dict[str, Any]:
    """Return properties that can be kept as JSON."""
    if value is None or value is False:
        return {}
    if not isinstance(value, Mapping):
        raise RefusalError("not_properties", "properties")
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise RefusalError("unreadable", "properties") from None
    if len(text) > MAX_PROPERTIES:
        raise RefusalError("too_long", "properties", limit=MAX_PROPERTIES)
    # JSON writes a NUL as an escape, which the database refuses.
    if not _is_storable(text) or "\\u0000" in text:
        raise RefusalError("unreadable", "properties")
    return json.loads(text)


# === COUNTING === #


def count_event(event: Event, meter: Meter) -> tuple[Decimal, str | None]:
    """Return the quantity of an event, and the value that makes it unique.

    :raises RefusalError: the event lacks what the meter counts
    """
    quantity = event.quantity
    if quantity is None and (name := meter.quantity_property):
        quantity = _read_quantity(event.properties.get(name), name)
        if quantity is None:
            raise RefusalError("no_property", "properties", name=name)
    if quantity is None:
        if meter.aggregation in QUANTITIES:
            raise RefusalError("missing", "quantity")
        quantity = Decimal(1)
    value = _read_value(event, meter) if meter.aggregation == "unique" else None
    return quantity, value


def _read_value(event: Event, meter: Meter) -> str:
    """Return the value of the property whose distinct values are counted."""
    name = meter.value_property
    value = event.properties.get(name)
    if value is None or value == "":
        raise RefusalError("no_property", "properties", name=name)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise RefusalError("not_a_value", "properties", name=name)
    return _check_text(str(value), name)


def day_of(time: datetime, zone: tzinfo) -> date:
    """Return the day of a UTC time in a time zone."""
    return time.replace(tzinfo=timezone.utc).astimezone(zone).date()
