"""What entry histories say of exits, pace and haste.

Spells run from an entry to an exit or to the end of the record. Their hazard is that of E8 with
mode, distance, knowledge and margin left out: a level and a slope over the log of age in quarters.
Years only are known: an entry counts as made at the middle of its year, and an exit as made at any
time of its year. Firms differ by a factor of their own (gamma frailty).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln

from beachhead.mechanisms.exit import Exit, log_hazard
from beachhead.quantities import declared

Floats = NDArray[np.float64]
Ints = NDArray[np.int_]

FIRST_YEAR = 2  # quarters at risk in the year of entry
YEAR = 4


class Spell(NamedTuple):
    """A firm's stay in a market: years of entry and exit, None while it stays; last year seen."""

    firm: str
    market: str
    enter: int
    leave: int | None
    until: int


@dataclass(frozen=True)
class Cells:
    """A row for each calendar year in which a market could have been left.

    Attributes
    ----------
    firm : array of int
        Number of the firm.
    year, entered : array of int
        Calendar year, and that of the entry.
    young, old : array of int
        Age in quarters at the start and at the end of the time at risk.
    left : array of int
        1 in the year of the exit.
    """

    firm: Ints
    year: Ints
    entered: Ints
    young: Ints
    old: Ints
    left: Ints

    def where(self, keep: NDArray[np.bool_]) -> Cells:
        """Only the rows kept."""
        return Cells(*(getattr(self, field.name)[keep] for field in fields(self)))


class Estimate(NamedTuple):
    """Most likely values of some parameters and their covariance by Laplace."""

    values: Floats
    covariance: Floats
    log_likelihood: float

    def interval(self, place: int, width: float = 1.6449) -> tuple[float, float]:
        """Between -`width` and +`width` standard deviations: 90 % by default."""
        sd = float(np.sqrt(self.covariance[place, place]))
        return float(self.values[place]) - width * sd, float(self.values[place]) + width * sd


def spells(rows: Sequence[tuple[str, str, int, str]], until: int) -> list[Spell]:
    """Stays from rows (firm, market, year, event), seen to the end of the year `until`.

    A return after an exit begins a new stay. Events after `until` have not happened.
    """
    made: list[Spell] = []
    open_at: dict[tuple[str, str], int] = {}
    for firm, market, year, event in sorted(rows, key=lambda row: (row[0], row[1], row[2])):
        if year > until:
            continue
        if event == "exit":
            made.append(Spell(firm, market, open_at.pop((firm, market)), year, until))
        else:
            open_at[firm, market] = year
    made += [Spell(*key, year, None, until) for key, year in open_at.items()]
    return sorted(made, key=lambda spell: spell[:3])


def cells(stays: Sequence[Spell]) -> tuple[Cells, list[str]]:
    """The years at risk of all stays, and the firms in the order of their numbers."""
    firms = sorted({stay.firm for stay in stays})
    rows = []
    for stay in stays:
        last = stay.until if stay.leave is None else stay.leave
        for year in range(stay.enter, last + 1):
            young = max(0, FIRST_YEAR + YEAR * (year - stay.enter - 1))
            old = FIRST_YEAR + YEAR * (year - stay.enter)
            gone = int(stay.leave == year)
            rows.append((firms.index(stay.firm), year, stay.enter, young, old, gone))
    return Cells(*np.array(rows, dtype=int).reshape(-1, 6).T), firms


def life_table(table: Cells, ages: Sequence[int]) -> list[tuple[int, int, int, float]]:
    """Exits and years at risk between ages (in years since entry, by calendar years).

    Returns rows (from, before, exits, years at risk).
    """
    age = table.year - table.entered
    risk = (table.old - table.young) / YEAR
    rows = []
    for low, high in pairwise(ages):
        here = (age >= low) & (age < high)
        rows.append((low, high, int(table.left[here].sum()), float(risk[here].sum())))
    return rows


def cumulative(level: float, slope: float, quarters: int) -> Floats:
    """Cumulative hazard of E8 at ages 0, 1 ... `quarters`, all else at its neutral value."""
    with jax.enable_x64(True):
        neutral = {name.partition(".")[2]: jnp.zeros(()) for name in declared(Exit)}
        neutral["age"] = jnp.asarray(slope)
        none = jnp.zeros(quarters)
        ages = jnp.arange(quarters)
        rate = log_hazard(Exit(**neutral), jnp.asarray(level), ages, none, none, none, none)
        return np.concatenate([[0.0], np.cumsum(np.exp(np.asarray(rate)))])


def survival(level: float, slope: float, years: Sequence[int]) -> Floats:
    """Part that is still there after some years."""
    total = cumulative(level, slope, YEAR * max(years))
    return np.exp(-total[YEAR * np.asarray(years)])


def level_of(first_year: float, slope: float) -> float:
    """Level of E8 at which the chance of leaving within the first year is `first_year`."""
    return float(np.log(-np.log1p(-first_year)) - np.log(cumulative(0.0, slope, YEAR)[-1]))


def expected(level: float, slope: float, table: Cells) -> Floats:
    """Exits expected in each row."""
    total = cumulative(level, slope, int(table.old.max()))
    return total[table.old] - total[table.young]


def log_likelihood(mean: Floats, table: Cells, shape: float, firms: int) -> float:
    """Of the exits in each row given their `mean`, firms differing by a gamma factor.

    The factor has mean 1 and variance 1 / `shape`; infinite: all firms alike. Exits are rare
    enough to count as Poisson.
    """
    leave = float(np.log(mean[table.left == 1]).sum())
    if np.isinf(shape):
        return leave - float(mean.sum())
    exits = np.bincount(table.firm, table.left, minlength=firms)
    risk = np.bincount(table.firm, mean, minlength=firms)
    factor = (
        gammaln(shape + exits)
        - gammaln(shape)
        + shape * np.log(shape)
        - (shape + exits) * np.log(shape + risk)
    )
    return leave + float(factor.sum())


def fit_exits(
    table: Cells, firms: int, detection: Callable[[Ints], Floats] | None = None
) -> Estimate:
    """Level, slope and log shape of the frailty.

    `detection` gives the part of exits that the record holds, by age in years; all by default.
    Wide priors: slope Normal(-.5, 1), log shape Normal(0, 1); none for the level.
    """
    seen = np.ones(len(table.year)) if detection is None else detection(table.year - table.entered)

    def negative(x: Floats) -> float:
        mean = seen * expected(x[0], x[1], table)
        prior = -0.5 * (x[1] + 0.5) ** 2 - 0.5 * x[2] ** 2
        return -log_likelihood(mean, table, float(np.exp(x[2])), firms) - prior

    estimate = climb(negative, np.array([-5.0, -0.5, 0.0]))
    mean = seen * expected(estimate.values[0], estimate.values[1], table)
    likelihood = log_likelihood(mean, table, float(np.exp(estimate.values[2])), firms)
    return estimate._replace(log_likelihood=likelihood)


def fit_within_firms(
    table: Cells, covariate: Floats, firms: int, effect: float | None = None
) -> Estimate:
    """Slope over age and effect of `covariate`, from comparisons within a firm alone.

    Given that a firm left a market, which market and year was it? Whatever differs between firms,
    how often they leave and how fully it was recorded among it, drops out. Firms without an exit
    say nothing. Slope Normal(-.5, 1); the effect has no prior. Where `effect` is given, only the
    slope is sought. Its log-likelihood is without the prior.
    """

    def point(x: Floats) -> Floats:
        return x if effect is None else np.array([x[0], effect])

    def negative(x: Floats) -> float:
        return 0.5 * (x[0] + 0.5) ** 2 - _within(point(x), table, covariate, firms)

    estimate = climb(negative, np.array([-0.5, 0.0] if effect is None else [-0.5]))
    likelihood = _within(point(estimate.values), table, covariate, firms)
    return estimate._replace(log_likelihood=likelihood)


def _within(x: Floats, table: Cells, covariate: Floats, firms: int) -> float:
    mean = expected(0.0, x[0], table) * np.exp(x[1] * covariate)
    whole = np.bincount(table.firm, mean, minlength=firms)
    left = table.left == 1
    return float(np.log(mean[left] / whole[table.firm[left]]).sum())


def fit_counts(counts: Ints, design: Floats) -> Estimate:
    """Negative binomial regression: coefficients of the log mean, then the log shape.

    Coefficients Normal(0, 2), log shape Normal(0, 2): wide.
    """

    def negative(x: Floats) -> float:
        mean, shape = np.exp(design @ x[:-1]), np.exp(x[-1])
        likelihood = (
            gammaln(counts + shape)
            - gammaln(shape)
            - gammaln(counts + 1)
            + shape * np.log(shape / (shape + mean))
            + counts * np.log(mean / (shape + mean))
        )
        return -float(likelihood.sum()) + 0.125 * float(x @ x)

    return climb(negative, np.zeros(design.shape[1] + 1))


def climb(negative: Callable[[Floats], float], start: Floats) -> Estimate:
    """Minimum of a smooth function and the inverse of its second derivatives there."""
    step, size = 1e-3, len(start)
    # Left to itself it begins with a step of 0.00025 along what starts at 0, and takes thousands.
    first = start + 0.5 * np.eye(size + 1, size, -1)
    best = minimize(
        negative, start, method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-8, "maxiter": 20000, "initial_simplex": first},
    ).x  # fmt: skip
    axes = step * np.eye(size)
    hessian = np.array(
        [
            [
                negative(best + a + b)
                - negative(best + a - b)
                - negative(best - a + b)
                + negative(best - a - b)
                for b in axes
            ]
            for a in axes
        ]
    ) / (4.0 * step**2)
    return Estimate(best, np.linalg.inv(hessian), -negative(best))
