"""Forecasts of categories against what happened: from origin after origin, method by method.

A country enters at an origin with a figure of that year and at least six up to it. Everything that
a forecast uses, its interval and the choice of its method too, is of the origin or before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from beachhead.calibration.forecasting import NAMES, Rolling
from beachhead.calibration.histories import (
    CATEGORIES,
    HORIZONS,
    WINNERS,
    Floats,
    Histories,
    read_histories,
)
from beachhead.data import Panel
from beachhead.errors import InputError, Problem

ORIGINS = (2012, 2015, 2018)
LEVELS = (0.5, 0.8, 0.95)
PICKED = "picked at the origin"  # the method that had done best by then
SIMPLE = ("last value", "drift, 3 years")
DRAWS, SEED = 2000, 1  # of the bootstrap over countries

ERRORS = {
    "series": pl.String,
    "method": pl.String,
    "origin": pl.Int32,
    "horizon": pl.Int32,
    "iso3": pl.String,
    "forecast": pl.Float64,
    "actual": pl.Float64,
    **{f"margin{level:.0%}": pl.Float64 for level in LEVELS},
}


@dataclass(frozen=True)
class Scores:
    """Forecasts beside outcomes.

    Attributes
    ----------
    origins : tuple of int
        From which was forecast.
    panel : str
        SHA-256 of what was visible on the panel.
    errors : polars.DataFrame
        One row per series, method, origin, horizon (years ahead) and country whose outcome is
        known: forecast, actual, and half widths of the intervals (NaN for methods without).
    picked : tuple of (series, origin, method)
        The method that had done best before each origin.
    """

    origins: tuple[int, ...]
    panel: str
    errors: pl.DataFrame
    picked: tuple[tuple[str, int, str], ...]


def score_forecasts(
    panel: Panel,
    series: Sequence[str] = tuple(CATEGORIES),
    origins: Sequence[int] = ORIGINS,
    methods: Sequence[str] = NAMES,
) -> Scores:
    """The product's own forecasts of categories, scored at several origins.

    Raises
    ------
    InputError
        With every category that is not known, and every origin with too few figures before it or
        no outcome after it.
    """
    known: dict[str, Histories] = {}
    problems: list[Problem] = []
    for name in series:
        try:
            known[name] = read_histories(panel, name)
        except InputError as error:
            problems += error.problems
    for name, histories in known.items():
        for origin in origins:
            if not histories.years[0] + 6 <= origin < histories.origin:
                first, last = histories.years[0] + 6, histories.origin - 1
                fix = f"Take one from {first} to {last}."
                problems.append(Problem(f"no origin of forecasts {origin}", name, fix))
    if problems:
        raise InputError(*problems)
    rows: list[tuple[object, ...]] = []
    picked = []
    for name, histories in known.items():
        rolling = Rolling(histories)
        for origin in origins:
            best = rolling.pick(origin, methods)
            picked.append((name, origin, best))
            for method in (*methods, PICKED):
                used = best if method == PICKED else method
                at, ahead = rolling.at(origin, used)
                margins = rolling.margins(origin, used, LEVELS)
                rows += compare(histories, at, method, ahead, margins)
    errors = pl.DataFrame(rows, schema=ERRORS, orient="row")
    return Scores(tuple(origins), panel.digest, errors, tuple(picked))


def compare(
    histories: Histories,
    at: Histories,
    method: str,
    ahead: Floats,
    margins: Floats | None = None,
) -> Iterator[tuple[object, ...]]:
    """Rows of `Scores.errors` for forecasts (market, horizon) made with what was known `at` an
    origin; `margins` (level, market, horizon).
    """
    outcomes = Rolling(histories).outcomes(at.origin, at.markets, histories.origin)
    widths = np.full((len(LEVELS), *ahead.shape), np.nan) if margins is None else margins
    for row, horizon in zip(*np.nonzero(~np.isnan(outcomes)), strict=True):
        yield (
            at.category.series,
            method,
            at.origin,
            int(horizon) + 1,
            at.markets[row],
            float(ahead[row, horizon]),
            float(outcomes[row, horizon]),
            *(float(width[row, horizon]) for width in widths),
        )


def with_rivals(scores: Scores, rows: Sequence[tuple[object, ...]]) -> Scores:
    """The same with forecasts of other methods, as rows from `compare`."""
    more = pl.DataFrame(rows, schema=ERRORS, orient="row")
    return replace(scores, errors=pl.concat([scores.errors, more]))


def mean_errors(scores: Scores, series: str) -> pl.DataFrame:
    """Mean absolute errors of each method in the unit of the series, as the methods come.

    Columns: method; `1` .. `5` years ahead over all origins; `mean` of these; `bias`, the mean of
    forecast less outcome; and for each origin the mean over horizons.
    """
    errors = scores.errors.filter(pl.col("series") == series)
    missed = pl.col("forecast") - pl.col("actual")
    each = errors.with_columns(missed=missed)
    ahead = [str(horizon) for horizon in range(1, HORIZONS + 1)]
    rows = []
    for method in errors["method"].unique(maintain_order=True):
        mine = each.filter(pl.col("method") == method)
        row: dict[str, object] = {"method": method}
        by = _by_horizon(mine)
        row |= {name: by.get(int(name)) for name in ahead}
        row["mean"] = float(np.mean(list(by.values())))
        row["bias"] = float(np.mean(mine["missed"].to_numpy()))
        for origin in scores.origins:
            row[str(origin)] = float(
                np.mean(list(_by_horizon(mine.filter(pl.col("origin") == origin)).values()))
            )
        rows.append(row)
    return pl.DataFrame(rows)


def _by_horizon(errors: pl.DataFrame) -> Mapping[int, float]:
    # In the order of the rows: polars adds up a group in whatever order its threads come.
    horizon, missed = errors["horizon"].to_numpy(), np.abs(errors["missed"].to_numpy())
    return {int(each): float(missed[horizon == each].mean()) for each in np.unique(horizon)}


def coverage(scores: Scores, series: str) -> pl.DataFrame:
    """How many outcomes fell within the intervals of each method that has some.

    Columns: method; `50%`, `80%`, `95%`: shares covered over all origins and horizons; `width`:
    mean width of the 80 % interval in the unit of the series; for each origin the share that the
    80 % interval covered.
    """
    errors = scores.errors.filter((pl.col("series") == series) & pl.col("margin80%").is_not_nan())
    missed = (pl.col("forecast") - pl.col("actual")).abs()
    inside = [(missed <= pl.col(f"margin{level:.0%}")).alias(f"{level:.0%}") for level in LEVELS]
    each = errors.with_columns(inside)
    rows = []
    for method in errors["method"].unique(maintain_order=True):
        mine = each.filter(pl.col("method") == method)
        row: dict[str, object] = {"method": method}
        row |= {f"{level:.0%}": mine[f"{level:.0%}"].mean() for level in LEVELS}
        row["width"] = 2.0 * float(np.mean(mine["margin80%"].to_numpy()))
        for origin in scores.origins:
            row[str(origin)] = mine.filter(pl.col("origin") == origin)["80%"].mean()
        rows.append(row)
    return pl.DataFrame(rows)


def covered_by_horizon(scores: Scores, series: str, method: str) -> pl.DataFrame:
    """Share of outcomes within a method's 80 % interval: a row per origin, columns years ahead."""
    errors = scores.errors.filter((pl.col("series") == series) & (pl.col("method") == method))
    inside = ((pl.col("forecast") - pl.col("actual")).abs() <= pl.col("margin80%")).mean()
    shares = errors.group_by("origin", "horizon").agg(inside=inside).sort("origin", "horizon")
    return shares.pivot(on="horizon", index="origin", values="inside")


def difference(scores: Scores, series: str, method: str, other: str) -> tuple[float, float, float]:
    """Mean absolute error of a method less another's, and its 95 % interval, by resampling
    countries; the years are taken as given, so the interval is too narrow.
    """
    errors = scores.errors.filter(pl.col("series") == series).with_columns(
        missed=(pl.col("forecast") - pl.col("actual")).abs()
    )
    keys = ["iso3", "origin", "horizon"]
    both = (
        errors.filter(pl.col("method") == method)
        .select(*keys, "missed")
        .join(errors.filter(pl.col("method") == other).select(*keys, "missed"), on=keys)
        .with_columns(gap=pl.col("missed") - pl.col("missed_right"))
    )
    codes = sorted(both["iso3"].unique())
    row = {code: number for number, code in enumerate(codes)}
    total, count = np.zeros((len(codes), HORIZONS)), np.zeros((len(codes), HORIZONS))
    for iso3, horizon, gap in both.select("iso3", "horizon", "gap").iter_rows():
        total[row[iso3], horizon - 1] += gap
        count[row[iso3], horizon - 1] += 1
    drawn = np.random.default_rng(SEED).multinomial(
        len(codes), np.full(len(codes), 1.0 / len(codes)), size=DRAWS
    )
    means = ((drawn @ total) / (drawn @ count)).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float((total.sum(axis=0) / count.sum(axis=0)).mean()), float(low), float(high)


def winner(series: str) -> str:
    """The method that serves a series."""
    return WINNERS[series]
