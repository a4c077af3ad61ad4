"""What people allow at most, over all schedules within the limits.

How many candidates can have been opened by a quarter, what they can have taught by then, how many
launches can be under way and how much attention abroad can be claimed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from beachhead.mechanisms.entry import WINDOW
from beachhead.mechanisms.experience import experience
from beachhead.mechanisms.home import novelty
from beachhead.mechanisms.staffing import staffing
from beachhead.planning.limits import Limits, Setting
from beachhead.simulation.state import NEVER, STEP, Problem, split

PASSES = 3  # over how familiar markets can be, and so how few teams they can take


def most_teams(problem: Problem, limits: Limits) -> Array:
    """Teams that there can be at most, axis quarter: with everybody hired who may be."""
    if problem.measures is None:
        return problem.teams
    return problem.teams + most_at_work(problem, limits) @ problem.measures.teams


def most_at_work(problem: Problem, limits: Limits) -> Array:
    """Largest size at which each measure can work in a quarter, axes (quarter, measure)."""
    measures = problem.measures
    assert measures is not None
    first = split(problem, limits.first)[1][:, : measures.size.shape[1]]
    clock = jnp.arange(problem.teams.shape[0])[:, None, None]
    ready = clock >= first + measures.lead[:, None]
    return jnp.where(ready, measures.size, 0.0).max(axis=2)


@jax.jit
def best_knowledge(
    problem: Problem, limits: Limits, parameters: Any, central: Any
) -> tuple[Array, Array]:
    """Largest saving and familiarity that any schedule can bring, axes (quarter, market).

    `central`: parameters by which people are planned.
    """
    return _learned(problem, limits, parameters, most_opened(problem, limits, central))


def most_opened(problem: Problem, limits: Limits, central: Any) -> Array:
    """Most candidates that can teach at the start of each quarter, with the teams that there are.

    What teaches at t was entered by t - 1, so it was prepared with the teams up to t - 2 and begun
    by then, when it took no fewer than it does at the most familiar that it can be by then.
    """
    spent = jnp.concatenate([jnp.zeros(2), jnp.cumsum(most_teams(problem, limits))[:-2]])
    ways = problem.options
    early = _begun_before(problem, limits)
    familiar = jnp.ones((spent.size, problem.people.size))
    opened = jnp.zeros_like(spent)
    for _ in range(PASSES):
        least = _least(limits, _need(problem, central, familiar) * ways.preparation)
        least = jnp.concatenate([least[:1], least[:1], least[:-2]])
        opened = jnp.where(least > 0.0, jnp.floor(spent / jnp.maximum(least, 1e-9) + 1e-6), jnp.inf)
        opened = jnp.minimum(opened + early, limits.most)
        familiar = _learned(problem, limits, central, opened)[1]
    return opened


def _learned(
    problem: Problem, limits: Limits, parameters: Any, opened: Array
) -> tuple[Array, Array]:
    """Saving and familiarity where `opened` candidates at most teach by each quarter."""
    quarters = problem.teams.shape[0]
    clock = jnp.arange(quarters)
    served = (problem.entered < 0) & (problem.home == 0)
    first = limits.first[: problem.people.size, : problem.options.fee.size]
    open_to = (first.min(axis=1) < NEVER) & (problem.entered == NEVER)
    soonest = jnp.where(open_to, first.min(axis=1), NEVER).min()
    zero, one = jnp.zeros(()), jnp.ones(())
    at_start = experience(
        parameters.experience, zero, one, jnp.where(served, -problem.entered * STEP, 0.0)
    )
    held = experience(parameters.experience, at_start, one, clock[:, None] * STEP) * served
    # Who teaches from s on was entered by s - 1; axes (quarter, s).
    stay = jnp.minimum(clock[:, None] - clock + 1, clock[:, None] - soonest)
    taught = experience(parameters.experience, zero, one, jnp.maximum(stay, 0) * STEP)
    taught = jnp.where(clock <= clock[:, None], taught, 0.0)
    teaches = problem.likeness.teaches

    def groups(others: Array) -> Array:
        """Experience in each group, of so many candidates at most."""
        begin = jnp.minimum(others, opened[:, None])
        return held @ teaches + taught @ jnp.diff(begin, axis=0, prepend=jnp.zeros_like(begin[:1]))

    cuts, weight = parameters.knowledge.by_group(problem.likeness), parameters.knowledge.weight()

    def saving(groups: Array) -> Array:
        return (cuts * (1.0 - jnp.exp(-weight * groups))) @ problem.likeness.learns.T

    # A served market is taught by one candidate more than a candidate is.
    members = open_to @ teaches
    best = jnp.where(
        problem.entered < 0,
        saving(groups(members)),
        saving(groups(jnp.maximum(members - 1.0, 0.0))),
    )
    total = parameters.knowledge.total()
    return best, best / jnp.where(total > 0.0, total, 1.0)


def _most_familiar(problem: Problem, limits: Limits, central: Any) -> Array:
    """Most familiar that markets can be to those who plan people, axes (quarter, market)."""
    return best_knowledge(problem, limits, central, central)[1]


def _need(problem: Problem, central: Any, familiar: Array) -> Array:
    """Teams in a quarter of preparation that begins in each, axes (quarter, market, option)."""
    ways = problem.options
    need = staffing(central.staffing.unfamiliar, ways.teams, familiar[:, :, None])
    return jnp.where(ways.preparation > 0, need, 0.0)


def _least(limits: Limits, work: Array) -> Array:
    """Least of the `work` of any entry that may be made, axes (quarter, market, option)."""
    first = limits.first[: work.shape[1], : work.shape[2]]
    return jnp.where(first < NEVER, work, jnp.inf).min(axis=(1, 2))


class Caps(NamedTuple):
    """How much of what a schedule may do at most.

    `begun`: candidates of which preparation begins in the four quarters up to each, axis quarter.
    `attention`: that candidates claim, in launches, axes (world, quarter).
    """

    begun: Array
    attention: Array


@jax.jit
def first_caps(setting: Setting) -> Caps:
    """Caps that people and the number of candidates set, whatever is worth doing."""
    problem, limits, central = setting.problem, setting.limits, setting.central
    claimed = _most_claimed(problem, limits, central)
    age = jnp.arange(claimed.shape[1]) * STEP
    attention = jax.vmap(lambda home: claimed @ novelty(home, age))(setting.worlds.parameters.home)
    return Caps(_most_begun(problem, limits, central), attention)


def _most_claimed(problem: Problem, limits: Limits, central: Any) -> Array:
    """Load of candidates by how long ago they were entered, such that none can weigh more.

    Axes (quarter, age). Load that counts the more the younger it is weighs most where as much as
    can be is of the last quarter, then of the last two, and so on.
    """
    ways, quarters = problem.options, problem.teams.shape[0]
    clock = jnp.arange(quarters)
    first = limits.first[: problem.people.size, : ways.load.size]
    usable = first < NEVER
    heaviest = jnp.where(usable.any(axis=0), ways.load, 0.0).max()
    work = _need(problem, central, _most_familiar(problem, limits, central)) * ways.preparation
    a_team = jnp.where(work > 0.0, ways.load / jnp.maximum(work, 1e-9), jnp.inf)
    a_team = jnp.where(usable & (ways.load > 0.0), a_team, 0.0).max(axis=(1, 2))
    # Who was entered in the last k quarters was prepared in these and the longest time before.
    longest = jnp.where(usable, ways.preparation, 0).max()
    before = jnp.concatenate([jnp.zeros(1), jnp.cumsum(most_teams(problem, limits))])
    since = jnp.clip(clock[:, None] - clock - longest, 0, quarters)
    spent = before[clock][:, None] - before[since]
    # No work at all is no teams at all, but as much load as there are candidates.
    load = jnp.where(jnp.isinf(a_team)[:, None], jnp.inf, a_team[:, None] * spent)
    load = load + heaviest * _begun_before(problem, limits)
    load = jnp.minimum(load, heaviest * _most_entered(problem, limits))
    return jnp.diff(load, axis=1, prepend=jnp.zeros((quarters, 1)))


def _most_begun(problem: Problem, limits: Limits, central: Any) -> Array:
    """Most candidates of which preparation can begin in the four quarters up to each."""
    least = _least(limits, _need(problem, central, _most_familiar(problem, limits, central)))
    spent = jnp.cumsum(most_teams(problem, limits))
    spent = spent - jnp.concatenate([jnp.zeros(WINDOW), spent])[: spent.size]
    begun = jnp.where(least > 0.0, jnp.floor(spent / jnp.maximum(least, 1e-9) + 1e-6), jnp.inf)
    return jnp.minimum(begun + _begun_before(problem, limits), _most_entered(problem, limits))


def _most_entered(problem: Problem, limits: Limits) -> Array:
    """Most candidates that can be entered at all."""
    first = limits.first[: problem.people.size, : problem.options.fee.size]
    open_to = (first.min(axis=1) < NEVER) & (problem.entered == NEVER)
    return jnp.minimum(open_to.sum(), limits.most)


def _begun_before(problem: Problem, limits: Limits) -> Array:
    """Candidates that may be in preparation when the horizon begins, which takes fewer teams."""
    ways = problem.options
    first = limits.first[: problem.people.size, : ways.fee.size]
    return (first < jnp.minimum(ways.preparation, NEVER)).any(axis=1).sum()
