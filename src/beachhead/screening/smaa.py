"""SMAA: which ranks an alternative takes when nobody agrees on the weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beachhead.screening.weighted import weighted_sum

Floats = NDArray[np.float64]

DRAWS = 4000  # a share of the draws is then known to within 0.008 (one standard error)
INTERVAL = (0.05, 0.95)


@dataclass(frozen=True, eq=False)
class Acceptability:
    """Ranks under random weights.

    Attributes
    ----------
    shares : array (alternative, rank)
        Share of the draws in which the alternative takes the rank; each row and each column sums
        to 1.
    low, high : array (alternative,)
        Ranks within which nine draws of ten lie, from 1.
    """

    shares: Floats
    low: NDArray[np.int64]
    high: NDArray[np.int64]

    def within(self, first: int) -> Floats:
        """Share of the draws in which each alternative is among the first so many."""
        return np.minimum(self.shares[:, :first].sum(axis=1), 1.0)


def smaa(
    worths: Floats, fixed: Floats | None = None, *, draws: int = DRAWS, seed: int = 1
) -> Acceptability:
    """Rank acceptabilities of a weighted sum under weights drawn evenly from the simplex.

    b_i^r is the share of the weights, none preferred to any other, under which alternative i takes
    rank r.

    Parameters
    ----------
    worths : array (alternative, criterion)
        More is better; NaN where not known: each draw's weights are then scaled to what is known,
        as in the score itself. A market with holes so has wider intervals.
    fixed : array (alternative,), optional
        Scores that hold whatever the weights; NaN for none.
    draws : int
        Number of weights drawn.
    seed : int
        The same seed gives the same draws.

    Raises
    ------
    ValueError
        If an alternative has neither a figure nor a fixed score.

    Notes
    -----
    Lahdelma, Hokkanen and Salminen (1998); Lahdelma and Salminen (2001) for ranks (SMAA-2).
    Equal scores are ranked in the order of the rows.
    """
    count, criteria = worths.shape
    known = np.isfinite(worths).any(axis=1)
    if fixed is not None:
        known |= np.isfinite(fixed)
    if not known.all():
        raise ValueError(f"nothing is known of alternatives {np.flatnonzero(~known).tolist()}")
    if count == 0:
        none = np.zeros(0, dtype=np.int64)
        return Acceptability(np.zeros((0, 0)), none, none)
    # Exponentials over their sum are even on the simplex.
    weights = np.random.default_rng(seed).exponential(size=(draws, criteria))
    scores = weighted_sum(worths, weights)
    if fixed is not None:
        scores = np.where(np.isfinite(fixed), fixed, scores)
    order = np.argsort(-scores, axis=1, kind="stable")
    places = np.bincount(
        (order * count + np.arange(count)).ravel(), minlength=count * count
    ).reshape(count, count)
    heaped = places.cumsum(axis=1)
    low, high = ((heaped >= part * draws).argmax(axis=1) + 1 for part in INTERVAL)
    return Acceptability(places / draws, low, high)
