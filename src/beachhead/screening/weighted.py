"""Weighted sum: the score that can be read criterion by criterion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def weighted_sum(worths: Floats, weights: Floats) -> Floats:
    """Score of each alternative, sum_k w_k u_k / sum_k w_k over the criteria that it has.

    Parameters
    ----------
    worths : array (alternative, criterion)
        u_k, more is better; NaN where not known.
    weights : array (..., criterion)
        w_k, zero or more; several rows give several scores.

    Returns
    -------
    array (..., alternative)
        In the unit of `worths`; NaN where nothing with a weight is known.
    """
    known = np.isfinite(worths)
    # Term by term, in one order: how many others are scored must not move the last digit.
    shape = (*weights.shape[:-1], len(worths))
    total, share = np.zeros(shape), np.zeros(shape)
    for k in range(worths.shape[1]):
        weight = weights[..., k, None]
        total += weight * np.where(known[:, k], worths[:, k], 0.0)
        share += weight * known[:, k]
    return np.where(share > 0, total / np.where(share > 0, share, 1.0), np.nan)
