"""Asking a provider about a charge, whatever keeps it from answering."""

from collections.abc import Callable, Mapping
from typing import Any

from .outcome import NotSentError, Outcome

Enquiry = Mapping[str, Any]


def ask(call: Callable[[Enquiry], Outcome], enquiry: Enquiry) -> Outcome:
    """Return what a gateway says of a charge; unknown while it cannot be asked.

    :param call: a gateway's ``find_charge`` or ``call_off``
    :param enquiry: what ``payment.transaction._prepare_enquiry`` returns
    """
    try:
        return call(enquiry)
    except NotSentError as error:
        return Outcome("unknown", message=str(error))
