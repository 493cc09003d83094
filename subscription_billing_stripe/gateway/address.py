"""Where the calls go: to Stripe, or to a stand-in on this very machine."""

import re

from .errors import ConfigurationError

#: By pattern and not by parsing: what a parser makes of ``127.0.0.1@evil.example`` or
#: ``2130706433`` does not matter when neither is spelled like this.
_LOOPBACK = re.compile(
    r"http://(127\.0\.0\.1|localhost|\[::1\])(:(?P<port>[0-9]{1,5}))?/?"
)
_TEST_KEY = re.compile(r"sk_test_[A-Za-z0-9_]+")
_LAST_PORT = 65535


def check_api_base(base: str, secret_key: str) -> str:
    """Return the address of a stand-in, without a slash at its end.

    A secret key must never go to anybody but Stripe: nothing but plain HTTP to this
    machine is taken, and nothing but a key that moves no money.

    :raises ConfigurationError: of the kind ``address``, for anything else
    """
    match = _LOOPBACK.fullmatch(base)
    if not match or not 0 < int(match["port"] or 80) <= _LAST_PORT:
        raise ConfigurationError(
            "address",
            "The address for Stripe's calls may only be this machine, such as "
            "http://127.0.0.1:8080, http://localhost:8080 or http://[::1]:8080.",
        )
    if not _TEST_KEY.fullmatch(secret_key):
        raise ConfigurationError(
            "address",
            "Another address for Stripe's calls needs a test key that begins with "
            "sk_test_.",
        )
    return base.removesuffix("/")
