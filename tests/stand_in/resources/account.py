"""The account that the keys belong to."""

from ..routing import get

ACCOUNT = "acct_1StandIn00000000"


@get("/v1/account")
def retrieve(call):
    """Return the account; what "Check connection" asks for."""
    return describe(call.state)


@get("/v1/accounts/{id}")
def retrieve_by_id(call):
    """Return the account by its id, whatever id that is."""
    return describe(call.state)


def describe(state):
    """Return the account as an object."""
    return {
        "id": ACCOUNT,
        "object": "account",
        "business_profile": {"name": "Stand-in Ltd", "url": None},
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": "stand-in@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": "Stand-in", "timezone": "Etc/UTC"}},
        "type": "standard",
    }
