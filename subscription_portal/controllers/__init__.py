from . import (
    cancel,
    cancel_request,
    detail,
    home,
    invitation,
    methods,
    payment,
    payment_transaction,
    preferences,
    saving,
    signup,
)
