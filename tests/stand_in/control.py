"""What another process may tell the stand-in: the methods of ``StandIn`` over HTTP.

``POST /_control/<name>`` with a JSON object of arguments answers ``{"result": …}``.
"""

# Methods of the stand-in itself, and of its faults and its webhooks.
OWN = {
    "advance", "approve", "authenticate", "calls", "close_dispute", "decline", "detach",
    "dispute", "escalate", "events", "expire_keys", "fail", "fail_late", "fail_refund",
    "fraud_warning", "get", "hold", "ledger", "require_authentication", "revoke",
    "revoke_mandate", "set_subscription", "settle", "settle_all", "settle_refund",
    "update_card",
}  # fmt: skip


def do(owner, name, given):
    """Call a method by its name; return a status and a body."""
    try:
        method = _method(owner, name)
        args = given.pop("args", [])
        return 200, {"result": method(*args, **given)}
    except (KeyError, TypeError, ValueError) as error:
        return 400, {"error": f"{type(error).__name__}: {error}"}


def _method(owner, name):
    """Return what answers to a name.

    :raise KeyError: when nothing does
    """
    if name in OWN:
        return getattr(owner, name)
    return {
        "settings": lambda **values: _settings(owner, values),
        "faults/add": lambda **options: owner.faults.add(**options).kind,
        "faults/clear": owner.faults.clear,
        "faults/limit": owner.faults.limit,
        "faults/schedule": lambda **options: _schedule(owner, options),
        "webhooks/deliver_all": lambda **options: _told(
            owner.webhooks.deliver_all(**options)
        ),
        "webhooks/drop": lambda *kinds: _told(owner.webhooks.drop(*kinds)),
        "webhooks/endpoint": owner.webhooks.endpoint,
        "webhooks/hold": owner.webhooks.hold,
        "webhooks/pending": lambda *kinds: _told(owner.webhooks.pending(*kinds)),
        "webhooks/redeliver": lambda *kinds: owner.webhooks.redeliver(*kinds),
        "webhooks/release": owner.webhooks.release,
        "webhooks/roll_secret": owner.webhooks.roll_secret,
    }[name]


def _schedule(owner, options):
    if "kinds" in options:
        options["kinds"] = tuple(options["kinds"])
    return owner.faults.schedule(**options).seed


def _told(deliveries):
    return [each.as_dict() for each in deliveries]


def _settings(owner, values):
    """Set latency, search delay or the network's limit; return all of them."""
    for name, value in values.items():
        target = owner if name == "latency" else owner.state
        if name not in SETTINGS:
            raise KeyError(name)
        setattr(target, name, value)
    return {
        "latency": owner.latency,
        "search_delay": owner.state.search_delay,
        "declines_before_block": owner.state.declines_before_block,
        "url": owner.url,
    }


SETTINGS = {"latency", "search_delay", "declines_before_block"}
