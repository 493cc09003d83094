"""What charges and refunds have in common: each attempt can be found again."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from odoo.addons.subscription_billing.tools.outcome import Outcome

from .asking import find_outcome, get_window
from .calls import Call, Calls, ListPage
from .errors import ConfigurationError, GatewayError
from .facts import ChargeRequest, RefundRequest, Search
from .reading import Json, text

Request = TypeVar("Request", ChargeRequest, RefundRequest)

#: the metadata that says which attempt an object of Stripe's is
UUID = "odoo_uuid"
REFERENCE = "odoo_reference"
DATABASE = "odoo_database"


def get_metadata(uuid: str, reference: str, database: str) -> dict[str, str]:
    """Return what Stripe's object says of ours; empty values are left out."""
    values = {UUID: uuid, REFERENCE: reference, DATABASE: database}
    return {key: value for key, value in values.items() if value}


class Attempts(Calls):
    """Asks what became of an attempt to move money."""

    def _find(
        self,
        request: Request,
        search: Search,
        send: Callable[[Request], Outcome],
        objects: Any,
        within: Mapping[str, str],
        read: Callable[[Json], Outcome],
    ) -> Outcome:
        """Return what became of an attempt.

        :param send: repeats the request with its key
        :param objects: the SDK's service of what an attempt has made
        :param within: what narrows the list of them
        :raises ConfigurationError: when Stripe cannot be asked
        """
        if known := search.reference:
            return self._ask_outcome(partial(objects.retrieve, known), read, known)
        params = {**within, "created": get_window(search.sent_at)}
        return find_outcome(
            partial(send, request) if search.resend else None,
            partial(self._look_for, request.uuid, objects.list, params, read),
            search.now - search.sent_at,
        )

    def _ask_outcome(
        self, call: Call, read: Callable[[Json], Outcome], reference: str
    ) -> Outcome:
        """Return the outcome of what Stripe knows by its reference.

        :raises ConfigurationError: when Stripe cannot be asked
        """
        try:
            return read(self._ask(call))
        except ConfigurationError:
            raise
        except GatewayError as error:
            return Outcome("unknown", reference, error.message)

    def _look_for(
        self,
        uuid: str,
        list_page: ListPage,
        params: Mapping[str, Any],
        read: Callable[[Json], Outcome],
    ) -> Outcome | None:
        """Return the outcome of what names our attempt, ``None`` when nothing does.

        A list is complete at once; Stripe's search lags behind.

        :raises GatewayError: of the kind that says what went wrong
        """
        found = self._ask_pages(list_page, params)
        named = (each for each in found if text(each, "metadata", UUID) == uuid)
        return next(map(read, named), None)
