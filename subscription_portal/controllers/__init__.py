from . import (
    cancel,
    change,
    coupon,
    detail,
    home,
    methods,
    payment,
    payment_transaction,
    preferences,
    saving,
    signup,
)
