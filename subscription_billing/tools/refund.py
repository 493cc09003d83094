"""What a refund gives back, and from which payments.

Of a line, a refund gives back a part of the amount and as large a part of its taxes. A
provider gives money back for a payment, and never more than that payment has left: a
refund that is larger than one of them comes from several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .allocation import round_to_step

#: states of a refund that has moved no money, and will not
FAILED = ("error", "cancel")
#: kinds of transactions that are no payment of a customer
NO_PAYMENT = ("refund", "validation")


@dataclass(frozen=True)
class TaxedAmount:
    """What a line is worth.

    :param untaxed: its amount before taxes
    :param taxes: the amount of each of its taxes
    :param bases: what each of them is a tax on
    """

    untaxed: Decimal
    taxes: tuple[Decimal, ...] = ()
    bases: tuple[Decimal, ...] = ()

    @property
    def total(self) -> Decimal:
        """The amount including taxes."""
        return self.untaxed + sum(self.taxes)

    def get_part(self, start: Fraction, end: Fraction, step: Decimal) -> TaxedAmount:
        """Return what lies between two shares of this amount.

        Parts that follow one another add up to this amount, to each of its taxes and
        bases: none is rounded by itself.

        :param start: the share that was given before, from 0
        :param end: the share that will have been given with this part, up to 1
        :param step: the smallest payable amount, such as 0.01
        """

        def cut(amount: Decimal) -> Decimal:
            return _share(amount, end, step) - _share(amount, start, step)

        taxes = tuple(map(cut, self.taxes))
        untaxed = cut(self.total) - sum(taxes)
        beyond = (cut(base - self.untaxed) for base in self.bases)
        return TaxedAmount(untaxed, taxes, tuple(untaxed + each for each in beyond))


def _share(amount: Decimal, share: Fraction, step: Decimal) -> Decimal:
    """Return a share of an amount, rounded."""
    exact = Fraction(amount) * share
    return round_to_step(Decimal(exact.numerator) / exact.denominator, step)


def draw(amount: Decimal, sources: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Return what is taken of each source, the first ones first.

    :param amount: what is to be paid back, zero or more
    :param sources: what each payment has left, zero or more each
    :raises ValueError: an amount is below zero, or the sources do not have as much
    """
    if amount < 0 or any(source < 0 for source in sources):
        raise ValueError("What is paid back, and what is left, must be 0 or more.")
    if amount > sum(sources, Decimal(0)):
        raise ValueError(f"The payments do not have {amount} left.")
    parts = []
    for source in sources:
        part = min(amount, source)
        parts.append(part)
        amount -= part
    return tuple(parts)
