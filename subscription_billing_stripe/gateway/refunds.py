"""Giving money back, and asking what became of it."""

from datetime import datetime
from functools import partial

from odoo.addons.subscription_billing.tools.outcome import Outcome

from .asking import find_outcome, get_window
from .attempts import Attempts, get_metadata
from .facts import RefundRequest
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

    def find_refund(
        self,
        request: RefundRequest,
        *,
        sent_at: datetime,
        now: datetime,
        refund: str = "",
        resend: bool = True,
    ) -> Outcome:
        """Return what became of a refund that was first sent at ``sent_at``.

        :param refund: its ``re_…``, when it is known: then that one is asked for
        :param resend: whether it is still wanted, and may be repeated with its key when
            it is not in Stripe's list; else it is only looked for
        :raises ConfigurationError: when Stripe cannot be asked
        """
        refunds, read = self._stripe.refunds, read_refund_outcome
        if refund:
            return self._ask_outcome(partial(refunds.retrieve, refund), read, refund)
        params = {"payment_intent": request.intent, "created": get_window(sent_at)}
        return find_outcome(
            partial(self.refund, request) if resend else None,
            partial(self._look_for, request.uuid, refunds.list, params, read),
            now - sent_at,
        )
