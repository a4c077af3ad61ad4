"""TOPSIS: how near an alternative is to the best there could be, and how far from the worst."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def topsis(
    matrix: Floats,
    weights: Floats,
    better: Floats,
    ideals: tuple[Floats, Floats] | None = None,
) -> Floats:
    """Closeness to the ideal, D- / (D+ + D-).

    D+ and D- are the Euclidean distances of the weighted figures from the ideal and from its
    opposite. Without `ideals` the figures are divided by the length of their column and the ideals
    are the best and the worst of the alternatives at hand, as published: another alternative may
    then turn the order of the others around. With `ideals` nothing depends on who is compared.

    Parameters
    ----------
    matrix : array (alternative, criterion)
        Figures; with `ideals` NaN where not known, and then D+ and D- are over what is known.
    weights : array (criterion,)
        Zero or more.
    better : array (criterion,)
        1 where more is better, -1 where less is.
    ideals : pair of array (criterion,), optional
        Figures that are best and worst, fixed from outside, in the unit of `matrix`.

    Returns
    -------
    array (alternative,)
        0 at the worst, 1 at the ideal; NaN where nothing with a weight is known, and for all
        where best and worst are the same.

    Notes
    -----
    Hwang and Yoon (1981); Tzeng and Huang (2011), chapter 5. Rank reversal: see the example in
    `tests/reference/test_topsis.py`.
    """
    if ideals is None:
        length = np.sqrt((matrix**2).sum(axis=0))
        matrix = matrix / np.where(length > 0, length, 1.0)
        rows = np.concatenate([matrix * better, np.zeros((0, matrix.shape[1]))])
        best = rows.max(axis=0, initial=-np.inf) * better
        worst = rows.min(axis=0, initial=np.inf) * better
    else:
        best, worst = ideals
    up, down = np.zeros(len(matrix)), np.zeros(len(matrix))
    for k, weight in enumerate(weights):  # term by term, as in `weighted_sum`
        there = np.isfinite(matrix[:, k])
        up += np.where(there, (weight * (matrix[:, k] - best[k])) ** 2, 0.0)
        down += np.where(there, (weight * (matrix[:, k] - worst[k])) ** 2, 0.0)
    up, down = np.sqrt(up), np.sqrt(down)
    span = up + down
    return np.where(span > 0, down / np.where(span > 0, span, 1.0), np.nan)
