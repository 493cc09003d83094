from . import (
    res_partner,
    subscription_change,
    subscription_plan,
    subscription_subscription,
    subscription_subscription_cancel,
    subscription_subscription_data,
    subscription_subscription_page,
    subscription_subscription_story,
    subscription_subscription_usage,
)
