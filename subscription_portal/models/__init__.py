from . import (
    account_move,
    payment_token,
    payment_transaction,
    subscription_change,
    subscription_plan,
    subscription_subscription,
    subscription_subscription_page,
    subscription_subscription_pay,
    subscription_subscription_story,
    subscription_subscription_usage,
)
