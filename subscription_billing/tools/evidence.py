"""Which evidence helps against which reason of a dispute.

The names are neutral; a provider's addon maps them to its own. Sources: the guides of
the card networks and of providers say much the same of each reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

#: what every answer tells
ALWAYS = (
    "customer_name",
    "customer_email",
    "billing_address",
    "customer_purchase_ip",
    "service_date",
    "product_description",
    "customer_communication",
    "uncategorized_text",
)
_POLICIES = (
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
)
_ACCESS = ("access_activity_log", "service_documentation")
_PRIOR = ("prior_undisputed_charges",)
#: reason -> what helps besides
_BY_REASON: dict[str, tuple[str, ...]] = {
    "credit_not_processed": _POLICIES,
    "customer_initiated": _POLICIES + _ACCESS,
    "debit_not_authorized": _ACCESS + _PRIOR,
    "duplicate": ("duplicate_charge_explanation", *_ACCESS),
    "fraudulent": _ACCESS + _PRIOR,
    "general": _POLICIES + _ACCESS + _PRIOR,
    "noncompliant": _POLICIES + _ACCESS,
    "product_not_received": _ACCESS,
    "product_unacceptable": _POLICIES + _ACCESS,
    "subscription_canceled": _POLICIES + _ACCESS,
    "unrecognized": _ACCESS + _PRIOR,
}

#: two charges of 120 to 365 days ago that nobody disputed show who the customer is
#: (Visa, Compelling Evidence 3.0)
PRIOR_DAYS = (120, 365)
PRIOR_CHARGES = 2


@dataclass(frozen=True)
class PriorCharge:
    """A charge of the same payment method before the disputed one.

    :param id: of its record
    :param day: when it was made
    :param is_disputed: whether it was disputed, or warned of as a fraud
    """

    id: int
    day: date
    is_disputed: bool


def fields_for(reason: str) -> tuple[str, ...]:
    """Return the names of the evidence that helps against a reason."""
    return ALWAYS + _BY_REASON.get(reason, ())


def qualifying(charges: Iterable[PriorCharge], disputed: date) -> list[int]:
    """Return the ids of undisputed charges of the right age, the latest first.

    :param disputed: the day of the disputed charge
    """
    first, last = PRIOR_DAYS
    found = [
        charge
        for charge in charges
        if not charge.is_disputed and first <= (disputed - charge.day).days <= last
    ]
    found.sort(key=lambda charge: (charge.day, charge.id), reverse=True)
    return [charge.id for charge in found]


def is_compelling(ids: list[int]) -> bool:
    """Return whether there are enough qualifying charges to count."""
    return len(ids) >= PRIOR_CHARGES
