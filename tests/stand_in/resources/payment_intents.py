"""Payment intents: the story of one payment, through all its attempts."""

from .. import charging, errors, intents, lists, parameters
from ..routing import get, get_list, get_search, post

WRITABLE = """amount_details:map application_fee_amount:int
capture_method:automatic|automatic_async|manual customer description
excluded_payment_method_types:list allowed_payment_method_types:list hooks:map
metadata:map payment_details:map payment_method payment_method_configuration
payment_method_data:map payment_method_options:map payment_method_types:list
receipt_email setup_future_usage:off_session|on_session shipping:map
statement_descriptor statement_descriptor_suffix transfer_data:map transfer_group"""
CONFIRMING = """error_on_requires_action:bool mandate mandate_data:map off_session:any
radar_options:map return_url use_stripe_sdk:bool confirmation_token"""
LEAST = {"usd": 50, "eur": 50, "gbp": 30, "chf": 50, "cad": 50, "aud": 50, "inr": 50,
         "jpy": 50}  # fmt: skip
MOST = 99999999
ONLY_WITH_CONFIRM = ("error_on_requires_action", "mandate", "mandate_data",
                     "off_session", "radar_options", "return_url")  # fmt: skip
KEPT = ("amount", "currency", "customer", "description", "receipt_email",
        "setup_future_usage", "statement_descriptor", "statement_descriptor_suffix",
        "transfer_group", "application_fee_amount", "capture_method",
        "payment_method_types")  # fmt: skip


@post(
    "/v1/payment_intents",
    f"""amount:int! currency! confirm:bool automatic_payment_methods:map
    confirmation_method:automatic|manual on_behalf_of customer_account
    {WRITABLE} {CONFIRMING}""",
)
def create(call):
    """Create an intent and, where told to, confirm it at once."""
    _check_new(call)
    intent = _new(call)
    method = intents.find_method(call, intent)
    if method:
        intent["payment_method"] = method["id"]
        intent["status"] = "requires_confirmation"
    if call.get("confirm"):
        intents.check_return_url(intent, call.params)
        _ready(call, intent, method)
    call.state.by_id[intent["id"]] = intent
    call.state.objects.setdefault("payment_intent", {})[intent["id"]] = intent
    call.state.emit("payment_intent.created", intent)
    if call.get("confirm"):
        _start(call, intent, method)
    return intent


def _check_new(call):
    """Refuse what can be refused before anything is written."""
    params = call.params
    check_amount(params["amount"], params["currency"].lower())
    if not call.get("confirm"):
        for name in ONLY_WITH_CONFIRM:
            if name in params:
                raise errors.invalid(
                    f"You cannot set `{name}` unless `confirm` is true.", name
                )
    if customer := call.get("customer"):
        found = call.state.get("customer", customer, "customer")
        if found.get("deleted"):
            raise errors.no_such("customer", customer, "customer")


def check_amount(amount, currency):
    """Refuse what is too little or too much for a payment."""
    if amount < 1:
        raise errors.invalid(
            "This value must be greater than or equal to 1.",
            "amount",
            "parameter_invalid_integer",
        )
    if amount < LEAST.get(currency, 1):
        raise errors.invalid(
            f"Amount must be at least {LEAST[currency]} minor units of {currency}.",
            "amount",
            "amount_too_small",
        )
    if amount > MOST:
        raise errors.invalid(
            f"Amount must be no more than {MOST}.", "amount", "amount_too_large"
        )


def _new(call):
    """Return an intent that is not kept yet: a refused creation leaves nothing."""
    state = call.state
    currency = call.params["currency"].lower()
    identifier = state.new_id("payment_intent")
    values = {name: call.get(name) for name in KEPT}
    intent = {
        "id": identifier,
        "object": "payment_intent",
        "created": state.now(),
        "livemode": False,
        **BLANK,
        **values,
        "automatic_payment_methods": intents.automatic_methods(call),
        "capture_method": call.get("capture_method", "automatic_async"),
        "client_secret": f"{identifier}_secret_{state.secret()}",
        "confirmation_method": call.get("confirmation_method", "automatic"),
        "currency": currency,
        "metadata": parameters.merged({}, call.get("metadata")),
        "payment_method_options": call.get("payment_method_options", {}),
        "payment_method_types": intents.allowed_types(call, currency),
        "shipping": parameters.blank_to_null(call.get("shipping")),
    }
    _check_types(call, intent)
    return intent


BLANK = {
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "amount_received": 0,
    "application": None,
    "canceled_at": None,
    "cancellation_reason": None,
    "last_payment_error": None,
    "latest_charge": None,
    "next_action": None,
    "on_behalf_of": None,
    "payment_method": None,
    "payment_method_configuration_details": None,
    "processing": None,
    "review": None,
    "source": None,
    "status": "requires_payment_method",
    "transfer_data": None,
}


def _check_types(call, intent):
    """Refuse types that do not go with the currency or with other parameters."""
    for kind in intent["payment_method_types"]:
        known = intents.CURRENCIES.get(kind)
        if known and intent["currency"] not in known:
            raise errors.invalid(
                f"The currency provided ({intent['currency']}) is invalid for the "
                f"payment method type {kind}.",
                "currency",
            )
    takes_cards = "card" in intent["payment_method_types"]
    if intent["statement_descriptor"] and takes_cards and call.version >= "2024-02-01":
        raise errors.invalid(
            "`statement_descriptor` is not supported for cards: use "
            "`statement_descriptor_suffix`.",
            "statement_descriptor",
        )


# === CONFIRM === #


@post(
    "/v1/payment_intents/{id}/confirm",
    f"""{WRITABLE} {CONFIRMING} {intents.BROWSER} amount_to_confirm:int
    expected_payment_method_type""",
    is_public=True,
)
def confirm(call):
    """Confirm an intent: try to take its money."""
    intent = call.state.at(call, "payment_intent")
    intents.check_secret(call, intent)
    if intent["status"] not in intents.CONFIRMABLE:
        raise errors.unexpected_state(intent, "confirm")
    if not call.is_public:
        intents.check_return_url(intent, call.params)
    for name in ("setup_future_usage", "receipt_email"):
        if name in call.params:
            intent[name] = call.params[name]
    if shipping := call.get("shipping"):
        intent["shipping"] = parameters.blank_to_null(shipping)
    method = intents.find_method(call, intent)
    _ready(call, intent, method)
    _start(call, intent, method)
    return intent


def _ready(call, intent, method):
    """Refuse what cannot be confirmed, before the first attempt is written."""
    if method is None:
        raise errors.invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment "
            "method.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    note = call.state.note(intent)
    note["mandate"] = intents.ensure_mandate(call, intent, method)
    note["return_url"] = call.get("return_url")


def _start(call, intent, method):
    """Make the attempt, on-session or off."""
    intent["payment_method"] = method["id"]
    off_session = str(call.get("off_session", "false")).lower() != "false"
    charging.pay(call.state, intent, method, present=not off_session)
    if intent["status"] == "requires_action" and call.get("error_on_requires_action"):
        refusal = charging.decline("authentication_required")
        raise charging.refuse(call.state, intent, method, refusal)


# === READ, CHANGE, END === #


@get("/v1/payment_intents/{id}", intents.BROWSER + " is_stripe_sdk", is_public=True)
def retrieve(call):
    """Return an intent."""
    intent = call.state.at(call, "payment_intent")
    intents.check_secret(call, intent)
    return intent


@get_list("/v1/payment_intents", "customer customer_account")
def list_all(call):
    """Return intents, of one customer or of all."""
    found = call.state.all("payment_intent")
    return lists.page(call, found, "/v1/payment_intents", customer=call.get("customer"))


@get_search("/v1/payment_intents/search")
def search(call):
    """Return the intents that a query finds."""
    found = call.state.all("payment_intent")
    return lists.search(call, found, "/v1/payment_intents/search")


@post("/v1/payment_intents/{id}", f"amount:int currency {WRITABLE}")
def update(call):
    """Write on an intent that was not paid yet; its metadata at any time."""
    intent = call.state.at(call, "payment_intent")
    given = {name: call.params[name] for name in KEPT if name in call.params}
    is_open = intent["status"] in intents.CONFIRMABLE
    if not is_open and set(given) - {"description", "receipt_email"}:
        raise errors.unexpected_state(intent, "update")
    if "amount" in given:
        check_amount(given["amount"], given.get("currency") or intent["currency"])
    if "metadata" in call.params:
        given["metadata"] = parameters.merged(
            intent["metadata"], call.params["metadata"]
        )
    if method := call.get("payment_method") and intents.find_method(call, intent):
        given.update(payment_method=method["id"], status="requires_confirmation")
    intent.update(given)
    return intent


@post(
    "/v1/payment_intents/{id}/cancel",
    "cancellation_reason:abandoned|duplicate|fraudulent|requested_by_customer",
)
def cancel(call):
    """End an intent that has no money; what was held is released."""
    intent = call.state.at(call, "payment_intent")
    if intent["status"] not in intents.CONFIRMABLE | {"requires_capture"}:
        raise errors.unexpected_state(intent, "cancel")
    release(call.state, intent, call.get("cancellation_reason"))
    return intent


def release(state, intent, reason):
    """Cancel an intent and tell of it."""
    charge = state.find(intent["latest_charge"])
    if intent["status"] == "requires_capture":
        charge.update(refunded=True, amount_refunded=charge["amount"])
    intent.update(
        status="canceled",
        canceled_at=state.now(),
        cancellation_reason=reason,
        amount_capturable=0,
        next_action=None,
    )
    state.emit("payment_intent.canceled", intent)


@post(
    "/v1/payment_intents/{id}/capture",
    """amount_to_capture:int final_capture:bool metadata:map application_fee_amount:int
    statement_descriptor statement_descriptor_suffix transfer_data:map
    amount_details:map payment_details:map hooks:map""",
)
def capture(call):
    """Take what was held, or a part of it."""
    state = call.state
    intent = state.at(call, "payment_intent")
    if intent["status"] != "requires_capture":
        raise errors.unexpected_state(intent, "capture")
    amount = call.get("amount_to_capture", intent["amount_capturable"])
    if not 0 < amount <= intent["amount_capturable"]:
        raise errors.invalid(
            "The amount to capture is greater than what can be captured.",
            "amount_to_capture",
            "amount_too_large",
        )
    charge = state.find(intent["latest_charge"])
    charge["captured"] = True
    charging.take(state, intent, charge, amount)
    state.emit("charge.captured", charge)
    state.emit("payment_intent.succeeded", intent)
    return intent
