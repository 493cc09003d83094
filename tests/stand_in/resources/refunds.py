"""Refunds, which never exceed what was paid, and may fail later."""

from .. import errors, ledger, lists, parameters
from ..routing import get, get_list, post

SLOW = {"sepa_debit", "us_bank_account", "bacs_debit"}


@post(
    "/v1/refunds",
    """amount:int charge payment_intent customer currency instructions_email
    metadata:map origin reason:duplicate|fraudulent|requested_by_customer
    refund_application_fee:bool reverse_transfer:bool""",
)
def create(call):
    """Give back the money of a charge, or a part of it."""
    state = call.state
    charge = _charge_of(call)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = call.get("amount", left)
    _check(charge, amount, left)
    refund = state.new(
        "refund",
        amount=amount,
        balance_transaction=None,
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        destination_details={"type": charge["payment_method_details"]["type"]},
        failure_balance_transaction=None,
        failure_reason=None,
        metadata=parameters.merged({}, call.get("metadata")),
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=call.get("reason"),
        receipt_number=None,
        source_transfer_reversal=None,
        status=_first_status(state, charge),
        transfer_reversal=None,
    )
    _give_back(state, charge, refund)
    return refund


def _charge_of(call):
    """Return the charge to refund, by its id or by its intent's."""
    state = call.state
    if identifier := call.get("charge"):
        return state.get("charge", identifier, "charge")
    if not call.get("payment_intent"):
        raise errors.invalid(
            "One of the following params should be provided for this request: "
            "payment_intent or charge.",
            "charge",
            "parameter_missing",
        )
    intent = state.get(
        "payment_intent", call.params["payment_intent"], "payment_intent"
    )
    if intent["status"] != "succeeded":
        raise errors.invalid(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge "
            "to refund.",
            "payment_intent",
            payment_intent=intent,
        )
    return state.find(intent["latest_charge"])


def _check(charge, amount, left):
    """Refuse to give back more than there is."""
    if not (charge["paid"] and charge["captured"]) or charge["status"] != "succeeded":
        raise errors.invalid("This charge was not paid and cannot be refunded.")
    if charge["disputed"]:
        raise errors.invalid(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if left <= 0:
        raise errors.invalid(
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
        )
    if amount < 1:
        raise errors.invalid(
            "This value must be greater than or equal to 1.",
            "amount",
            "parameter_invalid_integer",
        )
    if amount > left:
        raise errors.invalid(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge "
            f"({left}).",
            "amount",
            "amount_too_large",
        )


def _first_status(state, charge):
    behaviour = state.note(state.find(charge["payment_method"]))["behaviour"]
    kind = charge["payment_method_details"]["type"]
    return "pending" if kind in SLOW or behaviour == "refund_pending" else "succeeded"


def _give_back(state, charge, refund):
    """Take the money from the balance and tell of it."""
    moved = ledger.move(state, "refund", "refund", refund, -refund["amount"], charge)
    refund["balance_transaction"] = moved["id"]
    state.link(charge, "refunds", refund)
    _count(state, charge, refund["amount"])
    state.emit("refund.created", refund)
    state.emit("charge.refunded", charge)


def _count(state, charge, amount):
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] >= charge["amount_captured"]


# === WHAT COMES LATER === #


def settle(state, refund):
    """Let a pending refund arrive."""
    _tell(state, refund, "refund.updated", status="succeeded")


def fail(state, refund, reason="expired_or_canceled_card"):
    """Let a refund fail after all: the money is ours again."""
    _take_back(state, refund)
    _tell(state, refund, "refund.failed", status="failed", failure_reason=reason)


def _take_back(state, refund):
    charge = state.find(refund["charge"])
    amount = refund["amount"]
    moved = ledger.move(
        state, "refund_failure", "refund_failure", refund, amount, charge
    )
    refund["failure_balance_transaction"] = moved["id"]
    _count(state, charge, -amount)


def _tell(state, refund, kind, **values):
    """Change a refund; it is told under its old and its new name."""
    previous = {name: refund[name] for name in values}
    refund.update(values)
    if kind != "refund.updated":
        state.emit("refund.updated", refund, previous)
    state.emit(kind, refund, previous)
    state.emit("charge.refund.updated", refund, previous)


# === ENDPOINTS OF ONE === #


@get("/v1/refunds/{id}")
def retrieve(call):
    """Return a refund."""
    return call.state.at(call, "refund")


@get_list("/v1/refunds", "charge payment_intent")
def list_all(call):
    """Return refunds, of one charge or of all."""
    wanted = {name: call.get(name) for name in ("charge", "payment_intent")}
    return lists.page(call, call.state.all("refund"), "/v1/refunds", **wanted)


@post("/v1/refunds/{id}", "metadata:map")
def update(call):
    """Write the metadata of a refund."""
    refund = call.state.at(call, "refund")
    metadata = parameters.merged(refund["metadata"], call.get("metadata"))
    call.state.change(refund, "refund.updated", metadata=metadata)
    return refund


@post("/v1/refunds/{id}/cancel")
def cancel(call):
    """Stop a refund that is still pending."""
    refund = call.state.at(call, "refund")
    if refund["status"] != "pending":
        raise errors.invalid(
            f"You cannot cancel a refund with the status {refund['status']}."
        )
    _take_back(call.state, refund)
    _tell(call.state, refund, "refund.updated", status="canceled")
    return refund
