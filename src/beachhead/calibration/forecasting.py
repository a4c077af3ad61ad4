"""Forecasts of a category country by country, by the method that did best, with 80 % intervals.

Methods stand by name in `METHODS`; which of them serves a series is in `WINNERS`, after the scores
of docs/proof/forecasts.md. Intervals are split-conformal: errors of the same method from origins
before, whose outcomes were known by the origin, widened for countries that move more than most
where the category asks for it. They promise coverage over countries together, not for each.

Source of the intervals: Lei et al. (2018), Distribution-free predictive inference for regression.
Proof: tests/calibration/test_forecasting.py, docs/proof/forecasts.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from beachhead.calibration.categories import fit_adoption, roll
from beachhead.calibration.histories import (
    HORIZONS,
    WINNERS,
    Floats,
    Histories,
    read_histories,
)
from beachhead.calibration.momentum import drift, find_analogues, last_value, regress
from beachhead.data import Panel
from beachhead.errors import InputError, Problem, suggest

LEVEL = 0.8
BACK = 5  # years before an origin from which errors are taken
FEWEST_ERRORS = 50  # below which a horizon's errors are too few to say how wide it is
LEAST_BEFORE = 4  # figures that a country needs at an origin from which errors are taken


def roll_bass(histories: Histories, horizons: int = HORIZONS) -> Floats:
    """Median over the posterior of E1 rolled on from the last figures: (market, horizon)."""
    return np.median(roll(fit_adoption(histories), histories.last, horizons), axis=0)


METHODS: dict[str, Callable[[Histories], Floats]] = {
    "last value": last_value,
    "drift, 3 years": lambda histories: drift(histories, 3),
    "drift, 5 years": lambda histories: drift(histories, 5),
    "regression": regress,
    "analogues": find_analogues,
    "Bass": roll_bass,
}
# A combination takes the median, country by country, of the methods that it names.
COMBINATIONS: dict[str, tuple[str, ...]] = {
    "median of pooled": ("regression", "analogues", "Bass"),
}
NAMES = (*METHODS, *COMBINATIONS)


@dataclass(frozen=True)
class Forecast:
    """A category's forecasts from one origin.

    Attributes
    ----------
    series, method : str
        What is forecast, and how.
    origin : int
        Last year whose figures were used.
    markets : tuple of str
        ISO3 codes along axis market: countries with a figure of the origin and enough before it.
    years : tuple of int
        Along axis horizon.
    last : array
        Figures of the origin, (market,).
    middle, low, high : array
        Forecasts and the ends of their 80 % intervals, in the unit of the series: (market,
        horizon).
    """

    series: str
    method: str
    origin: int
    markets: tuple[str, ...]
    years: tuple[int, ...]
    last: Floats
    middle: Floats
    low: Floats
    high: Floats


def forecast_category(panel: Panel, series: str, *, method: str | None = None) -> Forecast:
    """Forecasts of a category from its newest year on the panel, one to five years ahead.

    Parameters
    ----------
    panel : Panel
        Nothing that it does not show is used.
    series : str
        One of `CATEGORIES`.
    method : str, optional
        One of `NAMES`; by default the one that won for the series.

    Raises
    ------
    InputError
        If there is no such category or method, or if too few years have been published.
    """
    rolling = Rolling(read_histories(panel, series))
    method = WINNERS[series] if method is None else method
    if method not in NAMES:
        fix = suggest(method, NAMES) or f"Known are {', '.join(NAMES)}."
        raise InputError(Problem(f"no method {method!r}", "", fix))
    origin = panel.published.reference_year(series)
    known, middle = rolling.at(origin, method)
    margin = rolling.margins(origin, method, (LEVEL,))[0]
    return Forecast(
        series,
        method,
        origin,
        known.markets,
        tuple(range(origin + 1, origin + 1 + HORIZONS)),
        known.last,
        middle,
        known.clip(middle - margin),
        known.clip(middle + margin),
    )


@dataclass(frozen=True)
class Rolling:
    """Forecasts of one category from one origin after another, each made once.

    What is forecast from an origin, and how wide, depends on figures of the origin or before.
    """

    histories: Histories
    _known: dict[tuple[int, int], Histories] = field(default_factory=dict)
    _made: dict[tuple[int, str, int], Floats] = field(default_factory=dict)

    def known(self, origin: int, least: int | None = None) -> Histories:
        """What was known at an origin, by default as `Histories.until` has it."""
        key = origin, least or 0
        if key not in self._known:
            asked = {} if least is None else {"least": least}
            self._known[key] = self.histories.until(origin, **asked)
        return self._known[key]

    def at(self, origin: int, method: str, least: int | None = None) -> tuple[Histories, Floats]:
        """What was known at an origin, and forecasts of its countries: (market, horizon)."""
        known, key = self.known(origin, least), (origin, method, least or 0)
        if key not in self._made:
            if method in METHODS:
                ahead = METHODS[method](known)
            else:
                parts = [self.at(origin, part, least)[1] for part in COMBINATIONS[method]]
                ahead = np.median(parts, axis=0)
            self._made[key] = known.clip(ahead)
        return known, self._made[key]

    def outcomes(self, origin: int, markets: Sequence[str], newest: int) -> Floats:
        """Actual figures of the years after an origin, (market, horizon); NaN after `newest`."""
        histories, found = self.histories, np.full((len(markets), HORIZONS), np.nan)
        rows = [histories.markets.index(market) for market in markets]
        for ahead in range(1, HORIZONS + 1):
            column = origin + ahead - int(histories.years[0])
            if origin + ahead <= min(newest, histories.origin):
                found[:, ahead - 1] = histories.actual[rows, column]
        return found

    def misses(self, origin: int, method: str) -> list[tuple[Histories, Floats]]:
        """Absolute errors from the origins before one, as far as outcomes were known by then."""
        found = []
        for before in range(origin - BACK, origin):
            try:
                known, ahead = self.at(before, method, LEAST_BEFORE)
            except InputError:  # before any country has figures enough
                continue
            errors = np.abs(ahead - self.outcomes(before, known.markets, origin))
            found.append((known, errors))
        return found

    def margins(self, origin: int, method: str, levels: Sequence[float]) -> Floats:
        """Half widths of intervals that cover `levels`: (level, market, horizon).

        Raises
        ------
        InputError
            If errors are too few even for one year ahead.
        """
        scores = [errors / _scale(known)[:, None] for known, errors in self.misses(origin, method)]
        pooled = np.concatenate(scores) if scores else np.zeros((0, HORIZONS))
        widths = np.full((len(levels), HORIZONS), np.nan)
        for horizon in range(HORIZONS):
            missed = np.sort(pooled[:, horizon][~np.isnan(pooled[:, horizon])])
            if missed.size >= FEWEST_ERRORS:
                for row, level in enumerate(levels):
                    place = min(missed.size, math.ceil(level * (missed.size + 1)))
                    widths[row, horizon] = missed[place - 1]
            elif horizon > 1:  # as from the horizon before to the one before that
                widths[:, horizon] = widths[:, horizon - 1] ** 2 / widths[:, horizon - 2]
        if np.isnan(widths[:, :2]).any():
            what = f"too few outcomes before {origin} to say how wide forecasts are"
            raise InputError(Problem(what, self.histories.category.series, "Take a later origin."))
        return np.asarray(widths[:, None, :] * _scale(self.known(origin))[:, None])

    def pick(self, origin: int, methods: Sequence[str] = NAMES) -> str:
        """The method with the smallest mean error before an origin, of outcomes known by then."""
        scores = {}
        for method in methods:
            errors = np.concatenate([errors for _, errors in self.misses(origin, method)])
            seen = ~np.isnan(errors).all(axis=0)
            scores[method] = float(np.nanmean(errors[:, seen], axis=0).mean())
        return min(scores, key=lambda method: scores[method])


def _scale(known: Histories) -> NDArray[np.float64]:
    """What errors of a country are measured in: half its own usual change, half the median one.

    A share of the population is measured in points, whatever the country.
    """
    if known.category.share:
        return np.ones(len(known.markets))
    own = np.nanmean(np.abs(np.diff(known.levels, axis=1)), axis=1)
    return np.asarray(0.5 * own + 0.5 * np.median(own))
