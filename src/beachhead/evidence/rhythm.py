"""How many markets a firm enters next year: a discounted count model.

    n_t ~ Poisson(r_t m_t),    m_t = exp(a + b ln(1 + served_t))

The firm's own tempo r has mean 1 over firms and is learned from its own earlier years t' < t, of
which older ones count less: r_t ~ Gamma(c + sum d^(t-t') n_t', c + sum d^(t-t') m_t'). The forecast
is therefore negative binomial. a, b, c and the discount d are fitted to other firms by maximum
likelihood of those one-year forecasts.

Source: Harvey and Fernandes (1989) for counts with a gamma tempo and a discount.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, gammaln

from beachhead.evidence.atlas import Array
from beachhead.evidence.entries import History
from beachhead.evidence.metrics import FEWEST_ENTRIES
from beachhead.evidence.waves import FIRST_SCORED, FROM_MARKET


@dataclass(frozen=True)
class Rhythm:
    """Parameters of the count model: a, b, c, d of its equations."""

    level: float
    growth: float
    likeness: float
    memory: float


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
    """Years of the firms whose lists are full, up to the last to score or the last move."""
    found = []
    for history in histories:
        firsts = sorted(history.first_entries.values())
        last = history.score_until or max(move.year for move in history.moves)
        years = np.arange(firsts[0] + 1, last + 1) if firsts else np.empty(0, int)
        if history.coverage == "listed" or not len(years):
            continue
        earlier = np.array([sum(first < year for first in firsts) for year in years])
        found.append(Years(
            history.firm, years,
            np.array([len(history.present(int(year))) for year in years]),
            np.array([firsts.count(int(year)) for year in years]),
            (years >= FIRST_SCORED) & (earlier >= FROM_MARKET - 1),
        ))  # fmt: skip
    return found


def fit_rhythm(firms: Sequence[Years], *, growing: bool = True, own: bool = True) -> Rhythm:
    """Parameters of the most likely model.

    `growing`: whether the number served counts; `own`: whether a firm's own years do.
    """

    def read(theta: Array) -> Rhythm:
        growth = theta[2] if growing else 0.0
        memory = float(expit(theta[3])) if own else 0.0
        return Rhythm(float(theta[0]), float(growth), float(np.exp(theta[1])), memory)

    def loss(theta: Array) -> float:
        log_p = sum(forecast(read(theta), firm)[0].sum() for firm in firms)
        weak = 0.5 * ((theta - (0.0, 0.0, 0.5, 1.0)) ** 2 / 9.0).sum()
        return float(weak - log_p)

    found = minimize(loss, np.array([0.0, 0.0, 0.5, 1.0]), method="Nelder-Mead",
                     options={"xatol": 1e-4, "fatol": 1e-6, "maxiter": 2000})  # fmt: skip
    return read(found.x)


def forecast(rhythm: Rhythm, firm: Years) -> tuple[Array, Array]:
    """Log-likelihood and mean of each year's number, as of the year's beginning; axis year."""
    mean = np.exp(np.clip(rhythm.level + rhythm.growth * np.log1p(firm.served), -20, 20))
    shape = rate = rhythm.likeness
    log_p, expected = np.empty(len(mean)), np.empty(len(mean))
    for at, (m, n) in enumerate(zip(mean, firm.entered, strict=True)):
        p = rate / (rate + m)
        log_p[at] = (
            gammaln(shape + n) - gammaln(shape) - gammaln(n + 1)
            + shape * np.log(p) + n * np.log1p(-p)
        )  # fmt: skip
        expected[at] = m * shape / rate
        shape = rhythm.likeness + rhythm.memory * (shape - rhythm.likeness + n)
        rate = rhythm.likeness + rhythm.memory * (rate - rhythm.likeness + m)
    return log_p, expected


def score_rhythm(firms: Sequence[Years], fitted: Rhythm | None = None) -> dict[str, dict[str, float]]:
    """Forecasts of each firm by the others' model, or by the one given, beside two simpler ones.

    Returns
    -------
    dict
        `model`, `served` (the number served alone) and `constant` (all firms and years alike),
        each with `log_likelihood` (nats a year) and `mean_absolute_error` (markets); means over
        a firm's scored years, then over firms. `firms` and `years` count them.
    """
    kinds = {
        "model": {"growing": True, "own": True},
        "served": {"growing": True, "own": False},
        "constant": {"growing": False, "own": False},
    }
    rows: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    years = 0
    for firm in firms:
        others = [other for other in firms if other.firm != firm.firm]
        enough = firm.entered[firm.scored].sum() >= FEWEST_ENTRIES
        if not enough or not (others or fitted):
            continue
        years += int(firm.scored.sum())
        for kind, how in kinds.items():
            use = fitted if fitted is not None and kind == "model" else None
            if use is None and not others:
                continue
            rhythm = use or fit_rhythm(others, growing=how["growing"], own=how["own"])
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
