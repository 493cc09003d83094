"""What a payment provider says of one attempt to move money.

A gateway returns an ``Outcome``; the charge ledger writes it down. Nothing else that a
provider says leaves its addon.
"""

from dataclasses import dataclass
from typing import Literal

#: what may be done about a decline: try the same method again after a while; nothing,
#: until the customer acts; never try this method again; unclear, so few tries
Category = Literal["retry", "customer", "never", "unknown"]

#: ``done`` and ``pending``: the money has moved, or is on its way and will take days.
#: ``action``: the customer has to confirm this very payment. ``declined``: it was
#: refused for good. ``cancelled``: it was called off, nothing moved. ``unknown``:
#: nobody can tell whether the money moved; it has to be asked for.
Status = Literal["done", "pending", "action", "declined", "cancelled", "unknown"]


@dataclass(frozen=True)
class Decline:
    """Why a payment was refused.

    :param category: what may be done about it
    :param code: the provider's own word, such as ``insufficient_funds``
    :param network_code: the code of the card network or the bank, such as ``51``
    :param advice: what the issuer advises, such as ``try_again_later``
    """

    category: Category = "unknown"
    code: str = ""
    network_code: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt.

    :param status: see ``Status``
    :param reference: the provider's id of the payment; empty where it gave none
    :param message: the reason in words, for people in the back office
    :param decline: why it was refused, with ``declined`` and ``action``
    """

    status: Status
    reference: str = ""
    message: str = ""
    decline: Decline | None = None


class NotSentError(Exception):
    """The provider cannot be asked for anything at present; no money has moved.

    A wrong key, or an account that is closed: the message says what to do about it.
    """
