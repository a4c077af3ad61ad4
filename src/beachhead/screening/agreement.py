"""How far two rankings of the same alternatives agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Agreement:
    """What two rankings have in common.

    Attributes
    ----------
    tau : float
        Kendall's rank correlation: 1 the same order, -1 the opposite; NaN for fewer than two.
    shared : int
        How many of the first `first` of the one are among the first of the other.
    first : int
        As asked for, or all where there are fewer.
    moved : int
        Largest move of an alternative, in ranks.
    mover : int
        Which one it is, by row; -1 where none moves.
    """

    tau: float
    shared: int
    first: int
    moved: int
    mover: int


def agree(one: NDArray[np.int64], other: NDArray[np.int64], first: int = 10) -> Agreement:
    """Agreement of two rankings.

    tau = (concordant - discordant pairs) / all pairs (Kendall 1938; there are no ties).

    Parameters
    ----------
    one, other : array (alternative,)
        Ranks from 1, each once.
    first : int
        How many count as the first.
    """
    count = len(one)
    order = np.sign(one[:, None] - one[None, :]) * np.sign(other[:, None] - other[None, :])
    tau = float(order.sum() / (count * (count - 1))) if count > 1 else float("nan")
    moves = np.abs(one - other)
    mover = int(moves.argmax()) if count and moves.max() > 0 else -1
    shared = int(((one <= first) & (other <= first)).sum())
    return Agreement(tau, shared, min(first, count), int(moves[mover]) if mover >= 0 else 0, mover)
