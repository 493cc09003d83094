"""What may be done about a refused payment, by the codes that Stripe gives.

Three voices speak, and the first that says something is heard: the card network, whose
rules fine those who try again; the issuer's advice on this very payment; and the table
of codes below. What none of them knows is ``unknown``, and tried few times.
"""

from dataclasses import dataclass
from typing import Literal

from odoo.addons.subscription_billing.tools.outcome import Category, Decline

AUTHENTICATION = "authentication_required"
#: the customer was asked to confirm a payment, and did not
AUTHENTICATION_FAILURE = "payment_intent_authentication_failure"
#: what the customer answers by confirming the same payment, on a page
NEEDS_CUSTOMER = frozenset({AUTHENTICATION, AUTHENTICATION_FAILURE})

#: What a customer may be told. Lost, stolen and suspected cards are not among it: the
#: thief may be reading. ``authenticate``: confirm the payment; ``funds``: see to the
#: balance; ``expired``: the card has; ``details``: something was mistyped; ``mandate``:
#: allow the debit anew; ``other``: use another method or ask the bank.
CustomerReason = Literal[
    "authenticate", "funds", "expired", "details", "mandate", "other"
]


@dataclass(frozen=True)
class Bucket:
    """Codes that are treated alike.

    :param source: who says so
    """

    category: Category
    codes: frozenset[str]
    source: str


def _bucket(category: Category, codes: str, source: str) -> Bucket:
    return Bucket(category, frozenset(codes.split()), source)


TABLE = (
    _bucket(
        "never",
        """
        incorrect_number lost_card pickup_card stolen_card highest_risk_level
        revocation_of_authorization revocation_of_all_authorizations
        transaction_not_allowed
        """,
        "Codes that Stripe does not try again without a new method: docs.stripe.com/"
        "billing/revenue-recovery/smart-retries#non-retryable-decline-codes. The last "
        "one is in newer copies of the page only.",
    ),
    _bucket(
        "customer",
        f"{AUTHENTICATION} {AUTHENTICATION_FAILURE}",
        "On the same list; but the customer can confirm this very payment: docs.stripe."
        "com/payments/cards/charging-saved-cards.",
    ),
    _bucket(
        "customer",
        """
        expired_card incorrect_cvc invalid_cvc invalid_expiry_month invalid_expiry_year
        invalid_account card_not_supported currency_not_supported restricted_card
        new_account_information_available stop_payment_order do_not_try_again
        incorrect_address incorrect_zip incorrect_pin invalid_pin pin_try_exceeded
        offline_pin_required online_or_offline_pin_required
        """,
        "Our judgement of docs.stripe.com/declines/codes: useless to try again before "
        "the customer has done something.",
    ),
    _bucket(
        "retry",
        """
        insufficient_funds try_again_later processing_error issuer_not_available
        reenter_transaction approve_with_id card_velocity_exceeded
        withdrawal_count_limit_exceeded
        """,
        "Passing reasons: docs.stripe.com/declines/codes.",
    ),
    _bucket(
        "never",
        """
        account_closed no_account debit_not_authorized bank_account_unusable
        recipient_deceased payment_method_bank_account_blocked
        """,
        "Debits: returned because there is nothing to debit, or no right to. docs."
        "stripe.com/payments/ach-direct-debit and /sepa-debit, failure codes.",
    ),
    _bucket(
        "customer",
        """
        account_frozen bank_account_restricted bank_ownership_changed
        branch_does_not_exist incorrect_account_holder_name
        incorrect_account_holder_tax_id incorrect_account_holder_address
        invalid_account_number invalid_currency mandate_invalid
        payment_intent_mandate_invalid payment_method_customer_decline
        refer_to_customer
        """,
        "Debits: the customer or the mandate has to be put right first. Same pages.",
    ),
    _bucket(
        "retry",
        """
        charge_exceeds_source_limit charge_exceeds_transaction_limit
        charge_exceeds_weekly_limit payment_method_provider_timeout
        """,
        "Debits and wallets: passing reasons. Same pages.",
    ),
)
_CATEGORIES: dict[str, Category] = {
    code: bucket.category for bucket in TABLE for code in bucket.codes
}
#: docs.stripe.com/declines/card#retrying-issuer-declines
ADVICE: dict[str, Category] = {
    "do_not_try_again": "never",
    "confirm_card_data": "customer",
    "try_again_later": "retry",
}
#: Mastercard's merchant advice codes "do not try again" and "payment cancellation"
_MASTERCARD_NEVER = frozenset({"03", "21"})
#: Visa's category 1, "issuer will never approve"
_VISA_NEVER = frozenset(
    ["04", "07", "12", "14", "15", "41", "43", "46", "57", "R0", "R1", "R3"]
)

_CUSTOMER_REASONS: dict[str, CustomerReason] = {
    AUTHENTICATION: "authenticate",
    AUTHENTICATION_FAILURE: "authenticate",
    "insufficient_funds": "funds",
    "expired_card": "expired",
    "invalid_expiry_month": "details",
    "invalid_expiry_year": "details",
    "incorrect_cvc": "details",
    "invalid_cvc": "details",
    "incorrect_address": "details",
    "incorrect_zip": "details",
    "incorrect_account_holder_name": "details",
    "mandate_invalid": "mandate",
    "payment_intent_mandate_invalid": "mandate",
    "debit_not_authorized": "mandate",
}


def classify(
    code: str = "",
    *,
    advice: str = "",
    network_code: str = "",
    network_advice: str = "",
    brand: str = "",
) -> Decline:
    """Return what may be done about a refused payment.

    :param code: Stripe's ``decline_code``, or ``code`` or ``failure_code`` where there
        is none
    :param advice: Stripe's ``advice_code``
    :param network_code: ``network_decline_code``, such as ``51``
    :param network_advice: ``network_advice_code``, such as ``03``
    :param brand: of the card, such as ``visa``
    """
    if _is_forbidden(brand, network_code, network_advice):
        category: Category = "never"
    elif code == AUTHENTICATION:
        # Nothing that an issuer advises replaces the customer.
        category = "customer"
    else:
        category = ADVICE.get(advice) or _CATEGORIES.get(code, "unknown")
    return Decline(category, code, network_code, advice or network_advice)


def _is_forbidden(brand: str, network_code: str, network_advice: str) -> bool:
    """Return whether the card network forbids to try the card again."""
    if brand == "mastercard":
        return network_advice in _MASTERCARD_NEVER
    return brand == "visa" and network_code in _VISA_NEVER


def get_customer_reason(decline: Decline) -> CustomerReason:
    """Return what a customer may be told of a decline: nothing of loss or suspicion."""
    return _CUSTOMER_REASONS.get(decline.code, "other")
