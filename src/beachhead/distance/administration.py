"""Administrative distance: what law and history two markets share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def administration(
    colonial: NDArray[np.float64], origin: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Share of two ties that are absent.

    From the administrative term of Ghemawat's (2001) four distances: a colonial tie or a common
    coloniser; the same family of law (La Porta et al. 2008). Trade blocs stand in `blocs`.

    Parameters
    ----------
    colonial, origin : array
        1 where the tie is there, 0 where not, NaN where that is not known; of one shape.

    Returns
    -------
    array
        0, 1/2 or 1, over the ties that are known; NaN where neither is.
    """
    ties = np.stack([colonial, origin], axis=-1)
    known = np.isfinite(ties)
    count = known.sum(axis=-1)
    absent = np.where(known, 1.0 - ties, 0.0).sum(axis=-1)
    return np.where(count > 0, absent / np.maximum(count, 1), np.nan)
