"""Taking money with a saved method, and asking what became of it."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from odoo.addons.subscription_billing.tools.outcome import Outcome

from .asking import find_outcome, get_window
from .calls import Calls
from .errors import ConfigurationError, GatewayError
from .facts import ChargeRequest, IntentFacts
from .masking import get_masked_logger, mask
from .reading import Json, pick, read_intent, read_intent_outcome, text
from .side_by_side import run_side_by_side

_logger = get_masked_logger(__name__)

#: the metadata that says which attempt an object of Stripe's is
UUID = "odoo_uuid"
REFERENCE = "odoo_reference"
DATABASE = "odoo_database"
_STATEMENT_LENGTH = 22
_NOT_ON_STATEMENTS = str.maketrans("", "", "<>\\'\"*")


def get_metadata(uuid: str, reference: str, database: str) -> dict[str, str]:
    """Return what Stripe's object says of ours; empty values are left out."""
    values = {UUID: uuid, REFERENCE: reference, DATABASE: database}
    return {key: value for key, value in values.items() if value}


class Charges(Calls):
    """Payment intents, off-session and confirmed at once."""

    def charge(
        self, request: ChargeRequest, *, stop: threading.Event | None = None
    ) -> Outcome:
        """Take money, once for each key however often it is called.

        :param stop: do not go on waiting for Stripe's rate limit once this is set
        :raises ConfigurationError: nothing was taken, and nothing can be until an
            administrator acts
        """
        call = partial(
            self._stripe.payment_intents.create,
            _get_intent_params(request),
            {"idempotency_key": request.key},
        )
        return self._attempt(call, partial(_read_checked, request), stop)

    def charge_many(
        self, requests: Iterable[ChargeRequest]
    ) -> Iterator[tuple[str, Outcome]]:
        """Take money from many side by side; yield each key with its outcome.

        A request is taken from ``requests`` in the caller's thread when a thread is
        free for it, so that the iterator can commit that it is about to be sent. What
        goes wrong with one is unknown for that one only. Closing the generator sends
        nothing new, and waits for what is under way.

        :raises ConfigurationError: after all outcomes of what was taken; those that
            met it were ``cancelled``, and nothing else is taken
        """
        trouble: list[ConfigurationError] = []

        def take() -> Iterator[ChargeRequest]:
            waiting = iter(requests)
            while not trouble and (request := next(waiting, None)):
                yield request

        def charge(request: ChargeRequest, closed: threading.Event) -> Outcome:
            try:
                return self.charge(request, stop=closed)
            except ConfigurationError as error:
                trouble.append(error)
                return Outcome("cancelled", message=error.message)
            except Exception as error:
                _logger.exception("The outcome of %s is unknown", request.reference)
                return Outcome("unknown", message=mask(repr(error)))

        answers = run_side_by_side(take(), charge, self.config.threads)
        try:
            for request, outcome in answers:
                yield request.key, outcome
        finally:
            answers.close()
        if trouble:
            raise trouble[0]

    def find_charge(
        self,
        request: ChargeRequest,
        *,
        sent_at: datetime,
        now: datetime,
        intent: str = "",
        resend: bool = True,
    ) -> Outcome:
        """Return what became of a charge that was first sent at ``sent_at``.

        :param intent: its ``pi_…``, whenever it is known: a repeated key is answered
            as it was at first, whatever has happened to the payment since
        :param resend: whether the money is still wanted. Then the request is repeated
            with its key while that is safe, which takes the money when the first one
            never arrived. Else it is only looked for.
        :raises ConfigurationError: when Stripe cannot be asked
        """
        if intent:
            return self._find_intent(intent, request)
        return find_outcome(
            partial(self.charge, request) if resend else None,
            partial(self._look_for, request, sent_at),
            now - sent_at,
        )

    def _find_intent(self, intent: str, request: ChargeRequest) -> Outcome:
        call = partial(self._stripe.payment_intents.retrieve, intent)
        try:
            return _read_checked(request, self._ask(call))
        except ConfigurationError:
            raise
        except GatewayError as error:
            return Outcome("unknown", intent, error.message)

    def _look_for(self, request: ChargeRequest, sent_at: datetime) -> Outcome | None:
        """Return the outcome of the customer's intent that names our attempt.

        The list is complete at once; Stripe's search lags behind.
        """
        intents = self._ask_pages(
            self._stripe.payment_intents.list,
            {"customer": request.customer, "created": get_window(sent_at)},
        )
        return next(
            (
                _read_checked(request, intent)
                for intent in intents
                if text(intent, "metadata", UUID) == request.uuid
            ),
            None,
        )

    def cancel(self, intent: str) -> Outcome:
        """Call an open payment off; return what it is now.

        One that is over already stays what it was.
        """
        call = partial(self._stripe.payment_intents.cancel, intent)
        outcome = self._attempt(call, read_intent_outcome)
        if outcome.status != "declined":
            return replace(outcome, reference=intent)
        retrieve = partial(self._stripe.payment_intents.retrieve, intent)
        return replace(self._attempt(retrieve, read_intent_outcome), reference=intent)

    def retrieve_intent(self, intent: str) -> IntentFacts:
        """Return the facts of a payment, its client secret included.

        :raises GatewayError: of the kind that says what went wrong
        """
        call = partial(self._stripe.payment_intents.retrieve, intent)
        return read_intent(self._ask(call))


def _get_intent_params(request: ChargeRequest) -> dict[str, object]:
    """Return Stripe's parameters of a charge; the same for the same request."""
    params: dict[str, object] = {
        "amount": request.amount,
        "currency": request.currency.lower(),
        "customer": request.customer,
        "payment_method": request.method,
        # Without it Stripe may ask for a page to return to.
        "payment_method_types": [request.method_type],
        "confirm": True,
        "off_session": True,
        # Odoo's own webhook finds a payment by its description.
        "description": request.reference,
        "metadata": get_metadata(request.uuid, request.reference, request.database),
    }
    if request.mandate:
        params["mandate"] = request.mandate
    statement = request.statement.translate(_NOT_ON_STATEMENTS).strip()
    if statement and request.method_type == "card":
        params["statement_descriptor_suffix"] = statement[:_STATEMENT_LENGTH]
    return params


def _read_checked(request: ChargeRequest, intent: Json) -> Outcome:
    """Return the outcome of an intent, unless it is about other money than ours."""
    outcome = read_intent_outcome(intent)
    theirs = pick(intent, "amount"), text(intent, "currency").upper()
    if theirs == (request.amount, request.currency.upper()):
        return outcome
    return Outcome(
        "unknown",
        outcome.reference,
        f"Stripe's payment is over {theirs[0]} {theirs[1]} in minor units, and not "
        f"over {request.amount} {request.currency.upper()}.",
    )
