"""What a payment method shows of a card or an account, and what it does not."""

from . import cards, errors, parameters
from .cards import TestCard


def card_details(state, card, given):
    """Return the ``card`` part of a payment method."""
    year = parameters.read_integer(
        "card[exp_year]", given.get("exp_year") or _this_year(state) + 4
    )
    month = parameters.read_integer("card[exp_month]", given.get("exp_month") or 12)
    if not 1 <= month <= 12:
        raise errors.CardError(
            "Your card's expiration month is invalid.",
            code="invalid_expiry_month",
            param="exp_month",
        )
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "unchecked" if given.get("cvc") else None,
        },
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year + 2000 if year < 100 else year,
        "fingerprint": state.fingerprint(card.number),
        "funding": card.funding,
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _this_year(state):
    return 1970 + int(state.now() / 31556952)


def _card(state, given, find_card):
    """Return note and details of a card."""
    card: TestCard = find_card(given)
    details = card_details(state, card, given)
    return {"behaviour": card.behaviour}, details


def _account(given, *names):
    """Return the account number among what was given."""
    for name in (*names, "account_number"):
        if given.get(name):
            return given[name].replace(" ", "")
    raise errors.missing_parameter(names[0])


def _behind(account):
    return {"behaviour": "debit", "account": cards.ACCOUNTS.get(account, "succeed")}


def _sepa(state, given, _find_card):
    """Return note and details of a euro account."""
    iban = _account(given, "iban")
    if len(iban) < 15 or not iban[:2].isalpha():
        raise errors.invalid(
            "The IBAN you provided is invalid.",
            "sepa_debit[iban]",
            "invalid_bank_account_iban",
        )
    return _behind(iban), {
        "bank_code": iban[4:12],
        "branch_code": "",
        "country": iban[:2].upper(),
        "fingerprint": state.fingerprint(iban),
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": iban[-4:],
    }


def _us_bank_account(state, given, _find_card):
    """Return note and details of a US account."""
    account = _account(given, "account_number")
    return _behind(account), {
        "account_holder_type": given.get("account_holder_type", "individual"),
        "account_type": given.get("account_type", "checking"),
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": state.fingerprint(account),
        "last4": account[-4:],
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": given.get("routing_number", "110000000"),
        "status_details": {},
    }


def _bacs(state, given, _find_card):
    account = _account(given, "account_number")
    return _behind(account), {
        "fingerprint": state.fingerprint(account),
        "last4": account[-4:],
        "sort_code": given.get("sort_code", "108800"),
    }


def _link(state, given, _find_card):
    return {"behaviour": "approve"}, {"email": given.get("email", "link@example.com")}


DETAILS = {
    "bacs_debit": _bacs,
    "card": _card,
    "link": _link,
    "sepa_debit": _sepa,
    "us_bank_account": _us_bank_account,
}
