"""Actual figures beside the fan of a plan's futures, and whether too many lie outside."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from beachhead.cases import quarters
from beachhead.cases.actuals import OF_FIRM, Actual

BAND = (0.05, 0.5, 0.95)
OUTSIDE = 1.0 - (BAND[2] - BAND[0])  # share of figures that may be expected outside
NEAR = 1e-9  # rounding: figures that differ by less are the same


@dataclass(frozen=True)
class Observation:
    """A figure beside its fan.

    `market`: ISO3 code, empty for figures of the firm. `low`, `middle`, `high`: 5 %, 50 % and 95 %
    points of the futures. `percentile`: share of futures below the actual, those equal to it
    counted half. `outside` of the band; `counted` among those that test the futures: figures of
    what was done as planned, whose fan has any width.
    """

    market: str
    quarter: str
    metric: str
    actual: float
    low: float
    middle: float
    high: float
    percentile: float
    outside: bool
    counted: bool


@dataclass(frozen=True)
class Calibration:
    """How many of `count` figures lie `outside`, and how unusual that is.

    `expected` outside; `chance`: share of the plan's own `worlds` futures in which as many of the
    same figures, or more, lie outside. Figures that move together do so in the futures too.
    """

    count: int
    outside: int
    expected: float
    chance: float
    worlds: int


def compare(
    futures: xr.Dataset, actuals: Iterable[Actual], astray: Collection[str]
) -> tuple[tuple[Observation, ...], Calibration]:
    """Each figure beside its fan, sorted, and the joint test of those that count.

    Parameters
    ----------
    futures : Dataset
        What `trace` returned for the plan.
    actuals : iterable of Actual
        Of any quarters; those beyond the horizon have no fan, nor have entries and exits.
    astray : collection of str
        Markets where other was done than planned. Where there are any, cash does not count.
    """
    observations, traces = [], []
    for a in sorted(actuals, key=lambda a: (a.market, a.metric, quarters.parse(a.quarter))):
        worlds = _find_worlds(futures, a)
        if worlds is None:
            continue
        near = NEAR * max(abs(a.value), float(np.abs(worlds).max()), 1e-9)
        low, middle, high = (float(x) for x in np.quantile(worlds, BAND))
        below, same = worlds < a.value - near, np.abs(worlds - a.value) <= near
        as_planned = a.market not in astray if a.market else not astray
        observations.append(
            Observation(
                market=a.market,
                quarter=a.quarter,
                metric=a.metric,
                actual=a.value,
                low=low,
                middle=middle,
                high=high,
                percentile=float(below.mean() + same.mean() / 2.0),
                outside=bool(a.value < low - near or a.value > high + near),
                counted=bool(as_planned and high - low > near),
            )
        )
        traces.append((worlds < low - near) | (worlds > high + near))
    return tuple(observations), _calibrate(observations, traces, futures.sizes["world"])


def _calibrate(
    observations: list[Observation], traces: list[NDArray[np.bool_]], worlds: int
) -> Calibration:
    """The test by rank: were the firm one more of the futures, its count would be any of theirs."""
    counted = [trace for one, trace in zip(observations, traces, strict=True) if one.counted]
    outside = sum(one.outside for one in observations if one.counted)
    as_many = worlds if not counted else int((np.sum(counted, axis=0) >= outside).sum())
    return Calibration(
        count=len(counted),
        outside=outside,
        expected=OUTSIDE * len(counted),
        chance=(1 + as_many) / (1 + worlds),
        worlds=worlds,
    )


def _find_worlds(futures: xr.Dataset, a: Actual) -> NDArray[np.float64] | None:
    """What the futures say of a figure, axis world; None where they say nothing of its kind."""
    if a.metric in ("entered", "exited") or a.quarter not in futures["quarter"].values:
        return None
    if a.metric in OF_FIRM:
        if a.metric not in futures:
            return None
        return np.asarray(futures[a.metric].sel(quarter=a.quarter).values, dtype=np.float64)
    if a.market not in futures["market"].values:  # not planned: nothing is sold in any future
        return np.zeros(futures.sizes["world"])
    at = futures.sel(quarter=a.quarter, market=a.market)
    if a.metric == "share":
        whole = at["category"].values
        return np.asarray(at["units"].values / np.where(whole > 0.0, whole, 1.0))
    return np.asarray(at[a.metric].values, dtype=np.float64)
