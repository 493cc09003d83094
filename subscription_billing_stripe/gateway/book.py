"""Reading a book that Stripe Billing has kept, to take it over."""

from collections.abc import Iterator, Sequence
from functools import partial

from .calls import Calls
from .reading import Json

#: what a subscription refers to and an import has to know; four levels are the most
_SUBSCRIPTION_PARTS = ("data.default_payment_method", "data.discounts")


class Book(Calls):
    """Yields Stripe's own objects as dictionaries, page by page.

    All methods raise a ``GatewayError`` of the kind that says what went wrong.
    """

    def list_customers(self) -> Iterator[Json]:
        """Yield all customers."""
        return self._ask_pages(self._stripe.customers.list, {})

    def list_subscriptions(
        self,
        *,
        status: str = "all",
        expand: Sequence[str] = _SUBSCRIPTION_PARTS,
    ) -> Iterator[Json]:
        """Yield the subscriptions of a status; without ``all`` Stripe hides ended ones.

        The current period is that of each item, not of the subscription.
        """
        params = {"status": status, "expand": list(expand)}
        return self._ask_pages(self._stripe.subscriptions.list, params)

    def list_prices(self) -> Iterator[Json]:
        """Yield all prices, each with its product and tiers, inactive ones too."""
        for active in (True, False):
            yield from self._ask_pages(
                self._stripe.prices.list,
                {"active": active, "expand": ["data.product", "data.tiers"]},
            )

    def list_payment_methods(self, customer: str) -> Iterator[Json]:
        """Yield the saved methods of a customer, of all types."""
        return self._ask_pages(
            partial(self._stripe.customers.payment_methods.list, customer), {}
        )

    def end_subscription(self, subscription: str) -> Json:
        """End Stripe's own billing of a subscription at once, with no last invoice."""
        return self._ask(
            partial(
                self._stripe.subscriptions.cancel,
                subscription,
                {"invoice_now": False, "prorate": False},
            )
        )
