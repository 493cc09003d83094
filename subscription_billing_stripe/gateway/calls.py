"""What all calls have in common: patience, and errors of our own."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from odoo.addons.subscription_billing.tools.outcome import Category, Outcome

from ..tools.declines import classify
from .config import GatewayConfig
from .errors import (
    ConfigurationError,
    GatewayError,
    MissingError,
    RefusedError,
    UnreachableError,
)
from .limiter import RateLimiter
from .masking import mask
from .reading import Json, plain, read_card_error
from .sdk import stripe
from .transport import Sessions, make_client

Call = Callable[[], stripe.StripeObject]
ListPage = Callable[[Mapping[str, Any]], stripe.ListObject]

_NOT_FOUND = 404
_PAGE = 100
#: what a refused parameter means: the method can never work, or needs the customer
_BY_PARAMETER: dict[str, Category] = {
    "customer": "never",
    "payment_method": "never",
    "mandate": "customer",
}
_BARRED = (stripe.AuthenticationError, stripe.PermissionError)
#: Stripe's words when a key of one mode names an object of the other
_OTHER_MODE = "a similar object exists in"


class Calls:
    """The connection of one configuration; safe to share between threads."""

    def __init__(self, config: GatewayConfig) -> None:
        self.config = config
        self._limiter = RateLimiter(config.rate_limit)
        self._sessions = Sessions(config, self._limiter)
        self._stripe = make_client(config, self._sessions).v1

    # === MONEY: THE ANSWER IS AN OUTCOME === #

    def _attempt(self, call: Call, read: Callable[[Json], Outcome]) -> Outcome:
        """Move money, and say what became of it.

        What is neither a yes nor a no of Stripe's is unknown: no answer, a conflict, an
        error of the server, a key that was used for something else.

        :raises ConfigurationError: when nothing was done, nor can be
        """
        try:
            return read(self._send(call))
        except stripe.CardError as error:
            return read_card_error(_body(error))
        except (stripe.InvalidRequestError, *_BARRED) as error:
            translated = translate(error)
            if not isinstance(translated, ConfigurationError):
                return _read_refusal(translated)
            if self._sessions.has_doubt:
                return Outcome("unknown", message=translated.message)
            raise translated from error
        except stripe.StripeError as error:
            return Outcome("unknown", message=translate(error).message)

    # === ALL ELSE: THE ANSWER IS A VALUE OR AN ERROR === #

    def _ask(self, call: Call) -> dict[str, Any]:
        """Return Stripe's answer.

        :raises GatewayError: of the kind that says what went wrong
        """
        try:
            return self._send(call)
        except stripe.StripeError as error:
            raise translate(error) from error

    def _ask_pages(
        self, list_page: ListPage, params: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Yield all that a list holds, page by page.

        :raises GatewayError: of the kind that says what went wrong
        """
        asked = {"limit": _PAGE, **params}
        while True:
            page = self._ask(partial(list_page, asked))
            yield from page["data"]
            if not page["has_more"]:
                return
            asked = {**asked, "starting_after": page["data"][-1]["id"]}

    # === SENDING === #

    def _send(self, call: Call) -> dict[str, Any]:
        """Send until Stripe does not say that there are too many requests.

        Such a refusal has done nothing. The pause that follows holds for all threads.

        :raises stripe.StripeError: what the SDK makes of the answer
        """
        self._sessions.begin()
        end = time.monotonic() + self.config.patience
        while True:
            try:
                return plain(call())
            except stripe.RateLimitError:
                if time.monotonic() > end:
                    raise


def _body(error: stripe.StripeError) -> Json:
    """Return the error as Stripe put it; empty when the body was none of its own."""
    body = error.json_body
    inner = body.get("error") if isinstance(body, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def translate(error: stripe.StripeError) -> GatewayError:
    """Return the SDK's error as one of ours, its message without secrets."""
    said = mask(str(_body(error).get("message") or ""))
    if isinstance(error, stripe.AuthenticationError) or _OTHER_MODE in said:
        return ConfigurationError("key", said)
    if isinstance(error, stripe.PermissionError):
        return ConfigurationError("permission", said)
    if isinstance(
        error, (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError)
    ):
        code = error.code or str(_body(error).get("type") or "")
        missing = error.http_status == _NOT_FOUND or code == "resource_missing"
        kind = MissingError if missing else RefusedError
        return kind(said, code, getattr(error, "param", "") or "")
    return UnreachableError(_tell_unanswered(error, said))


def _tell_unanswered(error: stripe.StripeError, said: str) -> str:
    """Return in words how Stripe failed to answer."""
    if error.http_status:
        return f"Stripe answered with HTTP {error.http_status}. {said}".strip()
    cause = type(error.__cause__ or error).__name__
    return f"Stripe gave no answer ({cause})."


def _read_refusal(error: GatewayError) -> Outcome:
    """Return the outcome of a request that Stripe would not even try.

    Where neither its code nor the parameter at fault tells more, it is for people to
    find out, and few tries are enough. So it is with what is missing: with the key of
    another account everything is, and no card of the book is to blame.
    """
    code, param = getattr(error, "code", ""), getattr(error, "param", "")
    decline = classify(code)
    if decline.category == "unknown" and not isinstance(error, MissingError):
        decline = replace(decline, category=_BY_PARAMETER.get(param, "unknown"))
    return Outcome("declined", message=error.message, decline=decline)
