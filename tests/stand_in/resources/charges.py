"""Charges: the single attempts. They are made by intents only."""

from .. import lists, parameters
from ..routing import get, get_list, get_search, post


@get("/v1/charges/{id}")
def retrieve(call):
    """Return a charge."""
    return call.state.at(call, "charge")


@get_list("/v1/charges", "customer payment_intent transfer_group")
def list_all(call):
    """Return charges."""
    state, intent = call.state, call.get("payment_intent")
    found = state.linked(intent, "charges") if intent else state.all("charge")
    wanted = {name: call.get(name) for name in ("customer", "transfer_group")}
    return lists.page(call, found, "/v1/charges", **wanted)


@get_search("/v1/charges/search")
def search(call):
    """Return the charges that a query finds."""
    return lists.search(call, call.state.all("charge"), "/v1/charges/search")


@post(
    "/v1/charges/{id}",
    """customer description fraud_details:map metadata:map receipt_email shipping:map
    transfer_group""",
)
def update(call):
    """Write on a charge what does not touch the money."""
    charge = call.state.at(call, "charge")
    values = parameters.blank_to_null(dict(call.params))
    values.pop("expand", None)
    if "metadata" in values:
        values["metadata"] = parameters.merged(charge["metadata"], values["metadata"])
    call.state.change(charge, "charge.updated", **values)
    return charge


@get_list("/v1/charges/{id}/refunds")
def list_refunds(call):
    """Return the refunds of a charge."""
    charge = call.state.at(call, "charge")
    refunds = call.state.linked(charge["id"], "refunds")
    return lists.page(call, refunds, f"/v1/charges/{charge['id']}/refunds")
