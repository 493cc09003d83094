from . import (
    cancel,
    cancel_request,
    detail,
    home,
    methods,
    payment,
    payment_transaction,
    preferences,
)
