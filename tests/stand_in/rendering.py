"""What of an object goes out: the shape of the caller's API version, and expansions.

Objects are kept in the shape of the current version, linked by id. Two shapes go out:
the current one, and the one from before 2022-11-15, which Odoo's own code expects
(``payment_intent.charges``, ``charge.refunds``, periods on the subscription).
"""

from . import errors, legacy
from .lists import listed
from .state import copied

CURRENT = "2026-10-28.endive"
DEEPEST = 4
# What may be expanded. `None` is a part of an object that has no `object` of its own.
EXPANDABLE = {
    None: {
        "charge", "coupon", "default_payment_method", "invoice", "payment_intent",
        "subscription",
    },
    "balance_transaction": {"source"},
    "charge": {
        "balance_transaction", "customer", "failure_balance_transaction",
        "payment_intent", "payment_method", "refunds",
    },
    "coupon": {"applies_to"},
    "customer": {"default_source", "sources", "subscriptions"},
    "discount": {"customer", "promotion_code", "coupon"},
    "dispute": {"charge", "payment_intent"},
    "invoice": {
        "charge", "customer", "default_payment_method", "discounts", "payment_intent",
        "subscription",
    },
    "mandate": {"payment_method"},
    "payment_intent": {
        "charges", "customer", "latest_charge", "payment_method", "review",
    },
    "payment_method": {"customer"},
    "price": {"product", "currency_options", "tiers"},
    "product": {"default_price"},
    "radar.early_fraud_warning": {"charge", "payment_intent"},
    "refund": {
        "balance_transaction", "charge", "failure_balance_transaction",
        "payment_intent",
    },
    "setup_attempt": {"customer", "payment_method", "setup_intent"},
    "setup_intent": {"customer", "latest_attempt", "mandate", "payment_method"},
    "subscription": {
        "customer", "default_payment_method", "discounts", "latest_invoice",
        "pending_setup_intent", "schedule",
    },
    "subscription_item": {"discounts"},
}  # fmt: skip


def render(state, thing, version, expand=()):
    """Return what an answer says of an object or a list of them."""
    rendered = _shaped(state, thing, version)
    for path in expand or ():
        segments = path.split(".")
        if len(segments) > DEEPEST:
            raise errors.invalid(
                f"You cannot expand more than {DEEPEST} levels of a property. "
                f"Property: {path}",
                "expand",
            )
        _expand(state, rendered, segments, version)
    return rendered


def _shaped(state, thing, version):
    """Return a copy in the shape of a version, with what is always included."""
    if thing.get("object") in ("list", "search_result"):
        return {**thing, "data": [_shaped(state, t, version) for t in thing["data"]]}
    shaped = copied(thing)
    include = INCLUDED.get(thing.get("object"))
    if include:
        include(state, shaped, version)
    if legacy.is_legacy(version):
        legacy.reshape(state, shaped, lambda each: _shaped(state, each, version))
    return shaped


# === WHAT IS ALWAYS INCLUDED === #


def _include_in_intent(state, shaped, version):
    error = shaped.get("last_payment_error") or shaped.get("last_setup_error")
    if error and (method := state.find(error.get("payment_method"))):
        error["payment_method"] = _shaped(state, method, version)


def _include_in_subscription(state, shaped, version):
    identifier = shaped["id"]
    items = [_shaped(state, state.by_id[each], version) for each in shaped["items"]]
    url = f"/v1/subscription_items?subscription={identifier}"
    shaped["items"] = listed(items, url, total_count=len(items))


def _include_in_coupon(state, shaped, version):
    shaped.pop("applies_to", None)


def _include_in_item(state, shaped, version):
    price = state.find(shaped["price"])
    shaped["price"] = _shaped(state, price, version)
    shaped["plan"] = legacy.plan_of(price)


def _include_in_price(state, shaped, version):
    shaped.pop("tiers", None)


def _include_in_dispute(state, shaped, version):
    shaped["balance_transactions"] = [
        _shaped(state, state.by_id[each], version)
        for each in shaped["balance_transactions"]
    ]


INCLUDED = {
    "coupon": _include_in_coupon,
    "dispute": _include_in_dispute,
    "payment_intent": _include_in_intent,
    "price": _include_in_price,
    "setup_intent": _include_in_intent,
    "subscription": _include_in_subscription,
    "subscription_item": _include_in_item,
}

# === EXPANSION === #


def _expand(state, node, segments, version):
    """Replace the ids at a path below a node by what they name."""
    if isinstance(node, list):
        for each in node:
            _expand(state, each, segments, version)
    elif isinstance(node, dict):
        name, *rest = segments
        inner = node.get(name)
        if not isinstance(inner, dict) or not (rest or "object" in inner):
            node[name] = _expanded(state, node, name, version)
        if rest:
            _expand(state, node[name], rest, version)


def _expanded(state, node, name, version):
    """Return what is to stand in the place of an id, or refuse to look."""
    kind = node.get("object")
    value = node.get(name)
    if kind in ("list", "search_result") and name == "data":
        return value
    if name not in EXPANDABLE.get(kind, ()):
        raise errors.invalid(f"This property cannot be expanded ({name}).", "expand")
    if (kind, name) in COLLECTIONS:
        return COLLECTIONS[kind, name](state, node, version)
    if isinstance(value, list):
        return [_found(state, each, version) for each in value]
    return _found(state, value, version)


def _found(state, value, version):
    found = state.find(value) if isinstance(value, str) else None
    return _shaped(state, found, version) if found else value


def _refunds(state, node, version):
    refunds = state.linked(node["id"], "refunds")
    shaped = [_shaped(state, each, version) for each in refunds[:10]]
    return listed(shaped, f"/v1/charges/{node['id']}/refunds", len(refunds) > 10)


def _scope(state, node, version):
    return state.find(node["id"]).get("applies_to")


def _charges(state, node, version):
    charges = state.linked(node["id"], "charges")
    shaped = [_shaped(state, each, version) for each in charges]
    return listed(shaped, f"/v1/charges?payment_intent={node['id']}")


def _tiers(state, node, version):
    return state.find(node["id"]).get("tiers")


COLLECTIONS = {
    ("charge", "refunds"): _refunds,
    ("coupon", "applies_to"): _scope,
    ("payment_intent", "charges"): _charges,
    ("price", "tiers"): _tiers,
}
