"""Forecasters of others, for the study beside this file. They need the dependency group `evidence`.

Each takes `Histories` cut at an origin and gives forecasts of (market, horizon), not clipped.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from scipy.optimize import least_squares
from sklearn.ensemble import HistGradientBoostingRegressor
from statsforecast.models import AutoARIMA, AutoETS, AutoTheta

from beachhead.calibration.histories import HORIZONS, Floats, Histories
from beachhead.calibration.momentum import Places, learn
from beachhead.mechanisms import table
from beachhead.simulation.facts import READINESS

MOST_LINE = 3.0  # ceiling of a curve over the highest figure, where the series has no end


def statistical(make: Callable[[], object]) -> Callable[[Histories], Floats]:
    """A model of statsforecast, country by country; the last value where it fails."""

    def forecast(histories: Histories) -> Floats:
        ahead = np.repeat(histories.last[:, None], HORIZONS, axis=1)
        for row, levels in enumerate(histories.levels):
            known = levels[~np.isnan(levels)]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    ahead[row] = make().forecast(known, HORIZONS)["mean"]
                except Exception as error:
                    FAILED.append(f"{histories.markets[row]} {histories.origin}: {error}")
        return ahead

    return forecast


FAILED: list[str] = []

CURVES: dict[str, Callable[[Floats, Floats], Floats]] = {
    # Parameters: log of rate(s), start; the ceiling comes first.
    "logistic": lambda x, t: x[0] / (1.0 + np.exp(-np.exp(x[1]) * (t - x[2]))),
    "Gompertz": lambda x, t: x[0] * np.exp(-np.exp(-np.exp(x[1]) * (t - x[2]))),
    "Bass": lambda x, t: x[0] * _bass(np.exp(x[1]), np.exp(x[3]), np.maximum(t - x[2], 0.0)),
}


def _bass(q: float, p: float, t: Floats) -> Floats:
    decay = np.exp(-(p + q) * t)
    return (1.0 - decay) / (1.0 + q / p * decay)


def curve(name: str) -> Callable[[Histories], Floats]:
    """A curve fitted to each country's levels, moved to go through the last one."""
    shape = CURVES[name]

    def forecast(histories: Histories) -> Floats:
        ahead = np.repeat(histories.last[:, None], HORIZONS, axis=1)
        for row, levels in enumerate(histories.levels):
            where = np.flatnonzero(~np.isnan(levels))
            t, y = where.astype(float), levels[where]
            top = max(float(y.max()), 1e-3)
            most = 100.0 if histories.category.share else MOST_LINE * top
            most = max(most, 1.01 * top)
            best, least = None, np.inf
            for share in (0.3, 0.9):
                for rate in (0.2, 0.6):
                    ceiling = top + share * (most - top)
                    middle = float(t[np.argmin(np.abs(y - ceiling / 2))])
                    first = [ceiling, np.log(rate), middle]
                    low, high = [top, np.log(0.01), -30.0], [most, np.log(3.0), 60.0]
                    if name == "Bass":
                        first[2] = t[0] - 5.0
                        first += [np.log(0.01)]
                        low, high = [*low, np.log(1e-5)], [*high, np.log(0.5)]
                        high[2] = t[0]
                    try:
                        found = least_squares(
                            lambda x, t=t, y=y: shape(x, t) - y,
                            np.clip(first, np.add(low, 1e-6), np.subtract(high, 1e-6)),
                            bounds=(low, high),
                            max_nfev=100,
                        )
                    except ValueError as error:
                        FAILED.append(f"{name} {histories.markets[row]}: {error}")
                        continue
                    if found.cost < least:
                        best, least = found.x, found.cost
            if best is not None:
                later = t[-1] + np.arange(1, HORIZONS + 1)
                ahead[row] = shape(best, later) + y[-1] - shape(best, t[-1:])
        return ahead

    return forecast


def boost(histories: Histories) -> Floats:
    """Gradient boosting of the rise of each horizon, on what `regress` takes."""

    def rises(known: Places, rise: Floats, age: Floats, now: Places) -> Floats:
        machine = HistGradientBoostingRegressor(
            loss="absolute_error", max_iter=200, learning_rate=0.05,
            min_samples_leaf=20, max_leaf_nodes=15, random_state=0,
        )  # fmt: skip
        machine.fit(np.column_stack(known), rise)
        return np.asarray(machine.predict(np.column_stack(now)))

    return learn(histories, HORIZONS, rises)


def catch_up(histories: Histories) -> Floats:
    """What a plan assumes today of internet use in its readiness for online sales."""
    rate, full = table()["reach.catch_up"].default, READINESS["internet_users_pct"][1]
    gap = np.maximum(full - histories.last[:, None], 0.0)
    return np.asarray(histories.last[:, None] - gap * np.expm1(-rate * np.arange(1, HORIZONS + 1)))


RIVALS: dict[str, Callable[[Histories], Floats]] = {
    "damped ETS": statistical(lambda: AutoETS(season_length=1, model="AAN", damped=True)),
    "AutoARIMA": statistical(lambda: AutoARIMA(season_length=1)),
    "AutoTheta": statistical(lambda: AutoTheta(season_length=1)),
    "Bass alone": curve("Bass"),
    "logistic alone": curve("logistic"),
    "Gompertz alone": curve("Gompertz"),
    "boosting": boost,
}
PLANNED = "catch-up as planned"  # of internet use alone
