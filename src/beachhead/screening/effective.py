"""Effective weights: what the criteria weigh in fact, beside what they were meant to weigh."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def effective(contributions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the score's variance that comes from each criterion, cov(c_k, S) / var(S).

    S = sum_k c_k is the score and c_k = w_k u_k what criterion k contributes. A declared weight is
    a rate of exchange between criteria; which of them moves the ranking depends as much on how far
    the alternatives spread in each, and on which go together. The shares sum to 1. One below 0
    belongs to a criterion that works against the others.

    Parameters
    ----------
    contributions : array (alternative, criterion)
        c_k of the alternatives of which every figure is known.

    Returns
    -------
    array (criterion,)
        NaN where there are fewer than two alternatives or their scores are all alike.

    Notes
    -----
    Paruolo, Saisana and Saltelli (2013) show the gap between the weights that an index declares and
    the importance that its components have; their measure, the correlation ratio, also counts what
    is not linear, but does not sum to 1.
    """
    if len(contributions) < 2:
        return np.full(contributions.shape[1], np.nan)
    centred = contributions - contributions.mean(axis=0)
    score = centred.sum(axis=1)
    variance = float(score @ score)
    if variance <= 1e-24 * max(1.0, float((contributions**2).sum())):
        return np.full(contributions.shape[1], np.nan)
    return centred.T @ score / variance
