from . import (
    customer_message,
    ir_http,
    payment_provider,
    payment_provider_connection,
    payment_provider_ledger,
    payment_token,
    payment_transaction,
    payment_transaction_confirmation,
    stripe_customer,
)
