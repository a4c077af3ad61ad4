"""Values of single markets when the ties between markets are given from outside.

With the couplings given, markets no longer depend on one another, so one rollout values every
market at once. Optimistic couplings make the columns of the bound; those of a schedule make the
tables of worth and of cash that tell the search where to look.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.mechanisms.home import novelty
from beachhead.planning.limits import Setting
from beachhead.planning.ties import Ties, first_decision, worst_rates
from beachhead.simulation.rollout import Worlds, follow, over_worlds, take_worlds, wait
from beachhead.simulation.state import NEVER, STEP, Couplings, Problem, Quarter, State

Floats = NDArray[np.float64]

STRIDE = 4  # quarters between the entry dates of which paths of cash are kept
MOST = 128  # worlds of which paths of cash are kept


class Cells(NamedTuple):
    """What an optimistic value is made of in a quarter, axis market.

    `opening` money paid for it (negative); `traded`: sales less channel and goods, `other` running
    money; `units`; `present` 1 while there.
    """

    opening: Array
    traded: Array
    other: Array
    units: Array
    present: Array


def _cells(quarter: Quarter) -> Cells:
    ledger = quarter.ledger
    traded = ledger.sales + ledger.channel + ledger.goods
    other = ledger.attached + ledger.running + ledger.advertising
    return Cells(ledger.opening, traded, other, quarter.units, quarter.present)


def _units(quarter: Quarter) -> Array:
    return quarter.units


def changes_in_cash(quarter: Quarter) -> Array:
    """Record of each market's change in cash, axis market."""
    return quarter.change


def best_values(
    setting: Setting, ties: Ties, enter: Array, option: Array, since: tuple[Array, State]
) -> Array:
    """Most that each market can be worth in each world at the best ties, less what home loses.

    The firm may leave at the best moment, with hindsight, of all those at which fate could make it
    under any ties. Exits by an agreed loss can happen at any time. What home loses by the attention
    that a market takes is taken off at the price of `ties`. Axes (world, market). `since`, as
    `rollout` takes it, is before the entries; home and served markets need it to be the first day.
    """
    problem, worlds = setting.problem, setting.worlds
    # Agreed exits end no presence here: under better ties a loss may be passed sooner.
    free = problem._replace(agreed_loss=None)
    outcome = over_worlds(free, worlds, enter, option, record=_cells, given=ties.given, since=since)
    cells: Cells = outcome.record
    # Where a unit loses money the fewest that can be sold are best; at home, none.
    stays = problem.options._replace(alpha=jnp.full_like(problem.options.alpha, -jnp.inf))
    least = over_worlds(
        free._replace(options=stays), worlds, enter, option, record=_units, given=ties.slow,
        since=since,
    ).record  # fmt: skip
    few = least * (1.0 - problem.home) / jnp.where(cells.units > 0.0, cells.units, 1.0)
    operating = jnp.where(cells.traded >= 0.0, cells.traded, cells.traded * few) + cells.other
    quarters, clock = problem.teams.shape[0], jnp.arange(problem.teams.shape[0])
    factor = (problem.discount**clock)[None, :, None]
    # A product with a triangle of ones: on a processor much faster than a cumulative sum.
    ones = jnp.tril(jnp.ones((quarters, quarters), factor.dtype))
    own = jnp.where(problem.entered < 0, problem.option, option)
    rows = jnp.arange(own.shape[0])
    age = jnp.maximum(clock[:, None] - jnp.where(problem.entered < 0, problem.entered, enter), 0)
    fresh = jax.vmap(lambda parameters: novelty(parameters.home, age * STEP))(worlds.parameters)
    load = problem.options.load[own] * (1.0 - problem.home)
    paid = ties.toll[:, :, None] * cells.present * fresh * load
    so_far = jnp.einsum("st,wtn->wsn", ones, factor * operating - paid)
    late = operating[:, -4:].sum(axis=1) / 4.0
    stay = so_far[:, -1] + cells.present[:, -1] * outcome.annuity * problem.discount ** (
        quarters - 1
    ) * jnp.maximum(late, 0.0)
    back = (
        problem.options.salvage[own]
        * problem.options.estimate[rows, own]
        * worlds.parameters.entry.cost_factor
    )
    may_leave = cells.present > 0.0
    if problem.agreed_loss is None:
        may_leave &= worlds.shocks.fate < worst_rates(setting, ties.crowd, enter, option)
    leave = jnp.where(may_leave, so_far + factor * back[:, None, :], -jnp.inf)
    leave = jnp.where(problem.home > 0.0, -jnp.inf, leave.max(axis=1))
    entered = cells.present.max(axis=1) > 0.0
    running = jnp.where(entered, jnp.maximum(stay, leave), 0.0)
    value = running + (factor * cells.opening).sum(axis=1)
    return value + ties.extra[:, None] * problem.home


class Table(NamedTuple):
    """Entries that the limits allow by themselves, axis column, and what they are worth at most.

    `market`, `quarter`, `option` of each; `values` in each world, axes (column, world); `waits`:
    whether a gate may hold it back; `held`: home and served markets together, axis world.
    """

    market: NDArray[np.int64]
    quarter: NDArray[np.int64]
    option: NDArray[np.int64]
    values: NDArray[np.floating]
    waits: NDArray[np.bool_]
    held: Floats


TOGETHER = 4  # options that are looked at side by side; more would not fit the memory


@jax.jit
def _best_at(setting: Setting, ties: Ties, states: State, quarter: Array) -> Array:
    """`best_values` of all markets entered in `quarter`, axes (option, market, world)."""
    rows, since = jnp.zeros_like(setting.problem.entered), _since(setting.problem, states, quarter)

    def one(option: Array) -> Array:
        return best_values(setting, ties, rows + quarter, rows + option, since).T

    options = jnp.arange(setting.problem.options.fee.size)
    return jax.lax.map(one, options, batch_size=TOGETHER)


def _since(problem: Problem, states: State, quarter: Array) -> tuple[Array, State]:
    """When an entry in `quarter` first makes a difference, and where each world stands then."""
    first = jnp.maximum(quarter - problem.options.preparation.max(), 0)
    return first, jax.tree.map(lambda leaf: leaf[:, first], states)


def tabulate_best(setting: Setting, ties: Ties) -> Table:
    """`best_values` of every entry that the limits allow by itself."""
    problem = setting.problem
    markets, options = problem.options.allowed.shape
    first = np.asarray(setting.limits.first)[:markets, :options]
    last = np.asarray(setting.limits.last)[:markets]
    clock = np.arange(problem.teams.shape[0])
    # Axes (quarter, option, market).
    open_to = (clock[:, None, None] >= first.T) & (clock[:, None, None] <= last)
    # Who waits is prepared once the gate has been decided.
    begin = clock[:, None, None] - np.asarray(problem.options.preparation).T
    may_wait = begin >= first_decision(problem, setting.limits)
    served = np.asarray(problem.entered) < 0
    states = wait(problem._replace(agreed_loss=None), setting.worlds, ties.given)
    found, held = [], None
    for quarter in clock:
        if held is not None and not open_to[quarter].any():
            continue
        values = np.asarray(_best_at(setting, ties, states, jnp.asarray(quarter)))
        if held is None:
            # Home and served markets are worth the same whatever is entered.
            held = values[0, served].sum(axis=0, dtype=float)
        option, market = np.nonzero(open_to[quarter])
        date = np.full_like(market, quarter)
        found.append(
            (market, date, option, values[option, market], may_wait[quarter][option, market])
        )
    assert held is not None
    market, quarter, option, worth, waits = (np.concatenate(p) for p in zip(*found, strict=True))
    return Table(market, quarter, option, worth, waits, held)


@partial(jax.jit, static_argnames="cash")
def _bring_at(
    problem: Problem, worlds: Worlds, given: Couplings, states: State, quarter: Array, cash: bool
) -> tuple[Array, Array | None]:
    """Of all markets entered in `quarter`: mean values, axes (option, market), changes in cash.

    These have axes (option, market, world, quarter); None unless `cash` is asked for.
    """
    rows, since = jnp.zeros_like(problem.entered), _since(problem, states, quarter)

    def one(option: Array) -> tuple[Array, Array | None]:
        outcome = over_worlds(
            problem, worlds, rows + quarter, rows + option, given=given, since=since,
            record=changes_in_cash if cash else lambda _: None,
        )  # fmt: skip
        change = outcome.record.transpose(2, 0, 1)[:, :MOST] if cash else None
        return outcome.value.mean(axis=0), change

    return jax.lax.map(one, jnp.arange(problem.options.fee.size), batch_size=TOGETHER)


def tabulate(
    setting: Setting,
    given: Couplings,
    quarters: NDArray[np.int32],
    changes: dict[int, NDArray[np.floating]] | None = None,
) -> Floats:
    """Mean value of each market by entry quarter and option under `given` couplings.

    Axes (quarter, option, market); -inf where the limits rule the entry out, and at quarters other
    than those asked for. `changes`, if there are any, are filled with those in cash of entries in
    the quarters that are its keys, axes (option, market, world, quarter), for the first `MOST`
    worlds.
    """
    markets, options = setting.problem.options.allowed.shape
    first = np.asarray(setting.limits.first)[:markets, :options]
    last = np.asarray(setting.limits.last)[:markets]
    table = np.full((setting.problem.teams.shape[0], options, markets), -np.inf)
    states = wait(setting.problem, setting.worlds, given)
    for quarter in quarters:
        open_to = ((first <= quarter) & (quarter <= last)[:, None]).T
        wanted = (changes or {}).get(int(quarter))
        if not open_to.any() and wanted is None:
            continue
        values, change = _bring_at(
            setting.problem, setting.worlds, given, states, jnp.asarray(quarter),
            cash=wanted is not None,
        )  # fmt: skip
        table[quarter] = np.where(open_to, np.asarray(values), -np.inf)
        if wanted is not None:
            wanted[:] = change
    return table


class Paths(NamedTuple):
    """Cash of markets that are entered alone.

    `dates` of entry that were looked at; `change` in cash, money, axes (date, option, market,
    world, quarter), in `worlds`, the first of those that were simulated.
    """

    dates: NDArray[np.int32]
    change: NDArray[np.floating]
    worlds: Worlds

    def nearest(self, quarters: NDArray[np.integer]) -> NDArray[np.intp]:
        """Places of the dates that are nearest to `quarters`, axis quarter."""
        return np.abs(quarters[:, None] - self.dates).argmin(axis=1)


def tabulate_alone(setting: Setting) -> tuple[Floats, Paths]:
    """Values of every market alone, beside home and what is served, and its cash at some dates."""
    none = jnp.zeros(setting.limits.required.shape, jnp.int32)
    given = follow(setting.problem, setting.worlds, jnp.full_like(none, NEVER), none).tied
    quarters = setting.problem.teams.shape[0]
    dates = np.arange(0, quarters, min(STRIDE, max(1, quarters // 8)), dtype=np.int32)
    worlds = take_worlds(setting.worlds, 0, MOST)
    markets, options = setting.problem.options.allowed.shape
    # Filled in place: with many markets these are large, and a copy takes a second.
    changes = np.empty(
        (dates.size, options, markets, worlds.shocks.fate.shape[0], quarters),
        setting.problem.people.dtype,
    )
    every = np.arange(quarters, dtype=np.int32)
    worth = tabulate(setting, given, every, dict(zip(dates.tolist(), changes, strict=True)))
    return worth, Paths(dates, changes, worlds)
