"""Split an amount so that the parts are payable and add up to it exactly.

A third of 10.00 is not an amount of money; 3.34 and twice 3.33 are. Each part gets the
whole steps of its share, and the steps that are left go to those that lost most of
their share (the largest remainders), the first of equals first.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


def round_to_step(amount: Decimal, step: Decimal) -> Decimal:
    """Return the multiple of ``step`` nearest to ``amount``, a half away from zero.

    :param step: the smallest payable amount, such as 0.01 or 0.05
    :raises ValueError: the step is not above zero
    """
    _check_step(step)
    return (amount / step).to_integral_value(ROUND_HALF_UP) * step


def allocate(
    amount: Decimal, weights: Sequence[Decimal], step: Decimal
) -> tuple[Decimal, ...]:
    """Return one part of ``amount`` for each weight; their sum is ``amount``.

    A part is a multiple of ``step``, less than one step away from its share, and never
    of the opposite sign. A weight of zero gets nothing, unless all are zero: then all
    weigh the same.

    :param amount: what to split, a multiple of ``step``; may be negative
    :param weights: zero or more each; at least one, unless the amount is zero
    :param step: the smallest payable amount, such as 0.01
    :raises ValueError: the amount is no multiple of the step, the step is not above
        zero, a weight is negative or not a number, or there is none for an amount
    """
    _check_step(step)
    if not amount.is_finite() or amount % step:
        raise ValueError(f"{amount} cannot be paid in steps of {step}.")
    shares = _get_shares(amount, weights)
    steps = abs(amount) // step
    quotas = [int(steps) * share for share in shares]
    counts = [int(quota) for quota in quotas]
    missing = int(steps) - sum(counts)
    by_loss = sorted(range(len(quotas)), key=lambda i: counts[i] - quotas[i])
    for position in by_loss[:missing]:
        counts[position] += 1
    unit = step if amount >= 0 else -step
    return tuple(count * unit for count in counts)


def _check_step(step: Decimal) -> None:
    """Refuse a step with which nothing can be paid."""
    if not step > 0:
        raise ValueError(f"A step must be above 0, not {step}.")


def _get_shares(amount: Decimal, weights: Sequence[Decimal]) -> list[Fraction]:
    """Return the part of the whole that each weight stands for."""
    if wrong := [weight for weight in weights if not weight.is_finite() or weight < 0]:
        raise ValueError(f"A weight must be 0 or more, not {wrong[0]}.")
    if amount and not weights:
        raise ValueError(f"There is nothing to put {amount} on.")
    total = sum(map(Fraction, weights))
    if weights and not total:
        return [Fraction(1, len(weights))] * len(weights)
    return [Fraction(weight) / total for weight in weights]
