"""What follows when a customer answers the question of the bank."""

from contextlib import suppress

from . import charging, errors, setup

NOT_AUTHENTICATED = (
    "The provided PaymentMethod has failed authentication. You can provide another "
    "payment method to attempt to fulfill this PaymentIntent again."
)


def answer(state, intent, *, success):
    """Go on with an intent that waits for the customer.

    A card may be declined after all; the intent tells of it.
    """
    method = state.find(intent["payment_method"])
    if intent["object"] == "setup_intent":
        _answer_setup(state, intent, method, success)
    elif success:
        with suppress(errors.CardError):
            charging.pay(state, intent, method, present=True, authenticated=True)
    else:
        _refuse(intent, method)
        state.emit("payment_intent.payment_failed", intent)


def _answer_setup(state, intent, method, success):
    if success:
        setup.succeed(state, intent)
        return
    setup.fail(state, intent, method, "authentication_required")
    intent["last_setup_error"]["code"] = "setup_intent_authentication_failure"


def _refuse(intent, method):
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        last_payment_error={
            "code": "payment_intent_authentication_failure",
            "message": NOT_AUTHENTICATED,
            "payment_method": method["id"],
            "type": "invalid_request_error",
        },
    )
