"""Payment plans: what a customer has agreed to pay, and whether he does.

A promise to pay is a plan of one instalment.

Money is counted against the instalments in the order of their dates. Amounts are in
one currency, days are the company's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from odoo.addons.subscription_billing.tools.allocation import allocate
from odoo.addons.subscription_billing.tools.recurrence import Interval, Recurrence

#: ``default``: its day and the grace days are over, and it is not paid in full
State = Literal["paid", "upcoming", "due", "default"]


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of a debt, and the day on which it is due."""

    date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class InstalmentStatus:
    """How an instalment stands.

    :param amount_open: what is not paid of it
    """

    instalment: Instalment
    state: State
    amount_open: Decimal


@dataclass(frozen=True, slots=True)
class PlanStatus:
    """How a payment plan stands.

    :param instalments: in the order of their dates
    :param amount_owed: what is open of all that is due today or was before
    :param amount_open: what is open of the whole plan
    :param date_broken: the first day on which the oldest instalment in default was;
        None for a plan that is not broken
    """

    instalments: tuple[InstalmentStatus, ...]
    amount_owed: Decimal
    amount_open: Decimal
    date_broken: date | None

    @property
    def is_broken(self) -> bool:
        """Return whether an instalment is in default."""
        return self.date_broken is not None

    @property
    def is_paid(self) -> bool:
        """Return whether nothing is left to pay."""
        return not self.amount_open


def split(
    total: Decimal,
    count: int,
    first: date,
    interval: Interval,
    step: Decimal,
    down_payment: Decimal = Decimal(0),
) -> tuple[Instalment, ...]:
    """Return ``count`` equal instalments of ``total``; the first of them have the steps
    that cannot be shared.

    :param first: when the first of them is due; the others follow at boundaries that
        are counted from there, so that the 31st stays the month's last day
    :param step: the smallest payable amount, such as 0.01
    :param down_payment: an instalment more, due on ``first``; the others share the
        rest, and begin one interval later
    :raises ValueError: there are no instalments, some would be of nothing, or an amount
        is no multiple of the step
    """
    if count < 1:
        raise ValueError(f"A plan has 1 instalment or more, not {count}.")
    rest = total - down_payment
    if down_payment < 0 or rest < count * step:
        raise ValueError(
            f"{total} with {down_payment} at once leaves too little for {count} "
            f"instalments of {step} at least."
        )
    amounts = allocate(rest, [Decimal(1)] * count, step)
    if down_payment:
        amounts = (*allocate(down_payment, [Decimal(1)], step), *amounts)
    dates = Recurrence(first, interval)
    return tuple(Instalment(dates.boundary(n), each) for n, each in enumerate(amounts))


def status(
    instalments: Sequence[Instalment],
    paid_total: Decimal,
    today: date,
    grace_days: int = 0,
) -> PlanStatus:
    """Return how a plan stands at the end of ``today``.

    A plan that was broken and has caught up is not broken any more.

    :param paid_total: what has been paid since the plan began, refunds taken off
    :param grace_days: how many days an instalment may be late before it is in default
    """
    parts: list[InstalmentStatus] = []
    left = max(paid_total, Decimal(0))
    for instalment in sorted(instalments, key=lambda each: each.date):
        covered = min(left, instalment.amount)
        left -= covered
        amount_open = instalment.amount - covered
        state = _get_state(instalment, amount_open, today, grace_days)
        parts.append(InstalmentStatus(instalment, state, amount_open))
    broken = [part.instalment.date for part in parts if part.state == "default"]
    return PlanStatus(
        tuple(parts),
        _sum_open([part for part in parts if part.instalment.date <= today]),
        _sum_open(parts),
        broken[0] + timedelta(days=grace_days + 1) if broken else None,
    )


def _get_state(
    instalment: Instalment, amount_open: Decimal, today: date, grace_days: int
) -> State:
    """Return the state of an instalment of which ``amount_open`` is not paid."""
    if not amount_open:
        return "paid"
    if today < instalment.date:
        return "upcoming"
    is_late = today > instalment.date + timedelta(days=grace_days)
    return "default" if is_late else "due"


def _sum_open(parts: Sequence[InstalmentStatus]) -> Decimal:
    """Return what is open of some instalments."""
    return sum((part.amount_open for part in parts), Decimal(0))
