"""Saved payment methods: cards, bank debits, and what customers hold of them."""

from .. import cards, errors, lists, parameters, wallet
from ..routing import get, get_list, post

TYPES = "card|sepa_debit|us_bank_account|bacs_debit|link"


@post(
    "/v1/payment_methods",
    f"""type:{TYPES}! card:map sepa_debit:map us_bank_account:map bacs_debit:map
    link:map billing_details:map metadata:map allow_redisplay radar_options:map customer
    payment_method client_secret _stripe_account key payment_user_agent guid muid sid
    referrer time_on_page""",
    is_public=True,
)
def create(call):
    """Create a payment method from a number, a token or an account."""
    kind = call.params["type"]
    return wallet.make(call.state, kind, call.get(kind, {}), call.params)


@post("/v1/tokens", "card:map", is_public=True)
def create_token(call):
    """Return a token that stands for a card, as older forms use it."""
    state = call.state
    given = call.get("card", {})
    wallet.card_of(given)
    token = state.new("token", type="card", used=False, client_ip=None)
    state.note(token)["card"] = given
    return token


# === ENDPOINTS OF ONE === #


@get("/v1/payment_methods/{id}")
def retrieve(call):
    """Return a payment method."""
    if cards.by_name(call.path["id"]):
        return wallet.resolve(call.state, call.path["id"])
    return call.state.at(call, "payment_method")


@get_list("/v1/payment_methods", f"customer type:{TYPES} allow_redisplay")
def list_all(call):
    """Return the payment methods of a customer; without one there are none."""
    methods = wallet.attached_to(call.state, call.get("customer"))
    return lists.page(call, methods, "/v1/payment_methods", type=call.get("type"))


@post(
    "/v1/payment_methods/{id}",
    "allow_redisplay billing_details:map card:map metadata:map us_bank_account:map",
)
def update(call):
    """Change the expiry of a card, the address or the metadata."""
    method = call.state.at(call, "payment_method")
    values = {}
    if "billing_details" in call.params:
        given = parameters.blank_to_null(call.get("billing_details", {}))
        address = given.pop("address", None) or {}
        billing = method["billing_details"]
        address = {**billing["address"], **address}
        values["billing_details"] = {**billing, **given, "address": address}
    if "metadata" in call.params:
        values["metadata"] = parameters.merged(
            method["metadata"], call.params["metadata"]
        )
    if card := call.get("card"):
        values["card"] = {**method["card"], **_expiry(card)}
    call.state.change(method, "payment_method.updated", **values)
    return method


def _expiry(given):
    """Return the new expiry; all else of a card cannot be changed."""
    for name in given:
        if name not in ("exp_month", "exp_year", "networks"):
            raise errors.unknown_parameter(f"card[{name}]")
    return {
        name: parameters.read_integer(name, given[name])
        for name in ("exp_month", "exp_year")
        if name in given
    }


@post("/v1/payment_methods/{id}/attach", "customer:str!")
def attach(call):
    """Attach a payment method to a customer."""
    customer = call.state.get("customer", call.params["customer"], "customer")
    if customer.get("deleted"):
        raise errors.no_such("customer", customer["id"], "customer")
    method = wallet.resolve(call.state, call.path["id"])
    wallet.attach_to(call.state, method, customer)
    return method


@post("/v1/payment_methods/{id}/detach")
def detach(call):
    """Detach a payment method from its customer."""
    method = call.state.at(call, "payment_method")
    wallet.detach_from(call.state, method)
    return method
