"""A/B tests: which cases get which version, and how sure a difference is.

Version ``a`` is what is done already, ``b`` is what is tried against it. A difference
is ``b`` less ``a``, with the interval that holds the true one in 95 of 100 tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from math import sqrt
from statistics import NormalDist, mean, variance
from typing import Literal

Version = Literal["a", "b"]

CONFIDENCE = 0.95
#: how many cases each version needs before its interval can be relied on
FEWEST = 10

_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_HASH_BITS = 64


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more ``b`` achieved than ``a``.

    :param a: what it achieved: a rate from 0 to 1, or a mean; None without cases
    :param value: ``b`` less ``a``; None where one of them had no cases
    :param low: the lower end of the 95 % interval of the difference; None where there
        are too few cases to tell one
    :param high: its upper end
    """

    count_a: int
    count_b: int
    a: float | None
    b: float | None
    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def has_enough(self) -> bool:
        """Return whether both versions had as many cases as an interval needs."""
        return min(self.count_a, self.count_b) >= FEWEST

    @property
    def is_telling(self) -> bool:
        """Return whether the interval leaves out zero: one version is better."""
        if self.low is None or self.high is None:
            return False
        return self.low > 0 or self.high < 0


def assign(seed: str, key: str, share: float) -> Version:
    """Return the version for a case: always the same for the same seed and key.

    A case never moves from ``b`` to ``a`` when the share of ``b`` is raised.

    :param seed: the name of the test, so that another test draws another half
    :param key: the name of the case
    :param share: the part of all cases that gets ``b``, from 0 to 1
    :raises ValueError: there is no such share
    """
    if not 0 <= share <= 1:
        raise ValueError(f"A share is 0 to 1, not {share}.")
    digest = sha256(f"{len(seed)}:{seed}{key}".encode()).digest()
    drawn = int.from_bytes(digest[: _HASH_BITS // 8], "big")
    return "b" if drawn < share * 2**_HASH_BITS else "a"


def compare_rates(a_hits: int, a_count: int, b_hits: int, b_count: int) -> Difference:
    """Return how rates differ, such as the parts of the cases that were recovered.

    The interval is Newcombe's: it is made of the Wilson intervals of the two rates,
    and holds for rates near 0 and 1, too.

    :raises ValueError: there are more hits than cases, or less than none
    """
    for hits, count in ((a_hits, a_count), (b_hits, b_count)):
        if not 0 <= hits <= count:
            raise ValueError(f"{hits} of {count} is not a rate.")
    a = a_hits / a_count if a_count else None
    b = b_hits / b_count if b_count else None
    if a is None or b is None or min(a_count, b_count) < FEWEST:
        return _too_few(a_count, b_count, a, b)
    a_low, a_high = _wilson(a_hits, a_count)
    b_low, b_high = _wilson(b_hits, b_count)
    low = b - a - sqrt((b - b_low) ** 2 + (a_high - a) ** 2)
    high = b - a + sqrt((b_high - b) ** 2 + (a - a_low) ** 2)
    return Difference(a_count, b_count, a, b, b - a, low, high)


def compare_means(
    values_a: Sequence[float | Decimal], values_b: Sequence[float | Decimal]
) -> Difference:
    """Return how means differ, such as of the days until cases were paid.

    The interval is Welch's: the two may vary differently. It takes the means for
    normal, which those of a few skewed values, such as amounts, are not quite.
    """
    floats_a, floats_b = list(map(float, values_a)), list(map(float, values_b))
    count_a, count_b = len(floats_a), len(floats_b)
    a = mean(floats_a) if floats_a else None
    b = mean(floats_b) if floats_b else None
    if a is None or b is None or min(count_a, count_b) < FEWEST:
        return _too_few(count_a, count_b, a, b)
    spread_a, spread_b = variance(floats_a) / count_a, variance(floats_b) / count_b
    spread = spread_a + spread_b
    margin = 0.0
    if spread:
        parts = (spread_a / spread) ** 2, (spread_b / spread) ** 2
        freedom = 1 / (parts[0] / (count_a - 1) + parts[1] / (count_b - 1))
        margin = _t_quantile(freedom) * sqrt(spread)
    return Difference(count_a, count_b, a, b, b - a, b - a - margin, b - a + margin)


def _too_few(
    count_a: int, count_b: int, a: float | None, b: float | None
) -> Difference:
    """Return a difference without an interval."""
    value = None if a is None or b is None else b - a
    return Difference(count_a, count_b, a, b, value)


def _wilson(hits: int, count: int) -> tuple[float, float]:
    """Return the Wilson interval of a rate."""
    rate, square = hits / count, _Z**2 / count
    centre = (rate + square / 2) / (1 + square)
    margin = sqrt(rate * (1 - rate) * square + square**2 / 4) / (1 + square)
    return centre - margin, centre + margin


def _t_quantile(freedom: float) -> float:
    """Return what a variable of Student's t distribution exceeds once in 40 times.

    By the first five terms of its expansion around the normal one (Abramowitz and
    Stegun, 26.7.5); less than 0.0001 off from 9 degrees of freedom on, which is the
    least that ``FEWEST`` values have.
    """
    z = _Z
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))
