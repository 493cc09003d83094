"""Reads what Stripe sends by itself: events."""

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from .attempts import DATABASE
from .masking import mask
from .reading import id_of, moment, pick, text

#: the end of the year 9999
_LAST_SECOND = 253_402_300_799


class MalformedEventError(ValueError):
    """A message that is no event of Stripe's."""


@dataclass(frozen=True)
class EventFacts:
    """An event.

    :param created: Stripe's time, UTC without a zone
    :param object_id: what it is about
    :param subject: events with the same one are about the same payment, or the same
        saved method, and are worked on one after the other
    :param database: the Odoo database that has asked for the object, if it says so
    :param body: the message without client secrets
    """

    id: str
    type: str
    api_version: str
    created: datetime
    is_live: bool
    object_id: str
    object_type: str
    subject: str
    database: str
    body: str


def read_event(body: bytes) -> EventFacts:
    """Return the facts of an event.

    :raises MalformedEventError: the message is none
    """
    event = load_event(body)
    thing = pick(event, "data", "object")
    facts = EventFacts(
        id=text(event, "id"),
        type=text(event, "type"),
        api_version=text(event, "api_version"),
        created=moment(event, "created") or datetime.min,
        is_live=bool(pick(event, "livemode")),
        object_id=text(thing, "id"),
        object_type=text(thing, "object"),
        subject=_read_subject(thing) or text(event, "id"),
        database=text(thing, "metadata", DATABASE),
        body=mask(body.decode()),
    )
    if not (facts.id and all(map(is_storable, astuple(facts)))):
        raise MalformedEventError("The message is no event.")
    return facts


def load_event(body: bytes) -> dict[str, Any]:
    """Return an event as it was sent: with a type, a time and what it is about.

    :raises MalformedEventError: the message is none
    """
    try:
        event = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise MalformedEventError("The message is no JSON.") from error
    created = pick(event, "created")
    if not (
        isinstance(pick(event, "data", "object"), Mapping)
        and isinstance(created, int)
        and 0 <= created <= _LAST_SECOND
        and text(event, "type")
    ):
        raise MalformedEventError("The message is no event.")
    return event


def is_storable(value: Any) -> bool:
    """Return whether the database takes a value, if it is a text.

    JSON can write NUL and halves of characters, which no text of a database has.
    """
    if not isinstance(value, str):
        return True
    return "\0" not in value and value == value.encode(errors="ignore").decode()


def _read_subject(thing: Mapping) -> str:
    own = text(thing, "id")
    if text(thing, "object") in ("payment_intent", "payment_method", "customer"):
        return own
    return id_of(thing, "payment_intent") or id_of(thing, "payment_method") or own


@dataclass(frozen=True)
class BillingFacts:
    """An invoice that Stripe's own billing collects.

    :param subscription: ``sub_…``; empty for an invoice of its own
    """

    id: str
    customer: str
    subscription: str


def read_billing(body: str) -> BillingFacts:
    """Return the facts of an invoice from the kept message of an event."""
    invoice = pick(json.loads(body), "data", "object") or {}
    details = pick(invoice, "parent", "subscription_details")
    return BillingFacts(
        id=text(invoice, "id"),
        customer=id_of(invoice, "customer"),
        subscription=id_of(details, "subscription") or id_of(invoice, "subscription"),
    )
