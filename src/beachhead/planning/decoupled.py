"""Values of single markets when the ties between markets are given from outside.

With the couplings given, markets no longer depend on one another, so one rollout values every
market at once. Optimistic couplings make the table behind the bound; those of a schedule make the
table that tells the search where to look.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.mechanisms.experience import experience
from beachhead.mechanisms.measures import GOOD, Levers, pull
from beachhead.mechanisms.supply import learned
from beachhead.planning.limits import Limits, Setting
from beachhead.simulation.rollout import Worlds, over_worlds
from beachhead.simulation.state import NEVER, STEP, Couplings, Measures, Problem, Quarter, split

Floats = NDArray[np.float64]


class Cells(NamedTuple):
    """What an optimistic value is made of in a quarter, axis market.

    `opening` money paid for it (negative); `operating` the most that the running business can
    bring; `present` 1 while there.
    """

    opening: Array
    operating: Array
    present: Array


def _cells(quarter: Quarter) -> Cells:
    ledger = quarter.ledger
    # Where units lose money the best is to sell none: fewer units than simulated are possible.
    contribution = jnp.maximum(ledger.sales + ledger.channel + ledger.goods, 0.0)
    operating = contribution + ledger.attached + ledger.running + ledger.advertising
    return Cells(ledger.opening, operating, quarter.present)


def _tied(quarter: Quarter) -> Couplings:
    return quarter.tied


def _nothing(quarter: Quarter) -> None:
    return None


def couplings_of(setting: Setting, enter: Array, option: Array) -> Couplings:
    """Couplings that a schedule brings about, leading axes (world, quarter)."""
    return over_worlds(setting.problem, setting.worlds, enter, option, record=_tied).record


def optimistic_couplings(setting: Setting, limits: Limits) -> Couplings:
    """Couplings at least as good for every market as any schedule within the limits brings.

    Leading axes (world, quarter). Knowledge: as many markets as the teams can have opened by then
    teach as much as the longest possible stay can have taught; spillover: everybody entered as
    early as can be, in the most visible way, and never left; no haste, no attention abroad; every
    measure at work from as early as can be, as far as it does good, at nobody's expense, every
    part at its cheapest, and no part ever missing.
    """
    problem = setting.problem
    saving, familiarity = jax.vmap(lambda parameters: best_knowledge(problem, limits, parameters))(
        setting.worlds.parameters
    )
    levers = None
    if problem.measures is not None:
        levers = jax.vmap(lambda effect: best_levers(problem, limits, effect))(
            setting.worlds.parameters.measures.effect
        )
    heard = _loudest(problem, limits, setting.worlds)
    calm = jnp.zeros(saving.shape[:2])
    whole = None if problem.supply is None else jnp.ones_like(calm)
    return Couplings(saving, familiarity, heard, jnp.zeros_like(saving), calm, levers, whole)


def most_teams(problem: Problem, limits: Limits) -> Array:
    """Teams that there can be at most, axis quarter: with everybody hired who may be."""
    if problem.measures is None:
        return problem.teams
    return problem.teams + _most(problem, limits) @ problem.measures.teams


def _most(problem: Problem, limits: Limits) -> Array:
    """Largest size at which each measure can work in a quarter, axes (quarter, measure)."""
    measures = problem.measures
    assert measures is not None
    first = split(problem, limits.first)[1][:, : measures.size.shape[1]]
    clock = jnp.arange(problem.teams.shape[0])[:, None, None]
    ready = clock >= first + measures.lead[:, None]
    return jnp.where(ready, measures.size, 0.0).max(axis=2)


def best_levers(problem: Problem, limits: Limits, effect: Array) -> Levers:
    """Levers at least as good as any measures within the limits can bring, leading axis quarter."""
    measures = problem.measures
    assert measures is not None
    helpful = _helpful(measures)
    levers = jax.vmap(
        lambda amount: pull(amount, effect, measures.covers, helpful, measures.teams)
    )(_most(problem, limits))  # fmt: skip
    cheapest = jnp.log(_cheapest(problem, limits))
    return levers._replace(cost=levers.cost + cheapest[:, None])


def _cheapest(problem: Problem, limits: Limits) -> Array:
    """Lowest cost of a unit over today's that any sourcing can bring, axis quarter."""
    supply, measures = problem.supply, problem.measures
    quarters = problem.teams.shape[0]
    if supply is None or measures is None:
        return jnp.ones(quarters)
    clock = jnp.arange(quarters)[:, None]
    soonest = split(problem, limits.first)[1].min(axis=1) + measures.lead
    made = clock - soonest[supply.measure] + 1
    cost = learned(supply.premium, supply.progress, supply.mature, jnp.maximum(made, 1))
    cost = jnp.where((supply.measure >= 0) & (made >= 1), jnp.minimum(cost, 1.0), 1.0)
    least = jnp.where(supply.of[None] > 0, cost[:, :, None], jnp.inf).min(axis=1)
    return 1.0 + (least - 1.0) @ supply.weight


def _helpful(measures: Measures) -> Array:
    """The changes that do good, 0 for the others, axes (measure, lever)."""
    good = jnp.asarray(GOOD, measures.change.dtype)
    return good * jnp.maximum(good * measures.change, 0.0)


def best_knowledge(problem: Problem, limits: Limits, parameters: Any) -> tuple[Array, Array]:
    """Largest saving and familiarity that any schedule can bring, axes (quarter, market)."""
    quarters = problem.teams.shape[0]
    clock = jnp.arange(quarters)
    served = (problem.entered < 0) & (problem.home == 0)
    first = limits.first[: problem.people.size, : problem.options.fee.size]
    open_to = (first.min(axis=1) < NEVER) & (problem.entered == NEVER)
    ways = problem.options
    least = jnp.where(ways.preparation > 0, ways.teams * ways.preparation, 0.0)
    least = jnp.where(first < NEVER, least, jnp.inf).min()
    # A market that teaches at t was entered by t - 1 and prepared before: with the teams up to t-2.
    spent = jnp.concatenate([jnp.zeros(2), jnp.cumsum(most_teams(problem, limits))[:-2]])
    opened = jnp.where(least > 0.0, jnp.floor(spent / jnp.maximum(least, 1e-9) + 1e-6), jnp.inf)
    # Those whose preparation began before the horizon take fewer.
    begun = (first < jnp.minimum(ways.preparation, NEVER)).any(axis=1).sum()
    opened = jnp.minimum(opened + begun, limits.most)
    soonest = jnp.where(open_to, first.min(axis=1), NEVER).min()
    zero = jnp.zeros(())
    most = experience(
        parameters.experience, zero, jnp.ones(()), jnp.maximum(clock - soonest, 0) * STEP
    )
    at_start = experience(
        parameters.experience, zero, jnp.ones(()), jnp.where(served, -problem.entered * STEP, 0.0)
    )
    held = experience(parameters.experience, at_start, jnp.ones(()), clock[:, None] * STEP) * served
    teaches = problem.likeness.teaches
    groups = held @ teaches + most[:, None] * jnp.minimum(
        jnp.maximum(open_to @ teaches - 1.0, 0.0), opened[:, None]
    )
    # A served market is taught by one candidate more than a candidate is.
    groups_served = held @ teaches + most[:, None] * jnp.minimum(open_to @ teaches, opened[:, None])
    cuts, weight = parameters.knowledge.by_group(problem.likeness), parameters.knowledge.weight()

    def saving(groups: Array) -> Array:
        return (cuts * (1.0 - jnp.exp(-weight * groups))) @ problem.likeness.learns.T

    best = jnp.where(problem.entered < 0, saving(groups_served), saving(groups))
    total = parameters.knowledge.total()
    return best, best / jnp.where(total > 0.0, total, 1.0)


def _loudest(problem: Problem, limits: Limits, worlds: Worlds) -> Array:
    """Most that can be heard of the brand in the other markets, axes (world, quarter, market)."""
    first = limits.first[: problem.people.size, : problem.options.intensity.size]
    usable = (first < NEVER).any(axis=0)
    ways = problem.options
    held = jnp.zeros_like(usable).at[problem.option].set(True)
    able = usable | held

    def most(values: Array) -> Array:
        return jnp.full_like(values, jnp.where(able, values, -jnp.inf).max())

    everywhere = problem._replace(
        options=ways._replace(
            intensity=most(ways.intensity),
            localisation=most(ways.localisation),
            alpha=jnp.full_like(ways.alpha, -jnp.inf),
        ),
        agreed_loss=None,
    )
    # What localisation does to a served market's utility must not lower the acceptance that its
    # units of today imply; acceptance itself does not look at utility.
    taste = worlds.parameters.share
    unmoved = worlds.parameters._replace(
        share=replace(cast(Any, taste), localisation=jnp.zeros_like(taste.localisation))
    )
    worlds = worlds._replace(parameters=unmoved)
    measures = problem.measures
    if measures is not None:
        everywhere = everywhere._replace(
            measures=measures._replace(
                change=_helpful(measures),
                lasts=jnp.full_like(measures.lasts, NEVER),
                size=jnp.full_like(measures.size, 1.0) * measures.size.max(axis=1, keepdims=True),
            )
        )
    soonest = limits.first.min(axis=1)
    tied = over_worlds(everywhere, worlds, soonest, jnp.zeros_like(soonest), record=_tied).record
    return tied.heard


def first_decision(problem: Problem, limits: Limits) -> Floats:
    """Earliest quarter at which a gate that a market may wait for is decided, axis market.

    Infinite where there is none.
    """
    gates = problem.gates
    if gates is None:
        return np.full(problem.people.size, np.inf)
    first, _, used = (np.asarray(part) for part in split(problem, limits.first))
    began = np.where(np.asarray(problem.entered) < 0, 0, first.min(axis=1))
    began = np.where(np.asarray(gates.pilot) > 0.0, began, NEVER).min(axis=1)
    wait = np.asarray(gates.wait)
    wait = np.where(used[:, : wait.shape[1]] < NEVER, wait, NEVER).min(axis=1)
    held = np.asarray(gates.waits) > 0.0
    return np.where(held, (began + wait)[:, None], np.inf).min(axis=0)


def best_values(setting: Setting, given: Couplings, enter: Array, option: Array) -> Array:
    """Most that each market can be worth in each world under `given` couplings.

    The firm may be unlucky later than it is, and leave earlier if that is better with hindsight:
    the largest sum over quarters up to any exit that the draws allow. Exits by an agreed loss are
    among those. Axes (world, market).
    """
    # Agreed exits end no presence here: under better ties a loss may be passed sooner.
    problem = setting.problem._replace(agreed_loss=None)
    outcome = over_worlds(problem, setting.worlds, enter, option, record=_cells, given=given)
    cells: Cells = outcome.record
    quarters = problem.teams.shape[0]
    factor = (problem.discount ** jnp.arange(quarters))[None, :, None]
    # A product with a triangle of ones: on a processor much faster than a cumulative sum.
    until = jnp.tril(jnp.ones((quarters, quarters), factor.dtype)) * factor[:, :, 0]
    so_far = jnp.einsum("st,wtn->wsn", until, cells.operating)
    late = cells.operating[:, -4:].sum(axis=1) / 4.0
    stay = so_far[:, -1] + cells.present[:, -1] * outcome.annuity * problem.discount ** (
        quarters - 1
    ) * jnp.maximum(late, 0.0)
    own = jnp.where(problem.entered < 0, problem.option, option)
    rows = jnp.arange(own.shape[0])
    back = (
        problem.options.salvage[own]
        * problem.options.estimate[rows, own]
        * setting.worlds.parameters.entry.cost_factor
    )
    leave = jnp.where(cells.present > 0.0, so_far + factor * back[:, None, :], -jnp.inf)
    leave = jnp.where(problem.home > 0.0, -jnp.inf, leave.max(axis=1))
    entered = cells.present.max(axis=1) > 0.0
    running = jnp.where(entered, jnp.maximum(stay, leave), 0.0)
    return running + (factor * cells.opening).sum(axis=1)


@partial(jax.jit, static_argnames="optimistic")
def _entered_at(
    setting: Setting,
    given: Couplings,
    weights: Array,
    quarter: Array,
    optimistic: bool,
    gated: Array | None = None,
) -> Array:
    """Expected values of all markets entered in `quarter`, axes (option, market).

    Where `gated` (axes (option, market)) they are entered only in the worlds in which that pays.
    """
    rows = jnp.zeros_like(setting.problem.entered)

    def one(option: Array) -> Array:
        enter, options = rows + quarter, rows + option
        if optimistic:
            values = best_values(setting, given, enter, options)
            if gated is not None:
                values = jnp.where(gated[option], jnp.maximum(values, 0.0), values)
            return weights @ values
        outcome = over_worlds(
            setting.problem, setting.worlds, enter, options, record=_nothing, given=given
        )
        return weights @ outcome.value

    # Few at a time: many options at once would not fit the memory.
    return jax.lax.map(one, jnp.arange(setting.problem.options.fee.size), batch_size=4)


def tabulate(
    setting: Setting,
    given: Couplings,
    weights: Array,
    *,
    optimistic: bool,
    quarters: NDArray[np.int32] | None = None,
    gates: bool = False,
) -> tuple[Floats, Floats]:
    """Expected value of each market by entry quarter and option under `given` couplings.

    Parameters
    ----------
    weights : Array
        Probability of each world.
    optimistic : bool
        Values of `best_values`, else of the plain rollout.
    quarters : array, optional
        Entry quarters to look at; all by default.
    gates : bool
        Whether markets that a gate may hold back are entered only in the worlds in which that
        pays, as if the gate knew.

    Returns
    -------
    table : array
        Axes (quarter, option, market); -inf where the limits rule the entry out.
    held : array
        Value of home and served markets, 0 for the others, axis market.
    """
    markets, options = setting.problem.options.allowed.shape
    first = np.asarray(setting.limits.first)[:markets, :options]
    last = np.asarray(setting.limits.last)[:markets]
    horizon = setting.problem.teams.shape[0]
    soonest = first_decision(setting.problem, setting.limits) if gates else np.zeros(markets)
    looked_at = np.arange(horizon, dtype=np.int32) if quarters is None else quarters
    table = np.full((horizon, first.shape[1], first.shape[0]), -np.inf)
    served = np.asarray(setting.problem.entered) < 0
    held = np.zeros(first.shape[0])
    for quarter in looked_at:
        open_to = ((first <= quarter) & (quarter <= last)[:, None]).T
        # Home and served markets are worth the same whatever is entered: any quarter tells.
        if open_to.any() or quarter == looked_at[-1]:
            gated = None
            if gates:
                # Preparation begins once the gate has been decided.
                late = quarter - np.asarray(setting.problem.options.preparation).T
                gated = jnp.asarray(late >= soonest)
            values = np.asarray(
                _entered_at(setting, given, weights, jnp.asarray(quarter), optimistic, gated)
            )
            table[quarter] = np.where(open_to, values, -np.inf)
            held = np.where(served, values[0], 0.0)
    return table, held
