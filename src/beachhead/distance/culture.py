"""Cultural distance: how far apart two markets score in figures that the user brings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from beachhead.distance.institutions import institutions


def culture(
    home: NDArray[np.float64], markets: NDArray[np.float64], variances: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Root of the index of Kogut and Singh (1988), sqrt(mean_k (x_k - h_k)^2 / V_k).

    The root, as for institutions: the index is a squared distance and would overrate the far ones
    (Konara and Mohr 2019).

    Parameters
    ----------
    home : array (..., column)
        Scores of the home market.
    markets : array (..., column)
        The same of the others; NaN where not known.
    variances : array (column,)
        V_k, over all markets that have a score, whether candidates or not. A column that does
        not vary tells no two markets apart and is passed over.

    Returns
    -------
    array (...)
        Over the columns that both have; NaN where there is none.
    """
    spread = np.sqrt(np.where(variances > 0, variances, np.nan))
    return institutions(home / spread, markets / spread)
