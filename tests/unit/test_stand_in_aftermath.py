"""Refunds, disputes and fraud warnings at the stand-in."""

import io

import pytest
import stripe


@pytest.fixture
def paid(talk):
    """An intent of 50.00 that was paid."""
    return talk.charge(*talk.saved())


def test_no_more_is_refunded_than_was_paid(talk, paid):
    refund = talk.v1.refunds.create(
        {"payment_intent": paid.id, "amount": 2000, "reason": "requested_by_customer"}
    )
    assert (refund.status, refund.reason) == ("succeeded", "requested_by_customer")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        talk.v1.refunds.create({"payment_intent": paid.id, "amount": 3001})
    assert caught.value.param == "amount"
    assert talk.v1.refunds.create({"charge": paid.latest_charge}).amount == 3000
    with pytest.raises(stripe.InvalidRequestError) as caught:
        talk.v1.refunds.create({"payment_intent": paid.id})
    assert caught.value.code == "charge_already_refunded"
    assert talk.v1.charges.retrieve(paid.latest_charge).refunded
    assert sum(each["amount"] for each in talk.stand_in.ledger()) == 0


def test_what_was_not_paid_cannot_be_refunded(talk):
    intent = talk.v1.payment_intents.create({"amount": 900, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        talk.v1.refunds.create({"payment_intent": intent.id})


@pytest.mark.parametrize("amount", [0, -5])
def test_a_refund_is_of_something(talk, paid, amount):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        talk.v1.refunds.create({"payment_intent": paid.id, "amount": amount})
    assert caught.value.code == "parameter_invalid_integer"


def test_a_refund_can_fail_later_and_the_money_is_back(talk, paid):
    refund = talk.v1.refunds.create({"payment_intent": paid.id})
    talk.stand_in.fail_refund(refund)
    failed = talk.v1.refunds.retrieve(refund.id)
    assert failed.status == "failed"
    assert failed.failure_reason == "expired_or_canceled_card"
    assert sum(each["amount"] for each in talk.stand_in.ledger()) == 5000
    kinds = {each["type"] for each in talk.stand_in.events()}
    assert kinds >= {"refund.failed", "charge.refund.updated", "refund.updated"}
    again = talk.v1.refunds.create({"payment_intent": paid.id})
    assert again.status == "succeeded"


def test_a_pending_refund_arrives_or_is_cancelled(talk):
    customer, method = talk.saved("pm_card_pendingRefund")
    paid = talk.charge(customer, method)
    params = {"payment_intent": paid.id, "amount": 1000}
    first, second = (talk.v1.refunds.create(params) for _ in range(2))
    assert first.status == second.status == "pending"
    talk.stand_in.settle_refund(first)
    assert talk.v1.refunds.retrieve(first.id).status == "succeeded"
    assert talk.v1.refunds.cancel(second.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        talk.v1.refunds.cancel(first.id)
    assert sum(each["amount"] for each in talk.stand_in.ledger()) == 4000


def test_refunds_are_listed_by_what_they_refund(talk, paid):
    made = talk.v1.refunds.create({"payment_intent": paid.id, "metadata": {"a": "b"}})
    for name, value in (("charge", paid.latest_charge), ("payment_intent", paid.id)):
        assert [e.id for e in talk.v1.refunds.list({name: value}).data] == [made.id]
    updated = talk.v1.refunds.update(made.id, {"metadata": {"a": "", "c": "d"}})
    assert updated.metadata.to_dict() == {"c": "d"}
    assert "refunds" not in talk.v1.charges.retrieve(paid.latest_charge)
    charge = talk.v1.charges.retrieve(paid.latest_charge, {"expand": ["refunds"]})
    assert [each.id for each in charge.refunds.data] == [made.id]


# === DISPUTES === #


def test_a_dispute_takes_the_money_and_a_fee(talk, paid):
    due_by = 1_900_000_000
    made = talk.stand_in.dispute(paid, "subscription_canceled", due_by=due_by)
    dispute = talk.v1.disputes.retrieve(made["id"])
    assert (dispute.status, dispute.amount) == ("needs_response", 5000)
    assert dispute.evidence_details.due_by == due_by
    moved = dispute.balance_transactions[0]
    assert (moved.amount, moved.fee, moved.net) == (-5000, 1500, -6500)
    assert talk.v1.charges.retrieve(paid.latest_charge).disputed
    with pytest.raises(stripe.InvalidRequestError) as caught:
        talk.v1.refunds.create({"payment_intent": paid.id})
    assert caught.value.code == "charge_disputed"
    kinds = [each["type"] for each in talk.stand_in.events()][-2:]
    assert kinds == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


def test_evidence_is_handed_in_once(talk, paid):
    dispute = talk.stand_in.dispute(paid)
    draft = {"evidence": {"uncategorized_text": "x"}, "submit": False}
    drafted = talk.v1.disputes.update(dispute["id"], draft)
    assert drafted.status == "needs_response"
    assert drafted.evidence_details.submission_count == 0
    submitted = talk.v1.disputes.update(
        dispute["id"], {"evidence": {"customer_name": "Anna"}, "submit": True}
    )
    assert submitted.status == "under_review"
    assert submitted.evidence.uncategorized_text == "x"
    with pytest.raises(stripe.InvalidRequestError):
        talk.v1.disputes.update(dispute["id"], draft)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        talk.v1.disputes.update(dispute["id"], {"evidence": {"nmae": "x"}})
    assert caught.value.code == "parameter_unknown"


def test_a_document_is_uploaded_as_evidence(talk, paid):
    dispute = talk.stand_in.dispute(paid)
    params = {"purpose": "dispute_evidence"}
    file = talk.v1.files.create({**params, "file": io.BytesIO(b"%PDF-1.7 x")})
    assert (file.type, file.size) == ("pdf", 10)
    given = {"evidence": {"uncategorized_file": file.id}, "submit": True}
    assert talk.v1.disputes.update(dispute["id"], given).status == "under_review"
    with pytest.raises(stripe.InvalidRequestError, match="file type"):
        talk.v1.files.create({**params, "file": io.BytesIO(b"MZ")})


def test_evidence_names_files_that_there_are(talk, paid):
    dispute = talk.stand_in.dispute(paid)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        talk.v1.disputes.update(dispute["id"], {"evidence": {"receipt": "file_1"}})
    assert caught.value.code == "resource_missing"


@pytest.mark.parametrize(("won", "left"), [(True, 5000 - 1500), (False, -3000)])
def test_a_countered_dispute_ends(talk, paid, won, left):
    dispute = talk.stand_in.dispute(paid)
    talk.v1.disputes.update(dispute["id"], {"evidence": {"customer_name": "A"}})
    talk.stand_in.close_dispute(dispute, won=won)
    ended = talk.v1.disputes.retrieve(dispute["id"])
    assert ended.status == ("won" if won else "lost")
    moved = talk.stand_in.ledger()
    after = sum(each["amount"] - each["fee"] for each in moved[1:]) + 5000
    assert after == left
    kinds = {each["type"] for each in talk.stand_in.events()}
    assert "charge.dispute.closed" in kinds
    assert ("charge.dispute.funds_reinstated" in kinds) == won


def test_a_dispute_can_be_accepted(talk, paid):
    dispute = talk.stand_in.dispute(paid)
    assert talk.v1.disputes.close(dispute["id"]).status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        talk.v1.disputes.close(dispute["id"])


def test_too_late_is_too_late(talk, paid):
    dispute = talk.stand_in.dispute(paid)
    talk.stand_in.advance(30 * 86400)
    with pytest.raises(stripe.InvalidRequestError, match="deadline"):
        talk.v1.disputes.update(dispute["id"], {"evidence": {"customer_name": "A"}})


def test_an_inquiry_moves_no_money_until_it_escalates(talk, paid):
    inquiry = talk.stand_in.dispute(paid, "general", inquiry=True)
    assert inquiry["status"] == "warning_needs_response"
    assert len(talk.stand_in.ledger()) == 1
    assert talk.stand_in.escalate(inquiry)["status"] == "needs_response"
    assert talk.stand_in.ledger("dispute")[0]["amount"] == -5000


def test_part_of_a_charge_can_be_disputed(talk, paid):
    assert talk.stand_in.dispute(paid, amount=1500)["amount"] == 1500
    assert [
        d.amount for d in talk.v1.disputes.list({"charge": paid.latest_charge})
    ] == [1500]


def test_a_fraud_warning_comes_before_a_dispute(talk, paid):
    made = talk.stand_in.fraud_warning(paid)
    warnings = talk.v1.radar.early_fraud_warnings
    assert warnings.retrieve(made["id"]).actionable
    assert len(warnings.list({"charge": paid.latest_charge}).data) == 1


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("createDispute", "charge.dispute.created"),
        ("createDisputeInquiry", "charge.dispute.created"),
        ("createIssuerFraudRecord", "radar.early_fraud_warning.created"),
    ],
)
def test_test_cards_bring_trouble_after_success(talk, name, event):
    customer, method = talk.saved(f"pm_card_{name}")
    assert talk.charge(customer, method).status == "succeeded"
    assert talk.stand_in.events(event)


def test_fees_are_in_the_balance(talk, paid):
    talk.stand_in.dispute(paid)
    found = talk.v1.balance_transactions.list({"type": "adjustment"}).data
    assert [each.fee_details[0].description for each in found] == ["Dispute fee"]
    assert talk.v1.balance_transactions.retrieve(found[0].id).net == -6500
