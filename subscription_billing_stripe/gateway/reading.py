"""Reads what Stripe says, in an answer or an event alike, into values of ours.

Everything takes plain dictionaries: of an answer ``plain(answer)``, of an event the
stored JSON. What Stripe leaves out is empty.
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from odoo.addons.subscription_billing.tools.outcome import Decline, Outcome

from ..tools.declines import AUTHENTICATION, NEEDS_CUSTOMER, classify
from .facts import (
    AccountFacts,
    CustomerFacts,
    DisputeFacts,
    IntentFacts,
    MethodFacts,
    WebhookFacts,
)
from .masking import mask
from .sdk import stripe

Json = Mapping[str, Any]


def plain(answer: stripe.StripeObject) -> dict[str, Any]:
    """Return an answer as a dictionary: the SDK's objects are none."""
    return answer.to_dict()


def pick(source: Any, *path: str) -> Any:
    """Return what lies at a path of keys, ``None`` where it ends before."""
    for key in path:
        if not isinstance(source, Mapping):
            return None
        source = source.get(key)
    return source


def text(source: Any, *path: str) -> str:
    """Return the text at a path, empty where there is none."""
    value = pick(source, *path)
    return value if isinstance(value, str) else ""


def id_of(source: Any, *path: str) -> str:
    """Return the id of an object at a path, whether it was expanded or not."""
    value = pick(source, *path)
    return text(value, "id") if isinstance(value, Mapping) else value or ""


def moment(source: Any, *path: str) -> datetime | None:
    """Return the time at a path, in UTC without a zone as Odoo keeps it."""
    value = pick(source, *path)
    if not value:
        return None
    return datetime.fromtimestamp(value, timezone.utc).replace(tzinfo=None)


# === PAYMENTS === #


def read_intent(intent: Json) -> IntentFacts:
    """Return the facts of a payment intent."""
    return IntentFacts(
        id=text(intent, "id"),
        status=text(intent, "status"),
        amount=pick(intent, "amount") or 0,
        currency=text(intent, "currency").upper(),
        client_secret=text(intent, "client_secret"),
    )


def read_intent_outcome(intent: Json) -> Outcome:
    """Return what became of a payment.

    A status that Stripe invents later is unknown, and so is none at all.
    """
    reference, status = text(intent, "id"), text(intent, "status")
    if status == "succeeded":
        return Outcome("done", reference)
    if status in {"processing", "requires_capture"}:
        return Outcome("pending", reference)
    if status == "canceled":
        return Outcome("cancelled", reference, text(intent, "cancellation_reason"))
    if status in {"requires_action", "requires_confirmation"}:
        decline = classify(AUTHENTICATION)
        return Outcome("action", reference, "The customer has to confirm.", decline)
    if status == "requires_payment_method":
        return _refused(pick(intent, "last_payment_error") or {}, reference)
    return Outcome("unknown", reference, f"Stripe gave the status “{status}”.")


def read_card_error(error: Json) -> Outcome:
    """Return what became of a payment that Stripe answered with HTTP 402."""
    return _refused(error, id_of(error, "payment_intent"))


def read_decline(error: Json) -> Decline:
    """Return why a payment was refused, from an error of an answer or an intent."""
    return classify(
        text(error, "decline_code") or text(error, "code"),
        advice=text(error, "advice_code"),
        network_code=text(error, "network_decline_code"),
        network_advice=text(error, "network_advice_code"),
        brand=text(error, "payment_method", "card", "brand"),
    )


def _refused(error: Json, reference: str) -> Outcome:
    codes = {text(error, "code"), text(error, "decline_code")}
    if codes & NEEDS_CUSTOMER:
        # Refused by the bank without the customer, or not confirmed by them: the same
        # payment can be confirmed, again, in both cases.
        decline = classify(
            AUTHENTICATION, network_code=read_decline(error).network_code
        )
        return Outcome("action", reference, mask(text(error, "message")), decline)
    message = mask(text(error, "message"))
    return Outcome("declined", reference, message, read_decline(error))


_REFUND_STATUSES = {
    "succeeded": "done",
    "pending": "pending",
    "requires_action": "pending",
    "failed": "declined",
    "canceled": "cancelled",
}


def read_refund_outcome(refund: Json) -> Outcome:
    """Return what became of a refund; a failed one says why in its decline."""
    status = _REFUND_STATUSES.get(text(refund, "status"), "unknown")
    reason = text(refund, "failure_reason") or text(refund, "pending_reason")
    decline = Decline("never", reason) if status == "declined" else None
    return Outcome(status, text(refund, "id"), reason.replace("_", " "), decline)


# === CUSTOMERS AND THEIR METHODS === #


def read_customer(customer: Json) -> CustomerFacts:
    """Return the facts of a customer; a deleted one has only its id."""
    return CustomerFacts(
        id=text(customer, "id"),
        name=text(customer, "name"),
        email=text(customer, "email"),
        is_deleted=bool(pick(customer, "deleted")),
    )


def read_method(method: Json) -> MethodFacts:
    """Return the facts of a payment method, whatever its type."""
    kind = text(method, "type")
    details = pick(method, kind) or {}
    brand = text(details, "display_brand") or text(details, "brand")
    return MethodFacts(
        id=text(method, "id"),
        type=kind,
        customer=id_of(method, "customer"),
        brand=brand or text(details, "bank_name") or text(details, "bank_code"),
        last4=text(details, "last4"),
        expiry_month=pick(details, "exp_month") or 0,
        expiry_year=pick(details, "exp_year") or 0,
        funding=text(details, "funding"),
        fingerprint=text(details, "fingerprint"),
        country=text(details, "country"),
        wallet=text(details, "wallet", "type"),
    )


# === THE REST === #


def read_account(account: Json, *, is_live: bool) -> AccountFacts:
    """Return the facts of an account; Stripe does not tell its mode, the key does."""
    names = (
        text(account, "settings", "dashboard", "display_name"),
        text(account, "business_profile", "name"),
        text(account, "email"),
        text(account, "id"),
    )
    return AccountFacts(
        id=text(account, "id"),
        name=next((name for name in names if name), ""),
        country=text(account, "country"),
        currency=text(account, "default_currency").upper(),
        is_live=is_live,
        can_charge=bool(pick(account, "charges_enabled")),
    )


def read_dispute(dispute: Json) -> DisputeFacts:
    """Return the facts of a dispute."""
    return DisputeFacts(
        id=text(dispute, "id"),
        amount=pick(dispute, "amount") or 0,
        currency=text(dispute, "currency").upper(),
        reason=text(dispute, "reason"),
        status=text(dispute, "status"),
        intent=id_of(dispute, "payment_intent"),
        charge=id_of(dispute, "charge"),
        due_by=moment(dispute, "evidence_details", "due_by"),
        submissions=pick(dispute, "evidence_details", "submission_count") or 0,
        network_reason=text(dispute, "network_reason_code"),
    )


def read_webhook(endpoint: Json) -> WebhookFacts:
    """Return the facts of a webhook endpoint."""
    return WebhookFacts(
        id=text(endpoint, "id"),
        url=text(endpoint, "url"),
        status=text(endpoint, "status"),
        events=tuple(pick(endpoint, "enabled_events") or ()),
        api_version=text(endpoint, "api_version"),
        secret=text(endpoint, "secret"),
    )
