"""What draws a firm to a market, seen from where it stands: the terms of the choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from beachhead.evidence.atlas import Array
from beachhead.evidence.waves import Wave

NEAREST_KM = 50.0  # people of two markets are never nearer than this
FRESH_YEARS = 2.0  # after which an entry counts a third of a new one


@dataclass(frozen=True)
class Term:
    """One covariate of the choice.

    Attributes
    ----------
    key : str
    words : str
        What it is about; the same for a figure and its square.
    center, scale : float
        The term enters as (value - center) / scale: about the spread of the value within a risk
        set, fixed, so that a coefficient means the same for every firm and file.
    measure : callable
        Value of each market of a wave's risk set.
    """

    key: str
    words: str
    center: float
    scale: float
    measure: Callable[[Wave], Array]


def _size(wave: Wave) -> Array:
    return wave.atlas.size[wave.risk]


def _income(wave: Wave) -> Array:
    return wave.atlas.income[wave.risk]


def _recent(wave: Wave) -> Array:
    """ln(1 + sum over markets entered in the same subregion of exp(-age / 2 years))."""
    fresh = np.exp(-(wave.year - 1 - wave.since) / FRESH_YEARS)
    return np.log1p(wave.atlas.subregion[np.ix_(wave.risk, wave.served)] @ fresh)


def kilometres_home(wave: Wave) -> Array:
    """From home, at least `NEAREST_KM`; axis risk."""
    return np.maximum(wave.atlas.km[wave.risk, wave.home], NEAREST_KM)


def kilometres_near(wave: Wave) -> Array:
    """From the nearest market that the firm serves, home among them; axis risk."""
    served = np.append(wave.served, wave.home)
    return np.maximum(wave.atlas.km[np.ix_(wave.risk, served)].min(axis=1), NEAREST_KM)


# Spreads within risk sets, rounded.
TERMS = (
    Term("size", "size of the economy", 24.0, 2.3, _size),
    Term("size_squared", "size of the economy", 0.0, 1.0,
         lambda wave: ((_size(wave) - 24.0) / 2.3) ** 2),
    Term("income", "income a head", 9.4, 1.2, _income),
    Term("income_squared", "income a head", 0.0, 1.0,
         lambda wave: ((_income(wave) - 9.4) / 1.2) ** 2),
    Term("near", "distance from the nearest market served", 7.2, 0.8,
         lambda wave: np.log(kilometres_near(wave))),
    Term("regulation", "quality of regulation", 0.0, 0.9,
         lambda wave: wave.atlas.regulation[wave.risk]),
    Term("law", "family of law as at home", 0.0, 0.5,
         lambda wave: wave.atlas.law[wave.risk, wave.home]),
    Term("recent", "entries nearby of late", 0.0, 0.5, _recent),
)  # fmt: skip


def covariates(wave: Wave) -> Array:
    """Terms of each market of a wave's risk set, axes (risk, term), without a unit."""
    columns = [(term.measure(wave) - term.center) / term.scale for term in TERMS]
    return np.stack(columns, axis=-1)
