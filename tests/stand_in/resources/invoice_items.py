"""Invoice items: what waits for the next invoice of a customer."""

from .. import lists
from ..routing import get_list, post


@post(
    "/v1/invoiceitems",
    """amount:int currency customer! description metadata:map subscription
    discountable:bool period:map""",
)
def create(call):
    """Put an amount on the next invoice."""
    state = call.state
    customer = state.get("customer", call.params["customer"], "customer")
    return state.new(
        "invoiceitem",
        amount=call.get("amount", 0),
        currency=call.get("currency", "usd").lower(),
        customer=customer["id"],
        description=call.get("description"),
        invoice=None,
        metadata={},
        parent=_parent(call.get("subscription")),
    )


def _parent(subscription):
    if not subscription:
        return None
    details = {"subscription": subscription, "subscription_item": None}
    return {"subscription_details": details, "type": "subscription_details"}


@get_list("/v1/invoiceitems", "customer invoice pending:bool")
def list_all(call):
    """Return invoice items; none here is on an invoice yet."""
    found = call.state.all("invoiceitem")
    if call.get("pending") is False:
        found = []
    return lists.page(call, found, "/v1/invoiceitems", customer=call.get("customer"))
