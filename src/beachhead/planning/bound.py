"""E13 A number that no feasible open-loop schedule's objective exceeds.

Four relaxations, each of which can only raise the value:

1. *Best ties.* Every market is valued on its own with couplings at least as good as any schedule
   within the limits can bring (`ties`). It may leave at the best of the moments at which fate
   could make it. All mechanisms are monotone in these couplings.
2. *Attention at a price.* What attention abroad costs home is replaced by less: a straight line in
   the attention that each market takes, so that the loss is a sum over markets.
3. *Risk.* CVaR is the least mean over all measures Q' with density at most 1/tail, so for any one
   of them J <= (1 - omega) E[V] + omega E_Q'[V], whatever the schedule.
4. *Multipliers for the limits.* With a price on teams and on the other limits that tie markets,
   each market chooses its best entry alone. Any prices >= 0 and any measure give a bound; those of
   the linear programme are the best. The programme may be solved loosely: the bound is computed
   from its prices and its measure, not from its word.

A schedule that is better than a known one can only use entries whose reduced value does not push
the bound below it. Without the others the ties are closer, and the bound is found again.

Cash is not limited in the relaxation, and targets are not demanded. The bound covers the worlds of
the search, and schedules without gates. With `gates` it is a wait-and-see bound over schedules with
gates too: a market that may wait for a gate keeps its date and its teams in all worlds, but is
entered in just those in which that pays.

Source: Lagrangian relaxation as in Kimms (2001); Rockafellar and Uryasev (2000).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from beachhead.mechanisms.entry import WINDOW
from beachhead.mechanisms.staffing import staffing
from beachhead.planning.capacity import Caps, best_knowledge, first_caps, most_teams
from beachhead.planning.decoupled import Table, tabulate_best
from beachhead.planning.limits import YEAR, Setting
from beachhead.planning.ties import (
    best_ties,
)
from beachhead.simulation.rollout import Followed, follow
from beachhead.simulation.state import NEVER, STEP

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]

# What the bound covers, short enough for the terminal; all of it is on the worlds of the search.
KIND = "schedules fixed in advance, cash not limited"
WAIT_AND_SEE = "gates that know the world, cash not limited"
ROUNDS = 2  # of closer ties, at most
FEW = 0.6  # of the columns: where more are left, another round would close little
WORKING = 2_000  # columns that are added to the programme at a time
ENOUGH = 12  # times that columns are added, at most
PARTS = (1.0, 0.75, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05)  # of its markets, to start from
SLACK = 1e-5  # of the bound or of the largest value: their rounding in single precision
BRANCHED = 6_000  # columns, at most, for branches to be tried
NODES = 200  # branches


@dataclass(frozen=True)
class Columns:
    """Entries that a relaxed schedule may choose, axis column.

    `market`, `quarter`, `option` of the entry; `values`: most it is worth, axes (column, world);
    `rows`, the limits that it uses, axes (limit, column), with their right-hand sides `room` (axis
    limit). `waits`: whether a gate may hold it back. `demanded`: axis market, whether one of its
    columns must be taken. `held`: value of home and served markets, axis world.
    """

    market: NDArray[np.int64]
    quarter: NDArray[np.int64]
    option: NDArray[np.int64]
    values: NDArray[np.floating]
    waits: NDArray[np.bool_]
    rows: sparse.csc_matrix
    room: Floats
    demanded: NDArray[np.bool_]
    held: Floats

    def keep(self, which: NDArray[np.bool_]) -> Columns:
        """Some of the columns."""
        axis = ("market", "quarter", "option", "values", "waits")
        kept = {name: getattr(self, name)[which] for name in axis}
        return replace(self, **kept, rows=self.rows[:, which])

    def knowing(self) -> Columns:
        """The same where gates know the world: who waits is entered only where that pays."""
        paying = np.where(self.waits[:, None], np.maximum(self.values, 0.0), self.values)
        return replace(self, values=paying)


@dataclass(frozen=True)
class Relaxation:
    """The bound, and schedules that the relaxation would choose, for the search to start from.

    `enter`, `option`: all of its markets, then ever fewer of the best; axes (schedule, row).
    """

    bound: float
    enter: Integers
    option: Integers


def measure(values: Floats, aversion: float, tail: float) -> Floats:
    """Probabilities under which the mean of `values` is their mean-CVaR objective, axis world."""
    count = values.shape[0]
    order = np.argsort(values, kind="stable")
    weight = np.clip(tail * count - np.arange(count), 0.0, 1.0) / (tail * count)
    worst = np.empty(count)
    worst[order] = weight
    return (1.0 - aversion) / count + aversion * worst


def survey(
    setting: Setting, enter: Integers, option: Integers, caps: Caps | None = None
) -> Columns:
    """All entries that the limits allow by themselves, and what they are worth at most.

    `enter`, `option`: a schedule in whose neighbourhood attention is priced closest. Axis row.
    """
    near = _follow(setting, enter, option).tied.load
    ties = _ties(setting, near, first_caps(setting) if caps is None else caps)
    return _lay_out(setting, tabulate_best(setting, ties))


def _cap(setting: Setting, columns: Columns, known: float, weights: Floats, prices: Floats) -> Caps:
    """Caps on what a schedule that is worth more than `known` can do."""
    problem = setting.problem
    clock = np.arange(problem.teams.shape[0])[:, None]
    begin = (
        columns.quarter - np.asarray(problem.options.preparation)[columns.market, columns.option]
    )
    load = np.asarray(problem.options.load)[columns.option]
    own = columns.values @ weights - columns.rows.T @ prices
    spare = float(columns.held @ weights + prices @ columns.room) - known
    order = np.argsort(columns.market, kind="stable")
    heads = np.flatnonzero(np.diff(columns.market[order], prepend=-1))
    demanded = columns.demanded[columns.market[order][heads]]
    own, size = own[order], max(float(np.abs(own).max()), 1e-12)

    def most(amount: Floats) -> float:
        """Most of a sum over entries: each market's best under a price on falling behind."""
        found = np.inf
        for price in (0.0, *np.logspace(-2.0, 4.0, 25) * amount.max() / size):
            best = np.maximum.reduceat(amount + price * own, heads)
            best = np.where(demanded, best, np.maximum(best, 0.0))
            found = min(found, float(best.sum() + price * spare))
        return max(found, 0.0)

    def look(amounts: Floats) -> Floats:
        return np.array([most(row) if row.any() else 0.0 for row in amounts[:, order]])

    caps = first_caps(setting)
    begun = look(((begin <= clock) & (clock < begin + WINDOW)).astype(float))
    # Worlds differ in how long a market claims attention: each has the cap of one that is slower.
    years = np.asarray(setting.worlds.parameters.home.years)
    levels = np.quantile(years, np.linspace(0.0, 1.0, 9)[1:], method="higher")
    since = clock - columns.quarter
    claimed = np.stack(
        [
            look(np.where(since >= 0, load * np.exp(-np.maximum(since, 0) * STEP / level), 0.0))
            for level in levels
        ]
    )
    attention = claimed[np.searchsorted(levels, years)]
    return Caps(
        jnp.minimum(caps.begun, jnp.asarray(begun + 1e-6)),
        jnp.minimum(caps.attention, jnp.asarray(attention + 1e-6)),
    )


def relax(
    setting: Setting,
    columns: Columns,
    enter: Integers,
    option: Integers,
    aversion: float,
    tail: float,
    *,
    gates: bool = False,
    rounds: int = ROUNDS,
    nodes: int = NODES,
) -> Relaxation:
    """Bound on J over all schedules that keep the limits.

    Parameters
    ----------
    setting : Setting
        Of the search's worlds.
    columns : Columns
        From `survey`, which may have been made in single precision.
    enter, option : array
        A schedule that keeps the limits, the best one known: any gives a valid bound. Axis row.
    aversion, tail : float
        Of the objective.
    gates : bool
        Whether schedules with gates are covered too, by letting each market that may wait be
        entered in just the worlds in which that pays.
    rounds, nodes : int
        Times that ties are made closer, and branches, at most.
    """
    values = np.asarray(_follow(setting, enter, option).value.sum(axis=1))
    weights = measure(values, aversion, tail)
    known, best = float(weights @ values), np.inf
    start: tuple[Integers, Integers] | None = None
    for left in reversed(range(rounds + 1)):
        looked_at = columns.knowing() if gates else columns
        bound, weights, prices, taken = _solve(looked_at, weights, aversion, tail)
        start = start or _round_off(setting, looked_at, weights, prices, taken)
        slack = 0.0
        if columns.values.dtype == np.float32:
            slack = SLACK * max(abs(bound), float(columns.values.max(initial=0.0)))
        best = min(best, max(bound + slack, known))
        # What is better than the known schedule has none of the entries that are dropped here.
        kept = bound + slack + _reduce(looked_at, weights, prices) >= known
        # Where no entry is possible at all, nothing can be made closer.
        if not left or best <= known or not kept.size or kept.mean() > FEW:
            break
        caps = _cap(setting, looked_at, known - slack, weights, prices)
        setting = _close(setting, columns.keep(kept))
        columns = survey(setting, enter, option, caps)
    looked_at = looked_at.keep(kept)
    if nodes and best > known and 0 < looked_at.market.size <= BRANCHED:
        best = min(best, max(_branch(looked_at, aversion, tail, nodes) + slack, known))
    assert start is not None
    return Relaxation(best, *start)


def take_alone(setting: Setting, alone: Floats) -> tuple[Integers, Integers]:
    """Schedules of the markets that would be best together if each were alone, within the limits.

    `alone`: mean value of each market by date and option, axes (quarter, option, market), -inf
    where it may not be entered. As in `Relaxation`.
    """
    quarter, option, market = np.nonzero(np.isfinite(alone))
    worth = alone[quarter, option, market][:, None]
    never = np.zeros(market.size, dtype=bool)
    columns = _lay_out(setting, Table(market, quarter, option, worth, never, np.zeros(1)))
    _, weights, prices, taken = _solve(columns, np.ones(1), 0.0, 1.0)
    return _round_off(setting, columns, weights, prices, taken)


def _follow(setting: Setting, enter: Integers, option: Integers) -> Followed:
    return follow(setting.problem, setting.worlds, jnp.asarray(enter), jnp.asarray(option))


_ties = jax.jit(best_ties)


def _close(setting: Setting, columns: Columns) -> Setting:
    """The setting with limits that allow no more than the entries given."""
    limits = setting.limits
    markets = setting.problem.people.shape[0]
    first, last = np.array(limits.first), np.array(limits.last)
    open_to = np.full((markets, first.shape[1]), NEVER, dtype=first.dtype)
    np.minimum.at(open_to, (columns.market, columns.option), columns.quarter.astype(first.dtype))
    first[:markets] = open_to
    latest = np.full(markets, -1, dtype=last.dtype)
    np.maximum.at(latest, columns.market, columns.quarter.astype(last.dtype))
    last[:markets] = np.where(latest >= 0, latest, last[:markets])
    closed = limits._replace(first=jnp.asarray(first), last=jnp.asarray(last))
    return setting._replace(limits=closed)


def _round_off(
    setting: Setting, columns: Columns, weights: Floats, prices: Floats, taken: Floats
) -> tuple[Integers, Integers]:
    """Schedules of the markets that are taken by half at least, axes (schedule, row)."""
    markets, rows = columns.demanded.size, setting.limits.last.size
    share = np.bincount(columns.market, taken, minlength=markets)
    own = columns.values @ weights - columns.rows.T @ prices
    # Of each market the column that is taken most, and the worth of its market to rank them by.
    order = np.lexsort((own, taken, columns.market))
    last = np.append(np.flatnonzero(np.diff(columns.market[order])), order.size - 1)
    picked = order[last] if order.size else order
    picked = picked[share[columns.market[picked]] >= 0.5]
    picked = picked[np.argsort(-own[picked], kind="stable")]
    enter = np.full((len(PARTS), rows), NEVER, dtype=np.int32)
    option = np.zeros_like(enter)
    for k, part in enumerate(PARTS):
        some = picked[: int(np.ceil(part * picked.size))]
        enter[k, columns.market[some]] = columns.quarter[some]
        option[k, columns.market[some]] = columns.option[some]
    return enter, option


def _lay_out(setting: Setting, table: Table) -> Columns:
    """The entries of a table, and the limits that they use."""
    limits, problem = setting.limits, setting.problem
    quarters, markets = problem.teams.shape[0], problem.people.shape[0]
    market, quarter, option = table.market, table.quarter, table.option
    preparation = np.asarray(problem.options.preparation)[market, option]
    _, familiar = best_knowledge(problem, limits, setting.central, setting.central)
    begin = quarter - preparation
    need = np.asarray(
        staffing(
            setting.central.staffing.unfamiliar,
            problem.options.teams[option],
            familiar[np.maximum(begin, 0), market],
        )
    )
    clock = np.arange(quarters)[:, None]
    teams = np.where((clock >= begin) & (clock < quarter), need, 0.0)
    blocks = [sparse.csc_matrix(teams)]
    room = [np.asarray(most_teams(problem, limits), dtype=float) + 1e-6]
    apart = np.asarray(limits.apart)[:, :markets]
    blocks.append(sparse.csc_matrix(apart[:, market]))
    room.append(np.ones(apart.shape[0]))
    if int(limits.most) < markets:
        blocks.append(sparse.csc_matrix(np.ones((1, market.size))))
        room.append(np.array([float(limits.most)]))
    if int(limits.launches) < markets:
        years = ((quarter >= clock) & (quarter < clock + YEAR))[: max(quarters - YEAR + 1, 1)]
        blocks.append(sparse.csr_matrix(years.astype(float)))
        room.append(np.full(years.shape[0], float(limits.launches)))
    for later, earlier in zip(np.asarray(limits.later), np.asarray(limits.earlier), strict=True):
        # By each quarter the later market has been entered at most as often as the earlier before.
        waits = ((market == later) & (quarter <= clock)).astype(float)
        waits -= (market == earlier) & (quarter < clock)
        blocks.append(sparse.csc_matrix(waits))
        room.append(np.zeros(quarters))
    return Columns(
        market, quarter, option, table.values, table.waits, sparse.vstack(blocks, format="csc"),
        np.concatenate(room), np.asarray(limits.required)[:markets] > 0, table.held,
    )  # fmt: skip


def _solve(
    columns: Columns, weights: Floats, aversion: float, tail: float
) -> tuple[float, Floats, Floats, Floats]:
    """Bound, measure of the worlds, prices of the limits, and shares of the columns.

    The programme with all worlds is solved on the columns that look best at the prices so far;
    those that are better than it says are added.
    """
    prices, taken = np.zeros(columns.room.size), np.zeros(columns.market.size)
    best = _price_out(columns, weights, prices), weights, prices
    working = np.zeros(columns.market.size, dtype=bool)
    for _ in range(ENOUGH if columns.market.size else 0):
        # Of the columns that are left out, those that promise most at these prices.
        promise = np.where(working, -np.inf, _reduce(columns, weights, prices))
        promise[~working & columns.demanded[columns.market]] = np.inf
        added = np.argsort(-promise, kind="stable")[:WORKING]
        working[added[promise[added] > -np.inf]] = True
        weights, prices, shares = _programme(columns.keep(working), aversion, tail)
        bound = _price_out(columns, weights, prices)
        if bound < best[0]:
            best = bound, weights, prices
        taken[working] = shares
        stated = _price_out(columns.keep(working), weights, prices)
        if working.all() or bound - stated <= 1e-6 * abs(bound):
            break
    return *best, taken


@dataclass(frozen=True)
class Programme:
    """The least of `cost` @ x with `least` <= `rows` @ x <= `most`; money over `scale`.

    x: shares of the columns, then, with risk, the quantile e and the shortfalls z of the worlds:
    the most of (1 - omega) mean V + omega (e - sum z / (tail W)) with z >= e - V and
    V = held + values x. Rows: limits, markets (one column at most), worlds.
    """

    cost: Floats
    rows: sparse.csr_matrix
    least: Floats
    most: Floats
    floor: Floats
    scale: float


def _state(columns: Columns, aversion: float, tail: float) -> Programme:
    count, worlds = columns.values.shape
    markets, extra = columns.demanded.size, 0
    # In units of the largest value, since the solver's tolerances are absolute.
    scale = float(np.abs(columns.values).max()) or 1.0
    once = sparse.csr_matrix(
        (np.ones(count), (columns.market, np.arange(count))), shape=(markets, count)
    )
    rows = sparse.vstack([columns.rows, once], format="csr")
    free = np.full(columns.room.size, -np.inf)
    least = np.concatenate([free, np.where(columns.demanded, 1.0, -np.inf)])
    most = np.concatenate([columns.room, np.ones(markets)])
    cost = np.asarray(-(1.0 - aversion) / scale * columns.values.mean(axis=1), dtype=float)
    floor = np.zeros(count)
    if aversion > 0.0:
        extra = 1 + worlds
        short = [-columns.values.T / scale, np.ones((worlds, 1)), -sparse.identity(worlds)]
        rows = sparse.vstack(
            [
                sparse.hstack([rows, sparse.csr_matrix((rows.shape[0], extra))]),
                sparse.hstack([sparse.csr_matrix(part) for part in short]),
            ],
            format="csr",
        )
        least = np.concatenate([least, np.full(worlds, -np.inf)])
        most = np.concatenate([most, columns.held / scale])
        spread = np.full(worlds, aversion / (tail * worlds))
        cost = np.concatenate([cost, [-aversion], spread])
        floor = np.concatenate([floor, [-np.inf], np.zeros(worlds)])
    return Programme(cost, rows, least, most, floor, scale)


def _programme(columns: Columns, aversion: float, tail: float) -> tuple[Floats, Floats, Floats]:
    """Measure of the worlds, prices of the limits and shares of the columns, as relaxed."""
    stated = _state(columns, aversion, tail)
    count, worlds = columns.values.shape
    limits, free = columns.room.size, stated.least == -np.inf
    solved = linprog(
        stated.cost, A_ub=stated.rows, b_ub=stated.most,
        A_eq=stated.rows[~free] if not free.all() else None,
        b_eq=stated.most[~free] if not free.all() else None,
        bounds=np.column_stack([stated.floor, np.full(stated.floor.size, np.inf)]), method="highs",
    )  # fmt: skip
    even = np.full(worlds, (1.0 - aversion) / worlds)
    if solved.x is None:
        return even + aversion / worlds, np.zeros(limits), np.zeros(count)
    slopes = np.maximum(-np.nan_to_num(solved.ineqlin.marginals), 0.0)
    worst = np.zeros(worlds)
    if aversion > 0.0:
        # Rounding may have left the set of measures by a hair.
        worst = aversion * _into_set(slopes[-worlds:] / aversion, tail)
    return even + worst, stated.scale * slopes[:limits], np.asarray(solved.x[:count])


def _branch(columns: Columns, aversion: float, tail: float, nodes: int) -> float:
    """Bound where no market is entered by half, as far as so many branches prove."""
    stated = _state(columns, aversion, tail)
    count = columns.market.size
    whole = (np.arange(stated.cost.size) < count).astype(int)
    solved = milp(
        stated.cost, integrality=whole, bounds=Bounds(stated.floor, np.inf),
        constraints=LinearConstraint(stated.rows, stated.least, stated.most),
        options={"node_limit": nodes, "mip_rel_gap": 0.0},
    )  # fmt: skip
    if solved.mip_dual_bound is None:
        return np.inf
    held = (1.0 - aversion) * columns.held.mean()
    return float(held - stated.scale * (solved.mip_dual_bound - 1e-6))


def _into_set(weights: Floats, tail: float) -> Floats:
    """A measure with density at most 1 / tail that is as good as equal to `weights`."""
    most = 1.0 / (tail * weights.size)
    weights = np.minimum(weights, most)
    missing = 1.0 - weights.sum()
    if missing < 0.0:
        return weights / weights.sum()
    room = most - weights
    return weights + missing * room / room.sum() if room.sum() > 0.0 else weights


def _reduce(columns: Columns, weights: Floats, prices: Floats) -> Floats:
    """How far the bound falls, at most 0, if a column is taken: its reduced value, axis column.

    Against the best that its market could choose instead.
    """
    own = columns.values @ weights - columns.rows.T @ prices
    return own - _choices(columns, own)[columns.market]


def _choices(columns: Columns, reduced: Floats) -> Floats:
    """Best of the reduced values of each market, 0 where it need not be entered, axis market."""
    best = np.where(columns.demanded, -np.inf, 0.0)
    np.maximum.at(best, columns.market, reduced)
    return best


def _price_out(columns: Columns, weights: Floats, prices: Floats) -> float:
    """Most that the columns are worth when limits are priced instead of kept."""
    own = columns.values @ weights - columns.rows.T @ prices
    return float(columns.held @ weights + _choices(columns, own).sum() + prices @ columns.room)
