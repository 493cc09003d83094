"""Bring what is billed in line with what is served, day by day.

A line is served on some days and has been billed for some days. Days that were billed
and are not served are credited, days that are served and were not billed are billed.
Every change of a running subscription, a pause or an end comes down to these two lists,
in whatever order the changes were made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .recurrence import Period
from .spans import intersect, merge, subtract


@dataclass(frozen=True, slots=True)
class Billed:
    """A claim: days that were billed, and those of them that were given back.

    :param key: what the caller knows the claim by
    """

    key: int
    period: Period
    credited: tuple[Period, ...] = ()

    @property
    def standing(self) -> list[Period]:
        """Return the days that are billed and not given back."""
        return subtract([self.period], self.credited)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What makes the claims of a line agree with the days that are served.

    :param to_bill: days to bill, in order
    :param to_credit: the claim's key and days of it to give back, in order
    """

    to_bill: tuple[Period, ...]
    to_credit: tuple[tuple[int, Period], ...]


def settle(
    window: Period,
    served: Iterable[Period],
    claims: Iterable[Billed],
    waived: Iterable[Period] = (),
) -> Settlement:
    """Compare the days served with the days billed, within ``window``.

    :param waived: days on which nothing changes hands: not served and not given back,
        as in a pause without credit
    """
    claims = list(claims)
    waived = list(waived)
    served = subtract(intersect(served, [window]), waived)
    standing = merge(span for claim in claims for span in claim.standing)
    return Settlement(
        to_bill=tuple(subtract(served, standing)),
        to_credit=tuple(
            (claim.key, span)
            for claim in claims
            for span in subtract(
                intersect(claim.standing, [window]), [*served, *waived]
            )
        ),
    )
