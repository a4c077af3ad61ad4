"""Every distance between every two markets of the panel, before any scale."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from beachhead.data import Panel
from beachhead.distance.administration import administration
from beachhead.distance.blocs import blocs
from beachhead.distance.culture import culture
from beachhead.distance.geography import geography
from beachhead.distance.income import income
from beachhead.distance.institutions import INDICATORS, institutions
from beachhead.distance.language import language

type Matrix = NDArray[np.float64]


def measure(panel: Panel, cultural: Sequence[str] = ()) -> dict[str, Matrix]:
    """Components of distance between all markets of the panel.

    Parameters
    ----------
    panel : Panel
    cultural : sequence of str
        Columns of figures in which markets differ in culture; without any there is no such
        component.

    Returns
    -------
    dict of str to array (home, market)
        In the units of each component's own file, both axes in the order of `panel.codes`; NaN
        where not known. The diagonal has no meaning.

    Raises
    ------
    InputError
        If the panel has no such column.
    """
    return _measure(panel, tuple(cultural))


@lru_cache(maxsize=4)  # the screening, the plan and the report of a case ask for the same
def _measure(panel: Panel, cultural: tuple[str, ...]) -> dict[str, Matrix]:
    governance = _columns(panel, INDICATORS)
    incomes = _columns(panel, ["gdp_pc_ppp_const"])[:, 0]
    pairs = _pairs(panel)
    origins = panel.markets["legal_origin"].to_numpy()
    languages = _memberships(panel.markets["languages"].to_list())
    found = {
        "geography": geography(pairs["capital_km"]),
        "language": language(languages @ languages.T > 0, pairs["common_ethno_language"]),
        "institutions": institutions(governance[:, None], governance[None, :]),
        "income": income(incomes[:, None], incomes[None, :]),
        "administration": administration(
            pairs["colonial"], (origins[:, None] == origins[None, :]).astype(float)
        ),
        "blocs": blocs(_count_blocs(panel)),
    }
    if cultural:
        scores = _columns(panel, cultural)
        variances = _variances(scores)
        found["culture"] = culture(scores[:, None], scores[None, :], variances)
    for matrix in found.values():
        matrix.flags.writeable = False
    return found


def _count_blocs(panel: Panel) -> Matrix:
    """Trade blocs that two markets share on the panel's date (on the last known one)."""
    on = panel.as_of or date.max
    members = [set(panel.members(bloc, on)) for bloc in panel.bloc_names]
    inside = np.array([[iso3 in bloc for bloc in members] for iso3 in panel.codes], dtype=float)
    return inside @ inside.T


def _pairs(panel: Panel) -> dict[str, Matrix]:
    """What the table of pairs says, as matrices; `colonial` is a tie or a common coloniser."""
    row = {iso3: k for k, iso3 in enumerate(panel.codes)}
    frame = panel.pairs.with_columns(
        pl.any_horizontal("colonial_tie", "common_colonizer").alias("colonial")
    )
    home = frame["iso3"].replace_strict(row, return_dtype=pl.Int64).to_numpy()
    other = frame["partner"].replace_strict(row, return_dtype=pl.Int64).to_numpy()
    found = {}
    for name in ("capital_km", "common_ethno_language", "colonial"):
        matrix = np.full((len(row), len(row)), np.nan)
        matrix[home, other] = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        found[name] = matrix
    return found


def _memberships(groups: Sequence[Sequence[str] | None]) -> Matrix:
    """1 where a market (row) has a label (column)."""
    labels = sorted({label for group in groups for label in group or ()})
    return np.array([[label in (group or ()) for label in labels] for group in groups], dtype=float)


def _columns(panel: Panel, keys: Sequence[str]) -> Matrix:
    """Newest visible figures, axes (market, column)."""
    values = [[panel.figure(iso3, key).value for key in keys] for iso3 in panel.codes]
    return np.array(values, dtype=float).reshape(len(panel.codes), len(keys))


def _variances(scores: Matrix) -> NDArray[np.float64]:
    """Variance of each column over the markets that have it; 0 where fewer than two do."""
    known = np.isfinite(scores)
    count = known.sum(axis=0)
    mean = np.where(known, scores, 0.0).sum(axis=0) / np.maximum(count, 1)
    squares = np.where(known, (scores - mean) ** 2, 0.0).sum(axis=0)
    return squares / np.maximum(count - 1, 1)
