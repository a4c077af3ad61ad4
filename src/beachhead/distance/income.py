"""Income distance: how much richer or poorer another market is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def income(home: float | NDArray[np.float64], markets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Absolute log ratio of incomes per head, |ln(y / y_h)|.

    The economic term of Ghemawat's (2001) four distances. It has no sign: that customers of
    richer economies are slower to accept a newcomer is a matter of the acceptance equation.

    Parameters
    ----------
    home : float or array
        Income per head at home, NaN if not known.
    markets : array
        Income per head of the others in the same unit, NaN where not known.

    Returns
    -------
    array
        0 for equal incomes, 0.69 for double or half.
    """
    return np.abs(np.log(markets / home))
