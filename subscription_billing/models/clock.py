"""The day on which a preview works as if it were today."""

from datetime import date


class Clock:
    """A calendar that a preview turns over, in the context key ``subscription_clock``.

    A class of its own, because a client can send a context with a plain value.
    """

    def __init__(self, day: date):
        """Start on ``day``."""
        self.day = day
