from . import subscription_change
from . import subscription_plan
from . import subscription_subscription
from . import subscription_subscription_page
from . import subscription_subscription_story
from . import subscription_subscription_usage
