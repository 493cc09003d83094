"""Disputes: what the merchant can do about them."""

from .. import disputing, errors, lists, parameters
from ..routing import get, get_list, post

EVIDENCE = set(
    [
        "access_activity_log",
        "billing_address",
        "cancellation_policy",
        "cancellation_policy_disclosure",
        "cancellation_rebuttal",
        "customer_communication",
        "customer_email_address",
        "customer_name",
        "customer_purchase_ip",
        "customer_signature",
        "duplicate_charge_documentation",
        "duplicate_charge_explanation",
        "duplicate_charge_id",
        "enhanced_evidence",
        "product_description",
        "receipt",
        "refund_policy",
        "refund_policy_disclosure",
        "refund_refusal_explanation",
        "service_date",
        "service_documentation",
        "shipping_address",
        "shipping_carrier",
        "shipping_date",
        "shipping_documentation",
        "shipping_tracking_number",
        "uncategorized_file",
        "uncategorized_text",
        "appeal",
    ]
)
MOST_TEXT = 150_000


@get("/v1/disputes/{id}")
def retrieve(call):
    """Return a dispute."""
    return call.state.at(call, "dispute")


@get_list("/v1/disputes", "charge payment_intent")
def list_all(call):
    """Return disputes."""
    wanted = {name: call.get(name) for name in ("charge", "payment_intent")}
    return lists.page(call, call.state.all("dispute"), "/v1/disputes", **wanted)


@post(
    "/v1/disputes/{id}",
    "evidence:map metadata:map submit:bool intended_submission_method",
)
def update(call):
    """Write evidence; it is handed in unless ``submit`` is false, and only once."""
    dispute = call.state.at(call, "dispute")
    evidence = _evidence(call)
    if evidence and "needs_response" not in dispute["status"]:
        raise errors.invalid(
            "This dispute already has evidence submitted, or is closed.",
            code="dispute_evidence_already_submitted",
        )
    if evidence and call.state.now() > dispute["evidence_details"]["due_by"]:
        raise errors.invalid("The deadline for the evidence has passed.", "evidence")
    if evidence:
        dispute["evidence"] = {**dispute["evidence"], **evidence}
        dispute["evidence_details"]["has_evidence"] = True
    if "metadata" in call.params:
        dispute["metadata"] = parameters.merged(
            dispute["metadata"], call.params["metadata"]
        )
    if call.get("submit", bool(evidence)):
        disputing.contest(call.state, dispute)
    call.state.emit("charge.dispute.updated", dispute)
    return dispute


def _evidence(call):
    """Return the evidence that was given, or refuse it."""
    evidence = parameters.blank_to_null(call.get("evidence", {}))
    if unknown := set(evidence) - EVIDENCE:
        raise errors.unknown_parameter(f"evidence[{min(unknown)}]")
    texts = (each for each in evidence.values() if isinstance(each, str))
    if sum(map(len, texts)) > MOST_TEXT:
        raise errors.invalid(
            f"The combined length of the evidence exceeds {MOST_TEXT} characters.",
            "evidence",
        )
    return evidence


@post("/v1/disputes/{id}/close")
def close(call):
    """Accept that a dispute is lost; there is no way back."""
    dispute = call.state.at(call, "dispute")
    if "needs_response" not in dispute["status"]:
        raise errors.invalid("This dispute is already closed or under review.")
    return disputing.close(call.state, dispute, won=False)
