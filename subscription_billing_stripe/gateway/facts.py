"""What goes into the gateway and what comes out: values, no objects of the SDK.

Amounts are in the currency's minor unit as Stripe counts it (see ``tools/amounts``),
currencies in capitals, times in UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class ChargeRequest:
    """One attempt to collect money with a saved method.

    Two calls with the same ``key`` must be alike in everything else: keep what goes in
    with the attempt, and make the request from that.

    :param key: idempotency key of the attempt
    :param uuid: our id of the attempt, by which it is found again
    :param reference: our reference of the payment, shown at Stripe
    :param amount: in minor units, more than 0
    :param customer: ``cus_…``
    :param method: ``pm_…``
    :param method_type: Stripe's name for the kind of method, such as ``sepa_debit``
    :param mandate: ``mandate_…`` where the method needs one
    :param database: id of this database, to tell copies apart
    """

    key: str
    uuid: str
    reference: str
    amount: int
    currency: str
    customer: str
    method: str
    method_type: str = "card"
    mandate: str = ""
    database: str = ""


@dataclass(frozen=True)
class RefundRequest:
    """One attempt to give back money.

    :param intent: ``pi_…``, the payment that is given back
    :param amount: in minor units, more than 0
    :param reason: ``duplicate``, ``fraudulent`` or ``requested_by_customer``
    """

    key: str
    uuid: str
    reference: str
    intent: str
    amount: int
    currency: str
    reason: str = ""
    database: str = ""


@dataclass(frozen=True)
class Search:
    """How to look for an attempt whose answer never came.

    :param sent_at: when it was first sent, with its zone
    :param reference: ``pi_…`` or ``re_…``, whenever it is known: then that one is asked
        for
    :param resend: whether it is still wanted. Then the request of one that is not in
        Stripe's list is repeated with its key while that is safe, which moves the money
        when the first one never arrived. Else it is only looked for.
    """

    sent_at: datetime
    now: datetime
    reference: str = ""
    resend: bool = True


@dataclass(frozen=True)
class CustomerRequest:
    """What Stripe should know of a customer.

    :param key: idempotency key of the creation; not used by an update
    :param partner: our id of the customer
    :param country: two letters
    :param language: such as ``fr-BE``
    """

    key: str
    partner: str
    name: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    street2: str = ""
    zip: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    language: str = ""
    database: str = ""


@dataclass(frozen=True)
class CustomerFacts:
    """A customer as Stripe knows them."""

    id: str
    name: str = ""
    email: str = ""
    is_deleted: bool = False


@dataclass(frozen=True)
class MethodFacts:
    """A saved payment method.

    :param type: such as ``card``, ``sepa_debit`` or ``us_bank_account``
    :param customer: whose it is; empty once it was detached
    :param brand: such as ``visa``; of a bank account the bank's name or code
    :param expiry_month: 1 to 12; 0 where nothing expires
    :param funding: ``credit``, ``debit``, ``prepaid`` or ``unknown``
    :param fingerprint: the same for the same card, whoever saved it
    :param wallet: such as ``apple_pay``
    """

    id: str
    type: str
    customer: str = ""
    brand: str = ""
    last4: str = ""
    expiry_month: int = 0
    expiry_year: int = 0
    funding: str = ""
    fingerprint: str = ""
    country: str = ""
    wallet: str = ""


@dataclass(frozen=True)
class IntentFacts:
    """A payment as Stripe knows it.

    :param client_secret: lets the customer finish this very payment on a page; never
        shown when the facts are printed
    """

    id: str
    status: str
    amount: int
    currency: str
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class AccountFacts:
    """Whose key it is.

    :param currency: the account's default currency
    :param is_live: whether the key moves real money
    :param can_charge: whether Stripe lets the account take payments
    """

    id: str
    name: str
    country: str
    currency: str
    is_live: bool
    can_charge: bool


@dataclass(frozen=True)
class DisputeFacts:
    """A payment that the customer contests.

    :param reason: such as ``subscription_canceled``
    :param status: such as ``needs_response``, ``won`` or ``lost``
    :param due_by: until when evidence is taken; nothing when none is
    :param submissions: how often evidence was sent to the bank; once is the last time
    """

    id: str
    amount: int
    currency: str
    reason: str
    status: str
    intent: str
    charge: str
    due_by: datetime | None = None
    submissions: int = 0
    network_reason: str = ""


@dataclass(frozen=True)
class WebhookFacts:
    """A webhook endpoint at Stripe.

    :param secret: signs its events; told once, when it is created, and never shown
        when the facts are printed
    """

    id: str
    url: str
    status: str
    events: tuple[str, ...]
    api_version: str = ""
    secret: str = field(default="", repr=False)
