"""Early fraud warnings: what an issuer holds for fraud before anyone disputes it."""

from .. import lists
from ..routing import get, get_list

KIND = "radar.early_fraud_warning"


@get("/v1/radar/early_fraud_warnings/{id}")
def retrieve(call):
    """Return a warning."""
    return call.state.at(call, KIND)


@get_list("/v1/radar/early_fraud_warnings", "charge payment_intent")
def list_all(call):
    """Return warnings."""
    wanted = {name: call.get(name) for name in ("charge", "payment_intent")}
    address = "/v1/radar/early_fraud_warnings"
    return lists.page(call, call.state.all(KIND), address, **wanted)
