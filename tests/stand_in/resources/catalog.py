"""Products, prices and coupons, as the import of a Stripe Billing book finds them."""

from decimal import Decimal

from .. import errors, lists, parameters
from ..routing import delete, get, get_list, post

PRODUCT = """active:bool default_price description images:list marketing_features:list
metadata:map name package_dimensions:map shippable:bool statement_descriptor tax_code
tax_details:map unit_label url"""


def _values(call, *, without=("expand",)):
    """Return what a request writes on an object, its metadata as texts."""
    given = {k: v for k, v in call.params.items() if k not in without}
    values = parameters.blank_to_null(given)
    values["metadata"] = parameters.merged({}, call.get("metadata"))
    return values


def _update(call, kind):
    """Write on a product, a price or a coupon."""
    thing = call.state.at(call, kind)
    values = _values(call)
    metadata = parameters.merged(thing["metadata"], call.params.get("metadata", {}))
    call.state.change(thing, f"{kind}.updated", **{**values, "metadata": metadata})
    return thing


# === PRODUCTS === #


@post("/v1/products", f"id type:service|good default_price_data:map {PRODUCT}")
def create_product(call):
    """Create a product."""
    if not call.get("name"):
        raise errors.missing_parameter("name")
    blank = dict.fromkeys(
        ("default_price", "description", "package_dimensions", "shippable",
         "statement_descriptor", "tax_code", "unit_label", "url")
    )  # fmt: skip
    values = _values(call, without=("expand", "id", "default_price_data"))
    values = {**blank, "active": True, "images": [], "type": "service", **values}
    state = call.state
    product = state.new(
        "product", call.get("id"), marketing_features=[], updated=state.now(), **values
    )
    state.emit("product.created", product)
    return product


@get("/v1/products/{id}")
def retrieve_product(call):
    """Return a product."""
    return call.state.at(call, "product")


@get_list("/v1/products", "active:bool ids:list shippable:bool type url")
def list_products(call):
    """Return products."""
    ids = call.get("ids")
    found = [p for p in call.state.all("product") if not ids or p["id"] in ids]
    wanted = {"active": call.get("active")}
    return lists.page(call, found, "/v1/products", **wanted)


@post("/v1/products/{id}", PRODUCT)
def update_product(call):
    """Write on a product."""
    return _update(call, "product")


# === PRICES === #


@post(
    "/v1/prices",
    """active:bool billing_scheme:per_unit|tiered currency! currency_options:map
    custom_unit_amount:map lookup_key metadata:map nickname product product_data:map
    recurring:map tax_behavior:exclusive|inclusive|unspecified tiers:list
    tiers_mode:graduated|volume transfer_lookup_key:bool transform_quantity:map
    unit_amount:int unit_amount_decimal""",
)
def create_price(call):
    """Create a price of a product."""
    state = call.state
    product = _product_of(call)
    recurring = call.get("recurring")
    tiers = [_tier(each) for each in call.get("tiers", [])]
    if not tiers and not {"unit_amount", "unit_amount_decimal"} & set(call.params):
        raise errors.missing_parameter("unit_amount")
    price = state.new(
        "price",
        active=call.get("active", True),
        billing_scheme="tiered" if tiers else "per_unit",
        currency=call.params["currency"].lower(),
        custom_unit_amount=None,
        lookup_key=call.get("lookup_key"),
        metadata=parameters.merged({}, call.get("metadata")),
        nickname=call.get("nickname"),
        product=product,
        recurring=_recurring(recurring) if recurring else None,
        tax_behavior=call.get("tax_behavior", "unspecified"),
        tiers=tiers,
        tiers_mode=call.get("tiers_mode") if tiers else None,
        transform_quantity=_numbers(call.get("transform_quantity"), "divide_by"),
        type="recurring" if recurring else "one_time",
        **_amounts(call.params),
    )
    state.emit("price.created", price)
    return price


def _product_of(call):
    """Return the id of a price's product; it may be made with the price."""
    if data := call.get("product_data"):
        return call.state.new(
            "product", active=True, name=data.get("name"), metadata={},
            description=None, type="service", updated=call.state.now(),
        )["id"]  # fmt: skip
    if not call.get("product"):
        raise errors.missing_parameter("product")
    return call.state.get("product", call.params["product"], "product")["id"]


def _amounts(given):
    """Return the amount in minor units, and the same as a decimal text."""
    whole, exact = given.get("unit_amount"), given.get("unit_amount_decimal")
    if exact is None:
        exact = None if whole is None else str(whole)
        return {"unit_amount": whole, "unit_amount_decimal": exact}
    number = Decimal(str(exact))
    whole = int(number) if number == int(number) else None
    return {"unit_amount": whole, "unit_amount_decimal": str(exact)}


def _recurring(given):
    """Return how often a price recurs, or refuse it."""
    interval = given.get("interval")
    if interval not in ("day", "week", "month", "year"):
        raise errors.invalid("Invalid recurring[interval].", "recurring[interval]")
    return {
        "interval": interval,
        "interval_count": int(given.get("interval_count", 1)),
        "meter": given.get("meter"),
        "trial_period_days": None,
        "usage_type": given.get("usage_type", "licensed"),
    }


def _tier(given):
    """Return a tier with whole numbers and their decimal texts."""
    values = {
        name: int(given[name]) if given.get(name) not in (None, "") else None
        for name in ("flat_amount", "unit_amount")
    }
    decimals = {
        f"{name}_decimal": None if value is None else str(value)
        for name, value in values.items()
    }
    up_to = given.get("up_to")
    return {**values, **decimals, "up_to": None if up_to == "inf" else int(up_to)}


def _numbers(given, *names):
    return given and {k: int(v) if k in names else v for k, v in given.items()}


@get("/v1/prices/{id}")
def retrieve_price(call):
    """Return a price."""
    return call.state.at(call, "price")


@get_list(
    "/v1/prices",
    "active:bool currency lookup_keys:list product recurring:map type",
)
def list_prices(call):
    """Return prices."""
    keys = call.get("lookup_keys")
    found = [p for p in call.state.all("price") if not keys or p["lookup_key"] in keys]
    wanted = {n: call.get(n) for n in ("active", "currency", "product", "type")}
    return lists.page(call, found, "/v1/prices", **wanted)


@post(
    "/v1/prices/{id}",
    """active:bool currency_options:map lookup_key metadata:map nickname tax_behavior
    transfer_lookup_key:bool""",
)
def update_price(call):
    """Write on a price; its amount never changes."""
    return _update(call, "price")


# === COUPONS === #


@post(
    "/v1/coupons",
    """id amount_off:int percent_off currency duration:forever|once|repeating
    duration_in_months:int max_redemptions:int metadata:map name redeem_by:int
    applies_to:map currency_options:map""",
)
def create_coupon(call):
    """Create a coupon."""
    if not (call.get("percent_off") or call.get("amount_off")):
        raise errors.missing_parameter("percent_off")
    values = _values(call, without=("expand", "id"))
    blank = dict.fromkeys(
        ("amount_off", "currency", "duration_in_months", "max_redemptions", "name",
         "percent_off", "redeem_by")
    )  # fmt: skip
    if values.get("percent_off"):
        values["percent_off"] = float(values["percent_off"])
    values = {**blank, "duration": "once", **values, "times_redeemed": 0, "valid": True}
    identifier = call.get("id") or call.state.secret(8)
    coupon = call.state.new("coupon", identifier, **values)
    call.state.emit("coupon.created", coupon)
    return coupon


@get("/v1/coupons/{id}")
def retrieve_coupon(call):
    """Return a coupon."""
    return call.state.at(call, "coupon")


@get_list("/v1/coupons")
def list_coupons(call):
    """Return coupons."""
    return lists.page(call, call.state.all("coupon"), "/v1/coupons")


@post("/v1/coupons/{id}", "name metadata:map currency_options:map")
def update_coupon(call):
    """Write name or metadata of a coupon."""
    return _update(call, "coupon")


@delete("/v1/coupons/{id}")
def remove_coupon(call):
    """Delete a coupon; discounts that stand are not touched."""
    coupon = call.state.at(call, "coupon")
    del call.state.objects["coupon"][coupon["id"]]
    return {"id": coupon["id"], "object": "coupon", "deleted": True}
