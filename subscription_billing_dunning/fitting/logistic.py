"""What both fits share: when there is too little, the fit, and how good it is.

The quality is that on rows which the fit has not seen: the rows are parted into folds,
and each is predicted by a fit of the others. The same rows and the same seed lead to
the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline

#: how many parts the rows are held out in
FOLDS = 5
BINS = 10

Model = TypeVar("Model")
Features = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows to learn from.

    :param features: of each row, by name; what is not named is 0
    :param outcomes: whether it came true
    :param weights: how many rows each counts for; 1 each by default
    :param groups: rows of one group are held out together; each by itself by default
    """

    features: Sequence[Features]
    outcomes: Sequence[bool]
    weights: Sequence[float] | None = None
    groups: Sequence[Hashable] | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows that were given about the same probability.

    :param predicted: the mean of the probabilities, 0 to 1
    :param actual: the part of them that came true, 0 to 1
    :param count: how many they are
    """

    predicted: float
    actual: float
    count: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was learnt.

    :param why: too few that came true, or did not; or ``weak``, when it tells the one
        from the other hardly better than a coin
    :param needed: rows (or groups, where there are any), or the AUC
    :param found: the same that there is
    """

    why: Literal["few_positive", "few_negative", "weak"]
    needed: float
    found: float


@dataclass(frozen=True, slots=True)
class Fitted(Generic[Model]):
    """The result of a fit.

    :param model: what to score with
    :param count: rows that there were
    :param positive_count: those of them that came true
    :param auc: how often one that came true was given the higher probability than one
        that did not: 0.5 is a coin, 1 perfect; on rows held out, None without a fit
    :param calibration: the held-out rows in ten bins of about the same size, the least
        probable first
    :param refusal: why nothing was learnt; None when something was
    """

    model: Model
    count: int
    positive_count: int
    auc: float | None = None
    calibration: tuple[Bin, ...] = ()
    refusal: Refusal | None = None


def too_few(sample: Sample, fewest: int) -> Refusal | None:
    """Return a refusal unless there are ``fewest`` rows, or groups, of each outcome."""
    groups = sample.groups or range(len(sample.outcomes))
    pairs = set(zip(groups, map(bool, sample.outcomes), strict=True))
    positive = sum(outcome for _group, outcome in pairs)
    if positive < fewest:
        return Refusal("few_positive", fewest, positive)
    if len(pairs) - positive < fewest:
        return Refusal("few_negative", fewest, len(pairs) - positive)
    return None


def estimate(sample: Sample, ridge: float) -> Pipeline:
    """Return scikit-learn's fit of a sample.

    :param ridge: the penalty on the squares of the weights, in rows' worth of log-loss
    """
    regression = LogisticRegression(C=1 / ridge, solver="newton-cholesky")
    return make_pipeline(DictVectorizer(), regression).fit(
        list(sample.features),
        np.asarray(sample.outcomes, dtype=bool),
        logisticregression__sample_weight=_weights(sample),
    )


def coefficients(estimated: Pipeline) -> tuple[float, dict[str, float]]:
    """Return the intercept, and the weights by name, of a fit."""
    vectorizer, regression = (step for _name, step in estimated.steps)
    weights = zip(vectorizer.feature_names_, regression.coef_[0].tolist(), strict=True)
    return float(regression.intercept_[0]), dict(weights)


def fit(
    sample: Sample,
    make: Callable[[float, dict[str, float]], Model],
    *,
    ridge: float,
    seed: int,
    before: Sample | None = None,
) -> Fitted[Model]:
    """Learn a sample, and measure on rows held out how good that is.

    :param make: makes the model from an intercept and weights by name
    :param before: rows that stand for what was held true before; learnt from every
        time, never held out
    """
    predicted = _predict_held_out(sample, before, ridge, seed)
    outcomes = np.asarray(sample.outcomes, dtype=bool)
    return Fitted(
        model=make(*coefficients(estimate(_joined(sample, before), ridge))),
        count=len(outcomes),
        positive_count=int(outcomes.sum()),
        auc=float(roc_auc_score(outcomes, predicted)),
        calibration=_calibration(predicted, outcomes),
    )


def _predict_held_out(
    sample: Sample, before: Sample | None, ridge: float, seed: int
) -> np.ndarray:
    """Return the probability of each row by a fit that has not seen it."""
    kind = StratifiedKFold if sample.groups is None else StratifiedGroupKFold
    folds = kind(FOLDS, shuffle=True, random_state=seed)
    predicted = np.empty(len(sample.outcomes))
    outcomes = np.asarray(sample.outcomes, dtype=bool)
    for learnt, held_out in folds.split(outcomes, outcomes, _numbered(sample.groups)):
        estimated = estimate(_joined(_rows(sample, learnt), before), ridge)
        features = [sample.features[row] for row in held_out]
        predicted[held_out] = estimated.predict_proba(features)[:, 1]
    return predicted


def _numbered(groups: Sequence[Hashable] | None) -> list[int] | None:
    """Return the groups as numbers, in the order in which they first appear."""
    if groups is None:
        return None
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(group, len(numbers)) for group in groups]


def _rows(sample: Sample, rows: Sequence[int]) -> Sample:
    """Return some rows of a sample."""
    weights = _weights(sample)
    return replace(
        sample,
        features=[sample.features[row] for row in rows],
        outcomes=[sample.outcomes[row] for row in rows],
        weights=[weights[row] for row in rows],
        groups=None,
    )


def _joined(sample: Sample, before: Sample | None) -> Sample:
    """Return the rows of both."""
    if before is None:
        return sample
    return Sample(
        features=[*sample.features, *before.features],
        outcomes=[*sample.outcomes, *before.outcomes],
        weights=[*_weights(sample), *_weights(before)],
    )


def _weights(sample: Sample) -> Sequence[float]:
    return [1.0] * len(sample.outcomes) if sample.weights is None else sample.weights


def _calibration(predicted: np.ndarray, outcomes: np.ndarray) -> tuple[Bin, ...]:
    """Return what was predicted beside what came true, the least probable first."""
    order = np.argsort(predicted, kind="stable")
    return tuple(
        Bin(float(predicted[rows].mean()), float(outcomes[rows].mean()), len(rows))
        for rows in np.array_split(order, BINS)
        if len(rows)
    )
