"""PROMETHEE II: how much an alternative is preferred to others, less how much they are to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Preference = Callable[[Floats], Floats]


def linear(indifference: float = 0.0, preference: float = 0.0) -> Preference:
    """Preference for a lead d: 0 up to `indifference`, 1 from `preference` on, linear between.

    With both 0 it is the usual criterion (any lead is full preference), with both alike the
    U-shape, with `indifference` 0 the V-shape of Brans and Vincke (1985).

    Raises
    ------
    ValueError
        If `preference` lies below `indifference` or that below 0.
    """
    if not 0 <= indifference <= preference:
        raise ValueError(f"thresholds {indifference} and {preference} are not in order")
    span = preference - indifference
    if span == 0:
        return lambda lead: (lead > indifference).astype(float)
    return lambda lead: np.clip((lead - indifference) / span, 0.0, 1.0)


def promethee(
    matrix: Floats, weights: Floats, better: Floats, preferences: Sequence[Preference]
) -> Floats:
    """Net flow of each alternative, (1 / (n - 1)) sum_b [pi(a, b) - pi(b, a)].

    pi(a, b) = sum_k w_k P_k(d_k(a, b)) / sum_k w_k, where d_k is the lead of a over b and the sums
    are over the criteria of which both have figures; 0 where there is none.

    **The flows are relative to the set that is compared**: another alternative moves those of all
    the others, and may turn their order around.

    Parameters
    ----------
    matrix : array (alternative, criterion)
        Figures; NaN where not known.
    weights : array (criterion,)
        Zero or more.
    better : array (criterion,)
        1 where more is better, -1 where less is.
    preferences : sequence of callable
        P_k for each criterion: leads (array) into preferences, 0 to 1; see `linear`.

    Returns
    -------
    array (alternative,)
        From -1 to 1; they sum to 0. An alternative alone has 0.

    Notes
    -----
    Brans and Vincke (1985); Brans, Vincke and Mareschal (1986).
    """
    index = prefer(matrix, weights, better, preferences)
    others = max(len(matrix) - 1, 1)
    return (index - index.T).sum(axis=1) / others


def prefer(
    matrix: Floats, weights: Floats, better: Floats, preferences: Sequence[Preference]
) -> Floats:
    """Preference index pi(a, b), axes (a, b), 0 to 1; see `promethee`."""
    total = np.zeros((len(matrix), len(matrix)))
    share = np.zeros_like(total)
    for k, prefers in enumerate(preferences):
        column = matrix[:, k]
        lead = better[k] * (column[:, None] - column[None, :])
        known = np.isfinite(lead)
        preference = prefers(np.where(known, lead, 0.0))
        total += weights[k] * np.where(known & (lead > 0), preference, 0.0)
        share += weights[k] * known
    return np.where(share > 0, total / np.where(share > 0, share, 1.0), 0.0)
