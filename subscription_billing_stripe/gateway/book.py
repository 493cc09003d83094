"""Reading a book that Stripe Billing has kept, to take it over.

It is read page by page, so that a reading can stop and go on.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from .book_reading import (
    read_book_customer,
    read_book_price,
    read_book_subscription,
    read_pending_item,
)
from .calls import Calls
from .errors import MissingError
from .reading import Json, id_of, pick, read_method, text

#: rows of a page, the most that Stripe gives
PAGE = 100
#: methods whose charges stand on a mandate
_WITH_MANDATE = frozenset({"sepa_debit", "bacs_debit", "au_becs_debit", "acss_debit"})


@dataclass(frozen=True)
class Page:
    """A part of a list.

    :param rows: as ``book_reading`` tells them
    :param after: where the next page begins; empty after the last one
    """

    rows: tuple[dict[str, Any], ...]
    after: str = ""


class Book(Calls):
    """All methods raise a ``GatewayError`` of the kind that says what went wrong."""

    # === PAGES === #

    def read_page(self, kind: str, after: str = "") -> Page:
        """Return a page of a book.

        :param kind: ``item`` (pending invoice items), ``price``, ``subscription`` or
            ``customer``
        :param after: what the page before gave; empty for the first one
        """
        list_page, params, read = self._get_lists()[kind]
        asked = {
            "limit": PAGE,
            **params,
            **({"starting_after": after} if after else {}),
        }
        answer = self._ask(partial(list_page, asked))
        rows = answer["data"]
        following = rows[-1]["id"] if answer["has_more"] and rows else ""
        return Page(tuple(read(each) for each in rows), following)

    def _get_lists(self) -> dict[str, tuple[Any, Mapping[str, Any], Callable]]:
        """Return how each kind is listed and read."""
        return {
            "item": (
                self._stripe.invoice_items.list, {"pending": True}, read_pending_item
            ),
            "price": (
                self._stripe.prices.list,
                {"expand": ["data.product", "data.tiers"]},
                read_book_price,
            ),
            "subscription": (
                self._stripe.subscriptions.list,
                {
                    "status": "all",
                    "expand": ["data.latest_invoice", "data.discounts.source.coupon"],
                },
                read_book_subscription,
            ),
            "customer": (self._stripe.customers.list, {}, read_book_customer),
        }  # fmt: skip

    # === ONE BY ONE === #

    def read_price(self, price: str) -> dict[str, Any] | None:
        """Return a price that no list tells, such as one made for one customer."""
        expand = {"expand": ["product", "tiers"]}
        call = partial(self._stripe.prices.retrieve, price, expand)
        try:
            return read_book_price(self._ask(call))
        except MissingError:
            return None

    def read_subscription(self, subscription: str) -> dict[str, Any] | None:
        """Return a subscription as it is now, with the products of its coupons.

        Nothing when this account has none; one that has ended is still there.
        """
        expand = ["latest_invoice", "discounts.source.coupon.applies_to"]
        call = partial(
            self._stripe.subscriptions.retrieve, subscription, {"expand": expand}
        )
        try:
            return read_book_subscription(self._ask(call))
        except MissingError:
            return None

    def read_methods(self, customer: str) -> list[dict[str, Any]]:
        """Return the saved methods of a customer, each with its mandate if it has one.

        None for a customer that was deleted.
        """
        listing = partial(self._stripe.customers.payment_methods.list, customer)
        try:
            methods = [read_method(each) for each in self._ask_pages(listing, {})]
        except MissingError:
            return []
        mandates: Mapping[str, str] = {}
        if any(method.type in _WITH_MANDATE for method in methods):
            mandates = self._find_mandates(customer)
        return [
            {**asdict(method), "mandate": mandates.get(method.id, "")}
            for method in methods
        ]

    def _find_mandates(self, customer: str) -> dict[str, str]:
        """Return the mandates under which the last charges of a customer were made.

        Stripe tells them nowhere else.
        """
        params = {"customer": customer, "limit": PAGE}
        charges = self._ask(partial(self._stripe.charges.list, params))["data"]
        return {
            id_of(charge, "payment_method"): _get_mandate(charge)
            for charge in reversed(charges)
            if _get_mandate(charge)
        }

    def end_for_takeover(self, subscription: str, mark: str) -> dict[str, Any]:
        """End Stripe's own billing at once: no credit, no last invoice.

        :param mark: kept at Stripe, so that it can be told later who ended it
        :return: the subscription as it was when it ended
        """
        params = {
            "invoice_now": False,
            "prorate": False,
            "cancellation_details": {"comment": mark},
            "expand": ["latest_invoice"],
        }
        call = partial(self._stripe.subscriptions.cancel, subscription, params)
        return read_book_subscription(self._ask(call))


def _get_mandate(charge: Json) -> str:
    kind = text(charge, "payment_method_details", "type")
    mandate = pick(charge, "payment_method_details", kind, "mandate")
    return mandate if isinstance(mandate, str) else ""
