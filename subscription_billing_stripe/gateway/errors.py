"""What the gateway raises. A charge never does: its answer is an ``Outcome``.

The one exception is a ``ConfigurationError``, as nothing has moved and nothing will
until somebody acts.
"""

from typing import Literal

#: ``key``: Stripe does not accept the secret key. ``permission``: the key may not do
#: this. ``address``: the calls would go where no key may be sent.
Kind = Literal["key", "permission", "address"]


class GatewayError(Exception):
    """A call that brought nothing home.

    :param message: what happened, in words for the back office, without secrets
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigurationError(GatewayError):
    """Nothing works until an administrator changes a setting."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class RefusedError(GatewayError):
    """Stripe has understood the request and refused it; nothing was done.

    :param code: Stripe's word for the reason, such as ``amount_too_small``
    :param param: the parameter at fault, such as ``payment_method``
    """

    def __init__(self, message: str, code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.param = param


class MissingError(RefusedError):
    """What was asked for does not exist at Stripe, or not for this account."""


class UnreachableError(GatewayError):
    """No answer, or none that tells whether the request was carried out."""
