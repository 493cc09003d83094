from . import customer_message, payment_provider, payment_provider_connection
