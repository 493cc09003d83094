"""Webhook endpoints: where events are sent, in which version, under which secret."""

from .. import errors, lists, parameters
from ..rendering import CURRENT
from ..routing import delete, get, get_list, post

MOST = 16


@post(
    "/v1/webhook_endpoints",
    "url! enabled_events:list! api_version connect:bool description metadata:map",
)
def create(call):
    """Create an endpoint; only this answer tells its secret."""
    state = call.state
    if len(state.all("webhook_endpoint")) >= MOST:
        raise errors.invalid(f"You have reached the maximum of {MOST} endpoints.")
    url = call.params["url"]
    if not url.startswith(("http://", "https://")):
        raise errors.invalid("Invalid URL: an explicit scheme must be provided.", "url",
                             "url_invalid")  # fmt: skip
    endpoint = state.new(
        "webhook_endpoint",
        api_version=call.get("api_version"),
        application=None,
        description=call.get("description"),
        enabled_events=call.params["enabled_events"],
        metadata=parameters.merged({}, call.get("metadata")),
        status="enabled",
        url=url,
    )
    secret = f"whsec_{state.secret(32)}"
    state.note(endpoint)["secrets"] = [secret]
    return {**endpoint, "secret": secret}


def version_of(endpoint):
    """Return the API version in which an endpoint gets its events."""
    return endpoint["api_version"] or CURRENT


@get("/v1/webhook_endpoints/{id}")
def retrieve(call):
    """Return an endpoint, without its secret."""
    return call.state.at(call, "webhook_endpoint")


@get_list("/v1/webhook_endpoints")
def list_all(call):
    """Return the endpoints."""
    found = call.state.all("webhook_endpoint")
    return lists.page(call, found, "/v1/webhook_endpoints")


@post(
    "/v1/webhook_endpoints/{id}",
    "url enabled_events:list description disabled:bool metadata:map",
)
def update(call):
    """Change an endpoint; its API version cannot be changed."""
    endpoint = call.state.at(call, "webhook_endpoint")
    for name in ("url", "enabled_events", "description"):
        if name in call.params:
            endpoint[name] = call.params[name]
    if "disabled" in call.params:
        endpoint["status"] = "disabled" if call.params["disabled"] else "enabled"
    if "metadata" in call.params:
        endpoint["metadata"] = parameters.merged(
            endpoint["metadata"], call.params["metadata"]
        )
    return endpoint


@delete("/v1/webhook_endpoints/{id}")
def remove(call):
    """Delete an endpoint."""
    endpoint = call.state.at(call, "webhook_endpoint")
    call.state.remove("webhook_endpoint", endpoint["id"])
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}
