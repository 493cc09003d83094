"""Every way in which the stand-in says no, in the words of Stripe's error object."""

DOCS = "https://stripe.com/docs/error-codes/"


class ApiError(Exception):
    """An answer that is not 200.

    :param status: HTTP status
    :param facts: further keys of the error object; those whose value is one of our
        objects (``payment_intent`` …) are rendered in the caller's API version
    """

    def __init__(self, status, message, kind="invalid_request_error", **facts):
        super().__init__(message)
        self.status = status
        self.headers = {}
        self.error = {"type": kind, "message": message}
        self.error.update((key, value) for key, value in facts.items() if value)
        if facts.get("code"):
            self.error["doc_url"] = DOCS + facts["code"].replace("_", "-")


class CardError(ApiError):
    """A payment that the issuer, the network or Stripe refused: always HTTP 402."""

    def __init__(self, message, **facts):
        super().__init__(402, message, "card_error", **facts)


class DroppedConnection(ConnectionError):
    """Not an answer at all: the connection is to be closed."""


def invalid(message, param=None, code=None, **facts):
    """Return the error for a request that cannot be served as it is."""
    return ApiError(400, message, param=param, code=code, **facts)


def unknown_parameter(name):
    """Return the error for a parameter that the endpoint does not have."""
    return invalid(f"Received unknown parameter: {name}", name, "parameter_unknown")


def missing_parameter(name):
    """Return the error for a parameter without which the endpoint cannot work."""
    return invalid(f"Missing required param: {name}.", name, "parameter_missing")


def no_such(kind, identifier, param="id", status=400):
    """Return the error for an id that names nothing; 404 when it is in the path."""
    return ApiError(
        status,
        f"No such {kind}: '{identifier}'",
        param=param,
        code="resource_missing",
    )


def unexpected_state(intent, verb):
    """Return the error for a step that the intent's status does not allow."""
    kind = intent["object"]
    return invalid(
        f"You cannot {verb} this {kind} because it has a status of {intent['status']}.",
        code=f"{kind}_unexpected_state",
        **{kind: intent},
    )


def key_reused():
    """Return the error for an idempotency key that came with other parameters."""
    return ApiError(
        400,
        "Keys for idempotent requests can only be used with the same parameters and "
        "the same endpoint they were first used with.",
        "idempotency_error",
    )


def key_in_use():
    """Return the error for a key whose first request is still being worked on."""
    return ApiError(
        409,
        "There is currently another in-progress request using this idempotency key.",
        "idempotency_error",
        code="idempotency_key_in_use",
    )


def conflict():
    """Return the error for an object that another request holds."""
    return ApiError(
        409,
        "This object cannot be accessed right now because another request is "
        "accessing it.",
        code="lock_timeout",
    )


def too_many(retry_after=None):
    """Return the error of the rate limiter.

    :param retry_after: seconds, for the header of that name
    """
    error = ApiError(429, "Request rate limit exceeded.", code="rate_limit")
    error.headers["Stripe-Rate-Limited-Reason"] = "endpoint-rate"
    if retry_after is not None:
        error.headers["Retry-After"] = str(retry_after)
    return error


def broken():
    """Return the error for which nobody is to blame but the server."""
    return ApiError(500, "An unknown error occurred.", "api_error")


def unauthorized(message):
    """Return the error for a key that is missing or worth nothing."""
    return ApiError(401, message)
