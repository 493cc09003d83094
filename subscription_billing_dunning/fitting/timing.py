"""Learn from the company's own retries when the next ones should be made.

What is held true before is put in as imagined attempts, spread evenly over hours, days
and declines: each has succeeded and failed in the proportion that the prior gives it.
Together they weigh as much as ``PRIOR_WEIGHT`` real ones, so an hour is believed to be
as before until some dozen attempts have been made in it. (A conjugate prior, as Chen
and Ibrahim describe it for generalized linear models.)
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from odoo.addons.subscription_billing.tools.outcome import Decline

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
from .logistic import Fitted, Sample, fit as fit_logistic, too_few

#: of successes and of failures each, below which nothing is learnt
FEWEST = 30
#: how many real attempts the prior weighs as much as
PRIOR_WEIGHT = 300.0
#: by how many imagined attempts it is told
IMAGINED = 3000
#: small: it only decides between weights that say the same
RIDGE = 0.01
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
    :param prior_weight: how many attempts that weighs as much as; above 0
    :param seed: decides which attempts are imagined, and which held out together
    """
    sample = Sample(
        [features(each.attempt) for each in observed],
        [each.is_success for each in observed],
    )
    if refusal := too_few(sample, FEWEST):
        count, successes = len(observed), sum(sample.outcomes)
        return Fitted(prior, count, successes, refusal=refusal)
    before = _imagined(observed, prior, prior_weight, Random(seed))
    return fit_logistic(sample, TimingModel, ridge=RIDGE, seed=seed, before=before)


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
    rows = [features(attempt) for attempt in attempts]
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
