"""Language distance: whether business can be done in a language of one's own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def language(
    share_business: NDArray[np.bool_], share_spoken: NDArray[np.float64]
) -> NDArray[np.float64]:
    """0 with a common language of business, 0.5 with one only widely spoken in both, else 1.

    Parameters
    ----------
    share_business : array of bool
        Whether the two markets have a language of business in common.
    share_spoken : array
        1 where at least 9 % of the people of both speak a common language (CEPII's measure, Mayer
        and Zignago 2011), 0 where not. NaN, where that was not measured, counts as 0: it happens
        to a dozen small economies, and the languages of business are known for all.
    """
    return np.where(share_business, 0.0, 1.0 - 0.5 * np.nan_to_num(share_spoken))
