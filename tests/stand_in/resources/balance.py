"""The balance, and the transactions that it consists of."""

from .. import lists
from ..routing import get, get_list


@get("/v1/balance")
def balance(call):
    """Return the sums by currency."""
    sums = {}
    for each in call.state.all("balance_transaction"):
        sums[each["currency"]] = sums.get(each["currency"], 0) + each["net"]
    available = [{"amount": a, "currency": c} for c, a in sorted(sums.items())]
    return {"object": "balance", "available": available, "livemode": False,
            "pending": []}  # fmt: skip


@get("/v1/balance_transactions/{id}")
def retrieve(call):
    """Return a balance transaction."""
    return call.state.at(call, "balance_transaction")


@get_list("/v1/balance_transactions", "currency payout source type")
def list_all(call):
    """Return balance transactions."""
    wanted = {name: call.get(name) for name in ("currency", "source", "type")}
    found = call.state.all("balance_transaction")
    return lists.page(call, found, "/v1/balance_transactions", **wanted)
