"""Learn from the company's own invoices which customers pay late.

A sign that, beside the others, seems to speak for being in time is left out: few
invoices say such things by chance, and nobody could be told the reason.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from ..tools.risk import POINTS, CustomerFacts, RiskModel, signs
from . import logistic
from .logistic import Features, Fitted, Refusal, Sample

#: customers who paid late, and who did not, below which nothing is learnt
FEWEST = 50
#: the AUC below which the rules are the better guess
LEAST_AUC = 0.6
#: keeps weights that few invoices speak for near 0
RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class Paid:
    """An invoice whose end is known.

    :param facts: of the customer as they were on the day of the invoice, not later
    :param is_late: whether it was paid late, by as many days as the company minds, or
        was never paid
    :param customer: tells the customer from all others, such as the partner's id
    """

    facts: CustomerFacts
    is_late: bool
    customer: Hashable


def fit(rows: Sequence[Paid], *, seed: int = 0) -> Fitted[RiskModel | None]:
    """Return what the invoices teach; no model, and why, where that is too little.

    The invoices of one customer are held out together: otherwise the measured quality
    would be that of recognising them.

    :param seed: decides which customers are held out together
    """
    found = [signs(row.facts) for row in rows]
    sample = Sample(
        features=found,
        outcomes=[row.is_late for row in rows],
        groups=[row.customer for row in rows],
    )
    refused: Fitted[RiskModel | None] = Fitted(None, len(rows), sum(sample.outcomes))
    if refusal := logistic.too_few(sample, FEWEST):
        return replace(refused, refusal=refusal)
    if not (telling := _telling(sample)):
        return replace(refused, refusal=Refusal("weak", LEAST_AUC, 0.5))
    usual, nothing = _means(found), dict.fromkeys(POINTS, 0.0)

    def make(intercept: float, weights: dict[str, float]) -> RiskModel:
        return RiskModel(intercept, nothing | weights, usual)

    fitted = logistic.fit(telling, make, ridge=RIDGE, seed=seed)
    if fitted.auc < LEAST_AUC:
        refusal = Refusal("weak", LEAST_AUC, fitted.auc)
        return replace(fitted, model=None, refusal=refusal)
    return fitted


def _telling(sample: Sample) -> Sample | None:
    """Return the sample with only those signs that speak for being late, None if none
    does; the others are left out one by one, the most contrary first.
    """
    rest = set(POINTS)
    while rest:
        features = [{name: each[name] for name in rest} for each in sample.features]
        sample = replace(sample, features=features)
        _intercept, weights = logistic.coefficients(logistic.estimate(sample, RIDGE))
        contrary = min(sorted(weights), key=lambda name: weights[name])
        if weights[contrary] >= 0:
            return sample
        rest.remove(contrary)
    return None


def _means(found: Sequence[Features]) -> dict[str, float]:
    """Return the mean of each sign."""
    return {name: fmean(each[name] for each in found) for name in POINTS}
