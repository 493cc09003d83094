"""What payment intents and setup intents have in common."""

from . import errors, mandating, parameters, wallet
from .issuer import DEBITS

# Parameters that only Stripe.js sends along.
BROWSER = "client_secret key payment_user_agent guid muid sid referrer time_on_page"
CURRENCIES = {
    "bacs_debit": {"gbp"},
    "sepa_debit": {"eur"},
    "us_bank_account": {"usd"},
}
CONFIRMABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}


def check_secret(call, intent):
    """Let Stripe.js only near an intent whose client secret it has."""
    if call.is_public and call.get("client_secret") != intent["client_secret"]:
        raise errors.no_such(intent["object"], intent["id"], status=404)


def check_return_url(intent, params):
    """Refuse to confirm where a redirect is possible and has nowhere to come back.

    So it is with the methods of the account's settings, since 2023-08-16.
    """
    chosen = intent.get("automatic_payment_methods")
    if not chosen or chosen.get("allow_redirects") == "never":
        return
    if not params.get("return_url"):
        raise errors.invalid(
            "This intent is configured to accept payment methods enabled in your "
            "Dashboard. Because some of these might redirect your customer off of "
            "your page, you must provide a `return_url`. If you do not want that, set "
            "`automatic_payment_methods[allow_redirects]` to `never`, or pass "
            "`payment_method_types`.",
            "return_url",
        )


def automatic_methods(call):
    """Return the setting of automatic payment methods of a new intent, or None."""
    given = call.get("automatic_payment_methods")
    if given is None:
        if "payment_method_types" in call.params or call.version < "2023-08-16":
            return None
        return {"allow_redirects": "always", "enabled": True}
    if not parameters.read_boolean("enabled", given.get("enabled", "false")):
        return None
    if "payment_method_types" in call.params:
        raise errors.invalid(
            "You may only specify one of these parameters: "
            "automatic_payment_methods, payment_method_types.",
            "payment_method_types",
        )
    return {"allow_redirects": given.get("allow_redirects", "always"), "enabled": True}


def allowed_types(call, currency):
    """Return the types of method that a new intent takes."""
    if types := call.get("payment_method_types"):
        return types
    if call.version < "2023-08-16" and "automatic_payment_methods" not in call.params:
        return ["card"]
    debits = [kind for kind, known in CURRENCIES.items() if currency in known]
    return ["card", "link", *debits]


def find_method(call, intent):
    """Return the method that an intent is to use, or None.

    :raise ApiError: when it is not the customer's, was used up, or is of a wrong type
    """
    state = call.state
    if given := call.get("payment_method_data"):
        kind = given.get("type", "card")
        method = wallet.make(state, kind, given.get(kind, {}), given)
    elif identifier := call.get("payment_method") or intent["payment_method"]:
        method = wallet.resolve(state, identifier)
    else:
        return None
    check_owner(state, intent, method)
    if method["type"] not in intent["payment_method_types"]:
        raise errors.invalid(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this "
            f"intent. Please attach a PaymentMethod of one of the following types: "
            f"{', '.join(intent['payment_method_types'])}.",
            "payment_method",
        )
    return method


def check_owner(state, intent, method):
    """Refuse a method that was detached, or belongs to another customer."""
    if state.note(method).get("is_used_up"):
        raise errors.invalid(wallet.USED_UP, "payment_method")
    owner, customer = method["customer"], intent["customer"]
    if owner and not customer:
        raise errors.invalid(
            "The payment method belongs to a customer. Include that customer in the "
            "`customer` parameter.",
            "payment_method",
        )
    if owner and owner != customer:
        raise errors.invalid(
            f"The customer does not have a payment method with the ID {method['id']}. "
            "The payment method must be attached to the customer.",
            "payment_method",
            "resource_missing",
        )


def ensure_mandate(call, intent, method):
    """Return the id of the mandate that an attempt stands on, or None.

    Debits need one: given, agreed to now, or agreed to when the account was saved.
    """
    state = call.state
    if identifier := call.get("mandate"):
        mandate = state.get("mandate", identifier, "mandate")
        mandating.check(mandate, method)
        return mandate["id"]
    is_card_mandate = has_mandate_options(call)
    if method["type"] not in DEBITS and not is_card_mandate:
        return None
    if kept := mandating.active_of(state, method):
        return kept["id"]
    if not (call.get("mandate_data") or is_card_mandate):
        raise errors.invalid(
            "This payment method needs a mandate: provide `mandate_data` or the "
            "`mandate` that the customer agreed to.",
            "mandate_data",
            "payment_method_unsupported_mandate"
            if call.get("off_session")
            else "parameter_missing",
        )
    return mandating.agree(state, method, call.get("mandate_data"))["id"]


def has_mandate_options(call) -> bool:
    """Return whether a card mandate is to be set up, as for India."""
    options = call.get("payment_method_options") or {}
    return bool((options.get("card") or {}).get("mandate_options"))
