from . import (
    base_partner_merge,
    subscription_charge_now,
    subscription_charge_settle,
    subscription_close,
    subscription_consumption_record,
    subscription_coupon_add,
    subscription_forecast_line,
    subscription_forecast_run,
    subscription_paid_outside,
    subscription_preview,
    subscription_refund,
    subscription_refund_line,
)
