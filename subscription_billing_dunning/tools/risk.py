"""How likely a customer is to pay late, and why.

Each fact becomes a sign between 0 (nothing to see) and 1 (as plain as it gets). Without
a model the signs count by stated points, with one by what was learnt of this company's
own invoices. Either way the score comes with its reasons. It serves to be in touch
earlier, or to wait longer; it is no ground to deny anybody anything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from .logistic import LogisticModel, probability, require_names

#: from this score on a customer counts as risky
RISKY = 50.0
#: how many reasons are told, the largest first
MOST_REASONS = 3
#: the reason of a risky customer who is like all others: what the model gives a
#: customer with the usual signs, as a score
EVERYBODY = "everybody"
#: what each sign counts without a model, when it is at its plainest; the score is their
#: sum, but never above 100
POINTS: dict[str, float] = {
    "days_late_average": 25.0,
    "overdue_ratio": 25.0,
    "decline_count": 20.0,
    "days_late_worst": 15.0,
    "days_known": 15.0,
    "days_to_expiry": 15.0,
    "invoice_paid_count": 10.0,
    "amount_ratio": 10.0,
    "has_method": 5.0,
}


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What is known of a customer on a day.

    :param days_known: since the relationship began
    :param invoice_paid_count: invoices that were ever paid
    :param days_late_average: from due date to payment, of the invoices that were due in
        the last year; early and in time count as 0, the unpaid until today
    :param days_late_worst: the largest of those
    :param decline_count: charges that were declined in the last year
    :param has_method: whether a payment method is saved
    :param days_to_expiry: until the saved method expires, negative afterwards; None
        without a method, and for one that does not expire
    :param amount_ratio: the latest invoice, as a multiple of the customer's usual one
        (the median of the last year); 1 without any before
    :param overdue_ratio: what is overdue now, as a multiple of the usual invoice
    """

    days_known: int
    invoice_paid_count: int
    days_late_average: float
    days_late_worst: float
    decline_count: int
    has_method: bool
    days_to_expiry: int | None
    amount_ratio: float
    overdue_ratio: float


@dataclass(frozen=True, slots=True)
class Reason:
    """A fact that makes a customer risky, for the models to put in neutral words.

    :param key: name of the fact in ``CustomerFacts``, or ``EVERYBODY``
    :param value: the fact itself, in its own unit; yes is 1
    """

    key: str
    value: float


@dataclass(frozen=True, slots=True)
class Risk:
    """How risky a customer is.

    :param score: 0 to 100; with a model, the probability to pay late, in percent
    :param reasons: the facts that raise it most, the largest first; never empty from
        ``RISKY`` on
    """

    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class RiskModel(LogisticModel):
    """What was learnt of the company's own invoices.

    No sign may speak for a customer: it would make a reason out of its absence.

    :param usual: the mean of each sign over these, against which reasons are measured
    :raises ValueError: weights or means of other signs than ``signs`` gives, or
        negative ones
    """

    usual: Mapping[str, float]

    def __post_init__(self) -> None:
        """Refuse the coefficients of other signs, and those that speak for one."""
        require_names(self.weights, POINTS, "weights")
        require_names(self.usual, POINTS, "usual")
        _refuse_negative(self.weights, "weights")
        _refuse_negative(self.usual, "usual")


def _refuse_negative(values: Mapping[str, float], field: str) -> None:
    for name, value in values.items():
        if value < 0:
            raise ValueError(f"{field}.{name} must not be negative, as {value} is.")


def signs(facts: CustomerFacts) -> dict[str, float]:
    """Return how plain each sign of risk is, 0 to 1, by the name of its fact.

    At its plainest is: 30 days late on average, 90 once, 4 declines, two usual invoices
    overdue, an amount of 4 times the usual, a method that has expired (60 days before
    it is none), no method, and a customer of no days who has paid nothing.
    """
    expiry = 60 if facts.days_to_expiry is None else facts.days_to_expiry
    return {
        "days_late_average": _part(facts.days_late_average, 30),
        "overdue_ratio": _part(facts.overdue_ratio, 2),
        "decline_count": _part(facts.decline_count, 4),
        "days_late_worst": _part(facts.days_late_worst, 90),
        "days_known": 1 - _part(facts.days_known, 365),
        "days_to_expiry": 1 - _part(expiry, 60),
        "invoice_paid_count": 1 / (1 + max(facts.invoice_paid_count, 0)),
        "amount_ratio": _part(math.log(max(facts.amount_ratio, 1)), math.log(4)),
        "has_method": float(not facts.has_method),
    }


def assess(facts: CustomerFacts, model: RiskModel | None = None) -> Risk:
    """Return how risky a customer is, by the model or, without one, by the points."""
    found = signs(facts)
    if model is None:
        parts = {name: points * found[name] for name, points in POINTS.items()}
        return Risk(min(100.0, sum(parts.values())), _reasons(facts, parts))
    score = 100 * probability(model, found)
    parts = {
        name: weight * (found[name] - model.usual[name])
        for name, weight in model.weights.items()
    }
    reasons = _reasons(facts, parts)
    if not reasons and score >= RISKY:
        reasons = (Reason(EVERYBODY, 100 * probability(model, model.usual)),)
    return Risk(score, reasons)


def _reasons(facts: CustomerFacts, parts: Mapping[str, float]) -> tuple[Reason, ...]:
    """Return the facts that raise the score most; those that lower it are none."""
    largest = sorted(parts, key=lambda name: (-parts[name], name))
    raising = (name for name in largest if parts[name] > 0)
    told = islice(raising, MOST_REASONS)
    return tuple(Reason(name, float(getattr(facts, name))) for name in told)


def _part(value: float, whole: float) -> float:
    """Return ``value`` as a part of ``whole``, 0 to 1."""
    return min(max(value / whole, 0.0), 1.0)
