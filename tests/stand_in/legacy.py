"""The shape of answers before 2022-11-15, as version 2019-05-16 has it."""

from .lists import listed

LAST = "2022-11-15"
# What came later than the old shape, and is not relied on there.
LATER_FACTS = ("network_advice_code", "network_decline_code")


def is_legacy(version) -> bool:
    """Return whether a version has the old shape."""
    return version < LAST


def reshape(state, shaped, render):
    """Turn a copy of an object from the current shape into the old one.

    :param render: turns another object into the old shape
    """
    change = RESHAPERS.get(shaped.get("object"))
    if change:
        change(state, shaped, render)


def _intent(state, shaped, render):
    """Give an intent the list of its charges."""
    identifier = shaped["id"]
    charges = state.linked(identifier, "charges")
    shaped["charges"] = listed(
        [render(each) for each in charges],
        f"/v1/charges?payment_intent={identifier}",
        total_count=len(charges),
    )
    for name in ("automatic_payment_methods", "excluded_payment_method_types"):
        shaped.pop(name, None)
    if shaped["capture_method"] == "automatic_async":
        shaped["capture_method"] = "automatic"
    without_later_facts(shaped.get("last_payment_error"))


def _charge(state, shaped, render):
    """Give a charge the list of its refunds."""
    identifier = shaped["id"]
    refunds = state.linked(identifier, "refunds")
    shaped["refunds"] = listed(
        [render(each) for each in refunds[:10]],
        f"/v1/charges/{identifier}/refunds",
        len(refunds) > 10,
        total_count=len(refunds),
    )
    without_later_facts(shaped.get("outcome"))


def without_later_facts(facts):
    """Remove the facts of a decline that the old shape does not promise."""
    for name in LATER_FACTS:
        (facts or {}).pop(name, None)


def _customer(state, shaped, render):
    address = f"/v1/customers/{shaped['id']}"
    shaped["sources"] = listed([], f"{address}/sources", total_count=0)
    shaped["subscriptions"] = listed([], f"{address}/subscriptions", total_count=0)


def _subscription(state, shaped, render):
    first = shaped["items"]["data"][0]
    kept = state.by_id[first["id"]]
    shaped["current_period_start"] = kept["current_period_start"]
    shaped["current_period_end"] = kept["current_period_end"]
    shaped["plan"], shaped["quantity"] = first["plan"], first.get("quantity")
    discounts = shaped.pop("discounts")
    found = [render(state.by_id[each]) for each in discounts]
    shaped["discount"] = found[0] if found else None


def _item(state, shaped, render):
    for name in ("current_period_start", "current_period_end", "discounts"):
        shaped.pop(name, None)


def _discount(state, shaped, render):
    source = shaped.pop("source")
    shaped["coupon"] = render(state.by_id[source["coupon"]])


def _invoice(state, shaped, render):
    details = shaped.pop("parent", None) or {}
    inner = details.get("subscription_details") or {}
    shaped["subscription"] = inner.get("subscription")
    shaped["paid"] = shaped["status"] == "paid"
    payments = shaped.pop("payments", {}).get("data", [])
    shaped["payment_intent"] = shaped["charge"] = None
    for each in payments:
        shaped["payment_intent"] = each["payment"].get("payment_intent")


RESHAPERS = {
    "charge": _charge,
    "customer": _customer,
    "discount": _discount,
    "invoice": _invoice,
    "payment_intent": _intent,
    "subscription": _subscription,
    "subscription_item": _item,
}


def plan_of(price) -> dict:
    """Return the plan that a recurring price was called in former times."""
    recurring = price.get("recurring") or {}
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring.get("interval"),
        "interval_count": recurring.get("interval_count"),
        "livemode": False,
        "metadata": price["metadata"],
        "nickname": price["nickname"],
        "product": price["product"],
        "trial_period_days": None,
        "usage_type": recurring.get("usage_type"),
    }
