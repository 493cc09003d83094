from . import (
    subscription_close,
    subscription_consumption_record,
    subscription_coupon_add,
)
