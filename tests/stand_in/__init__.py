"""A Stripe that runs here: our own stand-in for tests, demo and benchmark.

It answers as Stripe's documentation describes, in the shapes of the current API version
and of 2019-05-16, and lets go wrong whatever a test wants to see go wrong::

    with StandIn() as stand_in:
        client = stripe.StripeClient(
            "sk_test_x", base_addresses={"api": stand_in.url}
        )
"""

from .remote import Control, Remote
from .stand_in import StandIn
