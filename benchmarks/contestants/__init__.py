"""Those that are measured side by side, each on a database of its own.

Each gets the same partners, product, tax and prices, in the best reasonable
configuration that its own documentation and code offer.
"""

from .base import Contestant
from .contract import Contract
from .core import Core
from .ours import Ours
from .subscription_oca import SubscriptionOca
