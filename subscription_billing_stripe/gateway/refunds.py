"""Giving money back, and asking what became of it."""

from datetime import datetime
from functools import partial

from odoo.addons.subscription_billing.tools.outcome import Outcome

from .asking import find_outcome, get_window
from .calls import Calls
from .charges import UUID, get_metadata
from .errors import ConfigurationError, GatewayError
from .facts import RefundRequest
from .reading import read_refund_outcome, text


class Refunds(Calls):
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

        :param refund: its ``re_…``, when it is known
        :param resend: whether it is still wanted; else it is only looked for
        :raises ConfigurationError: when Stripe cannot be asked
        """
        if refund:
            return self._find_known(refund)
        return find_outcome(
            partial(self.refund, request) if resend else None,
            partial(self._look_for_refund, request, sent_at),
            now - sent_at,
        )

    def _find_known(self, refund: str) -> Outcome:
        try:
            answer = self._ask(partial(self._stripe.refunds.retrieve, refund))
        except ConfigurationError:
            raise
        except GatewayError as error:
            return Outcome("unknown", refund, error.message)
        return read_refund_outcome(answer)

    def _look_for_refund(
        self, request: RefundRequest, sent_at: datetime
    ) -> Outcome | None:
        refunds = self._ask_pages(
            self._stripe.refunds.list,
            {"payment_intent": request.intent, "created": get_window(sent_at)},
        )
        return next(
            (
                read_refund_outcome(refund)
                for refund in refunds
                if text(refund, "metadata", UUID) == request.uuid
            ),
            None,
        )
