"""Beliefs with a forecast of people online, by the method that serves the series best.

The forecasts of `forecasting` for the figures that the program comes with were made beforehand, as
they take some seconds; they are found by a digest of all that they were made from, and made anew
where a panel has other figures. Beyond their last year the gap to the end of the series goes on
closing as in that year, and intervals stay as wide: nothing has been scored there.

Proof: tests/calibration/test_outlook.py, docs/proof/forecasts.md.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

import numpy as np
import polars as pl

from beachhead.calibration.histories import (
    HORIZONS,
    WINNERS,
    Floats,
    Histories,
    read_histories,
)
from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.errors import InputError
from beachhead.simulation import Beliefs
from beachhead.simulation.outlook import Outlook
from beachhead.simulation.state import STEP

ONLINE = "internet_users_pct"  # the only series of the forecasts that the model reads
MADE = "online.parquet"  # what was forecast beforehand
QUARTERS = 40  # for which an outlook is kept: the longest horizon
HALF_YEAR = 0.5  # a year's figure stands for its middle


def believe(case: Case, panel: Panel, *, method: str | None = None) -> Beliefs:
    """The priors of a case, and how many people will be online.

    A case that sets `reach.catch_up` believes in a pace of its own: it gets no forecast.

    Parameters
    ----------
    case, panel : Case, Panel
        The question, and country data as of its date: nothing later is looked at.
    method : str, optional
        One of `NAMES`; by default the one that won for the series.

    Raises
    ------
    InputError
        If the parameters of the case contradict one another, or if there is no such method.
    """
    beliefs = Beliefs.from_prior(case, panel)
    if "reach.catch_up" in case.parameters:
        return beliefs
    outlook = foresee(case, panel, method=method)
    return Beliefs(beliefs.parameters, beliefs.overridden, outlook)


def foresee(case: Case, panel: Panel, *, method: str | None = None) -> Outlook | None:
    """Share of people online from the date of the case; None where too few figures are known."""
    try:
        histories = read_histories(panel, ONLINE)
        table = forecast(panel, histories, method or WINNERS[ONLINE])
    except InputError:
        if method is None:
            return None
        raise
    origin = panel.published.reference_year(ONLINE)
    began = case.as_of.year + (case.as_of.timetuple().tm_yday - 1) / 365.25
    middles = STEP * (np.arange(QUARTERS, dtype=np.float64) + 0.5)
    ahead = np.asarray(middles + (began - origin - HALF_YEAR))

    def column(name: str) -> Floats:
        return np.asarray(table[name], dtype=np.float64).reshape(-1, HORIZONS) / 100.0

    last, middle, half = column("last"), column("middle"), column("half")
    none = np.zeros((len(half), 1))
    return Outlook(
        method or WINNERS[ONLINE],
        origin,
        tuple(table["iso3"].unique(maintain_order=True)),
        last[:, 0],
        _read(np.hstack([last[:, :1], middle]), ahead, closing=True),
        _read(np.hstack([none, half]), ahead, closing=False),
    )


def _read(yearly: Floats, ahead: Floats, *, closing: bool) -> Floats:
    """Figures of the years 0 to `HORIZONS` after the origin, at other times: (market, time)."""
    found = np.stack([np.interp(ahead, np.arange(HORIZONS + 1), row) for row in yearly])
    if not closing:
        return found
    gap = 1.0 - yearly
    kept = np.clip(gap[:, -1] / np.maximum(gap[:, -2], 1e-9), 0.0, 1.0)[:, None]
    later = np.maximum(ahead - HORIZONS, 0.0)
    return np.asarray(np.where(later > 0.0, 1.0 - gap[:, -1:] * kept**later, found))


def forecast(panel: Panel, histories: Histories, method: str) -> pl.DataFrame:
    """Rows `iso3`, `year` (ahead, 1 to `HORIZONS`), `last`, `middle`, `half`, in points.

    Raises
    ------
    InputError
        If too few years are known.
    """
    key = digest(histories, panel, method)
    made = _made().filter(pl.col("digest") == key)
    if made.height:
        return made.drop("digest")
    return compute(panel, method)


def compute(panel: Panel, method: str) -> pl.DataFrame:
    """What `forecast` finds, made now."""
    from beachhead.calibration.forecasting import forecast_category

    ahead = forecast_category(panel, ONLINE, method=method)
    rows = len(ahead.markets)
    return pl.DataFrame(
        {
            "iso3": np.repeat(ahead.markets, HORIZONS),
            "year": np.tile(np.arange(1, HORIZONS + 1, dtype=np.int8), rows),
            "last": np.repeat(ahead.last, HORIZONS),
            "middle": ahead.middle.ravel(),
            # One end may have been cut off where the series ends.
            "half": np.maximum(ahead.high - ahead.middle, ahead.middle - ahead.low).ravel(),
        },
        schema_overrides=dict.fromkeys(("last", "middle", "half"), pl.Float32),
    )


def digest(histories: Histories, panel: Panel, method: str) -> str:
    """Of all that a forecast is made from."""
    told = hashlib.sha256()
    origin = panel.published.reference_year(ONLINE)
    told.update(f"{method} {origin} {histories.years[0]} {histories.markets}".encode())
    for figures in (histories.actual, histories.income):
        # Rounded: a logarithm may differ in its last digit on another processor.
        told.update(np.round(figures, 6).astype(">f8").tobytes())
    return told.hexdigest()[:16]


@cache
def _made() -> pl.DataFrame:
    return pl.read_parquet((files(__package__) / MADE).read_bytes())
