"""What may be done about a refused payment."""

from collections import Counter

import pytest
from odoo.addons.subscription_billing_stripe.tools.declines import (
    TABLE,
    classify,
    get_customer_reason,
)

from odoo.addons.subscription_billing.tools.outcome import Decline

#: facts of docs.stripe.com/billing/revenue-recovery/smart-retries
HARD = [
    "incorrect_number",
    "lost_card",
    "pickup_card",
    "stolen_card",
    "revocation_of_authorization",
    "revocation_of_all_authorizations",
    "highest_risk_level",
    "transaction_not_allowed",
]
SOFT = [
    "insufficient_funds",
    "try_again_later",
    "processing_error",
    "issuer_not_available",
    "reenter_transaction",
    "approve_with_id",
    "card_velocity_exceeded",
    "withdrawal_count_limit_exceeded",
]
THE_CUSTOMERS = [
    "authentication_required",
    "expired_card",
    "incorrect_cvc",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_account",
    "card_not_supported",
    "currency_not_supported",
    "restricted_card",
    "new_account_information_available",
    "stop_payment_order",
    "do_not_try_again",
]


@pytest.mark.parametrize("code", HARD)
def test_a_hard_decline_is_never_tried_again(code):
    assert classify(code) == Decline("never", code)


@pytest.mark.parametrize("code", SOFT)
def test_a_passing_reason_is_tried_later(code):
    assert classify(code).category == "retry"


@pytest.mark.parametrize("code", THE_CUSTOMERS)
def test_some_reasons_need_the_customer(code):
    assert classify(code).category == "customer"


@pytest.mark.parametrize(
    "code",
    ["do_not_honor", "generic_decline", "card_declined", "fraudulent", "new", ""],
)
def test_what_says_nothing_is_unknown(code):
    assert classify(code).category == "unknown"


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("insufficient_funds", "retry"),
        ("account_closed", "never"),
        ("no_account", "never"),
        ("debit_not_authorized", "never"),
        ("account_frozen", "customer"),
        ("mandate_invalid", "customer"),
        ("could_not_process", "unknown"),
    ],
)
def test_debits_have_codes_of_their_own(code, category):
    assert classify(code).category == category


@pytest.mark.parametrize(
    ("code", "advice", "category"),
    [
        ("insufficient_funds", "do_not_try_again", "never"),
        ("generic_decline", "try_again_later", "retry"),
        ("expired_card", "try_again_later", "retry"),
        ("lost_card", "confirm_card_data", "customer"),
        ("insufficient_funds", "something_new", "retry"),
    ],
)
def test_the_issuers_advice_outranks_the_table(code, advice, category):
    decline = classify(code, advice=advice)
    assert (decline.category, decline.advice) == (category, advice)


def test_no_advice_replaces_the_customers_authentication():
    for advice in ("try_again_later", "do_not_try_again"):
        assert classify("authentication_required", advice=advice).category == "customer"


@pytest.mark.parametrize(
    ("brand", "facts", "category"),
    [
        ("mastercard", {"network_advice": "03"}, "never"),
        ("mastercard", {"network_advice": "21"}, "never"),
        ("mastercard", {"network_advice": "02"}, "retry"),
        ("mastercard", {"network_code": "14"}, "retry"),
        ("visa", {"network_code": "14"}, "never"),
        ("visa", {"network_code": "R1"}, "never"),
        ("visa", {"network_code": "51"}, "retry"),
        ("visa", {"network_advice": "03"}, "retry"),
        ("", {"network_code": "14", "network_advice": "03"}, "retry"),
    ],
)
def test_a_networks_ban_outranks_everything(brand, facts, category):
    decline = classify(
        "try_again_later", advice="try_again_later", brand=brand, **facts
    )
    assert decline.category == category


def test_the_codes_are_kept():
    decline = classify("do_not_honor", network_code="05", network_advice="02")
    assert decline == Decline("unknown", "do_not_honor", "05", "02")


def test_each_code_is_in_one_bucket_only_unless_they_agree():
    buckets = Counter((code, each.category) for each in TABLE for code in each.codes)
    codes = Counter(code for code, _ in buckets)
    assert [code for code, count in codes.items() if count > 1] == []
    assert all(each.source for each in TABLE)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("authentication_required", "authenticate"),
        ("insufficient_funds", "funds"),
        ("expired_card", "expired"),
        ("incorrect_cvc", "details"),
        ("mandate_invalid", "mandate"),
        ("do_not_honor", "other"),
    ],
)
def test_customers_are_told_what_they_can_change(code, reason):
    assert get_customer_reason(classify(code)) == reason


@pytest.mark.parametrize(
    "code",
    ["lost_card", "stolen_card", "pickup_card", "fraudulent", "highest_risk_level",
     "merchant_blacklist", "restricted_card", "security_violation"],
)  # fmt: skip
def test_nobody_is_told_of_loss_or_suspicion(code):
    assert get_customer_reason(classify(code)) == "other"
