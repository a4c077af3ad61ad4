"""Forecasters of others, for the study beside this file. They need the dependency group `evidence`.

Each takes `Histories` cut at an origin and gives forecasts of (market, horizon), not clipped.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from statsforecast.models import AutoARIMA, AutoTheta
from statsmodels.tsa.holtwinters import Holt

from beachhead.calibration.histories import HORIZONS, Floats, Histories
from beachhead.calibration.momentum import Places, learn
from beachhead.mechanisms import table
from beachhead.simulation.facts import READINESS

MOST_LINE = 3.0  # ceiling of a curve over the highest figure, where the series has no end


def each(forecast: Callable[[Floats], Floats]) -> Callable[[Histories], Floats]:
    """A forecaster of one country's levels, country by country; the last value where it fails."""

    def forecast_all(histories: Histories) -> Floats:
        ahead = np.repeat(histories.last[:, None], HORIZONS, axis=1)
        for row, levels in enumerate(histories.levels):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    ahead[row] = forecast(levels[~np.isnan(levels)])
                except (NotImplementedError, ValueError, np.linalg.LinAlgError) as error:
                    where = f"{histories.category.series} {histories.markets[row]}"
                    FAILED.append(f"{where} {histories.origin}: {error}")
        return ahead

    return forecast_all


def damp(levels: Floats) -> Floats:
    """Damped trend. By statsmodels, since statsforecast refuses eight figures."""
    model = Holt(levels, damped_trend=True, initialization_method="estimated")
    return np.asarray(model.fit().forecast(HORIZONS))


def arima(levels: Floats) -> Floats:
    """Orders chosen by the corrected Akaike criterion."""
    return np.asarray(AutoARIMA(season_length=1).forecast(levels, HORIZONS)["mean"])


def theta(levels: Floats) -> Floats:
    """The best of four Theta models."""
    return np.asarray(AutoTheta(season_length=1).forecast(levels, HORIZONS)["mean"])


FAILED: list[str] = []

# Ceiling, log of the rate, time of the middle, and for Bass the log of p; each of (problem, 1).
CURVES: dict[str, Callable[[list[Floats], Floats], Floats]] = {
    "logistic": lambda x, t: x[0] / (1.0 + np.exp(-np.exp(x[1]) * (t - x[2]))),
    "Gompertz": lambda x, t: x[0] * np.exp(-np.exp(-np.exp(x[1]) * (t - x[2]))),
    "Bass": lambda x, t: x[0] * _bass(np.exp(x[1]), np.exp(x[3]), np.maximum(t - x[2], 0.0)),
}
STARTS = [(share, rate) for share in (0.2, 0.8) for rate in (0.2, 0.5)]
ROUNDS = 200


def _bass(q: Floats, p: Floats, t: Floats) -> Floats:
    decay = np.exp(-(p + q) * t)
    return np.asarray((1.0 - decay) / (1.0 + q / p * decay))


def curve(name: str) -> Callable[[Histories], Floats]:
    """A curve fitted to each country's levels, moved to go through the last one.

    Least squares by Levenberg and Marquardt, all countries at once, from four starts each; bounds
    by a logistic transformation.
    """
    shape = CURVES[name]

    def forecast(histories: Histories) -> Floats:
        levels, many = histories.levels, len(histories.markets)
        top = np.maximum(np.nanmax(levels, axis=1), 1e-3)
        most = np.full(many, 100.0) if histories.category.share else MOST_LINE * top
        # Bass begins before the first figure; the others' middle may be anywhere near.
        late = 0.0 if name == "Bass" else 40.0
        low = np.stack([top, *np.log([[0.01] * many, [1e-5] * many])])
        high = np.stack([np.maximum(most, 1.01 * top), *np.log([[3.0] * many, [0.5] * many])])
        low = np.insert(low, 2, -30.0, axis=0)
        high = np.insert(high, 2, late, axis=0)
        count = 4 if name == "Bass" else 3
        low, high = (np.tile(ends[:count], len(STARTS)) for ends in (low, high))
        share, rate = np.repeat(STARTS, many, axis=0).T
        first = low + 0.5 * (high - low)
        first[0] = low[0] + share * (high[0] - low[0])
        first[1] = np.log(rate)
        first[2] = -5.0 if name == "Bass" else 8.0
        seen = np.tile(levels, (len(STARTS), 1))
        t = np.broadcast_to(np.arange(levels.shape[1], dtype=float), seen.shape)

        def at(u: Floats, when: Floats) -> Floats:
            x = low + (high - low) / (1.0 + np.exp(-u))
            return shape([part[:, None] for part in x], when)

        with np.errstate(over="ignore"):
            inside = np.clip((first - low) / (high - low), 0.02, 0.98)
            u, cost = _descend(
                lambda u: np.nan_to_num(at(u, t) - seen), np.log(inside / (1 - inside))
            )
            later = np.broadcast_to(levels.shape[1] + np.arange(-1.0, HORIZONS), (u.shape[1], 6))
            ahead = at(u, later).reshape(len(STARTS), many, HORIZONS + 1)
        best = ahead[cost.reshape(len(STARTS), many).argmin(axis=0), np.arange(many)]
        return np.asarray(histories.last[:, None] + best[:, 1:] - best[:, :1])

    return forecast


def _descend(residual: Callable[[Floats], Floats], u: Floats) -> tuple[Floats, Floats]:
    """Parameters (parameter, problem) with small squares, and these; residuals (problem, year)."""
    damping, now = np.full(u.shape[1], 1.0), residual(u)
    cost = (now**2).sum(axis=1)
    for _ in range(ROUNDS):
        step = 1e-5 * np.eye(len(u))
        slopes = np.stack([(residual(u + e[:, None]) - now) / 1e-5 for e in step], axis=-1)
        normal = np.einsum("pti,ptj->pij", slopes, slopes)
        scale = np.einsum("pii->pi", normal) + 1e-9
        normal += np.eye(len(u)) * (damping[:, None] * scale)[:, :, None]
        move = np.linalg.solve(normal, np.einsum("pti,pt->pi", slopes, now)[..., None])[..., 0]
        tried = np.clip(u - move.T, -12.0, 12.0)
        after = residual(tried)
        better = (after**2).sum(axis=1) < cost
        u, now = np.where(better, tried, u), np.where(better[:, None], after, now)
        cost = (now**2).sum(axis=1)
        damping = np.clip(np.where(better, damping / 3.0, damping * 4.0), 1e-9, 1e9)
    return u, cost


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
    "damped ETS": each(damp),
    "AutoARIMA": each(arima),
    "AutoTheta": each(theta),
    "Bass alone": curve("Bass"),
    "logistic alone": curve("logistic"),
    "Gompertz alone": curve("Gompertz"),
    "boosting": boost,
}
PLANNED = "catch-up as planned"  # of internet use alone
