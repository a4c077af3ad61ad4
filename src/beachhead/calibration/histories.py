"""Yearly histories of a category over all countries, cut at an origin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from beachhead.data import Panel
from beachhead.errors import InputError, Problem, suggest

Floats = NDArray[np.float64]

HORIZONS = 5  # years ahead that are forecast and scored
LEAST_YEARS = 6  # figures that a country needs up to an origin to be forecast there
INCOME = "gdp_pc_ppp_const"


@dataclass(frozen=True)
class Category:
    """A category with a yearly history for most countries.

    Attributes
    ----------
    series : str
        Its series of the panel.
    words : str
        Name in tables.
    most : float
        Upper end of what a country's potential may be, in the unit of the series. For shares of
        the population it is the potential itself: everybody may come to use the category.
    share : bool
        Whether it is a share of the population, which ends at 100.
    memory: float
        Weight of what E1 learns from a year over that of the year after. The best of 1, .85, .7
        and .5 on forecasts from 2008 to 2011 of outcomes up to 2012 (docs/proof/forecasts.md).
    """

    series: str
    words: str
    most: float
    share: bool
    memory: float


# Lines and subscriptions are counted per head, and one head may have several: their upper ends are
# far above any country's figure and were set by eye.
CATEGORIES = {
    category.series: category
    for category in (
        Category("internet_users_pct", "internet users, % of people", 100.0, True, 0.5),
        Category("mobile_subs_per100", "mobile subscriptions per 100 people", 350.0, False, 1.0),
        Category(
            "fixed_broadband_per100", "fixed broadband lines per 100 people", 65.0, False, 0.5
        ),
    )
}


# The best of the methods in docs/proof/forecasts.md.
WINNERS = {
    "internet_users_pct": "Bass",
    "mobile_subs_per100": "median of pooled",
    "fixed_broadband_per100": "analogues",
}


@dataclass(frozen=True)
class Histories:
    """Figures of one category, axes market and year; the last year is the origin.

    Attributes
    ----------
    category : Category
        What is counted.
    markets, regions : tuple of str
        ISO3 codes along axis market, and their regions.
    years : array of int
        Consecutive years.
    actual : array
        Figures in the unit of the series, NaN where there is none.
    income : array
        Log of income per head, as known in each year: the newest figure until then, else the
        median of the region's, else of all.
    """

    category: Category
    markets: tuple[str, ...]
    regions: tuple[str, ...]
    years: NDArray[np.int64]
    actual: Floats
    income: Floats

    @property
    def origin(self) -> int:
        """Newest year that is known."""
        return int(self.years[-1])

    @property
    def last(self) -> Floats:
        """Figures of the origin, axis market."""
        return self.actual[:, -1]

    @cached_property
    def levels(self) -> Floats:
        """Figures with the gaps between two of them on a straight line, NaN before the first."""
        filled = self.actual.copy()
        for row in filled:
            known = np.flatnonzero(~np.isnan(row))
            if known.size:
                inside = slice(known[0], known[-1] + 1)
                row[inside] = np.interp(np.arange(row.size)[inside], known, row[known])
        return filled

    def until(self, origin: int, least: int = LEAST_YEARS) -> Histories:
        """What was known at the end of `origin`, of countries with a figure in that year.

        Parameters
        ----------
        origin : int
            Last year that is kept.
        least : int
            Figures that a country needs up to then, that of the origin among them.

        Raises
        ------
        InputError
            If no country has as many.
        """
        kept = self.years <= origin
        actual = self.actual[:, kept]
        enough = np.zeros(len(self.markets), dtype=bool)
        if self.years[0] <= origin <= self.years[-1]:
            enough = ~np.isnan(actual[:, -1]) & ((~np.isnan(actual)).sum(axis=1) >= least)
        if not enough.any():
            what = f"no country has {least} figures of {self.category.series} up to {origin}"
            fix = f"The figures are of {self.years[0]} to {self.years[-1]}: take a later origin."
            raise InputError(Problem(what, f"origin {origin}", fix))
        rows = np.flatnonzero(enough)
        return replace(
            self,
            markets=tuple(self.markets[row] for row in rows),
            regions=tuple(self.regions[row] for row in rows),
            years=self.years[kept],
            actual=actual[rows],
            income=self.income[rows][:, kept],
        )

    def clip(self, forecast: Floats) -> Floats:
        """Forecasts within what the figures can be."""
        return np.clip(forecast, 0.0, 100.0 if self.category.share else np.inf)


def read_histories(panel: Panel, series: str) -> Histories:
    """All visible figures of a category, countries in the order of their codes.

    Raises
    ------
    InputError
        If no category of that name has a history.
    """
    if series not in CATEGORIES:
        fix = suggest(series, CATEGORIES) or f"Known are {', '.join(CATEGORIES)}."
        raise InputError(Problem(f"no category with a history {series!r}", "", fix))
    category = CATEGORIES[series]
    panel = panel.published
    seen = panel.figures.filter(pl.col("series") == series)
    if seen.is_empty():
        what = f"no figure of {series} was published by {panel.as_of}"
        raise InputError(Problem(what, "the panel", "Take a later day."))
    years = np.arange(int(seen["year"].min()), int(seen["year"].max()) + 1)  # type: ignore[arg-type]
    markets = panel.markets.sort("iso3")
    codes, regions = tuple(markets["iso3"]), tuple(markets["region"])
    income = _grid(panel.figures.filter(pl.col("series") == INCOME), codes, years)
    return Histories(
        category,
        codes,
        regions,
        years,
        _grid(seen, codes, years),
        _carry(np.log(income), np.array(regions)),
    )


def _grid(figures: pl.DataFrame, codes: tuple[str, ...], years: NDArray[np.int64]) -> Floats:
    grid = np.full((len(codes), years.size), np.nan)
    row = {code: number for number, code in enumerate(codes)}
    for iso3, year, value in figures.select("iso3", "year", "value").iter_rows():
        if iso3 in row and years[0] <= year <= years[-1]:
            grid[row[iso3], year - years[0]] = value
    return grid


def _carry(known: Floats, regions: NDArray[np.str_]) -> Floats:
    """Newest figure until each year; the median of the region's, or of all, where there is none."""
    held = known.copy()
    for year in range(1, held.shape[1]):
        missing = np.isnan(held[:, year])
        held[missing, year] = held[missing, year - 1]
    filled = held.copy()
    for year in range(held.shape[1]):
        column = held[:, year]
        usual = np.nanmedian(column) if not np.isnan(column).all() else 0.0
        for region in np.unique(regions):
            inside = regions == region
            some = column[inside & ~np.isnan(column)]
            holes = inside & np.isnan(column)
            filled[holes, year] = np.median(some) if some.size else usual
    return filled
