"""What a gateway has to know of a payment provider's settings."""

from dataclasses import dataclass, field

from .address import check_api_base
from .errors import ConfigurationError


@dataclass(frozen=True)
class GatewayConfig:
    """One Stripe account, and how to talk to it.

    :param secret_key: never shown when the configuration is printed
    :param api_base: a stand-in on this machine; empty for Stripe
    :param rate_limit: calls a second
    :param connect_timeout: seconds to wait for a connection
    :param read_timeout: seconds to wait for an answer
    :param threads: calls side by side
    :param patience: seconds to go on while Stripe says that there are too many calls
    :raises ConfigurationError: without a key, or when the key may not go to
        ``api_base``
    """

    secret_key: str = field(repr=False)
    api_base: str = ""
    rate_limit: float = 25
    connect_timeout: float = 5
    read_timeout: float = 30
    threads: int = 16
    patience: float = 300

    def __post_init__(self) -> None:
        if not self.secret_key:
            raise ConfigurationError("key", "There is no secret key.")
        if self.api_base:
            base = check_api_base(self.api_base, self.secret_key)
            object.__setattr__(self, "api_base", base)

    @property
    def is_live(self) -> bool:
        """Whether the key moves real money."""
        return is_live_key(self.secret_key)


def is_live_key(secret_key: str) -> bool:
    """Return whether a key moves real money: all that do not say ``test`` may."""
    return "_test_" not in secret_key[: len("sk_test_")]
