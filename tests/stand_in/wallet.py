"""Making, saving and giving up payment methods."""

from . import cards, declines, errors, parameters
from .details import DETAILS

USED_UP = (
    "The provided PaymentMethod was previously used with a PaymentIntent without "
    "Customer attachment, or was detached from a Customer. It may not be used again. "
    "To use a PaymentMethod multiple times, you must attach it to a Customer first."
)


def make(state, kind, given, more):
    """Create a payment method.

    :param given: the parameters of its type
    :param more: the parameters beside those
    """
    given = _behind_token(state, given)
    secret, details = DETAILS[kind](state, given, card_of)
    method = state.new(
        "payment_method",
        type=kind,
        allow_redisplay=more.get("allow_redisplay") or "unspecified",
        billing_details=_billing(more.get("billing_details")),
        customer=None,
        metadata=parameters.merged({}, more.get("metadata")),
        **{kind: details},
    )
    state.note(method).update(secret)
    return method


def _billing(given):
    empty = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    values = parameters.blank_to_null(given or {})
    address = {**empty, **(values.pop("address", None) or {})}
    blank = {"email": None, "name": None, "phone": None, "tax_id": None}
    return {**blank, **values, "address": address}


def _behind_token(state, given):
    """Return the card that was given for a token of ours; a token serves once."""
    token = state.find(given.get("token"))
    if not token or token["object"] != "token":
        return given
    if token["used"]:
        raise errors.invalid(
            f"You cannot use a Stripe token more than once: {token['id']}.",
            "card[token]",
            "token_already_used",
        )
    token["used"] = True
    return state.note(token)["card"]


def card_of(given):
    """Return the test card behind a number or a token."""
    if token := given.get("token"):
        card = cards.by_name(token)
        if card is None:
            raise errors.no_such("token", token, "card[token]")
        return card
    if not given.get("number"):
        raise errors.missing_parameter("card[number]")
    return cards.by_number(given["number"])


# === FINDING ONE === #


def resolve(state, identifier):
    """Return a payment method by id; a documented test id yields a fresh one."""
    if cards.by_name(identifier):
        return make(state, "card", {"token": identifier}, {})
    if identifier in cards.ACCOUNT_NAMES:
        kind, account = cards.ACCOUNT_NAMES[identifier]
        return make(state, kind, {"account_number": account}, {})
    return state.get("payment_method", identifier, "payment_method")


def attached_to(state, customer):
    """Return what is attached to a customer, the newest first."""
    return [
        method
        for method in state.linked(customer, "methods")
        if method["customer"] == customer
    ]


def attach_to(state, method, customer):
    """Attach a payment method; the bank may refuse to check the card."""
    if method["customer"] == customer["id"]:
        return
    if method["customer"]:
        raise errors.invalid(
            "The payment method you provided has already been attached to a customer."
        )
    if state.note(method).get("is_used_up"):
        raise errors.invalid(USED_UP)
    _check_card(state, method)
    state.link(customer, "methods", method)
    method["customer"] = customer["id"]
    if method["type"] == "card":
        method["card"]["checks"]["cvc_check"] = "pass"
    state.emit("payment_method.attached", method)


def _check_card(state, method):
    """Refuse to save a card that the bank declines whatever it is asked."""
    behaviour = state.note(method)["behaviour"]
    if behaviour.startswith("decline:"):
        refused = declines.decline(behaviour.partition(":")[2])
        raise errors.CardError(refused.message, **refused.facts())


def detach_from(state, method):
    """Detach a payment method for good: it may not be used again."""
    customer = method["customer"]
    if not customer:
        raise errors.invalid(
            "The payment method you provided is not attached to a customer so "
            "detachment is impossible."
        )
    state.note(method)["is_used_up"] = True
    method["customer"] = None
    owner = state.find(customer)
    settings = owner.get("invoice_settings") or {}
    if settings.get("default_payment_method") == method["id"]:
        settings["default_payment_method"] = None
    state.emit("payment_method.detached", method, {"customer": customer})
