"""What became of an attempt whose answer never came."""

from collections.abc import Callable
from datetime import datetime, timedelta

from odoo.addons.subscription_billing.tools.outcome import Outcome

from .errors import UnreachableError

#: how long an idempotency key is repeated, and answered with its first result; Stripe
#: keeps keys for at least 24 hours (docs.stripe.com/idempotency)
_KEY_IS_SAFE = timedelta(hours=23)
#: from when on nothing can be under way any more: after the last repetition
_ALL_HAS_ENDED = timedelta(hours=24)
#: how far the clocks here and at Stripe may be apart
_CLOCKS = timedelta(hours=1)


def find_outcome(
    send: Callable[[], Outcome] | None,
    look: Callable[[], Outcome | None],
    age: timedelta,
) -> Outcome:
    """Return what became of an attempt: by a look at Stripe's list, then by its key.

    An attempt that cannot be found has never happened only when it is a day old:
    before, it may be under way.

    :param send: repeats the very request; ``None`` when it must not be made any more
    :param look: looks through Stripe's list; ``None`` when the attempt is not in it
    :param age: the time since the attempt was first sent
    """
    try:
        found = look()
    except UnreachableError as error:
        return Outcome("unknown", message=error.message)
    if found:
        return found
    if send and age < _KEY_IS_SAFE:
        return send()
    if age < _ALL_HAS_ENDED:
        return Outcome("unknown", message="Stripe does not know it yet.")
    return Outcome("cancelled", message="It never reached Stripe.")


def get_window(sent_at: datetime) -> dict[str, int]:
    """Return when Stripe may have created what was first sent at some time.

    :param sent_at: with its zone
    """
    return {
        "gte": int((sent_at - _CLOCKS).timestamp()),
        "lte": int((sent_at + _ALL_HAS_ENDED + _CLOCKS).timestamp()),
    }
