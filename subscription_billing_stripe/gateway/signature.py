"""Whether a message was sent by Stripe, and just now."""

import time
from collections.abc import Iterable

from .sdk import stripe

#: seconds by which the clock of a signature may differ from ours, either way
TOLERANCE = 300


class SignatureError(Exception):
    """A message that nobody should believe."""


class MalformedSignatureError(SignatureError):
    """There is no signature, or nothing that could be one."""


class WrongSignatureError(SignatureError):
    """Another secret has signed it, another text was signed, or at another time."""


def verify(body: bytes, header: str, secrets: Iterable[str]) -> None:
    """Check the signature of a message under any of several secrets.

    While a secret is replaced, Stripe signs with both, and both are valid here.

    :param body: the message as it was received
    :param header: ``Stripe-Signature``
    :raises MalformedSignatureError: the header or the message cannot be read
    :raises WrongSignatureError: no secret fits, or the time is not now
    """
    signed_at = _read_time(header)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise MalformedSignatureError("The message is no text.") from error
    if not any(_fits(text, header, secret) for secret in secrets):
        raise WrongSignatureError("No secret fits the signature.")
    if abs(time.time() - signed_at) > TOLERANCE:
        raise WrongSignatureError("It was not signed within the last minutes.")


def _read_time(header: str) -> int:
    """Return the second at which a message was signed, after a look at the header."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for key, _, value in parts if key == "t"]
    signatures = [value for key, _, value in parts if key == "v1"]
    is_readable = len(times) == 1 and times[0].isdecimal() and header.isascii()
    if not is_readable or len(times[0]) > 12 or not any(signatures):
        raise MalformedSignatureError("There is no readable signature.")
    return int(times[0])


def _fits(text: str, header: str, secret: str) -> bool:
    try:
        return stripe.WebhookSignature.verify_header(text, header, secret)
    except stripe.SignatureVerificationError:
        return False
