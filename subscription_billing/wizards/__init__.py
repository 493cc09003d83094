from . import subscription_close, subscription_coupon_add
