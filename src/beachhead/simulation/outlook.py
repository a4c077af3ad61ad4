"""How many people will be online: a forecast by market, and the futures that are drawn from it.

Made in `calibration`, handed down with the beliefs: word of mouth and readiness for online sales
read it. A future lies as far from the middle of the forecast in every quarter as in the first, by
a normal score that markets have in common as those of parameters: so eight in ten of a market's
futures lie within its 80 % interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from beachhead.mechanisms.reach import FULL_USE, PACE
from beachhead.simulation.correlation import market_scores
from beachhead.simulation.state import STEP

Floats = NDArray[np.float64]

NAME = "people online"
EIGHTY = 1.2815515655446004  # normal score between whose signs 80 % lie


@dataclass(frozen=True)
class Outlook:
    """Forecast of the share of people online, quarter by quarter from the date of a case.

    Attributes
    ----------
    method, origin : str, int
        How it was made, and from figures of up to which year.
    markets : tuple of str
        ISO3 codes along axis market. Others close the same part of their gap every year.
    last : array
        Share online in the year of origin, (market,).
    middle, half : array
        Forecast, and half the width of its 80 % interval: (market, quarter).
    only : tuple of int, optional
        Seed and number of the one future that is taken for certain.
    """

    method: str
    origin: int
    markets: tuple[str, ...]
    last: Floats
    middle: Floats
    half: Floats
    only: tuple[int, int] | None = None

    def certain(self) -> Outlook:
        """The same without doubt."""
        return replace(self, half=np.zeros_like(self.half))

    def take(self, seed: int, number: int) -> Outlook:
        """One of its futures as the truth."""
        return replace(self, only=(seed, number))

    def sample(
        self, seed: int, worlds: int, markets: Sequence[str], regions: Sequence[str],
        now: Floats, quarters: int,
    ) -> Floats:  # fmt: skip
        """Share of people online, axes (world, quarter, market).

        Depends on seed, world and market alone. `now`: the newest figure of each market, from
        which the rise that is forecast is counted; it is the market's own where a case gives one.
        """
        years = STEP * np.arange(quarters)[:, None]
        usual = FULL_USE - (FULL_USE - now) * np.exp(-PACE * years)
        middle, half = np.where(now < FULL_USE, usual, now), np.zeros((quarters, len(markets)))
        for column, market in enumerate(markets):
            if market in self.markets:
                row = self.markets.index(market)
                rise = self.middle[row, :quarters] - self.last[row]
                middle[:, column] = now[column] + rise
                half[:, column] = self.half[row, :quarters]
        drawn, one = (seed, worlds) if self.only is None else (self.only[0], self.only[1] + 1)
        score = market_scores(drawn, NAME, one, markets, regions)
        if self.only is not None:
            score = np.repeat(score[-1:], worlds, axis=0)
        return np.asarray(np.clip(middle + half / EIGHTY * score[:, None, :], 0.0, 1.0))
