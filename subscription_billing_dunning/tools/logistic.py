"""Chances from stored coefficients: how likely something is, given what is known.

A model is an intercept and a weight for each feature, by its name. It scores with these
numbers alone, and is kept as plain JSON. How it is learnt is the business of
``fitting/``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TypeVar

Model = TypeVar("Model", bound="LogisticModel")


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """What was learnt of how features make something more or less likely.

    :param intercept: the log-odds where all features are 0
    :param weights: what one unit of a feature adds to the log-odds, by its name; a
        feature that has none adds nothing
    """

    intercept: float
    weights: Mapping[str, float]

    def to_json(self) -> str:
        """Return the coefficients as JSON, always in the same order."""
        return json.dumps(asdict(self), sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls: type[Model], text: str) -> Model:
        """Return the model that was kept as ``text``.

        :raises ValueError: it is not such a model; the message names the field
        """
        content = _object(_parsed(text), "The model")
        names = [field.name for field in fields(cls)]
        require_names(content, names, "The model")
        return cls(
            **{
                name: _number(content[name], name)
                if name == "intercept"
                else _numbers(content[name], name)
                for name in names
            }
        )


def log_odds(model: LogisticModel, features: Mapping[str, float]) -> float:
    """Return the logarithm of the odds, by the features that differ from 0."""
    weights = model.weights
    return model.intercept + sum(
        weights.get(name, 0.0) * value for name, value in features.items()
    )


def chance(odds: float) -> float:
    """Return the probability, 0 to 1, of log-odds of any size."""
    if odds >= 0:
        return 1 / (1 + math.exp(-odds))
    return math.exp(odds) / (1 + math.exp(odds))


def probability(model: LogisticModel, features: Mapping[str, float]) -> float:
    """Return how likely it is, 0 to 1, by the features that differ from 0."""
    return chance(log_odds(model, features))


# === READING === #


def _parsed(text: str) -> object:
    """Return what JSON says; integers become floats, however long they are."""
    try:
        return json.loads(text, parse_int=float)
    except ValueError as error:
        raise ValueError(f"The model is not JSON: {error}.") from error


def _object(value: object, field: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{field} must be an object, not {value!r}.")
    return value


def _numbers(value: object, field: str) -> dict[str, float]:
    return {
        name: _number(each, f"{field}.{name}")
        for name, each in _object(value, field).items()
    }


def _number(value: object, field: str) -> float:
    if not isinstance(value, float) or not math.isfinite(value):
        raise ValueError(f"{field} must be a number, not {value!r}.")
    return value


def require_names(
    found: Collection[str], expected: Collection[str], field: str
) -> None:
    """Refuse other names than those that are expected.

    :param field: what has the names
    :raises ValueError: one is missing, or is not known
    """
    if missing := [name for name in expected if name not in found]:
        raise ValueError(f"{field} has no {missing[0]}.")
    if unknown := sorted(set(found) - set(expected)):
        raise ValueError(f"{field} has an unknown {unknown[0]}.")
