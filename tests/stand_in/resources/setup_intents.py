"""Setup intents: saving a payment method without paying."""

from .. import errors, intents, lists, parameters, setup
from ..charging import next_action
from ..routing import get, get_list, post

WRITABLE = """attach_to_self:bool customer customer_account description
excluded_payment_method_types:list allowed_payment_method_types:list
flow_directions:list metadata:map payment_method payment_method_configuration
payment_method_data:map payment_method_options:map payment_method_types:list"""
CONFIRMING = "mandate_data:map return_url use_stripe_sdk:bool confirmation_token"


@post(
    "/v1/setup_intents",
    f"""automatic_payment_methods:map confirm:bool on_behalf_of single_use:map
    usage:off_session|on_session {WRITABLE} {CONFIRMING}""",
)
def create(call):
    """Create an intent and, where told to, confirm it at once."""
    state = call.state
    if customer := call.get("customer"):
        state.get("customer", customer, "customer")
    secret = state.secret()
    intent = state.new("setup_intent", **_values(call))
    intent["client_secret"] = f"{intent['id']}_secret_{secret}"
    method = intents.find_method(call, intent)
    if method:
        intent.update(payment_method=method["id"], status="requires_confirmation")
    state.emit("setup_intent.created", intent)
    if call.get("confirm"):
        intents.check_return_url(intent, call.params)
        _start(call, intent, method)
    return intent


def _values(call):
    return {
        "application": None,
        "automatic_payment_methods": intents.automatic_methods(call),
        "cancellation_reason": None,
        "customer": call.get("customer"),
        "description": call.get("description"),
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "mandate": None,
        "metadata": parameters.merged({}, call.get("metadata")),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": call.get("payment_method_options", {}),
        "payment_method_types": intents.allowed_types(call, None)
        if call.get("payment_method_types")
        else ["card", "link", "sepa_debit", "us_bank_account", "bacs_debit"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": call.get("usage", "off_session"),
    }


@post(
    "/v1/setup_intents/{id}/confirm",
    f"{WRITABLE} {CONFIRMING} {intents.BROWSER} expected_payment_method_type",
    is_public=True,
)
def confirm(call):
    """Confirm an intent: check the method and save it."""
    intent = call.state.at(call, "setup_intent")
    intents.check_secret(call, intent)
    if intent["status"] not in intents.CONFIRMABLE:
        raise errors.unexpected_state(intent, "confirm")
    _start(call, intent, intents.find_method(call, intent))
    return intent


def _start(call, intent, method):
    """Check the method; the customer may have to authenticate first."""
    state = call.state
    if method is None:
        raise errors.invalid(
            "You cannot confirm this SetupIntent because it's missing a payment "
            "method.",
            code="setup_intent_unexpected_state",
            setup_intent=intent,
        )
    note = state.note(intent)
    note["mandate"] = intents.ensure_mandate(call, intent, method)
    note["return_url"] = call.get("return_url")
    intent["payment_method"] = method["id"]
    attempt = state.new(
        "setup_attempt",
        customer=intent["customer"],
        payment_method=method["id"],
        setup_intent=intent["id"],
        status="requires_action",
        usage=intent["usage"],
    )
    intent["latest_attempt"] = attempt["id"]
    behaviour = state.note(method)["behaviour"]
    if behaviour.startswith("decline:"):
        raise setup.fail(state, intent, method, behaviour.partition(":")[2])
    if behaviour.split(":")[0] in ("setup", "authenticate", "authenticated"):
        _ask_customer(state, intent)
    else:
        setup.succeed(state, intent)


def _ask_customer(state, intent):
    intent.update(status="requires_action", next_action=next_action(state, intent))
    state.emit("setup_intent.requires_action", intent)


@get("/v1/setup_intents/{id}", intents.BROWSER + " is_stripe_sdk", is_public=True)
def retrieve(call):
    """Return an intent."""
    intent = call.state.at(call, "setup_intent")
    intents.check_secret(call, intent)
    return intent


@get_list("/v1/setup_intents", "customer payment_method attach_to_self:bool")
def list_all(call):
    """Return intents, of one customer or of all."""
    wanted = {name: call.get(name) for name in ("customer", "payment_method")}
    return lists.page(
        call, call.state.all("setup_intent"), "/v1/setup_intents", **wanted
    )


@post("/v1/setup_intents/{id}", WRITABLE)
def update(call):
    """Write on an intent."""
    intent = call.state.at(call, "setup_intent")
    for name in ("customer", "description", "payment_method_types"):
        if name in call.params:
            intent[name] = call.params[name]
    if "metadata" in call.params:
        intent["metadata"] = parameters.merged(
            intent["metadata"], call.params["metadata"]
        )
    if call.get("payment_method"):
        method = intents.find_method(call, intent)
        intent.update(payment_method=method["id"], status="requires_confirmation")
    return intent


@post(
    "/v1/setup_intents/{id}/cancel",
    "cancellation_reason:abandoned|duplicate|requested_by_customer",
)
def cancel(call):
    """End an intent."""
    intent = call.state.at(call, "setup_intent")
    if intent["status"] not in intents.CONFIRMABLE:
        raise errors.unexpected_state(intent, "cancel")
    intent.update(
        status="canceled", cancellation_reason=call.get("cancellation_reason")
    )
    call.state.emit("setup_intent.canceled", intent)
    return intent
