"""The one kernel: a schedule through the quarters of one world, and many at once.

Search, bound, simulation, calibration and replay all call `rollout`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from beachhead.mechanisms import Parameters
from beachhead.mechanisms.exit import hazard
from beachhead.mechanisms.value import annuity
from beachhead.simulation.state import NEVER, Couplings, Problem, Quarter, Shocks, State
from beachhead.simulation.step import Chosen, choose, start, step


class Worlds(NamedTuple):
    """Sampled futures: every leaf has a leading axis world.

    `parameters` leaves have axes (world,) or (world, market); `shocks` (world, quarter, market).
    """

    parameters: Parameters
    shocks: Shocks


class Outcome(NamedTuple):
    """What a schedule brings in a world.

    `value`: discounted money of each market, terminal value included, axis market. `terminal`: the
    terminal part of it. `annuity`: factor by which a quarter's flow at the horizon counts, axis
    market. `record`: whatever the caller asked to keep, axis quarter first.
    """

    value: Array
    terminal: Array
    annuity: Array
    record: Any


def change_in_cash(quarter: Quarter) -> Array:
    """Record for the search: the firm's change in cash, a number."""
    # A product with ones is a sum, and much the faster one once compiled.
    return jnp.dot(quarter.change, jnp.ones_like(quarter.change))


def everything(quarter: Quarter) -> Quarter:
    """Record for reports: the whole quarter."""
    return quarter


def rollout(
    problem: Problem,
    parameters: Parameters,
    shocks: Shocks,
    enter: Array,
    option: Array,
    *,
    record: Callable[[Quarter], Any] = change_in_cash,
    given: Couplings | None = None,
    accepted_in: Problem | None = None,
    since: tuple[Array, State] | None = None,
) -> Outcome:
    """Simulate one schedule in one world.

    Parameters
    ----------
    problem : Problem
        The case as arrays.
    parameters, shocks : Parameters, Shocks
        One world's draw; shocks have axes (quarter, market).
    enter, option : Array
        Entry quarter (`NEVER` for none) and option of each market, integers, axis market. Served
        markets and home keep their own.
    record : callable
        What to keep of each quarter: `change_in_cash` or `everything`.
    given : Couplings, optional
        Couplings to use in place of the endogenous ones, with a leading axis quarter.
    accepted_in : Problem, optional
        Where the firm sells already, the brand is at first as accepted as in this problem.
    since : (quarter, state), optional
        Where the world stands at the start of that quarter, if it is known: what comes before is
        not simulated, and 0 in the record.
    """
    state, chosen = _begin(problem, parameters, shocks, enter, option)
    if accepted_in is not None:
        held, _ = _begin(accepted_in, parameters, shocks, enter, option)
        state = state._replace(accepted=held.accepted)
    quarters = problem.teams.shape[0]

    def advance(state: Any, inputs: Any) -> tuple[Any, Any]:
        quarter, now, tied = inputs
        state, left_behind = step(problem, parameters, chosen, state, quarter, now, tied)
        return state, record(left_behind)

    inputs = (jnp.arange(quarters), shocks, given)
    if since is None:
        state, kept = jax.lax.scan(advance, state, inputs)
    else:
        state, kept = _scan_from(*since, advance, inputs)
    yearly = annuity(problem.discount, hazard(state.log_rate), problem.terminal)
    going_on = (chosen.enter < quarters) * ~state.left
    terminal = (
        going_on * problem.discount ** (quarters - 1) * yearly * jnp.maximum(state.late / 4.0, 0.0)
    )
    return Outcome(state.value + terminal, terminal, yearly, kept)


def _begin(
    problem: Problem, parameters: Parameters, shocks: Shocks, enter: Array, option: Array
) -> tuple[State, Chosen]:
    """State before the first quarter, and what a schedule fixes, in one world."""
    online = None if shocks.online is None else shocks.online[0]
    return start(problem, parameters, choose(problem, parameters, enter, option), online)


def _scan_from(
    first: Array, state: Any, advance: Callable[[Any, Any], tuple[Any, Any]], inputs: Any
) -> tuple[Any, Any]:
    """`jax.lax.scan` from the place `first` on, which need not be known when it is compiled."""

    def at(place: Array) -> Any:
        return jax.tree.map(lambda leaf: leaf[place], inputs)

    def go_on(place: Array, carried: tuple[Any, Any]) -> tuple[Any, Any]:
        state, kept = carried
        state, made = advance(state, at(place))
        return state, jax.tree.map(lambda all_of_it, one: all_of_it.at[place].set(one), kept, made)

    length = jax.tree.leaves(inputs)[0].shape[0]
    _, made = jax.eval_shape(lambda: advance(state, at(jnp.zeros((), int))))
    kept = jax.tree.map(lambda leaf: jnp.zeros((length, *leaf.shape), leaf.dtype), made)
    return jax.lax.fori_loop(first, length, go_on, (state, kept))


def take_worlds(worlds: Worlds, begin: int, end: int) -> Worlds:
    """Worlds `begin` to `end` - 1, as far as there are so many."""
    return _take(worlds, begin, min(end, worlds.shocks.fate.shape[0]) - begin)


@partial(jax.jit, static_argnames="count")
def _take(worlds: Worlds, begin: int, count: int) -> Worlds:
    """All leaves in one call: there are so many that calling takes longer than copying."""
    return jax.tree.map(lambda leaf: jax.lax.dynamic_slice_in_dim(leaf, begin, count), worlds)


def over_worlds(
    problem: Problem,
    worlds: Worlds,
    enter: Array,
    option: Array,
    *,
    record: Callable[[Quarter], Any] = change_in_cash,
    given: Couplings | None = None,
    accepted_in: Problem | None = None,
    since: tuple[Array, State] | None = None,
) -> Outcome:
    """`rollout` of one schedule in every world: results have a leading axis world.

    `given` and the state of `since` have a leading axis world too.
    """
    quarter, states = since or (None, None)

    def one(
        parameters: Parameters, shocks: Shocks, tied: Couplings | None, state: State | None
    ) -> Outcome:
        return rollout(
            problem, parameters, shocks, enter, option, record=record, given=tied,
            accepted_in=accepted_in,
            since=None if quarter is None or state is None else (quarter, state),
        )  # fmt: skip

    return jax.vmap(one)(worlds.parameters, worlds.shocks, given, states)


@jax.jit
def wait(problem: Problem, worlds: Worlds, given: Couplings) -> State:
    """Where each world stands at the start of every quarter if nothing is entered.

    Leading axes (world, quarter); `given` as in `over_worlds`.
    """
    never = jnp.full_like(problem.entered, NEVER)

    def one(parameters: Parameters, shocks: Shocks, tied: Couplings) -> State:
        state, chosen = _begin(problem, parameters, shocks, never, jnp.zeros_like(never))

        def advance(state: State, inputs: Any) -> tuple[State, State]:
            return step(problem, parameters, chosen, state, *inputs)[0], state

        clock = jnp.arange(problem.teams.shape[0])
        return jax.lax.scan(advance, state, (clock, shocks, tied))[1]

    return jax.vmap(one)(worlds.parameters, worlds.shocks, given)


class Followed(NamedTuple):
    """What a schedule brings in each world.

    `value` of each market as in `Outcome`, axes (world, market); the couplings in force, `tied`,
    leading axes (world, quarter); `change` in cash and `units` sold, axes (world, quarter, market).
    """

    value: Array
    tied: Couplings
    change: Array
    units: Array


@jax.jit
def follow(problem: Problem, worlds: Worlds, enter: Array, option: Array) -> Followed:
    """One schedule in every world, whatever of it is asked: one program for all who do."""
    outcome = over_worlds(problem, worlds, enter, option, record=_followed)
    return Followed(outcome.value, *outcome.record)


def _followed(quarter: Quarter) -> tuple[Couplings, Array, Array]:
    return quarter.tied, quarter.change, quarter.units


__all__ = [
    "Followed",
    "NEVER",
    "Outcome",
    "Worlds",
    "change_in_cash",
    "everything",
    "follow",
    "over_worlds",
    "rollout",
    "take_worlds",
    "wait",
]
