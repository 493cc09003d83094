"""The endpoints, one family a file. Importing this package registers them all."""

from . import (
    account,
    balance,
    charges,
    customers,
    disputes,
    events,
    fraud_warnings,
    mandates,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
    webhook_endpoints,
)
