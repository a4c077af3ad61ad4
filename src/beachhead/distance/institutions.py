"""Institutional distance: how differently two markets are governed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

INDICATORS = (
    "wgi_control_corruption",
    "wgi_gov_effectiveness",
    "wgi_political_stability",
    "wgi_regulatory_quality",
    "wgi_rule_of_law",
    "wgi_voice_accountability",
)


def institutions(home: NDArray[np.float64], markets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root mean square difference of the six governance indicators.

    sqrt(mean_k (x_k - h_k)^2): the square root of the index of Kogut and Singh (1988) on
    indicators of unit variance. The root, since the index is a squared distance and would
    overrate the far ones (Konara and Mohr 2019).

    Parameters
    ----------
    home : array (..., indicator)
        Indicators of the home market, in standard deviations of the world's distribution.
    markets : array (..., indicator)
        The same of the others; NaN where not known.

    Returns
    -------
    array (...)
        Over the indicators that both have; NaN where there is none.
    """
    squares = (markets - home) ** 2
    known = np.isfinite(squares)
    count = known.sum(axis=-1)
    total = np.where(known, squares, 0.0).sum(axis=-1)
    return np.where(count > 0, np.sqrt(total / np.maximum(count, 1)), np.nan)
