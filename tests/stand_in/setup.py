"""How saving a payment method ends."""

from . import declines, errors, wallet


def succeed(state, intent):
    """Save the method with the customer."""
    method = state.find(intent["payment_method"])
    intent.update(status="succeeded", next_action=None, last_setup_error=None)
    intent["mandate"] = state.note(intent).get("mandate")
    if intent["usage"] == "off_session":
        state.note(method)["is_set_up"] = True
    if intent["customer"] and not method["customer"]:
        customer = state.find(intent["customer"])
        wallet.attach_to(state, method, customer)
    state.emit("setup_intent.succeeded", intent)


def fail(state, intent, method, code):
    """Write that the method was refused; return the error that tells of it."""
    refusal = declines.decline(code)
    told = {**refusal.facts(), "message": refusal.message, "type": "card_error"}
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        last_setup_error={**told, "payment_method": method["id"]},
    )
    state.emit("setup_intent.setup_failed", intent)
    return errors.CardError(
        refusal.message,
        **refusal.facts(),
        setup_intent=intent,
        payment_method=method,
    )
