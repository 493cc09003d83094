"""What of a Stripe Billing book is taken over, as plain values that JSON can keep.

Amounts are texts in the currency's minor unit, with all decimals that Stripe gives;
times are seconds since 1970 in UTC; currencies are in capitals; what Stripe leaves out
is empty, 0 or ``None``.
"""

from typing import Any

from .attempts import DATABASE
from .customers import PARTNER
from .reading import Json, id_of, pick, text


def read_book_price(price: Json) -> dict[str, Any]:
    """Return what a price says, with the name of its product if that is expanded."""
    recurring = pick(price, "recurring") or {}
    return {
        "id": text(price, "id"),
        "name": text(price, "nickname"),
        "created": pick(price, "created") or 0,
        "currency": text(price, "currency").upper(),
        "product": id_of(price, "product"),
        "product_name": text(price, "product", "name"),
        "product_description": text(price, "product", "description"),
        "interval": text(recurring, "interval"),
        "interval_count": pick(recurring, "interval_count") or 1,
        "is_metered": text(recurring, "usage_type") == "metered",
        "meter": text(recurring, "meter"),
        "scheme": text(price, "billing_scheme"),
        "tiers_mode": text(price, "tiers_mode"),
        "tiers": [_read_tier(each) for each in pick(price, "tiers") or ()],
        "amount": _amount(price, "unit_amount"),
        "package": pick(price, "transform_quantity", "divide_by") or 0,
        "package_round": text(price, "transform_quantity", "round"),
        "is_custom": bool(pick(price, "custom_unit_amount")),
    }


def _read_tier(tier: Json) -> dict[str, Any]:
    return {
        "last": pick(tier, "up_to"),
        "amount": _amount(tier, "unit_amount"),
        "flat": _amount(tier, "flat_amount"),
    }


def _amount(source: Json, name: str) -> str:
    """Return an amount with all its decimals, empty where there is none."""
    exact, whole = pick(source, f"{name}_decimal"), pick(source, name)
    value = whole if exact is None else exact
    return "" if value is None else str(value)


def read_book_customer(customer: Json) -> dict[str, Any]:
    """Return what is known of a customer."""
    address = pick(customer, "address") or {}
    names = ("line1", "line2", "postal_code", "city", "state", "country")
    return {
        "id": text(customer, "id"),
        "name": text(customer, "name"),
        "email": text(customer, "email"),
        "phone": text(customer, "phone"),
        "address": {name: text(address, name) for name in names},
        "language": next(iter(pick(customer, "preferred_locales") or ()), ""),
        "partner": text(customer, "metadata", PARTNER),
        "database": text(customer, "metadata", DATABASE),
        "method": id_of(customer, "invoice_settings", "default_payment_method")
        or id_of(customer, "default_source"),
        "balance": pick(customer, "balance") or 0,
        "has_discount": bool(pick(customer, "discount")),
        "is_tax_exempt": text(customer, "tax_exempt") not in ("", "none"),
    }


def read_book_subscription(subscription: Json) -> dict[str, Any]:
    """Return what was agreed with a customer, and how far Stripe has billed it.

    ``latest_invoice`` and the coupons of the discounts have to be expanded.
    """
    items = [_read_item(each) for each in pick(subscription, "items", "data") or ()]
    ends = [each["end"] for each in items]
    at_end = pick(subscription, "cancel_at_period_end") and max(ends, default=None)
    return {
        "id": text(subscription, "id"),
        "status": text(subscription, "status"),
        "customer": id_of(subscription, "customer"),
        "currency": text(subscription, "currency").upper(),
        "start": pick(subscription, "start_date") or 0,
        "anchor": pick(subscription, "billing_cycle_anchor") or 0,
        "trial_end": pick(subscription, "trial_end"),
        "cancel_at": pick(subscription, "cancel_at") or at_end or None,
        "end_comment": text(subscription, "cancellation_details", "comment"),
        "is_collection_paused": bool(pick(subscription, "pause_collection")),
        "resumes_at": pick(subscription, "pause_collection", "resumes_at"),
        "collection": text(subscription, "collection_method"),
        "days_until_due": pick(subscription, "days_until_due") or 0,
        "method": id_of(subscription, "default_payment_method")
        or id_of(subscription, "default_source"),
        "items": items,
        "has_more_items": bool(pick(subscription, "items", "has_more")),
        "discounts": [
            _read_discount(each) for each in pick(subscription, "discounts") or ()
        ],
        "taxes": _read_taxes(subscription, "default_tax_rates"),
        "is_tax_automatic": bool(pick(subscription, "automatic_tax", "enabled")),
        "is_connect": _is_connect(subscription),
        "schedule": id_of(subscription, "schedule"),
        "has_pending_update": bool(pick(subscription, "pending_update")),
        "has_threshold": bool(pick(subscription, "billing_thresholds")),
        "invoice": id_of(subscription, "latest_invoice"),
        "invoice_status": text(subscription, "latest_invoice", "status"),
    }


def _read_item(item: Json) -> dict[str, Any]:
    quantity = pick(item, "quantity")
    return {
        "price": id_of(item, "price"),
        "quantity": 1 if quantity is None else quantity,
        "start": pick(item, "current_period_start") or 0,
        "end": pick(item, "current_period_end") or 0,
        "is_discounted": bool(pick(item, "discounts")),
        "taxes": _read_taxes(item, "tax_rates"),
    }


def _read_discount(discount: Any) -> dict[str, Any]:
    """Return a discount with the terms of its coupon."""
    coupon = pick(discount, "source", "coupon") or pick(discount, "coupon") or {}
    percent, amount = pick(coupon, "percent_off"), pick(coupon, "amount_off")
    return {
        "coupon": id_of({"coupon": coupon}, "coupon"),
        "name": text(coupon, "name"),
        "percent": "" if percent is None else str(percent),
        "amount": "" if amount is None else str(amount),
        "currency": text(coupon, "currency").upper(),
        "duration": text(coupon, "duration"),
        "end": pick(discount, "end"),
        "products": list(pick(coupon, "applies_to", "products") or ()),
    }


def _read_taxes(source: Json, name: str) -> list[dict[str, Any]]:
    return [
        {
            "percentage": str(pick(rate, "percentage") or 0),
            "is_included": bool(pick(rate, "inclusive")),
        }
        for rate in pick(source, name) or ()
    ]


def _is_connect(subscription: Json) -> bool:
    """Return whether the money is shared with, or billed for, another account."""
    names = ("application_fee_percent", "on_behalf_of", "transfer_data", "application")
    return any(pick(subscription, name) for name in names)


def read_pending_item(item: Json) -> dict[str, Any]:
    """Return what waits for the next invoice of a customer at Stripe."""
    parent = id_of(item, "parent", "subscription_details", "subscription")
    return {
        "id": text(item, "id"),
        "customer": id_of(item, "customer"),
        "subscription": parent or id_of(item, "subscription"),
        "amount": str(pick(item, "amount") or 0),
        "currency": text(item, "currency").upper(),
        "name": text(item, "description"),
    }
