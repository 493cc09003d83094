"""What follows from what a provider says of a dispute."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.subscription_billing.tools import dispute, evidence
from odoo.addons.subscription_billing.tools.dispute import DisputeFacts, Movement

NOON = datetime(2026, 3, 10, 12)
STATUSES = st.sampled_from(get_args(dispute.Status))
SAID = st.tuples(STATUSES, st.integers(0, 5).map(lambda n: NOON + timedelta(hours=n)))


def facts(**vals):
    return DisputeFacts(
        **{
            "id": "dp_1",
            "charge_reference": "pi_1",
            "amount": Decimal(100),
            "currency": "EUR",
            "reason": "general",
            "status": "needs_response",
            "time": NOON,
            **vals,
        }
    )


def move(**vals):
    return Movement(
        **{
            "id": "txn_1",
            "kind": "withdrawn",
            "amount": Decimal(100),
            "currency": "EUR",
            "date": date(2026, 3, 10),
            **vals,
        }
    )


def hear(said):
    """Return what is known after hearing statuses in an order."""
    known = said[0]
    for status, time in said[1:]:
        if dispute.is_newer(status, time, *known):
            known = status, time
    return known


@given(st.lists(SAID, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_and_the_number_of_messages_do_not_matter(said, random):
    shuffled = said + random.sample(said, len(said) // 2)
    random.shuffle(shuffled)
    assert hear(shuffled) == hear(said)


@given(STATUSES, STATUSES, st.integers(-5, 5))
def test_what_is_decided_is_not_opened_again(decided, status, hours):
    known = decided if decided in ("won", "lost", "prevented") else "lost"
    later = NOON + timedelta(hours=hours)
    if dispute.is_newer(status, later, known, NOON):
        assert status.startswith("appeal") or status in ("won", "lost", "prevented")


def test_an_older_message_never_rolls_back():
    early = NOON - timedelta(seconds=1)
    assert not dispute.is_newer("needs_response", early, "under_review", NOON)
    assert dispute.is_newer("needs_response", NOON, "under_review", early)


def test_a_loss_can_be_appealed_and_won():
    steps = ["lost", "appeal_needs_response", "appeal_under_review", "won"]
    said = [(step, NOON + timedelta(days=n)) for n, step in enumerate(steps)]
    assert hear(said) == said[-1]


def test_an_inquiry_becomes_a_dispute_even_after_it_was_closed():
    later = NOON + timedelta(days=1)
    assert dispute.is_newer("needs_response", later, "warning_closed", NOON)


def test_every_status_and_reason_is_accounted_for():
    statuses = set(get_args(dispute.Status))
    assert statuses == dispute.OPEN | dispute.LOST | dispute.WON
    assert dispute.OPEN.isdisjoint(dispute.LOST | dispute.WON)
    for status in statuses:
        assert facts(status=status).status == status
    assert set(get_args(dispute.Reason)) > dispute.BANK_RETURNS


@pytest.mark.parametrize(
    ("status", "is_warning", "kind"),
    [
        ("warning_needs_response", True, "fraud_warning"),
        ("warning_under_review", False, "inquiry"),
        ("warning_closed", False, "inquiry"),
        ("needs_response", False, "dispute"),
        ("lost", False, "dispute"),
    ],
)
def test_the_kind_follows_from_the_status(status, is_warning, kind):
    assert dispute.kind_of(status, is_fraud_warning=is_warning) == kind


@pytest.mark.parametrize(
    ("vals", "field"),
    [
        ({"id": ""}, "id"),
        ({"status": "charge_refunded"}, "status"),
        ({"reason": "whim"}, "reason"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"is_fraud_warning": True}, "status"),
    ],
)
def test_bad_facts_are_refused_by_the_name_of_the_field(vals, field):
    with pytest.raises(ValueError, match=f"^{field}:"):
        facts(**vals)


@pytest.mark.parametrize(
    ("vals", "field"),
    [
        ({"id": ""}, "id"),
        ({"kind": "payout"}, "kind"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"kind": "fee"}, "amount"),
    ],
)
def test_bad_movements_are_refused_by_the_name_of_the_field(vals, field):
    with pytest.raises(ValueError, match=f"^{field}:"):
        move(**vals)


# === MONEY === #


@pytest.mark.parametrize(
    ("status", "withheld", "given_up", "expected"),
    [
        ("needs_response", 100, 0, 0),
        ("lost", 100, 0, 100),
        ("prevented", 100, 0, 100),
        ("won", 100, 0, 0),
        ("won", -100, 100, -100),
        ("won", -100, 0, 0),
        ("appeal_under_review", -100, 100, -100),
        ("lost", -40, 100, -40),
        ("lost", 0, 100, 0),
    ],
)
def test_what_is_given_up_follows_the_decision(status, withheld, given_up, expected):
    amount = dispute.amount_to_close(status, Decimal(withheld), Decimal(given_up))
    assert amount == expected


# === EVIDENCE === #


def test_every_reason_is_answered_with_the_customer_and_the_service():
    for reason in get_args(dispute.Reason):
        names = evidence.fields_for(reason)
        assert set(evidence.ALWAYS) <= set(names)
        assert len(names) == len(set(names))


def test_evidence_is_chosen_by_the_reason():
    assert "duplicate_charge_explanation" in evidence.fields_for("duplicate")
    assert "cancellation_rebuttal" in evidence.fields_for("subscription_canceled")
    assert "prior_undisputed_charges" in evidence.fields_for("fraudulent")
    assert "prior_undisputed_charges" not in evidence.fields_for("duplicate")


def test_prior_charges_count_from_120_to_365_days():
    disputed = date(2026, 12, 31)
    ages = [119, 120, 365, 366]
    charges = [
        evidence.PriorCharge(age, disputed - timedelta(days=age), is_disputed=False)
        for age in ages
    ]
    charges.append(
        evidence.PriorCharge(200, disputed - timedelta(days=200), is_disputed=True)
    )
    found = evidence.qualifying(charges, disputed)
    assert found == [120, 365]
    assert evidence.is_compelling(found)
    assert not evidence.is_compelling(found[:1])
