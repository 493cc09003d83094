from . import (
    cancel,
    detail,
    home,
    methods,
    pause,
    payment,
    payment_transaction,
    preferences,
    reactivate,
    saving,
    signup,
)
