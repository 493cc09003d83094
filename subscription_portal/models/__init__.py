from . import (
    subscription_change,
    subscription_plan,
    subscription_subscription,
    subscription_subscription_page,
    subscription_subscription_story,
    subscription_subscription_usage,
)
