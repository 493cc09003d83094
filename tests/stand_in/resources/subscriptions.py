"""Subscriptions of Stripe Billing: to be read, changed a little and ended."""

from .. import billing, errors, lists, parameters
from ..routing import delete, get, get_list, get_search, post
from . import invoices

ENDED = {"canceled", "incomplete_expired"}
STATUSES = """active|all|canceled|ended|incomplete|incomplete_expired|past_due|paused|
trialing|unpaid""".replace("\n", "")
CHANGEABLE = """add_invoice_items:list application_fee_percent automatic_tax:map
billing_thresholds:map cancel_at cancel_at_period_end:bool
collection_method:charge_automatically|send_invoice days_until_due:int
default_payment_method default_source default_tax_rates:list description
discounts:list invoice_settings:map items:list metadata:map off_session:bool
on_behalf_of payment_behavior payment_settings:map pending_invoice_item_interval:map
proration_behavior:always_invoice|create_prorations|none transfer_data:map trial_end
trial_from_plan:bool trial_settings:map billing_cycle_anchor billing_schedules:list"""
SIMPLE = ("cancel_at", "cancel_at_period_end", "collection_method", "days_until_due",
          "default_payment_method", "description", "payment_settings",
          "trial_settings")  # fmt: skip


@post(
    "/v1/subscriptions",
    f"""customer! currency backdate_start_date:int billing_cycle_anchor_config:map
    billing_mode:map trial_period_days:int {CHANGEABLE}""",
)
def create(call):
    """Create a subscription with its items; a paid invoice for the current period."""
    state = call.state
    customer = state.get("customer", call.params["customer"], "customer")
    if not call.get("items"):
        raise errors.missing_parameter("items")
    trial = _trial_end(call)
    start = call.get("backdate_start_date", state.now())
    anchor = int(call.get("billing_cycle_anchor") or trial or start)
    values = {name: call.get(name) for name in SIMPLE}
    subscription = state.new(
        "subscription",
        **{
            **BLANK,
            **values,
            "billing_cycle_anchor": anchor,
            "cancel_at": _number(values["cancel_at"]),
            "cancel_at_period_end": bool(values["cancel_at_period_end"]),
            "collection_method": values["collection_method"] or "charge_automatically",
            "customer": customer["id"],
            "discounts": [],
            "items": [],
            "metadata": parameters.merged({}, call.get("metadata")),
            "start_date": start,
            "status": "trialing" if trial else "active",
            "trial_end": trial,
            "trial_start": start if trial else None,
        },
    )
    _add_items(call, subscription)
    _add_discounts(call, subscription)
    if not trial:
        invoices.bill(state, subscription, _amount(state, subscription))
    state.emit("customer.subscription.created", subscription)
    return subscription


BLANK = {
    "application": None,
    "application_fee_percent": None,
    "automatic_tax": {"enabled": False},
    "billing_mode": {"type": "classic"},
    "billing_thresholds": None,
    "canceled_at": None,
    "cancellation_details": {"comment": None, "feedback": None, "reason": None},
    "currency": "usd",
    "default_source": None,
    "default_tax_rates": [],
    "ended_at": None,
    "latest_invoice": None,
    "next_pending_invoice_item_invoice": None,
    "on_behalf_of": None,
    "pause_collection": None,
    "pending_setup_intent": None,
    "pending_update": None,
    "schedule": None,
    "test_clock": None,
}


def _number(value):
    return None if value in (None, "") else int(value)


def _trial_end(call):
    """Return the second at which the trial ends, or None."""
    days, end = call.get("trial_period_days"), call.get("trial_end")
    if end == "now":
        return None
    return call.state.now() + days * 86400 if days else _number(end)


def _add_items(call, subscription):
    """Create the items; each carries its own period."""
    for position, given in enumerate(call.params["items"]):
        price = call.state.get("price", given.get("price"), f"items[{position}][price]")
        _add_item(call.state, subscription, price, given)
    first = call.state.by_id[subscription["items"][0]]
    subscription["currency"] = call.state.by_id[first["price"]]["currency"]


def _add_item(state, subscription, price, given):
    """Create one item with the period that its price has now."""
    recurring = price["recurring"]
    if not recurring:
        raise errors.invalid("The price specified is not recurring.", "items[0][price]")
    start, end = _period(state, subscription, recurring)
    metered = recurring["usage_type"] == "metered"
    item = state.new(
        "subscription_item",
        billing_thresholds=None,
        current_period_end=end,
        current_period_start=start,
        discounts=[],
        metadata=parameters.merged({}, given.get("metadata")),
        price=price["id"],
        quantity=None if metered else int(given.get("quantity", 1)),
        subscription=subscription["id"],
        tax_rates=[],
    )
    subscription["items"].append(item["id"])


def _period(state, subscription, recurring):
    """Return begin and end of the current period, or of the trial."""
    anchor, now = subscription["billing_cycle_anchor"], state.now()
    if anchor > now:
        return subscription["start_date"], anchor
    return billing.current_period(
        anchor, recurring["interval"], recurring["interval_count"], now
    )


def _add_discounts(call, subscription):
    """Redeem coupons for a subscription."""
    state = call.state
    for each in call.get("discounts", []):
        coupon = state.get("coupon", each.get("coupon"), "discounts[0][coupon]")
        coupon["times_redeemed"] += 1
        months = coupon["duration_in_months"]
        end = billing.boundary(state.now(), "month", months, 1) if months else None
        discount = state.new(
            "discount",
            checkout_session=None,
            customer=subscription["customer"],
            end=end,
            invoice=None,
            invoice_item=None,
            promotion_code=None,
            source={"coupon": coupon["id"], "type": "coupon"},
            start=state.now(),
            subscription=subscription["id"],
            subscription_item=None,
        )
        subscription["discounts"].append(discount["id"])


def _amount(state, subscription):
    """Return what a period costs before discounts, in minor units."""
    items = (state.by_id[each] for each in subscription["items"])
    return sum(
        (state.by_id[item["price"]]["unit_amount"] or 0) * (item["quantity"] or 0)
        for item in items
    )


# === READ, CHANGE, END === #


@get("/v1/subscriptions/{id}")
def retrieve(call):
    """Return a subscription."""
    return call.state.at(call, "subscription")


@get_list(
    "/v1/subscriptions",
    f"""customer collection_method plan price status:{STATUSES} current_period_end:time
    current_period_start:time automatic_tax:map customer_account test_clock""",
)
def list_all(call):
    """Return subscriptions; ended ones only where the status asks for them."""
    found = [each for each in call.state.all("subscription") if _is_listed(call, each)]
    wanted = {name: call.get(name) for name in ("customer", "collection_method")}
    return lists.page(call, found, "/v1/subscriptions", **wanted)


def _is_listed(call, subscription):
    """Return whether the filters of a list let a subscription through."""
    status, wanted = subscription["status"], call.get("status")
    items = [call.state.by_id[each] for each in subscription["items"]]
    if call.get("price") and call.get("price") not in [i["price"] for i in items]:
        return False
    for name in ("current_period_end", "current_period_start"):
        if not any(lists.within(i[name], call.params.get(name)) for i in items):
            return False
    if wanted in (None, "ended"):
        return (status in ENDED) == (wanted == "ended")
    return wanted in ("all", status)


@get_search("/v1/subscriptions/search")
def search(call):
    """Return the subscriptions that a query finds."""
    found = call.state.all("subscription")
    return lists.search(call, found, "/v1/subscriptions/search")


@post(
    "/v1/subscriptions/{id}",
    f"pause_collection:any cancellation_details:map proration_date:int {CHANGEABLE}",
)
def update(call):
    """Write on a subscription that has not ended."""
    subscription = call.state.at(call, "subscription")
    allowed = {"metadata", "cancellation_details", "expand"}
    if subscription["status"] in ENDED and set(call.params) - allowed:
        raise errors.invalid(
            "A canceled subscription can only update its cancellation_details and "
            "metadata."
        )
    values = {name: call.params[name] for name in SIMPLE if name in call.params}
    if "cancel_at" in values:
        values["cancel_at"] = _number(values["cancel_at"])
    if "pause_collection" in call.params:
        values["pause_collection"] = _pause(call.params["pause_collection"])
    if "metadata" in call.params:
        values["metadata"] = parameters.merged(
            subscription["metadata"], call.params["metadata"]
        )
    if values.get("cancel_at_period_end"):
        values["canceled_at"] = call.state.now()
    call.state.change(subscription, "customer.subscription.updated", **values)
    return subscription


def _pause(given):
    if not given:
        return None
    resumes_at = _number(given.get("resumes_at"))
    return {"behavior": given.get("behavior"), "resumes_at": resumes_at}


@delete(
    "/v1/subscriptions/{id}",
    "cancellation_details:map invoice_now:bool prorate:bool",
)
def cancel(call):
    """End a subscription at once."""
    state = call.state
    subscription = state.at(call, "subscription")
    if subscription["status"] in ENDED:
        raise errors.no_such("subscription", subscription["id"], status=404)
    details = {**BLANK["cancellation_details"], "reason": "cancellation_requested"}
    details.update(call.get("cancellation_details", {}))
    subscription.update(
        status="canceled",
        canceled_at=state.now(),
        ended_at=state.now(),
        cancellation_details=details,
    )
    state.emit("customer.subscription.deleted", subscription)
    return subscription


@get_list("/v1/subscription_items", "subscription!")
def list_items(call):
    """Return the items of a subscription."""
    identifier = call.params["subscription"]
    subscription = call.state.get("subscription", identifier, "subscription")
    found = [call.state.by_id[each] for each in subscription["items"]]
    return lists.page(call, found, "/v1/subscription_items")


@get("/v1/subscription_items/{id}")
def retrieve_item(call):
    """Return an item."""
    return call.state.at(call, "subscription_item")


@post(
    "/v1/subscription_items/{id}",
    """price quantity:int metadata:map proration_behavior discounts:list tax_rates:list
    payment_behavior proration_date:int off_session:bool""",
)
def update_item(call):
    """Change price or quantity of an item."""
    item = call.state.at(call, "subscription_item")
    if "price" in call.params:
        item["price"] = call.state.get("price", call.params["price"], "price")["id"]
    if "quantity" in call.params:
        item["quantity"] = call.params["quantity"]
    if "metadata" in call.params:
        item["metadata"] = parameters.merged(item["metadata"], call.params["metadata"])
    subscription = call.state.by_id[item["subscription"]]
    call.state.emit("customer.subscription.updated", subscription)
    return item


def force(state, subscription, status):
    """Bring a subscription into a status, as time and failed payments would."""
    values = {"status": status}
    if status in ("past_due", "unpaid"):
        invoices.bill(state, subscription, _amount(state, subscription), "open")
    if status == "paused":
        values["trial_end"] = subscription["trial_end"] or state.now()
    state.change(subscription, "customer.subscription.updated", **values)
