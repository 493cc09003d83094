"""The documented test cards and bank accounts, and what each of them does.

Behaviours: ``approve``; ``decline:<code>`` always; ``later:<code>`` declines once it is
saved; ``authenticate`` each time; ``setup`` until it was set up for off-session use;
``authenticated`` only when the customer is present; ``authenticate:<code>`` is declined
even then; ``blocked`` by Radar; ``dispute:<reason>``, ``inquiry``, ``warning`` after
success; ``refund_pending``, ``refund_fail``.
"""

from dataclasses import dataclass

from . import errors

# number: names in `pm_card_…` and `tok_…`, behaviour
SPECIAL = {
    "4000000000000002": (
        "visa_chargeDeclined chargeDeclined",
        "decline:generic_decline",
    ),
    "4000000000009995": (
        "visa_chargeDeclinedInsufficientFunds chargeDeclinedInsufficientFunds",
        "decline:insufficient_funds",
    ),
    "4000000000009987": (
        "visa_chargeDeclinedLostCard chargeDeclinedLostCard",
        "decline:lost_card",
    ),
    "4000000000009979": (
        "visa_chargeDeclinedStolenCard chargeDeclinedStolenCard",
        "decline:stolen_card",
    ),
    "4000000000000069": ("chargeDeclinedExpiredCard", "decline:expired_card"),
    "4000000000000127": ("chargeDeclinedIncorrectCvc", "decline:incorrect_cvc"),
    "4000000000000119": ("chargeDeclinedProcessingError", "decline:processing_error"),
    "4000000000006975": (
        "visa_chargeDeclinedVelocityLimitExceeded chargeDeclinedVelocityLimitExceeded",
        "decline:card_velocity_exceeded",
    ),
    "4100000000000019": ("radarBlock chargeDeclinedFraudulent", "blocked"),
    "4000000000000341": (
        "chargeCustomerFail visa_chargeCustomerFail",
        "later:generic_decline",
    ),
    "4000002500003155": ("authenticationRequiredOnSetup", "setup"),
    "4000002760003184": ("authenticationRequired", "authenticate"),
    "4000003800000446": (
        "authenticationRequiredSetupForOffSession",
        "authenticated",
    ),
    "4000008260003178": (
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "authenticate:insufficient_funds",
    ),
    "4000000000003220": ("threeDSecure2Required threeDSecureRequired", "authenticated"),
    "4000008400001629": (
        "threeDSecureRequiredChargeDeclined",
        "authenticate:generic_decline",
    ),
    "4000000000000259": ("createDispute", "dispute:fraudulent"),
    "4000000000002685": (
        "createDisputeProductNotReceived",
        "dispute:product_not_received",
    ),
    "4000000000001976": ("createDisputeInquiry", "inquiry"),
    "4000000000005423": ("createIssuerFraudRecord", "warning"),
    "4000000000007726": ("pendingRefund", "refund_pending"),
    "4000000000005126": ("refundFail", "refund_fail"),
}
# number: names, brand, funding, country
PLAIN = {
    "4242424242424242": ("visa us", "visa", "credit", "US"),
    "4000056655665556": ("visa_debit", "visa", "debit", "US"),
    "5555555555554444": ("mastercard", "mastercard", "credit", "US"),
    "2223003122003222": ("mastercard_2_series", "mastercard", "credit", "US"),
    "5200828282828210": ("mastercard_debit", "mastercard", "debit", "US"),
    "5105105105105100": ("mastercard_prepaid", "mastercard", "prepaid", "US"),
    "378282246310005": ("amex", "amex", "credit", "US"),
    "6011111111111117": ("discover", "discover", "credit", "US"),
    "3056930009020004": ("diners", "diners", "credit", "US"),
    "3566002020360505": ("jcb", "jcb", "credit", "US"),
    "6200000000000005": ("unionpay", "unionpay", "credit", "US"),
    "4000002760000016": ("de", "visa", "credit", "DE"),
    "4000002500000003": ("fr", "visa", "credit", "FR"),
    "4000008260000000": ("gb", "visa", "credit", "GB"),
    "4000003560000008": ("in", "visa", "credit", "IN"),
    "4000000400000008": ("at", "visa", "credit", "AT"),
    "4000007560000009": ("ch", "visa", "credit", "CH"),
    "4000001240000000": ("ca", "visa", "credit", "CA"),
}
PREFIX_BRANDS = (
    ("34", "amex"), ("37", "amex"), ("4", "visa"), ("5", "mastercard"),
    ("2", "mastercard"), ("6011", "discover"), ("35", "jcb"), ("62", "unionpay"),
    ("3", "diners"),
)  # fmt: skip


@dataclass(frozen=True)
class TestCard:
    """What is behind a card number."""

    __test__ = False
    number: str
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    behaviour: str = "approve"


def _all_cards():
    for number, (names, brand, funding, country) in PLAIN.items():
        yield names.split(), TestCard(number, brand, funding, country)
    for number, (names, behaviour) in SPECIAL.items():
        yield names.split(), TestCard(number, behaviour=behaviour)


BY_NAME = {name: card for names, card in _all_cards() for name in names}
BY_NUMBER = {card.number: card for card in BY_NAME.values()}


def by_name(identifier) -> TestCard | None:
    """Return the card that ``pm_card_visa`` or ``tok_visa`` stands for."""
    for prefix in ("pm_card_", "tok_"):
        if identifier.startswith(prefix):
            return BY_NAME.get(identifier.removeprefix(prefix))
    return None


def by_number(number) -> TestCard:
    """Return the card of a number; a number of no card is refused."""
    digits = "".join(each for each in str(number) if each.isdigit())
    if digits in BY_NUMBER:
        return BY_NUMBER[digits]
    if not (13 <= len(digits) <= 19 and _is_luhn(digits)):
        raise errors.CardError(
            "Your card number is incorrect.",
            code="incorrect_number",
            param="number",
        )
    for prefix, brand in PREFIX_BRANDS:
        if digits.startswith(prefix):
            return TestCard(digits, brand)
    return TestCard(digits, "unknown")


def _is_luhn(digits) -> bool:
    """Return whether the check digit of a card number is right."""
    doubled = [int(each) * (1 + i % 2) for i, each in enumerate(reversed(digits))]
    return sum(each // 10 + each % 10 for each in doubled) % 10 == 0


# === BANK ACCOUNTS === #

# What a debit ends with when the stand-in is told to settle what is due.
ACCOUNTS = {
    "DE89370400440532013000": "succeed",
    "DE08370400440532013003": "succeed",
    "DE62370400440532013001": "fail:insufficient_funds",
    "DE78370400440532013004": "fail:insufficient_funds",
    "DE35370400440532013002": "dispute:debit_not_authorized",
    "000123456789": "succeed",
    "000111111113": "fail:account_closed",
    "000111111116": "fail:no_account",
    "000222222227": "fail:insufficient_funds",
    "000333333335": "fail:debit_not_authorized",
    "000000000009": "processing",
    "00012345": "succeed",
    "22222227": "fail:insufficient_funds",
}
# Payment methods that need no details: id to type and account.
ACCOUNT_NAMES = {
    "pm_usBankAccount_success": ("us_bank_account", "000123456789"),
    "pm_usBankAccount_accountClosed": ("us_bank_account", "000111111113"),
    "pm_usBankAccount_noAccount": ("us_bank_account", "000111111116"),
    "pm_usBankAccount_insufficientFunds": ("us_bank_account", "000222222227"),
    "pm_usBankAccount_debitNotAuthorized": ("us_bank_account", "000333333335"),
    "pm_usBankAccount_processing": ("us_bank_account", "000000000009"),
    "pm_bacsDebit_success": ("bacs_debit", "00012345"),
    "pm_sepaDebit_success": ("sepa_debit", "DE89370400440532013000"),
    "pm_sepaDebit_fail": ("sepa_debit", "DE62370400440532013001"),
    "pm_sepaDebit_dispute": ("sepa_debit", "DE35370400440532013002"),
}
