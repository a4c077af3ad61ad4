"""One distance out of five: how foreign a market is to a firm from home."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from beachhead.data import Panel
from beachhead.distance.administration import administration
from beachhead.distance.geography import geography
from beachhead.distance.income import income
from beachhead.distance.institutions import INDICATORS, institutions
from beachhead.distance.language import language

# One unit of a scaled component is one standard deviation over all pairs of economies, taken once
# (figures visible at the middle of 2024) and fixed: no set of markets rescales another's distance.
SCALES: dict[str, float] = {
    "geography": 0.61,
    "language": 0.44,
    "institutions": 0.68,
    "income": 1.00,
    "administration": 0.24,
}

# Equal, since the evidence does not tell the five apart. Judgement.
WEIGHTS: dict[str, float] = {
    "geography": 0.2,
    "language": 0.2,
    "institutions": 0.2,
    "income": 0.2,
    "administration": 0.2,
}


def composite(panel: Panel, home: str, markets: Sequence[str]) -> pl.DataFrame:
    """Distance of each market from home: weighted mean of five components on fixed scales.

    Parameters
    ----------
    panel : Panel
    home : str
        ISO3 code of the home market.
    markets : sequence of str
        ISO3 codes; the order is kept. Home itself is at distance 0.

    Returns
    -------
    polars.DataFrame
        iso3; distance, the weighted mean over the known components, null if none is; one column
        per component in units of `SCALES` (0 is like home, 1 one standard deviation over the
        pairs of the world), null where not known; known, the share of the weights that is known;
        note, which components are missing.

    Raises
    ------
    InputError
        If the panel has no such market.
    """
    raw = _components(panel, home, markets)
    scaled = np.stack([raw[name] / SCALES[name] for name in WEIGHTS], axis=1)
    scaled[np.array([market == home for market in markets], dtype=bool)] = 0.0
    weights = np.array(list(WEIGHTS.values()))
    known = np.isfinite(scaled)
    share = (known * weights).sum(axis=1)
    total = np.where(known, scaled * weights, 0.0).sum(axis=1)
    distance = np.where(share > 0, total / np.where(share > 0, share, 1.0), np.nan)
    notes = [
        ", ".join(f"no {name}" for name, there in zip(WEIGHTS, row, strict=True) if not there)
        for row in known
    ]
    columns = {name: scaled[:, k] for k, name in enumerate(WEIGHTS)}
    frame = pl.DataFrame(
        {"iso3": list(markets), "distance": distance, **columns, "known": share / weights.sum()},
        schema_overrides={"iso3": pl.String},
    )
    return frame.with_columns(
        pl.col("distance", *WEIGHTS).fill_nan(None), pl.Series("note", notes, dtype=pl.String)
    )


def _components(panel: Panel, home: str, markets: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Unscaled components; NaN where not known."""
    pairs = pl.DataFrame({"partner": list(markets)}, schema={"partner": pl.String}).join(
        panel.pairs.filter(pl.col("iso3") == home), on="partner", how="left", maintain_order="left"
    )
    facts = {row["iso3"]: row for row in panel.markets.iter_rows(named=True)}
    own = facts[panel.find(home)]
    others = [facts[panel.find(market)] for market in markets]
    own_languages = set(own["languages"])
    partners = _bloc_partners(panel, home)
    everyone = [home, *markets]
    governance = np.stack([_values(panel, key, everyone) for key in INDICATORS], axis=1)
    incomes = _values(panel, "gdp_pc_ppp_const", everyone)
    colonial = pairs.select(
        pl.any_horizontal("colonial_tie", "common_colonizer").cast(pl.Float64).alias("tie")
    )["tie"]
    return {
        "geography": geography(_floats(pairs["capital_km"])),
        "language": language(
            np.array([bool(own_languages & set(row["languages"])) for row in others], dtype=bool),
            _floats(pairs["common_ethno_language"]),
        ),
        "institutions": institutions(governance[0], governance[1:]),
        "income": income(float(incomes[0]), incomes[1:]),
        "administration": administration(
            _floats(colonial),
            np.array([row["legal_origin"] == own["legal_origin"] for row in others], dtype=float),
            np.array([market in partners for market in markets], dtype=float),
        ),
    }


def _bloc_partners(panel: Panel, home: str) -> set[str]:
    """Markets that share a trade bloc with home on the panel's date (on the last known one)."""
    on = panel.as_of or date.max
    blocs = (set(panel.members(bloc, on)) for bloc in panel.bloc_names)
    return set().union(*(members for members in blocs if home in members)) - {home}


def _values(panel: Panel, series: str, markets: Sequence[str]) -> NDArray[np.float64]:
    return _floats(panel.column(series, markets)["value"])


def _floats(column: pl.Series) -> NDArray[np.float64]:
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
