"""What goes wrong after a payment: disputes, inquiries, early fraud warnings."""

from . import ledger

WEEK = 7 * 86400
OPEN = {"needs_response", "under_review"}
NETWORK_REASONS = {"fraudulent": "10.4", "subscription_canceled": "13.2",
                   "duplicate": "12.6.1", "product_not_received": "13.1"}  # fmt: skip


def follow(state, charge, behaviour):
    """Do what the documented test cards bring about after a success."""
    kind, _, reason = behaviour.partition(":")
    if kind == "dispute":
        open_dispute(state, charge, reason)
    elif kind == "inquiry":
        open_dispute(state, charge, "general", is_inquiry=True)
    elif kind == "warning":
        warn(state, charge)


def open_dispute(
    state, charge, reason="fraudulent", *, amount=None, due_by=None, is_inquiry=False
):
    """Open a dispute; unless it is an inquiry, the money leaves at once.

    :param amount: in minor units; all of the charge by default
    :param due_by: second until which evidence is taken; a fortnight from now by default
    """
    dispute = state.new(
        "dispute",
        amount=amount or charge["amount"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={},
        evidence_details={
            "due_by": due_by or state.now() + 2 * WEEK,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=is_inquiry,
        metadata={},
        network_reason_code=NETWORK_REASONS.get(reason),
        payment_intent=charge["payment_intent"],
        payment_method_details=_details(charge, is_inquiry),
        reason=reason,
        status="warning_needs_response" if is_inquiry else "needs_response",
    )
    if not is_inquiry:
        charge["disputed"] = True
    state.emit("charge.dispute.created", dispute)
    if not is_inquiry:
        withdraw(state, dispute)
    return dispute


def _details(charge, is_inquiry):
    """Return what a dispute tells of the method that was charged."""
    kind = charge["payment_method_details"]["type"]
    if kind != "card":
        return {"type": kind}
    return {
        "type": "card",
        "card": {
            "brand": charge["payment_method_details"]["card"]["brand"],
            "case_type": "inquiry" if is_inquiry else "chargeback",
            "network_reason_code": None,
        },
    }


def withdraw(state, dispute):
    """Take the disputed money and the fee from the balance."""
    fees = [(ledger.DISPUTE_FEE, "Dispute fee")]
    _move(state, dispute, "dispute", -dispute["amount"], fees)
    state.emit("charge.dispute.funds_withdrawn", dispute)


def _move(state, dispute, entry, amount, fees):
    charge = state.find(dispute["charge"])
    moved = ledger.move(state, entry, "adjustment", dispute, amount, charge, fees)
    dispute["balance_transactions"].append(moved["id"])


def contest(state, dispute):
    """Hand in the evidence, once; a countered dispute costs a second fee."""
    details = dispute["evidence_details"]
    details["submission_count"] += 1
    details["has_evidence"] = True
    is_inquiry = dispute["status"].startswith("warning_")
    if not is_inquiry:
        fees = [(ledger.DISPUTE_FEE, "Dispute countered fee")]
        _move(state, dispute, "dispute_fee", 0, fees)
    dispute["status"] = "warning_under_review" if is_inquiry else "under_review"


def close(state, dispute, *, won):
    """Tell how a dispute ended; what is won comes back with the countered fee."""
    if dispute["status"].startswith("warning_"):
        dispute["status"] = "warning_closed" if won else "lost"
    else:
        dispute["status"] = "won" if won else "lost"
    if won and dispute["balance_transactions"]:
        contested = dispute["evidence_details"]["submission_count"] > 0
        fees = [(-ledger.DISPUTE_FEE, "Dispute countered fee")] if contested else []
        _move(state, dispute, "dispute_reversal", dispute["amount"], fees)
        state.emit("charge.dispute.funds_reinstated", dispute)
    state.emit("charge.dispute.closed", dispute)
    return dispute


def warn(state, charge, fraud_type="made_with_stolen_card"):
    """Tell of what the issuer holds for fraud, before there is a dispute."""
    warning = state.new(
        "radar.early_fraud_warning",
        actionable=not charge["refunded"] and not charge["disputed"],
        charge=charge["id"],
        fraud_type=fraud_type,
        payment_intent=charge["payment_intent"],
    )
    state.emit("radar.early_fraud_warning.created", warning)
    return warning
