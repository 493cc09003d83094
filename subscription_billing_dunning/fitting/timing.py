"""Learn from the company's own retries when the next ones should be made.

What is held true before keeps its place in two ways. A penalty draws each weight
towards that of the prior: what the prior says of an attempt is a feature of its own,
and only what differs from it is penalized (a normal prior around the prior's weights).
How far the prior is to be trusted as a whole, and how often retries succeed at all, is
free; it is held by imagined attempts, spread evenly over hours, days and declines, that
have succeeded and failed in the proportion that the prior gives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from odoo.addons.subscription_billing.tools.outcome import Decline

from ..tools.logistic import log_odds
from ..tools.timing import (
    FUNDS_CODE,
    PRIOR,
    Attempt,
    Observed,
    Retry,
    TimingModel,
    features,
    probability,
)
from . import logistic
from .logistic import Fitted, Sample

#: of successes and of failures each, below which nothing is learnt
FEWEST = 30
#: how many real attempts the imagined ones weigh as much as
PRIOR_WEIGHT = 100.0
#: by how many imagined attempts it is told
IMAGINED = 3000
#: of what differs from the prior: two thirds of all true differences are believed to
#: be within 1 / √RIDGE of log-odds
RIDGE = 4.0
#: the feature that says what the prior says; large numbers go without a penalty
PRIOR_NAME = "prior"
PRIOR_SCALE = 10.0
#: the declines that are imagined half of the time; otherwise any that was seen
USUAL_DECLINES = (
    Decline("retry", FUNDS_CODE),
    Decline("retry"),
    Decline("unknown"),
)


def fit(
    observed: Sequence[Observed],
    prior: TimingModel = PRIOR,
    *,
    prior_weight: float = PRIOR_WEIGHT,
    seed: int = 0,
) -> Fitted[TimingModel]:
    """Return what the attempts teach; the prior itself where they are too few.

    :param observed: the company's retries whose outcome is known, those that were made
        at random and those that were chosen
    :param prior: what was held true before
    :param prior_weight: how many attempts that is as certain as; above 0
    :param seed: decides which attempts are imagined, and which held out together
    """
    sample = Sample(
        [_features(each.attempt, prior) for each in observed],
        [each.is_success for each in observed],
    )
    if refusal := logistic.too_few(sample, FEWEST):
        count, successes = len(observed), sum(sample.outcomes)
        return Fitted(prior, count, successes, refusal=refusal)
    before = _imagined(observed, prior, prior_weight, Random(seed))

    def make(intercept: float, weights: dict[str, float]) -> TimingModel:
        return _around(prior, intercept, weights)

    return logistic.fit(sample, make, ridge=RIDGE, seed=seed, before=before)


def _features(attempt: Attempt, prior: TimingModel) -> dict[str, float]:
    """Return the features of an attempt, and what the prior says of it."""
    known = features(attempt)
    return known | {PRIOR_NAME: PRIOR_SCALE * log_odds(prior, known)}


def _around(
    prior: TimingModel, intercept: float, weights: dict[str, float]
) -> TimingModel:
    """Return the model of a fit whose weights differ from a prior's by ``weights``."""
    trust = PRIOR_SCALE * weights[PRIOR_NAME]
    names = sorted({*weights, *prior.weights} - {PRIOR_NAME})
    return TimingModel(
        intercept + trust * prior.intercept,
        {
            name: weights.get(name, 0.0) + trust * prior.weights.get(name, 0.0)
            for name in names
        },
    )


def _imagined(
    observed: Sequence[Observed], prior: TimingModel, weight: float, random: Random
) -> Sample:
    """Return attempts that say what the prior says, and weigh ``weight`` in all."""
    seen = {each.attempt.retry.decline for each in observed}
    kinds = [USUAL_DECLINES, sorted(seen, key=repr)]
    attempts = [
        _imagine(random.choice(random.choice(kinds)), random) for _ in range(IMAGINED)
    ]
    chances = [probability(prior, attempt) for attempt in attempts]
    rows = [_features(attempt, prior) for attempt in attempts]
    each = weight / IMAGINED
    return Sample(
        features=[*rows, *rows],
        outcomes=[True] * IMAGINED + [False] * IMAGINED,
        weights=[each * p for p in chances] + [each * (1 - p) for p in chances],
    )


def _imagine(decline: Decline, random: Random) -> Attempt:
    """Return an attempt at any time, after a decline."""
    retry = Retry(
        decline=decline,
        number=random.randint(1, 8),
        amount_ratio=2 ** random.uniform(-2, 2),
    )
    return Attempt(
        retry,
        hour=random.randrange(24),
        weekday=random.randrange(7),
        day=random.randint(1, 31),
    )
