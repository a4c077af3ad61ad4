"""Geographic distance: how far apart two markets lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HALF_KM = 1000.0


def geography(kilometres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log distance, ln(1 + km / 1000).

    Logarithmic, as in gravity models of trade (Disdier and Head 2008: trade falls by about the
    same share with each doubling); the 1 keeps neighbours at small positive values.

    Parameters
    ----------
    kilometres : array, km
        Distance between the two markets; NaN where it is not known.

    Returns
    -------
    array
        0 at no distance, 0.7 at 1,000 km, 3.0 at 20,000 km.
    """
    return np.log1p(kilometres / HALF_KM)
