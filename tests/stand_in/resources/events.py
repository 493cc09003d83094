"""Events: what happened, kept for thirty days."""

from .. import lists
from ..routing import get, get_list

KEPT = 30 * 86400


@get("/v1/events/{id}")
def retrieve(call):
    """Return an event."""
    return call.state.at(call, "event")


@get_list("/v1/events", "type types:list delivery_success:bool")
def list_all(call):
    """Return events, of certain types or of all."""
    oldest = call.state.now() - KEPT
    found = [
        each
        for each in call.state.all("event")
        if each["created"] >= oldest and _is_wanted(call, each["type"])
    ]
    return lists.page(call, found, "/v1/events")


def _is_wanted(call, kind):
    if (wanted := call.get("type")) and not matches(kind, wanted):
        return False
    return "types" not in call.params or kind in call.params["types"]


def matches(kind, pattern):
    """Return whether a type of event is meant by ``*``, ``charge.*`` or its name."""
    return pattern in ("*", kind) or (
        pattern.endswith(".*") and kind.startswith(pattern[:-1])
    )
