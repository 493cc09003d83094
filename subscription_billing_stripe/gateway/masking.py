"""Keeps secrets out of the log, whatever a message or a traceback quotes."""

import logging
import re

_SECRETS = re.compile(
    r"\b((?:sk|rk|pk)_(?:test|live)_|whsec_|(?:pi|seti)_\w+?_secret_)[\w*=+/-]+"
)
#: 13 to 19 digits in a row or in groups of four, as a card number is written
_CARD_NUMBERS = re.compile(
    r"(?<![\w.-])(?:\d{13,19}|\d{4}(?:[ -]\d{4}){2}[ -]\d{1,7})(?![\w-]|\.\d)"
)
_FORMATTER = logging.Formatter()


def mask(text: str) -> str:
    """Return a text without its secret keys, client secrets and card numbers."""
    return _CARD_NUMBERS.sub("[…]", _SECRETS.sub(r"\1[…]", text))


class MaskingFilter(logging.Filter):
    """Masks a record's message and its traceback before anybody formats them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, masked."""
        record.msg, record.args = mask(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = mask(_FORMATTER.formatException(record.exc_info))
        return True


def get_masked_logger(name: str) -> logging.Logger:
    """Return a logger that never writes a secret."""
    logger = logging.getLogger(name)
    if not any(isinstance(each, MaskingFilter) for each in logger.filters):
        logger.addFilter(MaskingFilter())
    return logger
