"""What Stripe takes in words against a dispute.

Its other fields want files; what would belong there stands in the evidence pack.
"""

from collections.abc import Mapping

#: characters that Stripe takes in a field (its API reference, "Update a dispute")
LONGEST = 20_000
#: what tells that a text goes on in the pack, which holds it whole
_CUT = "… (continued in the file)"
#: name of ``subscription_billing.tools.evidence`` -> Stripe's
_FIELDS = {
    "access_activity_log": "access_activity_log",
    "billing_address": "billing_address",
    "cancellation_policy_disclosure": "cancellation_policy_disclosure",
    "cancellation_rebuttal": "cancellation_rebuttal",
    "customer_email": "customer_email_address",
    "customer_name": "customer_name",
    "customer_purchase_ip": "customer_purchase_ip",
    "duplicate_charge_explanation": "duplicate_charge_explanation",
    "product_description": "product_description",
    "refund_policy_disclosure": "refund_policy_disclosure",
    "refund_refusal_explanation": "refund_refusal_explanation",
    "service_date": "service_date",
    "uncategorized_text": "uncategorized_text",
}


def to_stripe(evidence: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that Stripe takes, by its names, none longer than it takes."""
    return {
        theirs: _shorten(evidence[ours])
        for ours, theirs in _FIELDS.items()
        if evidence.get(ours)
    }


def _shorten(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return text[: LONGEST - len(_CUT)] + _CUT
