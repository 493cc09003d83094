"""Movements of money: a balance transaction for Stripe, a line in our own ledger."""

# Our fees, in minor units of any currency, and per mille of the amount.
CHARGE_FEE = (30, 29)
DISPUTE_FEE = 1500
REPORTING = {
    "adjustment": "dispute",
    "charge": "charge",
    "refund": "refund",
    "refund_failure": "refund_failure",
}


def charge_fee(amount) -> int:
    """Return what Stripe takes of a payment."""
    fixed, per_mille = CHARGE_FEE
    return fixed + amount * per_mille // 1000


def move(state, entry, kind, source, amount, charge, fees=()):
    """Write a movement and return its balance transaction.

    :param entry: what our own ledger calls it
    :param kind: the type of the balance transaction
    :param amount: positive when the balance grows
    :param fees: pairs of amount and description; a negative one comes back
    """
    fee = sum(each for each, _ in fees)
    transaction = state.new(
        "balance_transaction",
        amount=amount,
        available_on=state.now() + 2 * 86400,
        currency=charge["currency"],
        description=charge["description"],
        exchange_rate=None,
        fee=fee,
        fee_details=[
            {
                "amount": each,
                "application": None,
                "currency": charge["currency"],
                "description": description,
                "type": "stripe_fee",
            }
            for each, description in fees
        ],
        net=amount - fee,
        reporting_category=REPORTING.get(kind, kind),
        source=source["id"],
        status="available",
        type=kind,
    )
    state.book(entry, source, amount, fee, charge)
    return transaction
