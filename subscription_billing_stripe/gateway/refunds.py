"""Giving money back, and asking what became of it."""

from functools import partial

from odoo.addons.subscription_billing.tools.outcome import Outcome

from .attempts import Attempts, get_metadata
from .facts import RefundRequest, Search
from .reading import read_refund_outcome


class Refunds(Attempts):
    """Refunds of payment intents, in full or in part."""

    def refund(self, request: RefundRequest) -> Outcome:
        """Give money back, once for each key; the outcome's reference is ``re_…``.

        ``declined`` is also what Stripe will not do: more than is left, or twice.

        :raises ConfigurationError: nothing was given back, and nothing can be until an
            administrator acts
        """
        params = {
            "payment_intent": request.intent,
            "amount": request.amount,
            "metadata": get_metadata(request.uuid, request.reference, request.database),
        }
        if request.reason:
            params["reason"] = request.reason
        call = partial(
            self._stripe.refunds.create, params, {"idempotency_key": request.key}
        )
        return self._attempt(call, read_refund_outcome)

    def find_refund(self, request: RefundRequest, search: Search) -> Outcome:
        """Return what became of a refund.

        :raises ConfigurationError: when Stripe cannot be asked
        """
        return self._find(
            request,
            search,
            self.refund,
            self._stripe.refunds,
            {"payment_intent": request.intent},
            read_refund_outcome,
        )
