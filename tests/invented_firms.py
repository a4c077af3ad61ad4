"""Invented firms whose taste is known, and tables of entries."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from beachhead.data import Panel
from beachhead.evidence.covariates import TERMS, covariates
from beachhead.evidence.entries import History, Move
from beachhead.evidence.waves import stand_before

HEAD = "firm,sector,home_iso3,iso3,year,month,event,mode,source\n"
# Of the terms in their order; the others have no weight.
TRUE = {"size": 1.5, "near": -0.8, "regulation": 0.6}


def invent(
    panel: Panel, firm: str, home: str, generator: np.random.Generator,
    years: Sequence[int] = range(2006, 2018),
) -> History:  # fmt: skip
    """A firm that enters three markets a year, drawn one after the other by `TRUE`."""
    beta = np.array([TRUE.get(term.key, 0.0) for term in TERMS])
    history = History(firm, "", home, ())
    for year in years:
        wave = stand_before(history, panel, year)
        value = covariates(wave) @ beta + generator.gumbel(size=len(wave.risk))
        chosen = wave.risk[np.argsort(-value)[:3]]
        moves = tuple(Move(wave.atlas.codes[k], year, None, "entry") for k in sorted(chosen))
        history = History(firm, "", home, (*history.moves, *moves))
    return history


def write(path: Path, *rows: str) -> Path:
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path
