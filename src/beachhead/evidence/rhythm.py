"""How many markets a firm enters next year: a count regression.

    n ~ NegativeBinomial(mean m, shape k),    m = exp(a + b ln(1 + served) + c ln(years))

`served` is the number of markets served when the year begins, `years` the number since the first
entry: together they tell the firm's own pace so far. Without it, served alone says next to nothing.
a, b, c and k are the most likely ones of other firms (b and c under a Normal(0, 1) prior).

Source: Cameron and Trivedi (2013, chapter 3) for the regression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln

from beachhead.evidence.atlas import Array
from beachhead.evidence.entries import History
from beachhead.evidence.metrics import FEWEST_ENTRIES
from beachhead.evidence.waves import FIRST_SCORED, FROM_MARKET


@dataclass(frozen=True)
class Rhythm:
    """Parameters of the count regression: a, b, c, k of its equation."""

    level: float
    served: float
    years: float
    shape: float


@dataclass(frozen=True, eq=False)
class Years:
    """One firm, year by year from the one after its first entry on.

    Attributes
    ----------
    firm : str
    year, served, entered : array of int (year,)
        Markets served when the year began, and first entries in it.
    scored : array of bool (year,)
    """

    firm: str
    year: NDArray[np.int64]
    served: NDArray[np.int64]
    entered: NDArray[np.int64]
    scored: NDArray[np.bool_]

    def until(self, before: int | None) -> Years:
        """The years before `before`; all of them for None."""
        kept = np.full(len(self.year), True) if before is None else self.year < before
        return Years(
            self.firm, self.year[kept], self.served[kept], self.entered[kept], self.scored[kept]
        )


def count_years(histories: Sequence[History]) -> list[Years]:
    """Years of the firms whose lists are full and dated, up to the last to score or to move."""
    found = []
    for history in histories:
        firsts = sorted(history.first_entries.values())
        last = history.score_until or max(move.year for move in history.moves)
        years = np.arange(firsts[0] + 1, last + 1) if firsts else np.empty(0, int)
        if history.coverage == "listed" or history.undated or not len(years):
            continue
        earlier = np.array([sum(first < year for first in firsts) for year in years])
        found.append(Years(
            history.firm, years,
            np.array([len(history.present(int(year))) for year in years]),
            np.array([firsts.count(int(year)) for year in years]),
            (years >= FIRST_SCORED) & (earlier >= FROM_MARKET - 1),
        ))  # fmt: skip
    return found


def fit_rhythm(firms: Sequence[Years], *, served: bool = True, years: bool = True) -> Rhythm:
    """Parameters of the most likely model, without the terms that are left out."""
    used = np.array([1.0, served, years, 1.0])

    def read(theta: Array) -> Rhythm:
        level, slope, decline, shape = theta * used
        return Rhythm(float(level), float(slope), float(decline), float(np.exp(shape)))

    def loss(theta: Array) -> float:
        log_p = sum(forecast(read(theta), firm)[0].sum() for firm in firms)
        return float(0.5 * (theta[1:] ** 2).sum() - log_p)

    return read(minimize(loss, np.zeros(4), method="BFGS").x)


def forecast(rhythm: Rhythm, firm: Years) -> tuple[Array, Array]:
    """Log-likelihood and mean of each year's number, as of the year's beginning; axis year."""
    age = firm.year - firm.year.min(initial=9999) + 1
    value = rhythm.level + rhythm.served * np.log1p(firm.served) + rhythm.years * np.log(age)
    mean = np.exp(np.clip(value, -20.0, 10.0))
    k, n = rhythm.shape, firm.entered
    log_p = (
        gammaln(k + n) - gammaln(k) - gammaln(n + 1)
        + k * np.log(k / (k + mean)) + n * np.log(mean / (k + mean))
    )  # fmt: skip
    return log_p, mean


def score_rhythm(
    firms: Sequence[Years], fitted: Rhythm | None = None
) -> dict[str, dict[str, float]]:
    """Forecasts of each firm by the others' model, or by the one given, beside two simpler ones.

    Returns
    -------
    dict
        `model`, `served_alone` (without the years) and `constant` (all firms and years alike),
        each with `log_likelihood` (nats a year) and `mean_absolute_error` (markets); means over
        a firm's scored years, then over firms. `firms` and `years` count them.
    """
    kinds = {
        "model": (True, True),
        "served_alone": (True, False),
        "constant": (False, False),
    }
    rows: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    years = 0
    for firm in firms:
        others = [other for other in firms if other.firm != firm.firm]
        enough = firm.entered[firm.scored].sum() >= FEWEST_ENTRIES
        if not enough or not (others or fitted):
            continue
        years += int(firm.scored.sum())
        for kind, (served, since) in kinds.items():
            use = fitted if fitted is not None and kind == "model" else None
            if use is None and not others:
                continue
            rhythm = use or fit_rhythm(others, served=served, years=since)
            log_p, mean = forecast(rhythm, firm)
            error = np.abs(mean - firm.entered)
            rows[kind].append((log_p[firm.scored].mean(), error[firm.scored].mean()))
    told = {
        kind: dict(zip(("log_likelihood", "mean_absolute_error"),
                       np.mean(values, axis=0).tolist(), strict=True))
        for kind, values in rows.items() if values
    }  # fmt: skip
    return told | {"counted": {"firms": len(rows["model"]), "years": years}}


def to_data(rhythm: Rhythm) -> dict[str, float]:
    """As JSON."""
    return {key: round(value, 6) for key, value in asdict(rhythm).items()}


def expect_next(rhythm: Rhythm, history: History, year: int) -> float:
    """Mean number of markets that a firm enters in `year`, from its years before."""
    firsts = sorted(history.first_entries.values())
    years = np.arange(firsts[0] + 1, year + 1) if firsts else np.array([year])
    firm = Years(
        history.firm, years, np.array([len(history.present(int(y))) for y in years]),
        np.array([firsts.count(int(y)) for y in years]), np.full(len(years), False),
    )  # fmt: skip
    return float(forecast(rhythm, firm)[1][-1])
