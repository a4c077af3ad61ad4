"""Waves of first entries, and the markets among which each was chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beachhead.data import Panel
from beachhead.evidence.atlas import Atlas, see
from beachhead.evidence.entries import History

FIRST_SCORED = 2006  # the panel's figures begin in 2005
FROM_MARKET = 3  # a wave is scored once the firm has been in two markets before it
MOST_OF_RISK = 0.40  # a wave that takes more of the risk set chose nothing


@dataclass(frozen=True, eq=False)
class Wave:
    """The markets that a firm first entered in a calendar year.

    Attributes
    ----------
    firm : str
    year : int
    home : int
        Position of home on the axis `market` of `atlas`.
    atlas : Atlas
        Figures of earlier years only.
    served : array of int (k,), since : array (k,)
        Markets served when the year began, and the years of their entries.
    before : int
        How many markets had been entered before, whether or not they were left again.
    risk : array of int (n,)
        Risk set: known, not home, not undated, never entered before.
    entered : array of bool (n,)
        Which of them were entered.
    scored : bool
        Whether it counts for the metrics.
    """

    firm: str
    year: int
    home: int
    atlas: Atlas
    served: NDArray[np.int64]
    since: NDArray[np.int64]
    before: int
    risk: NDArray[np.int64]
    entered: NDArray[np.bool_]
    scored: bool

    @property
    def size(self) -> int:
        """Number of markets entered."""
        return int(self.entered.sum())


def find_waves(histories: Iterable[History], panel: Panel) -> list[Wave]:
    """All waves that chose among their risk set; firms in their order, each by year.

    A wave that takes more than 40 % of its risk set is left out. A wave is scored from 2006 on
    and from the third market on, up to the firm's last year to score.
    """
    waves = (
        stand_before(history, panel, year)
        for history in histories
        for year in sorted(set(history.first_entries.values()))
    )
    return [wave for wave in waves if 0 < wave.size <= MOST_OF_RISK * len(wave.risk)]


def stand_before(history: History, panel: Panel, year: int) -> Wave:
    """Where a firm stood when a year began, and what it entered in it."""
    atlas = see(panel, year)
    row = {iso3: k for k, iso3 in enumerate(atlas.codes)}
    firsts = history.first_entries
    earlier = {iso3 for iso3, first in firsts.items() if first < year}
    allowed = atlas.known.copy()
    gone = {history.home, *history.undated, *earlier}
    allowed[[row[iso3] for iso3 in gone if iso3 in row]] = False
    if history.coverage == "listed":
        listed = {row[iso3] for iso3 in firsts if iso3 in row}
        allowed &= np.isin(np.arange(len(allowed)), list(listed))
    risk = np.flatnonzero(allowed)
    entered = np.array([firsts.get(atlas.codes[k]) == year for k in risk], dtype=bool)
    present = {row[iso3]: since for iso3, since in history.present(year).items() if iso3 in row}
    scored = (
        year >= FIRST_SCORED
        and len(earlier) >= FROM_MARKET - 1
        and (history.score_until is None or year <= history.score_until)
    )
    return Wave(
        history.firm, year, row[history.home], atlas,
        np.array(list(present), dtype=np.int64),
        np.array(list(present.values()), dtype=np.int64),
        len(earlier), risk, entered, scored,
    )  # fmt: skip
