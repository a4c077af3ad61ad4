"""Variance-based indices: how much of the spread of a figure one of its inputs accounts for.

With Y a function of independent inputs, the *first-order* index of X is Var(E[Y | X]) / Var(Y): the
part of the variance that would go if X were known. The *total* index adds what X does together
with others: the part that would be left if all but X were known.
Source: Sobol (1993); correlation ratio: Pearson (1905); the estimators from exchanged inputs are
those of Saltelli et al. (2010) for the first order and of Jansen (1999) for the total.
Proof: tests/planning/test_indices.py, against the function of Ishigami and Homma (1990).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 16  # of equal numbers of worlds: the mean of each is known to a few parts in a hundred
RESAMPLES = 200


@dataclass(frozen=True)
class Index:
    """A share of the variance, with its 95 % interval; all in [0, 1]."""

    share: float
    low: float
    high: float


def correlation_ratio(values: Floats, factor: Floats) -> float:
    """Part of the variance that lies between bins of `factor`, axis world, less what chance gives.

    Of a finite sample, so it may be a little below zero.
    """
    y = values[np.argsort(factor, kind="stable")]
    y = y - y.mean()
    whole = float(y @ y)
    if whole <= 0.0:
        return 0.0
    edges = np.linspace(0, y.size, BINS + 1).astype(int)
    between = float((np.add.reduceat(y, edges[:-1]) ** 2 / np.diff(edges)).sum())
    return 1.0 - (1.0 - between / whole) * (y.size - 1) / (y.size - BINS)


def first_order(values: Floats, factor: Floats, seed: int = 0) -> Index:
    """First-order index of `factor` from the sampled worlds alone; both axis world."""
    return _spread(lambda rows: correlation_ratio(values[rows], factor[rows]), values.size, seed)


def exchanged(values: Floats, others: Floats, mixed: Floats, seed: int = 0) -> tuple[Index, Index]:
    """First-order and total index of an input or a group of them, by exchanging it; axis world.

    `values` in some worlds, `others` in as many independent ones, `mixed` in the first worlds with
    the input taken from the second.
    """
    middle = np.concatenate([values, others]).mean()
    a, b, c = values - middle, others - middle, mixed - middle

    def variance(rows: NDArray[np.intp]) -> float:
        return float(np.concatenate([a[rows], b[rows]]).var())

    def alone(rows: NDArray[np.intp]) -> float:
        whole = variance(rows)
        return float((b[rows] * (c[rows] - a[rows])).mean()) / whole if whole > 0.0 else 0.0

    def total(rows: NDArray[np.intp]) -> float:
        whole = variance(rows)
        return float(((a[rows] - c[rows]) ** 2).mean()) / (2.0 * whole) if whole > 0.0 else 0.0

    return _spread(alone, a.size, seed), _spread(total, a.size, seed)


def _spread(estimate: Callable[[NDArray[np.intp]], float], worlds: int, seed: int) -> Index:
    """An estimate over worlds with the spread that it has when the worlds are drawn again."""
    chance = np.random.default_rng(seed)
    point = estimate(np.arange(worlds))
    again = np.array([estimate(chance.integers(worlds, size=worlds)) for _ in range(RESAMPLES)])
    # Worlds that are drawn twice shift the estimates a little: only their spread counts.
    low, high = np.quantile(again - again.mean(), [0.025, 0.975])
    share, least, most = np.clip([point, point + low, point + high], 0.0, 1.0)
    return Index(float(share), float(least), float(most))
