"""Taking money with a saved method, and asking what became of it."""

from dataclasses import replace
from functools import partial

from odoo.addons.subscription_billing.tools.outcome import Outcome

from .attempts import Attempts, get_metadata
from .facts import ChargeRequest, Search
from .reading import Json, pick, read_intent_outcome, text


class Charges(Attempts):
    """Payment intents, off-session and confirmed at once."""

    def charge(self, request: ChargeRequest) -> Outcome:
        """Take money, once for each key however often it is called.

        :raises ConfigurationError: nothing was taken, and nothing can be until an
            administrator acts
        """
        call = partial(
            self._stripe.payment_intents.create,
            _get_intent_params(request),
            {"idempotency_key": request.key},
        )
        return self._attempt(call, partial(_read_checked, request))

    def find_charge(self, request: ChargeRequest, search: Search) -> Outcome:
        """Return what became of a charge.

        :raises ConfigurationError: when Stripe cannot be asked
        """
        return self._find(
            request,
            search,
            self.charge,
            self._stripe.payment_intents,
            {"customer": request.customer},
            partial(_read_checked, request),
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
