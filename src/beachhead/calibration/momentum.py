"""Forecasts that take the past on: the last value, a drift, and what other countries did next.

The last two are pooled over countries and no diffusion models. Each learns how much a category
rises in 1, 2, .. years after a country has stood at a level, with the rises of the last one,
three and five years behind it. `regress` fits a curve through all such country-years;
`find_analogues` takes the middle of the nearest ones: what countries that stood where this one
stands did next.

Source: drift and last value as in Hyndman and Athanasopoulos (2021), Forecasting: Principles and
Practice, 5.2; direct regressions for each horizon as in Marcellino, Stock and Watson (2006);
analogues as in Lorenz (1969).
Proof: tests/calibration/test_momentum.py, docs/proof/forecasts.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from beachhead.calibration.histories import HORIZONS, Floats, Histories

SPANS = (1, 3, 5)  # years over which rises are measured
NEAREST = 60  # country-years whose rise is taken
FEWEST = 100  # country-years from which a horizon is learned
LEAST = 3  # figures that a country-year needs up to it to be learned from
DISCOUNT = 0.85  # weight of a country-year over that of one a year later
RIDGE = 5.0  # of standardised terms
ROUNDS = 30  # of reweighting
ACROSS = 0.5  # distance between two regions, and weight of income: half a standard deviation's


def last_value(histories: Histories, horizons: int = HORIZONS) -> Floats:
    """The figure of the origin, for every year ahead: (market, horizon)."""
    return np.repeat(histories.last[:, None], horizons, axis=1)


def drift(histories: Histories, years: int, horizons: int = HORIZONS) -> Floats:
    """The figure of the origin and its mean yearly change so far: (market, horizon).

    The change is that of the last `years` years, of fewer where the history is shorter.
    """
    rise = _rise(histories.levels, histories.levels.shape[1] - 1, years)
    return np.asarray(histories.last[:, None] + rise[:, None] * np.arange(1, horizons + 1))


def regress(histories: Histories, horizons: int = HORIZONS) -> Floats:
    """Rise after level, rises so far, income and region, by least absolute errors.

    A ridge regression for each horizon over all country-years whose outcome is known, reweighted
    so that it approaches the median of what follows. (market, horizon), not clipped.
    """
    most = histories.category.most

    def terms(places: Places) -> Floats:
        level, one, three, five, income = places.numbers.T
        full = level / most
        curved = [level * full, three * full, one * full, five * full, full * income]
        return np.column_stack([places.numbers, *curved, three * income, places.region])

    def rises(known: Places, rise: Floats, age: Floats, now: Places) -> Floats:
        x = terms(known)
        middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
        x = np.column_stack([np.ones(len(x)), (x - middle) / spread])
        penalty = RIDGE * np.diag([0.0, *np.ones(x.shape[1] - 1)])
        given = DISCOUNT**age
        weight = given
        for _ in range(ROUNDS):
            slopes = np.linalg.solve(x.T @ (weight[:, None] * x) + penalty, x.T @ (weight * rise))
            missed = np.abs(rise - x @ slopes)
            usual = np.median(missed) + 1e-9
            weight = given * np.minimum(1.0, usual / np.maximum(missed, 1e-9))
        ahead = (terms(now) - middle) / spread
        return np.asarray(slopes[0] + ahead @ slopes[1:])

    return learn(histories, horizons, rises)


def find_analogues(histories: Histories, horizons: int = HORIZONS) -> Floats:
    """Median rise of the nearest country-years: (market, horizon), not clipped.

    Near in level, rises so far, income and region, each in standard deviations.
    """

    def rises(known: Places, rise: Floats, age: Floats, now: Places) -> Floats:
        spread = known.numbers.std(axis=0) + 1e-9
        weight = np.array([1.0, 1.0, 1.0, 1.0, ACROSS]) / spread
        there = np.column_stack([known.numbers * weight, ACROSS * known.region])
        here = np.column_stack([now.numbers * weight, ACROSS * now.region])
        far = ((here[:, None] - there[None]) ** 2).sum(axis=-1)
        near = np.argsort(far, axis=1, kind="stable")[:, :NEAREST]
        return np.asarray(np.median(rise[near], axis=1))

    return learn(histories, horizons, rises)


class Places(NamedTuple):
    """Where country-years stand: level, rises of `SPANS`, income; and region as columns of 0, 1."""

    numbers: Floats
    region: Floats


# Rise of each country by one horizon, from the country-years known, their rise and age, and
# where the countries stand now.
Rises = Callable[[Places, Floats, Floats, Places], Floats]


def learn(histories: Histories, horizons: int, rises: Rises) -> Floats:
    """Figure of the origin and the rise of each horizon.

    A horizon for which too few outcomes are known goes on from the one before it in proportion.
    """
    years = histories.levels.shape[1]
    now = _stand(histories, years - 1, np.ones(len(histories.markets), dtype=bool))
    ahead = np.zeros((len(histories.markets), horizons))
    for horizon in range(1, horizons + 1):
        known, rise, age = _outcomes(histories, horizon)
        if rise.size >= FEWEST:
            ahead[:, horizon - 1] = rises(known, rise, age, now)
        elif horizon > 1:
            ahead[:, horizon - 1] = ahead[:, horizon - 2] * horizon / (horizon - 1)
        else:
            ahead[:, 0] = drift(histories, 3, 1)[:, 0] - histories.last
    return np.asarray(histories.last[:, None] + ahead)


def _outcomes(histories: Histories, horizon: int) -> tuple[Places, Floats, Floats]:
    """Country-years whose figure `horizon` years later is known; that rise; years since then."""
    actual, years = histories.actual, histories.actual.shape[1]
    parts: list[tuple[Places, Floats, Floats]] = []
    for year in range(LEAST - 1, years - horizon):
        rise = actual[:, year + horizon] - actual[:, year]
        seen = (~np.isnan(actual[:, : year + 1])).sum(axis=1) >= LEAST
        rows = seen & ~np.isnan(rise)
        age = np.full(int(rows.sum()), float(years - 1 - horizon - year))
        parts.append((_stand(histories, year, rows), rise[rows], age))
    if not parts:
        nowhere = _stand(histories, years - 1, np.zeros(len(histories.markets), dtype=bool))
        return nowhere, np.zeros(0), np.zeros(0)
    places, rises, ages = zip(*parts, strict=True)
    together = Places(*(np.concatenate(part) for part in zip(*places, strict=True)))
    return together, np.concatenate(rises), np.concatenate(ages)


def _stand(histories: Histories, year: int, rows: NDArray[np.bool_]) -> Places:
    """Where the countries `rows` stand in the year of this number."""
    levels = histories.levels
    rises = [_rise(levels, year, span) for span in SPANS]
    numbers = np.column_stack([levels[:, year], *rises, histories.income[:, year]])
    known = sorted(set(histories.regions))
    region = np.array([[name == other for other in known] for name in histories.regions], float)
    return Places(numbers[rows], region[rows])


def _rise(levels: Floats, year: int, span: int) -> Floats:
    """Mean yearly change of the last `span` years, of fewer where the history is shorter."""
    rise = np.full(len(levels), np.nan)
    for years in range(1, min(span, year) + 1):
        change = (levels[:, year] - levels[:, year - years]) / years
        rise = np.where(np.isnan(change), rise, change)
    return rise
