"""Customers at Stripe, and the methods that they have saved."""

from functools import partial

from .attempts import DATABASE
from .calls import Calls
from .errors import RefusedError
from .facts import CustomerFacts, CustomerRequest, MethodFacts
from .reading import read_customer, read_method

#: the metadata that says which customer of ours it is
PARTNER = "odoo_partner"


class Customers(Calls):
    """All methods raise a ``GatewayError`` of the kind that says what went wrong."""

    # === CUSTOMERS === #

    def create_customer(self, request: CustomerRequest) -> CustomerFacts:
        """Create a customer, once for each key."""
        call = partial(
            self._stripe.customers.create,
            _get_customer_params(request),
            {"idempotency_key": request.key},
        )
        return read_customer(self._ask(call))

    def update_customer(self, customer: str, request: CustomerRequest) -> CustomerFacts:
        """Bring a customer at Stripe to what is known of them here."""
        params = _get_customer_params(request)
        return read_customer(
            self._ask(partial(self._stripe.customers.update, customer, params))
        )

    def retrieve_customer(self, customer: str) -> CustomerFacts:
        """Return the facts of a customer, of a deleted one that it is."""
        return read_customer(
            self._ask(partial(self._stripe.customers.retrieve, customer))
        )

    # === METHODS === #

    def retrieve_payment_method(self, method: str) -> MethodFacts:
        """Return the facts of a payment method."""
        return read_method(
            self._ask(partial(self._stripe.payment_methods.retrieve, method))
        )

    def attach(self, method: str, customer: str) -> MethodFacts:
        """Save a method for a customer."""
        call = partial(
            self._stripe.payment_methods.attach, method, {"customer": customer}
        )
        return read_method(self._ask(call))

    def detach(self, method: str) -> MethodFacts:
        """Take a method from its customer; it can never be charged again.

        One that was taken away before is as good.
        """
        try:
            return read_method(
                self._ask(partial(self._stripe.payment_methods.detach, method))
            )
        except RefusedError:
            facts = self.retrieve_payment_method(method)
            if facts.customer:
                raise
            return facts


def _get_customer_params(request: CustomerRequest) -> dict[str, object]:
    """Return Stripe's parameters of a customer; an empty value clears what it had."""
    return {
        "name": request.name,
        "email": request.email,
        "phone": request.phone[:20],
        "address": {
            "line1": request.street,
            "line2": request.street2,
            "postal_code": request.zip,
            "city": request.city,
            "state": request.state,
            "country": request.country,
        },
        "preferred_locales": [request.language] if request.language else [],
        "metadata": {PARTNER: request.partner, DATABASE: request.database},
    }
