"""At which hour a customer is best called."""

from __future__ import annotations

from collections.abc import Sequence, Set

#: when most people can be reached, where nothing is known of a customer
USUAL_HOURS = {10: 0.5, 11: 0.25, 14: 0.25, 15: 0.25}
#: how much an hour counts for the hours beside it
BESIDE = 0.5


#: in which hours people are called who have set no other
DECENT_HOURS = frozenset(range(9, 18))


def best_hour(active: Sequence[int], allowed: Set[int]) -> int:
    """Return the hour of the day, 0 to 23, at which a customer is best called.

    It is the hour around which he was active most often; without any, or between equal
    hours, a usual one, and the earlier.

    :param active: hours at which the customer did something of his own accord, by his
        own clock
    :param allowed: hours in which he may be called; those of the day count, if there
        are any among them
    """

    def score(hour: int) -> float:
        near = sum(
            1.0 if hour == other else BESIDE
            for other in active
            if abs(hour - other) <= 1
        )
        return near + USUAL_HOURS.get(hour, 0)

    return max(sorted(allowed & DECENT_HOURS or allowed or DECENT_HOURS), key=score)
