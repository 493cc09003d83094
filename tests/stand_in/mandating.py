"""Mandates: the customer's permission to debit an account."""

from . import errors, parameters


def agree(state, method, given=None):
    """Write down that the customer agreed.

    :param given: the ``mandate_data`` of the request
    """
    acceptance = parameters.blank_to_null((given or {}).get("customer_acceptance", {}))
    mandate = state.new(
        "mandate",
        customer_acceptance={
            "accepted_at": state.now(),
            "type": acceptance.get("type", "online"),
            "online": acceptance.get("online"),
            "offline": acceptance.get("offline"),
        },
        multi_use={},
        payment_method=method["id"],
        payment_method_details={"type": method["type"], method["type"]: {}},
        status="active",
        type="multi_use",
    )
    state.link(method, "mandates", mandate)
    return mandate


def active_of(state, method):
    """Return the mandate under which a method may be debited, or None."""
    for mandate in state.linked(method["id"], "mandates"):
        if mandate["status"] == "active":
            return mandate
    return None


def check(mandate, method):
    """Refuse a mandate that is for another method or no longer valid."""
    if mandate["payment_method"] != method["id"]:
        raise errors.invalid("The mandate is for another payment method.", "mandate")
    if mandate["status"] != "active":
        raise errors.invalid(
            f"The mandate {mandate['id']} is not active.",
            "mandate",
            "payment_intent_mandate_invalid",
        )


def revoke(state, mandate):
    """Make a mandate inactive, as a bank or a customer does."""
    state.change(mandate, "mandate.updated", status="inactive")
