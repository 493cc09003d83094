"""The gateway in the words of the charge ledger, with values that JSON can keep."""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import partial
from typing import Any

from odoo.addons.subscription_billing.tools.outcome import NotSentError, Outcome

from .errors import ConfigurationError
from .facts import ChargeRequest, RefundRequest, Search
from .masking import get_masked_logger, mask

_logger = get_masked_logger(__name__)

#: names the kind of a kept request
KIND = "kind"
_REQUESTS = {"charge": ChargeRequest, "refund": RefundRequest}


class LedgerGateway:
    """What ``payment.provider._get_charge_gateway`` returns for Stripe.

    :param gateway: a ``StripeGateway``; threads may share it
    """

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway
        self.threads: int = gateway.config.threads

    def charge(self, request: Mapping[str, Any]) -> Outcome:
        """Move money as a kept request says, once for each key.

        :raises NotSentError: nothing has moved, and an administrator has to act
        """
        kind, values = read_request(request)
        send = self._gateway.refund if kind == "refund" else self._gateway.charge
        return _translate(partial(send, values), values.reference)

    def find_charge(self, enquiry: Mapping[str, Any]) -> Outcome:
        """Return what became of an attempt.

        :raises NotSentError: Stripe cannot be asked before an administrator acts
        """
        kind, values = read_request(enquiry["request"])
        gateway = self._gateway
        find = gateway.find_refund if kind == "refund" else gateway.find_charge
        search = Search(
            sent_at=datetime.fromtimestamp(enquiry["sent"], timezone.utc),
            now=datetime.now(timezone.utc),
            reference=enquiry["reference"],
            resend=enquiry["is_owed"],
        )
        return _translate(partial(find, values, search), values.reference)

    def call_off(self, enquiry: Mapping[str, Any]) -> Outcome:
        """End a payment that its customer could still confirm; return what it is then.

        :raises NotSentError: Stripe cannot be asked before an administrator acts
        """
        intent = enquiry["reference"]
        return _translate(partial(self._gateway.cancel, intent), intent)


class ClosedGateway:
    """Stands in where the settings let nothing be sent: all that is asked for waits.

    :param problem: what it is, and what to do about it
    """

    threads = 1

    def __init__(self, problem: str) -> None:
        self._problem = problem

    def charge(self, request: Mapping[str, Any]) -> Outcome:
        """Move no money."""
        raise NotSentError(self._problem)

    find_charge = call_off = charge


def read_request(kept: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the kind of a kept request, and its values as the gateway takes them."""
    values = dict(kept)
    kind = values.pop(KIND)
    return kind, _REQUESTS[kind](**values)


def _translate(call: Callable[[], Outcome], reference: str) -> Outcome:
    """Return an outcome, whatever happens; nothing secret gets into the ledger.

    :param reference: what the payment is called in the log
    :raises NotSentError: Stripe cannot be asked before an administrator acts
    """
    try:
        return call()
    except ConfigurationError as error:
        raise NotSentError(error.message) from error
    except Exception as error:
        _logger.exception("The outcome of %s is unknown", reference)
        return Outcome("unknown", message=mask(repr(error)))
