"""E13 A number that no feasible open-loop schedule's objective exceeds.

Three relaxations, each of which can only raise the value:

1. *Optimistic ties.* Every market is valued on its own with couplings at least as good as any
   schedule within the limits can bring (`decoupled.optimistic_couplings`), and may leave at the
   best moment that its draws allow. All mechanisms are monotone in these couplings.
2. *One measure of the worlds.* CVaR is the least mean over all measures Q' with density at most
   1/tail, so for any one of them J <= (1 - omega) E[V] + omega E_Q'[V], whatever the schedule. The
   worst worlds of the incumbent are used.
3. *Multipliers for the limits.* With a price on teams and on the other limits that tie markets,
   each market chooses its best entry alone. Any prices >= 0 give a bound; those of the linear
   programme are the best. The programme may be solved loosely: the bound is computed from its
   prices, not from its word.

Cash is not limited in the relaxation, and targets are not demanded. The bound covers the worlds of
the search, and schedules without gates. With `gates` it is a wait-and-see bound over schedules with
gates too: a market that may wait for a gate keeps its date and its teams in all worlds, but is
entered in just those in which that pays.

Source: Lagrangian relaxation as in Kimms (2001); Rockafellar and Uryasev (2000).
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from beachhead.mechanisms.staffing import staffing
from beachhead.planning.decoupled import (
    best_knowledge,
    most_teams,
    optimistic_couplings,
    tabulate,
)
from beachhead.planning.limits import YEAR, Setting
from beachhead.simulation.state import NEVER

Floats = NDArray[np.float64]

KIND = "all schedules fixed in advance, on the worlds of the search; cash not limited"
WAIT_AND_SEE = (
    "all schedules with gates that know the world, on the worlds of the search; cash not limited"
)


@dataclass(frozen=True)
class Columns:
    """Entries that a relaxed schedule may choose, axis column.

    `market`, `quarter`, `option` of the entry, its optimistic `value`, and `rows`, the limits that
    it uses, axes (limit, column), with their right-hand sides `room` (axis limit). `demanded`:
    axis market, whether one of its columns must be taken.
    """

    market: NDArray[np.int64]
    quarter: NDArray[np.int64]
    option: NDArray[np.int64]
    value: Floats
    rows: sparse.csr_matrix
    room: Floats
    demanded: NDArray[np.bool_]


@dataclass(frozen=True)
class Relaxation:
    """The bound and the schedule that the relaxation would choose, for the search to start from.

    `enter`, `option`: axis market, of the entries taken by more than half.
    """

    bound: float
    enter: NDArray[np.int32]
    option: NDArray[np.int32]


def measure(values: Floats, aversion: float, tail: float) -> Floats:
    """Probabilities under which the mean of `values` is their mean-CVaR objective, axis world."""
    count = values.shape[0]
    order = np.argsort(values, kind="stable")
    weight = np.clip(tail * count - np.arange(count), 0.0, 1.0) / (tail * count)
    worst = np.empty(count)
    worst[order] = weight
    return (1.0 - aversion) / count + aversion * worst


def relax(
    setting: Setting, incumbent: Floats, aversion: float, tail: float, *, gates: bool = False
) -> Relaxation:
    """Bound on J over all schedules that keep the limits.

    Parameters
    ----------
    setting : Setting
        Of the search's worlds.
    incumbent : array
        Value V of the best schedule known in each world; any choice gives a valid bound.
    aversion, tail : float
        Of the objective.
    gates : bool
        Whether schedules with gates are covered too, by letting each market that may wait be
        entered in just the worlds in which that pays.
    """
    weights = jnp.asarray(measure(incumbent, aversion, tail), setting.problem.people.dtype)
    given = optimistic_couplings(setting, setting.limits)
    table, held = tabulate(setting, given, weights, optimistic=True, gates=gates)
    columns = _lay_out(setting, table)
    prices, taken = _solve(columns)
    bound = held.sum() + _price_out(columns, prices)
    enter = np.full(setting.limits.last.size, NEVER, dtype=np.int32)
    option = np.zeros(enter.size, dtype=np.int32)
    for column in np.flatnonzero(taken > 0.5):
        enter[columns.market[column]] = columns.quarter[column]
        option[columns.market[column]] = columns.option[column]
    return Relaxation(float(bound), enter, option)


def _lay_out(setting: Setting, table: Floats) -> Columns:
    """Columns worth choosing, and the limits that they use."""
    limits, problem = setting.limits, setting.problem
    quarters, _, markets = table.shape
    demanded = np.asarray(limits.required)[:markets] > 0
    worth = np.isfinite(table) & ((table > 0.0) | demanded)
    # Who waits for a market may need it even where it loses money.
    needed = np.zeros(markets, dtype=bool)
    needed[np.asarray(limits.earlier)] = True
    worth |= np.isfinite(table) & needed
    quarter, option, market = np.nonzero(worth)
    value = table[quarter, option, market]

    preparation = np.asarray(problem.options.preparation)[market, option]
    _, familiar = best_knowledge(problem, limits, setting.central)
    begin = quarter - preparation
    need = np.asarray(
        staffing(
            setting.central.staffing.unfamiliar,
            problem.options.teams[option],
            familiar[begin, market],
        )
    )
    clock = np.arange(quarters)[:, None]
    teams = np.where((clock >= begin) & (clock < quarter), need, 0.0)
    blocks = [sparse.csr_matrix(teams)]
    room = [np.asarray(most_teams(problem, limits), dtype=float) + 1e-6]
    apart = np.asarray(limits.apart)[:, :markets]
    blocks.append(sparse.csr_matrix(apart[:, market]))
    room.append(np.ones(apart.shape[0]))
    if int(limits.most) < markets:
        blocks.append(sparse.csr_matrix(np.ones((1, market.size))))
        room.append(np.array([float(limits.most)]))
    if int(limits.launches) < markets:
        years = ((quarter >= clock) & (quarter < clock + YEAR))[: max(quarters - YEAR + 1, 1)]
        blocks.append(sparse.csr_matrix(years.astype(float)))
        room.append(np.full(years.shape[0], float(limits.launches)))
    for later, earlier in zip(np.asarray(limits.later), np.asarray(limits.earlier), strict=True):
        # By each quarter the later market has been entered at most as often as the earlier before.
        waits = ((market == later) & (quarter <= clock)).astype(float)
        waits -= (market == earlier) & (quarter < clock)
        blocks.append(sparse.csr_matrix(waits))
        room.append(np.zeros(quarters))
    rows = sparse.vstack(blocks, format="csr")
    return Columns(market, quarter, option, value, rows, np.concatenate(room), demanded)


def _solve(columns: Columns) -> tuple[Floats, Floats]:
    """Prices of the limits and shares of the columns in the linear programme."""
    count, limits, markets = columns.value.size, columns.room.size, columns.demanded.size
    if count == 0:
        return np.zeros(limits), np.zeros(0)
    once = sparse.csr_matrix(
        (np.ones(count), (columns.market, np.arange(count))), shape=(markets, count)
    )
    # In units of the largest value, since the solver's tolerances are absolute.
    scale = float(np.abs(columns.value).max()) or 1.0
    solved = linprog(
        -columns.value / scale,
        A_ub=sparse.vstack([columns.rows, once[~columns.demanded]]),
        b_ub=np.concatenate([columns.room, np.ones((~columns.demanded).sum())]),
        A_eq=once[columns.demanded] if columns.demanded.any() else None,
        b_eq=np.ones(columns.demanded.sum()) if columns.demanded.any() else None,
        method="highs",
    )
    if solved.x is None:
        return np.zeros(limits), np.zeros(count)
    prices = np.maximum(-scale * solved.ineqlin.marginals[:limits], 0.0)
    return np.nan_to_num(prices), np.asarray(solved.x)


def _price_out(columns: Columns, prices: Floats) -> float:
    """Most that the columns are worth when limits are priced instead of kept."""
    best = np.where(columns.demanded, -np.inf, 0.0)
    if columns.value.size:
        reduced = columns.value - columns.rows.T @ prices
        np.maximum.at(best, columns.market, reduced)
    return float(best.sum() + prices @ columns.room)
