"""One attempt to take money for an intent, and what follows from its outcome."""

from . import disputing, errors, issuer, ledger
from .declines import decline

# How long the notice before an Indian recurring charge holds it back, in seconds.
INDIAN_NOTICE = 26 * 3600


def pay(state, intent, method, *, present, authenticated=False):
    """Try to take the money of an intent with a method.

    :raise CardError: when it is refused; the intent is open for another method
    """
    verdict = issuer.decide(
        state, intent, method, present=present, authenticated=authenticated
    )
    if verdict.kind == "authenticate" and present:
        return _ask_customer(state, intent, method)
    if verdict.kind == "authenticate":
        raise refuse(state, intent, method, decline("authentication_required"))
    if verdict.kind == "decline":
        raise refuse(state, intent, method, verdict.decline)
    charge = _new_charge(state, intent, method)
    if verdict.kind == "wait":
        return _wait(state, intent, charge)
    return approve(state, intent, charge)


def refuse(state, intent, method, refusal):
    """Write a refused attempt; return the error that tells of it."""
    charge = _new_charge(state, intent, method)
    return fail(state, intent, charge, method, refusal)


def fail(state, intent, charge, method, refusal):
    """Write that a charge failed; return the error that tells of it."""
    charge.update(
        status="failed",
        paid=False,
        captured=False,
        failure_code=refusal.code,
        failure_message=refusal.message,
        outcome=refusal.outcome() if refusal.decline_code else charge["outcome"],
    )
    told = {**refusal.facts(), "charge": charge["id"], "message": refusal.message}
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        processing=None,
        amount_capturable=0,
        last_payment_error={
            **told,
            "type": "card_error",
            "payment_method": method["id"],
        },
    )
    state.emit("charge.failed", charge)
    state.emit("payment_intent.payment_failed", intent)
    facts = {**refusal.facts(), "charge": charge["id"]}
    return errors.CardError(
        refusal.message, **facts, payment_intent=intent, payment_method=method
    )


def _ask_customer(state, intent, method):
    """Wait for the customer to authenticate."""
    intent["status"] = "requires_action"
    intent["payment_method"] = method["id"]
    intent["next_action"] = next_action(state, intent)
    state.emit("payment_intent.requires_action", intent)


def next_action(state, intent):
    """Return what the customer has to do, on a page of ours or through Stripe.js."""
    return_url = state.note(intent).get("return_url")
    if not return_url:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "stripe_3ds2"}}
    url = f"{state.url}/authenticate/{intent['id']}?secret={intent['client_secret']}"
    return {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": return_url, "url": url},
    }


def _wait(state, intent, charge):
    """Leave a charge pending until it is told to settle or to fail."""
    charge.update(status="pending", paid=False, captured=True)
    intent["status"] = "processing"
    if charge["payment_method_details"]["type"] == "card":
        completes = state.now() + INDIAN_NOTICE
        intent["processing"] = {
            "type": "card",
            "card": {"customer_notification": {
                "approval_requested": False, "completes_at": completes}},
        }  # fmt: skip
    state.emit("charge.pending", charge)
    state.emit("payment_intent.processing", intent)


def approve(state, intent, charge):
    """Take the money, or hold it where it is captured by hand."""
    method = state.find(charge["payment_method"])
    _keep_method(state, intent, method)
    intent.update(next_action=None, last_payment_error=None, processing=None)
    if intent["capture_method"] == "manual":
        charge.update(status="succeeded", paid=True, captured=False)
        intent["status"] = "requires_capture"
        intent["amount_capturable"] = intent["amount"]
        state.emit("charge.succeeded", charge)
        state.emit("payment_intent.amount_capturable_updated", intent)
        return
    charge.update(status="succeeded", paid=True, captured=True)
    take(state, intent, charge, intent["amount"])
    state.emit("charge.succeeded", charge)
    state.emit("payment_intent.succeeded", intent)
    disputing.follow(state, charge, state.note(method)["behaviour"])


def take(state, intent, charge, amount):
    """Write that the money of a charge is ours."""
    charge["amount_captured"] = amount
    fees = [(ledger.charge_fee(amount), "Stripe processing fees")]
    moved = ledger.move(state, "charge", "charge", charge, amount, charge, fees)
    charge["balance_transaction"] = moved["id"]
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)


def _keep_method(state, intent, method):
    """Save the method with the customer, or use it up."""
    note = state.note(method)
    usage = intent["setup_future_usage"]
    if usage and intent["customer"] and not method["customer"]:
        state.link(intent["customer"], "methods", method)
        method["customer"] = intent["customer"]
        state.emit("payment_method.attached", method)
    if usage == "off_session":
        note["is_set_up"] = True
    if not method["customer"]:
        note["is_used_up"] = True


def _new_charge(state, intent, method):
    """Create the charge of one attempt."""
    details = dict(method[method["type"]])
    details["mandate"] = state.note(intent).get("mandate")
    charge = state.new(
        "charge",
        **_copied(intent),
        amount_captured=0,
        amount_refunded=0,
        balance_transaction=None,
        billing_details=dict(method["billing_details"]),
        calculated_statement_descriptor="STAND-IN",
        captured=False,
        disputed=False,
        failure_balance_transaction=None,
        failure_code=None,
        failure_message=None,
        fraud_details={},
        outcome=dict(APPROVED),
        paid=False,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"type": method["type"], method["type"]: details},
        receipt_url=None,
        refunded=False,
        review=None,
        status="pending",
    )
    state.link(intent, "charges", charge)
    intent.update(latest_charge=charge["id"], payment_method=method["id"])
    return charge


APPROVED = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "normal",
    "risk_score": 20,
    "seller_message": "Payment complete.",
    "type": "authorized",
}


def _copied(intent):
    """Return what a charge has of its intent."""
    names = (
        "amount", "currency", "customer", "description", "metadata", "receipt_email",
        "shipping", "statement_descriptor", "statement_descriptor_suffix",
        "transfer_group",
    )  # fmt: skip
    values = {name: intent[name] for name in names}
    return {**values, "metadata": dict(intent["metadata"])}
