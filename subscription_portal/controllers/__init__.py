from . import (
    cancel,
    detail,
    home,
    methods,
    payment,
    payment_transaction,
    preferences,
    saving,
    signup,
)
