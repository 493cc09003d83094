"""Mandates: they are made by intents, and can only be read."""

from ..routing import get


@get("/v1/mandates/{id}")
def retrieve(call):
    """Return a mandate."""
    return call.state.at(call, "mandate")
