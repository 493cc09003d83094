from . import (
    customer_message,
    payment_provider,
    payment_provider_connection,
    payment_provider_ledger,
    payment_token,
    payment_transaction,
    stripe_customer,
)
