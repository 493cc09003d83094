"""Customers."""

from .. import errors, lists, parameters, wallet
from ..routing import delete, get, get_list, get_search, post

FIELDS = """address:map description email:str individual_name business_name
invoice_settings:map metadata:map name phone preferred_locales:list shipping:map
tax_exempt:none|exempt|reverse balance:int invoice_prefix tax:map source
validate:bool"""


@post("/v1/customers", FIELDS + " payment_method tax_id_data:list test_clock")
def create(call):
    """Create a customer, with a payment method if one is given."""
    state = call.state
    values = parameters.blank_to_null(dict(call.params))
    values.pop("expand", None)
    method = values.pop("payment_method", None)
    customer = state.new(
        "customer", **{**_defaults(state), **_readable(state, values, {})}
    )
    if method:
        wallet.attach_to(state, wallet.resolve(state, method), customer)
    state.emit("customer.created", customer)
    return customer


def _defaults(state):
    return {
        "address": None,
        "balance": 0,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": None,
        "invoice_prefix": state.secret(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def _readable(state, values, customer):
    """Return what a request writes on a customer."""
    for name in ("validate", "source", "tax_id_data", "tax"):
        values.pop(name, None)
    if "metadata" in values:
        values["metadata"] = parameters.merged(
            customer.get("metadata", {}), values["metadata"]
        )
    if "invoice_settings" in values:
        before = (
            customer.get("invoice_settings") or _defaults(state)["invoice_settings"]
        )
        values["invoice_settings"] = {**before, **(values["invoice_settings"] or {})}
    return values


@get("/v1/customers/{id}")
def retrieve(call):
    """Return a customer; a deleted one is only a tombstone."""
    return call.state.at(call, "customer")


def living(state, identifier, param="customer", status=400):
    """Return a customer that was not deleted."""
    customer = state.get("customer", identifier, param, status)
    if customer.get("deleted"):
        raise errors.no_such("customer", identifier, param, status)
    return customer


@post("/v1/customers/{id}", FIELDS + " default_source")
def update(call):
    """Write on a customer."""
    customer = living(call.state, call.path["id"], "id", 404)
    values = parameters.blank_to_null(dict(call.params))
    values.pop("expand", None)
    values = _readable(call.state, values, customer)
    call.state.change(customer, "customer.updated", **values)
    return customer


@delete("/v1/customers/{id}")
def remove(call):
    """Delete a customer for good, with what is attached to it."""
    state = call.state
    customer = living(state, call.path["id"], "id", 404)
    for method in wallet.attached_to(state, customer["id"]):
        wallet.detach_from(state, method)
    state.emit("customer.deleted", customer)
    kept = {"id": customer["id"], "object": "customer", "created": customer["created"]}
    customer.clear()
    customer.update(kept, deleted=True)
    return {"id": customer["id"], "object": "customer", "deleted": True}


@get_list("/v1/customers", "email test_clock")
def list_all(call):
    """Return customers; an e-mail must match in each letter."""
    return lists.page(
        call, _living(call.state), "/v1/customers", email=call.get("email")
    )


@get_search("/v1/customers/search")
def search(call):
    """Return the customers that a query finds."""
    return lists.search(call, _living(call.state), "/v1/customers/search")


def _living(state):
    return [each for each in state.all("customer") if not each.get("deleted")]


@get_list("/v1/customers/{id}/payment_methods", "type allow_redisplay")
def list_payment_methods(call):
    """Return what is attached to a customer."""
    customer = living(call.state, call.path["id"], "id", 404)
    return lists.page(
        call,
        wallet.attached_to(call.state, customer["id"]),
        f"/v1/customers/{customer['id']}/payment_methods",
        type=call.get("type"),
    )


@get("/v1/customers/{id}/payment_methods/{method}")
def retrieve_payment_method(call):
    """Return one of the payment methods of a customer."""
    method = call.state.get("payment_method", call.path["method"], status=404)
    if method["customer"] != call.path["id"]:
        raise errors.no_such("payment_method", method["id"], status=404)
    return method
