"""What is known of all markets when a year begins: figures of earlier years, and their ties."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from beachhead.data import Panel
from beachhead.data.standins import Kin, stand_in

type Array = NDArray[np.float64]

FIRST_FIGURES = 2005  # earlier waves are seen with the figures of this year, the first there are


@dataclass(frozen=True, eq=False)
class Atlas:
    """Markets as they could be seen when a year began, and how they lie to each other.

    Attributes
    ----------
    codes : tuple of str
        The axis `market` of all arrays.
    known : array of bool (market,)
        Whether people and the size or the income of the economy are known. Only such a market
        can be in a risk set; what else it lacks has a stand-in.
    people : array (market,), natural log of persons
    size : array (market,), natural log of GDP in current US$ a year
    income : array (market,), natural log of GDP a head in international $ of 2021
    regulation : array (market,), standard deviations
    km : array (market, market)
        Between the people of two markets; between the capitals where that is not known.
    law, subregion : array (market, market)
        1 where two markets share a family of law, a subregion; else 0. 0 on the diagonal.
    """

    codes: tuple[str, ...]
    known: NDArray[np.bool_]
    people: Array
    size: Array
    income: Array
    regulation: Array
    km: Array
    law: Array
    subregion: Array


def see(panel: Panel, year: int | None = None) -> Atlas:
    """The markets as the figures up to the end of the year before `year` show them.

    Parameters
    ----------
    panel : Panel
        What it shows on its own date is all that is used.
    year : int, optional
        Only figures of earlier years count, or those of `FIRST_FIGURES` where there are no
        earlier ones; all that the panel shows without it.
    """
    return _see(panel, None if year is None else max(year, FIRST_FIGURES + 1))


@lru_cache(maxsize=64)
def _see(panel: Panel, year: int | None) -> Atlas:
    codes = panel.codes
    kin = {
        iso3: Kin(subregion, region, None)
        for iso3, subregion, region in panel.markets.select(
            "iso3", "subregion", "region"
        ).iter_rows()
    }
    people = _newest(panel, "population", year)
    income = _newest(panel, "gdp_pc_ppp_const", year)
    size = _newest(panel, "gdp_current_usd", year)
    both = people.keys() & income.keys() & size.keys()
    # What a dollar buys varies little among neighbours: it leads from one measure to the other.
    price = {iso3: size[iso3] / people[iso3] / income[iso3] for iso3 in both}
    price = {iso3: _fill(iso3, price, kin) for iso3 in codes}
    for iso3 in people:
        if iso3 in size and iso3 not in income:
            income[iso3] = size[iso3] / people[iso3] / price[iso3]
        elif iso3 in income and iso3 not in size:
            size[iso3] = income[iso3] * people[iso3] * price[iso3]
    regulation = _newest(panel, "wgi_regulatory_quality", year)
    known = people.keys() & income.keys() & size.keys()

    def log(values: dict[str, float]) -> Array:
        return np.array([np.log(values[iso3]) if iso3 in known else np.nan for iso3 in codes])

    return Atlas(
        codes,
        np.array([iso3 in known for iso3 in codes]),
        log(people), log(size), log(income),
        np.array([_fill(iso3, regulation, kin) for iso3 in codes]),
        *_ties(panel),
    )  # fmt: skip


def _newest(panel: Panel, key: str, year: int | None) -> dict[str, float]:
    """Newest figure of each market that has one of an earlier year than `year`."""
    rows = panel.figures.filter(pl.col("series") == key)
    if year is not None:
        rows = rows.filter(pl.col("year") < year)
    last = rows.sort("iso3", "year").group_by("iso3", maintain_order=True).last()
    return dict(last.select("iso3", "value").iter_rows())


def _fill(iso3: str, known: dict[str, float], kin: dict[str, Kin]) -> float:
    """The figure of a market, or the median of its neighbours."""
    if iso3 in known:
        return known[iso3]
    found = stand_in(iso3, known, kin)
    return float("nan") if found is None else found[0]


@lru_cache(maxsize=4)
def _ties(panel: Panel) -> tuple[Array, Array, Array]:
    """Kilometres, and whether two markets share a family of law and a subregion."""
    row = {iso3: k for k, iso3 in enumerate(panel.codes)}
    pairs = panel.pairs.with_columns(pl.coalesce("people_km", "capital_km").alias("km"))
    km = np.zeros((len(row), len(row)))
    at = (pairs[name].replace_strict(row, return_dtype=pl.Int64) for name in ("iso3", "partner"))
    km[tuple(column.to_numpy() for column in at)] = pairs["km"].cast(pl.Float64).to_numpy()
    return (
        km,
        _share(panel.markets["legal_origin"].to_list()),
        _share(panel.markets["subregion"].to_list()),
    )


def _share(labels: list[str | None]) -> Array:
    """1 where two different markets have the same label, else 0."""
    known = np.array([label or "" for label in labels])
    same = (known[:, None] == known[None, :]) & (known != "")[:, None]
    np.fill_diagonal(same, False)
    return same.astype(float)
