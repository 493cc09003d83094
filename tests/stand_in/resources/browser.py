"""What Stripe.js asks for by ways of its own: the outcome of an authentication."""

from .. import authentication, errors, intents
from ..routing import post


@post(
    "/v1/payment_intents/{id}/authenticate",
    f"success:bool! {intents.BROWSER}",
    is_public=True,
)
def authenticate_payment(call):
    """Take what the customer answered to the bank."""
    return _authenticate(call, "payment_intent")


@post(
    "/v1/setup_intents/{id}/authenticate",
    f"success:bool! {intents.BROWSER}",
    is_public=True,
)
def authenticate_setup(call):
    """Take what the customer answered to the bank."""
    return _authenticate(call, "setup_intent")


def _authenticate(call, kind):
    intent = call.state.at(call, kind)
    intents.check_secret(call, intent)
    if intent["status"] != "requires_action":
        raise errors.unexpected_state(intent, "authenticate")
    authentication.answer(call.state, intent, success=call.params["success"])
    return intent
