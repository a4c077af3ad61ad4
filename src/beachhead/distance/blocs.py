"""Distance between blocs: whether two markets belong to a trade bloc together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def blocs(shared: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 with a trade bloc in common on the day, else 1.

    One of the ties of Ghemawat (2001); in gravity estimates a trade agreement goes with about as
    much more trade as a common language (Head and Mayer 2014: coefficients .59 and .54).

    Parameters
    ----------
    shared : array
        Number of blocs to which both belong on the day.

    Returns
    -------
    array
        0 or 1.
    """
    return np.where(shared > 0, 0.0, 1.0)
