"""What is so now: events tell of what was, and are late, double and out of order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from odoo.addons.subscription_billing.tools.outcome import Outcome

from .attempts import DATABASE, REFERENCE, UUID
from .calls import Calls
from .facts import DisputeFacts, IntentFacts
from .masking import mask
from .reading import (
    Json,
    id_of,
    moment,
    pick,
    read_dispute,
    read_intent,
    read_intent_outcome,
    read_refund_outcome,
    text,
)


@dataclass(frozen=True)
class Origin:
    """Who has asked for an object, as its metadata says.

    :param uuid: our id of the attempt
    :param reference: our reference of the payment, or core's, which is its description
    :param database: the database that it was asked from
    """

    uuid: str = ""
    reference: str = ""
    database: str = ""


@dataclass(frozen=True)
class PaymentNow:
    """A payment, and what that means for whoever wants the money."""

    facts: IntentFacts
    outcome: Outcome
    origin: Origin


@dataclass(frozen=True)
class Attempt:
    """One of the charges of a payment.

    :param failure: why it was refused, empty when it was not
    """

    created: datetime
    failure: str = ""


@dataclass(frozen=True)
class RefundNow:
    """Money that was given back, here or in Stripe's dashboard."""

    id: str
    intent: str
    amount: int
    currency: str
    outcome: Outcome
    origin: Origin


@dataclass(frozen=True)
class BalanceMovement:
    """What a dispute has done to the balance, in its own currency and minor units.

    :param amount: negative when it was taken from us
    :param fee: positive when it was taken from us
    """

    id: str
    amount: int
    fee: int
    currency: str
    created: datetime


@dataclass(frozen=True)
class DisputeNow:
    """A dispute with its money."""

    facts: DisputeFacts
    origin: Origin
    is_refundable: bool
    movements: tuple[BalanceMovement, ...]


@dataclass(frozen=True)
class WarningNow:
    """An early warning of fraud about a payment.

    :param is_actionable: whether a refund can still prevent the dispute
    """

    id: str
    intent: str
    amount: int
    currency: str
    is_actionable: bool
    origin: Origin


@dataclass(frozen=True)
class MandateNow:
    """The customer's permission to debit.

    :param method: ``pm_…`` that may be debited
    """

    id: str
    status: str
    method: str


@dataclass(frozen=True)
class SetupNow:
    """A method that is being saved.

    :param message: why it could not be
    """

    id: str
    status: str
    method: str
    mandate: str
    origin: Origin
    message: str = ""


class Present(Calls):
    """All methods raise a ``GatewayError`` of the kind that says what went wrong."""

    def get_payment(self, intent: str) -> PaymentNow:
        """Return a payment as it is now."""
        found = self._ask(partial(self._stripe.payment_intents.retrieve, intent))
        return PaymentNow(
            facts=read_intent(found),
            outcome=read_intent_outcome(found),
            origin=_read_origin(found, text(found, "description")),
        )

    def list_attempts(self, intent: str) -> Iterator[Attempt]:
        """Yield the charges of a payment, the newest first."""
        params = {"payment_intent": intent}
        for charge in self._ask_pages(self._stripe.charges.list, params):
            failure = text(charge, "outcome", "reason") or text(charge, "failure_code")
            is_failed = text(charge, "status") == "failed"
            yield Attempt(
                created=moment(charge, "created") or datetime.min,
                failure=failure if is_failed else "",
            )

    def get_refund(self, refund: str) -> RefundNow:
        """Return a refund as it is now."""
        return _read_refund(self._ask(partial(self._stripe.refunds.retrieve, refund)))

    def list_refunds(self, intent: str) -> Iterator[RefundNow]:
        """Yield the refunds of a payment, the newest first."""
        params = {"payment_intent": intent}
        return map(_read_refund, self._ask_pages(self._stripe.refunds.list, params))

    def get_dispute(self, dispute: str) -> DisputeNow:
        """Return a dispute as it is now, with all that it has moved."""
        params = {"expand": ["charge"]}
        found = self._ask(partial(self._stripe.disputes.retrieve, dispute, params))
        return DisputeNow(
            facts=read_dispute(found),
            origin=_read_origin(pick(found, "charge")),
            is_refundable=bool(pick(found, "is_charge_refundable")),
            movements=tuple(
                map(_read_movement, pick(found, "balance_transactions") or ())
            ),
        )

    def get_fraud_warning(self, warning: str) -> WarningNow:
        """Return an early warning of fraud as it is now."""
        params = {"expand": ["charge"]}
        retrieve = self._stripe.radar.early_fraud_warnings.retrieve
        found = self._ask(partial(retrieve, warning, params))
        charge = pick(found, "charge")
        return WarningNow(
            id=text(found, "id"),
            intent=id_of(found, "payment_intent") or id_of(charge, "payment_intent"),
            amount=pick(charge, "amount") or 0,
            currency=text(charge, "currency").upper(),
            is_actionable=bool(pick(found, "actionable")),
            origin=_read_origin(charge),
        )

    def get_mandate(self, mandate: str) -> MandateNow:
        """Return a mandate as it is now."""
        found = self._ask(partial(self._stripe.mandates.retrieve, mandate))
        return MandateNow(
            id=text(found, "id"),
            status=text(found, "status"),
            method=id_of(found, "payment_method"),
        )

    def get_setup(self, intent: str) -> SetupNow:
        """Return a method that is being saved as it is now."""
        found = self._ask(partial(self._stripe.setup_intents.retrieve, intent))
        return SetupNow(
            id=text(found, "id"),
            status=text(found, "status"),
            method=id_of(found, "payment_method"),
            mandate=id_of(found, "mandate"),
            origin=_read_origin(found, text(found, "description")),
            message=mask(text(found, "last_setup_error", "message")),
        )


def _read_origin(thing: object, description: str = "") -> Origin:
    return Origin(
        uuid=text(thing, "metadata", UUID),
        reference=text(thing, "metadata", REFERENCE) or description,
        database=text(thing, "metadata", DATABASE),
    )


def _read_refund(refund: Json) -> RefundNow:
    return RefundNow(
        id=text(refund, "id"),
        intent=id_of(refund, "payment_intent"),
        amount=pick(refund, "amount") or 0,
        currency=text(refund, "currency").upper(),
        outcome=read_refund_outcome(refund),
        origin=_read_origin(refund),
    )


def _read_movement(transaction: Json) -> BalanceMovement:
    return BalanceMovement(
        id=text(transaction, "id"),
        amount=pick(transaction, "amount") or 0,
        fee=pick(transaction, "fee") or 0,
        currency=text(transaction, "currency").upper(),
        created=moment(transaction, "created") or datetime.min,
    )
