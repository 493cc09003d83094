"""The way to Stripe: plain values in and out, nothing of Odoo's database.

``get_gateway(config)`` returns a ``StripeGateway`` that may be shared by threads. The
one who calls it commits before and after; nothing here knows of transactions.
"""

from functools import lru_cache

from .account import Accounts
from .address import check_api_base
from .book import Book
from .charges import Charges
from .config import GatewayConfig, is_live_key
from .customers import Customers
from .disputes import Disputes
from .errors import (
    ConfigurationError,
    GatewayError,
    MissingError,
    RefusedError,
    UnreachableError,
)
from .facts import (
    AccountFacts,
    ChargeRequest,
    CustomerRequest,
    DisputeFacts,
    IntentFacts,
    MethodFacts,
    RefundRequest,
    Search,
    WebhookFacts,
)
from .limiter import RateLimiter
from .masking import get_masked_logger, mask
from .messages import (
    MalformedEventError,
    is_storable,
    load_event,
    read_billing,
    read_event,
)
from .present import Present
from .refunds import Refunds
from .sdk import API_VERSION
from .signature import (
    MalformedSignatureError,
    SignatureError,
    WrongSignatureError,
    verify,
)


class StripeGateway(Charges, Refunds, Customers, Accounts, Disputes, Book, Present):
    """All that is asked of Stripe, over one connection."""


@lru_cache(maxsize=32)
def get_gateway(config: GatewayConfig) -> StripeGateway:
    """Return the gateway of a configuration, with the connections it has open.

    The rate limit holds for all who share it: for one process.
    """
    return StripeGateway(config)
