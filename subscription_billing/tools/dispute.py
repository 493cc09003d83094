"""What a payment provider says of a dispute, and what follows from it.

A provider's addon hands over ``DisputeFacts``; what is known of a dispute is the most
advanced that was ever said, in whatever order, and however often, it was said.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, get_args

Reason = Literal[
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
]

#: ``warning_*``: an inquiry of the bank, or a warning of fraud, and no money was taken
#: back so far. ``prevented``: settled by a rule before it was one. ``appeal_*``: after
#: the decision.
Status = Literal[
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "needs_response",
    "under_review",
    "lost",
    "appeal_needs_response",
    "appeal_under_review",
    "won",
    "prevented",
]

#: ``withdrawn``: the provider took the disputed money. ``reinstated``: it gave it back.
#: ``fee``: it only took, or gave back, a fee.
MovementKind = Literal["withdrawn", "reinstated", "fee"]

#: what somebody has to answer
TO_ANSWER = frozenset(
    {"warning_needs_response", "needs_response", "appeal_needs_response"}
)
#: what is not decided
OPEN = TO_ANSWER | {"warning_under_review", "under_review", "appeal_under_review"}
#: decided, and the customer keeps the money
LOST = frozenset({"lost", "prevented"})
#: decided, and we keep it
WON = frozenset({"won", "warning_closed"})

#: the bank could not collect: nobody complains, the customer simply owes again
BANK_RETURNS = frozenset(
    {
        "bank_cannot_process",
        "check_returned",
        "debit_not_authorized",
        "incorrect_account_details",
        "insufficient_funds",
    }
)

#: status -> phase; a dispute never returns to an earlier one
_PHASES: dict[str, int] = {
    "warning_needs_response": 0,
    "warning_under_review": 0,
    "warning_closed": 1,
    "needs_response": 2,
    "under_review": 2,
    "lost": 3,
    "appeal_needs_response": 3,
    "appeal_under_review": 3,
    "won": 3,
    "prevented": 3,
}
_RANKS: dict[str, int] = {status: rank for rank, status in enumerate(_PHASES)}


@dataclass(frozen=True)
class Movement:
    """Money that the provider moved on our balance because of a dispute.

    :param id: the provider's own number of the movement; it is booked once
    :param kind: see ``MovementKind``
    :param amount: of disputed money, never negative, in ``currency``
    :param currency: ISO code of the balance, which need not be that of the dispute
    :param date: the day on which the balance changed
    :param fee: what was charged besides; negative where a fee was given back
    :raises ValueError: see the messages
    """

    id: str
    kind: MovementKind
    amount: Decimal
    currency: str
    date: date
    fee: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("id: a movement needs the provider's number")
        if self.kind not in get_args(MovementKind):
            raise ValueError(f"kind: {self.kind} is not withdrawn, reinstated or fee")
        if self.amount < 0:
            raise ValueError("amount: give the amount without a sign; kind tells it")
        if self.kind == "fee" and self.amount:
            raise ValueError("amount: a movement of kind fee has its money in fee")


@dataclass(frozen=True)
class DisputeFacts:
    """All that a provider says of a dispute at one moment.

    :param id: the provider's number of the dispute, or of the warning
    :param charge_reference: what the provider calls the payment, as kept on the charge;
        our own reference of the charge will do
    :param amount: what is disputed, in ``currency``: that of the charge
    :param status: see ``Status``; a warning of fraud is ``warning_needs_response``
        until it is answered, then ``warning_closed``
    :param time: when this was so: that of the event, UTC without a zone
    :param due_by: until when to answer, UTC without a zone; None where nobody said
    :param is_fraud_warning: an early warning, not a dispute yet
    :param is_refundable: whether a refund still ends it
    :param evidence_time: when evidence was handed in, UTC without a zone
    :param network_reason_code: the card network's code, such as ``10.4``
    :param movements: all that are known so far, or only the new ones
    :raises ValueError: see the messages
    """

    id: str
    charge_reference: str
    amount: Decimal
    currency: str
    reason: Reason
    status: Status
    time: datetime
    due_by: datetime | None = None
    is_fraud_warning: bool = False
    is_refundable: bool = False
    evidence_time: datetime | None = None
    network_reason_code: str = ""
    movements: tuple[Movement, ...] = ()

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("id: a dispute needs the provider's number")
        if self.status not in _PHASES:
            raise ValueError(f"status: {self.status} is not known")
        if self.reason not in get_args(Reason):
            raise ValueError(f"reason: {self.reason} is not known; use general")
        if self.amount < 0:
            raise ValueError("amount: what is disputed has no sign")
        if self.is_fraud_warning and _PHASES[self.status] > 1:
            raise ValueError(f"status: {self.status} is none of a fraud warning")


def advance_key(status: str, time: datetime) -> tuple[int, datetime, int]:
    """Return how advanced a status is: the greatest that was ever said is the truth.

    The phase comes first, so that what is decided is not opened again by a message that
    was late or is wrong; then the time; then, within one second, the usual order.
    """
    return _PHASES[status], time, _RANKS[status]


def is_newer(status: str, time: datetime, known: str, known_time: datetime) -> bool:
    """Return whether a status said for a time replaces what is known."""
    return advance_key(status, time) > advance_key(known, known_time)


def kind_of(status: str, *, is_fraud_warning: bool) -> str:
    """Return whether this is a ``fraud_warning``, an ``inquiry`` or a ``dispute``."""
    if is_fraud_warning:
        return "fraud_warning"
    return "dispute" if _PHASES[status] > 1 else "inquiry"


def amount_to_close(status: str, withheld: Decimal, given_up: Decimal) -> Decimal:
    """Return how much of the disputed money to take out of the books' claim.

    :param withheld: what the provider has taken and not given back, less what was given
        up; negative where it gave back what had been given up, and where the news of
        giving back came before that of taking
    :param given_up: what was given up before and not taken back
    :return: positive: to give up; negative: to take back what was given up
    """
    if withheld < 0:
        return -min(-withheld, given_up)
    return withheld if status in LOST else Decimal(0)
