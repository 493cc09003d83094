"""Why a payment is refused, in the codes of Stripe and of the card networks."""

from dataclasses import dataclass

# Those that are an error code of their own; all others are `card_declined`.
OWN_CODE = {
    "authentication_required",
    "expired_card",
    "incorrect_cvc",
    "incorrect_number",
    "processing_error",
}
# decline code: advice code, network decline code, network advice code
KNOWN = {
    "approve_with_id": ("try_again_later", "01", None),
    "authentication_required": (None, "1A", None),
    "call_issuer": (None, "01", None),
    "card_not_supported": ("do_not_try_again", "57", None),
    "card_velocity_exceeded": ("try_again_later", "65", "02"),
    "currency_not_supported": ("do_not_try_again", "57", None),
    "do_not_honor": ("try_again_later", "05", None),
    "do_not_try_again": ("do_not_try_again", "05", "03"),
    "expired_card": ("confirm_card_data", "54", "01"),
    "fraudulent": ("do_not_try_again", "59", "03"),
    "generic_decline": (None, "05", None),
    "highest_risk_level": ("do_not_try_again", None, None),
    "incorrect_cvc": ("confirm_card_data", "82", None),
    "incorrect_number": ("confirm_card_data", "14", "03"),
    "insufficient_funds": ("try_again_later", "51", "02"),
    "invalid_account": ("do_not_try_again", "46", "03"),
    "issuer_not_available": ("try_again_later", "91", "02"),
    "lost_card": ("do_not_try_again", "41", "03"),
    "new_account_information_available": ("confirm_card_data", "05", "01"),
    "pickup_card": ("do_not_try_again", "04", "03"),
    "processing_error": ("try_again_later", "96", "02"),
    "reenter_transaction": ("try_again_later", "19", "02"),
    "restricted_card": ("do_not_try_again", "62", None),
    "revocation_of_all_authorizations": ("do_not_try_again", "R3", "21"),
    "revocation_of_authorization": ("do_not_try_again", "R1", "21"),
    "stolen_card": ("do_not_try_again", "43", "03"),
    "stop_payment_order": ("do_not_try_again", "R0", "21"),
    "transaction_not_allowed": ("do_not_try_again", "57", "03"),
    "try_again_later": ("try_again_later", "91", "02"),
    "withdrawal_count_limit_exceeded": ("try_again_later", "65", "02"),
}
# After these the networks forbid another try with the same card.
FINAL = {
    "incorrect_number",
    "lost_card",
    "pickup_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "stolen_card",
}
MESSAGES = {
    "authentication_required": "Your card was declined. This transaction requires "
    "authentication.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "insufficient_funds": "Your card has insufficient funds.",
    "processing_error": "An error occurred while processing your card. Try again in a "
    "little bit.",
}


@dataclass(frozen=True)
class Decline:
    """One refusal.

    :param network_status: ``declined_by_network``, or ``not_sent_to_network`` for what
        Stripe itself did not let through
    :param reason: of the charge's outcome; the decline code where it has no other
    """

    decline_code: str
    advice_code: str | None = None
    network_decline_code: str | None = None
    network_advice_code: str | None = None
    network_status: str = "declined_by_network"
    reason: str | None = None
    code: str = "card_declined"
    message: str = "Your card was declined."

    def outcome(self) -> dict:
        """Return what a charge tells of it."""
        is_sent = self.network_status == "declined_by_network"
        return {
            "advice_code": self.advice_code,
            "network_advice_code": self.network_advice_code,
            "network_decline_code": self.network_decline_code,
            "network_status": self.network_status,
            "reason": self.reason or self.decline_code,
            "risk_level": "normal",
            "risk_score": 20,
            "seller_message": "The bank did not accept the payment."
            if is_sent
            else "Stripe did not send this payment to the bank.",
            "type": "issuer_declined" if is_sent else "blocked",
        }

    def facts(self) -> dict:
        """Return what an error tells of it, without what is not there."""
        facts = {
            "advice_code": self.advice_code,
            "code": self.code,
            "decline_code": self.decline_code,
            "network_advice_code": self.network_advice_code,
            "network_decline_code": self.network_decline_code,
        }
        return {key: value for key, value in facts.items() if value}


def decline(decline_code, **facts) -> Decline:
    """Return a refusal with the facts that usually come with its code.

    :param facts: other values for the fields of ``Decline``
    """
    advice, network, network_advice = KNOWN.get(decline_code, (None, "05", None))
    values = {
        "advice_code": advice,
        "network_decline_code": network,
        "network_advice_code": network_advice,
        "code": decline_code if decline_code in OWN_CODE else "card_declined",
        "message": MESSAGES.get(decline_code, "Your card was declined."),
    }
    return Decline(decline_code, **{**values, **facts})


def blocked(reason, decline_code="generic_decline") -> Decline:
    """Return a refusal by Stripe itself, which never reached the network."""
    return decline(
        decline_code,
        reason=reason,
        network_status="not_sent_to_network",
        network_decline_code=None,
        network_advice_code=None,
        advice_code="do_not_try_again",
    )


BANK_MESSAGES = {
    "account_closed": "The bank account has been closed.",
    "debit_not_authorized": "The debit was not authorized by the customer.",
    "insufficient_funds": "The customer's account has insufficient funds.",
    "no_account": "The bank account could not be found.",
}


def bank_return(code) -> Decline:
    """Return the failure of a debit from a bank account."""
    return Decline(
        decline_code="",
        reason=None,
        code=code,
        message=BANK_MESSAGES.get(code, "The payment failed."),
    )
