"""Simple orders of markets against which the model has to hold its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from beachhead.evidence.atlas import Array
from beachhead.evidence.covariates import kilometres_home, kilometres_near
from beachhead.evidence.waves import Wave


def _size(wave: Wave) -> Array:
    return wave.atlas.size[wave.risk]


def _near(wave: Wave) -> Array:
    return np.log(kilometres_near(wave))


# Scores of the risk set. Their probabilities are those of a conditional logit with one weight for
# each column, fitted to the waves of other firms; the last has two, so that size and distance need
# not weigh alike, and its order is that of the fitted value.
BASELINES: dict[str, Callable[[Wave], Array]] = {
    "population": lambda wave: wave.atlas.people[wave.risk][:, None],
    "gdp": lambda wave: _size(wave)[:, None],
    "gdp_per_head": lambda wave: wave.atlas.income[wave.risk][:, None],
    "gdp_over_distance_home": lambda wave: (_size(wave) - np.log(kilometres_home(wave)))[:, None],
    "nearest_entered": lambda wave: -_near(wave)[:, None],
    "gdp_over_distance_entered": lambda wave: (_size(wave) - _near(wave))[:, None],
    "gravity_fitted": lambda wave: np.stack([_size(wave), -_near(wave)], axis=1),
}


def fit_weights(columns: Sequence[Array], waves: Sequence[Wave], width: int) -> Array:
    """Weights of a conditional logit, by Newton's method on the waves' entries; axis column.

    A weak ridge (standard deviation 10) keeps them finite where the data do not; without any waves
    they are 0. `width`: number of columns.
    """
    weights = np.zeros(width)
    for _ in range(50):
        slope, curve = -weights / 100.0, np.eye(len(weights)) / 100.0
        for x, wave in zip(columns, waves, strict=True):
            p = softmax(x @ weights)
            mean = p @ x
            slope = slope + x[wave.entered].sum(axis=0) - wave.size * mean
            curve = curve + wave.size * ((x.T * p) @ x - np.outer(mean, mean))
        step = np.linalg.solve(curve, slope)
        weights = weights + step * min(1.0, 2.0 / np.abs(step).max(initial=1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return weights


def softmax(value: Array) -> Array:
    """exp(value) over its sum."""
    p = np.exp(value - value.max())
    return p / p.sum()
