from . import detail, home, methods, payment, payment_transaction
