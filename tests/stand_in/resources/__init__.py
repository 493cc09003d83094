"""The endpoints, one family a file. Importing this package registers them all."""

from . import (
    account,
    balance,
    browser,
    catalog,
    charges,
    customers,
    disputes,
    events,
    files,
    fraud_warnings,
    invoice_items,
    invoices,
    mandates,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
    subscriptions,
    webhook_endpoints,
)
