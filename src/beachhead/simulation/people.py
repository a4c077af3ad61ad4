"""E11 People: launch teams that a schedule puts to work."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from beachhead.mechanisms import Parameters
from beachhead.mechanisms.experience import experience
from beachhead.mechanisms.knowledge import knowledge
from beachhead.mechanisms.measures import active
from beachhead.mechanisms.staffing import staffing
from beachhead.simulation.state import STEP, Problem, split


@jax.jit
def use_of_teams(
    problem: Problem, central: Parameters, enter: Array, option: Array
) -> tuple[Array, Array]:
    """Teams that each market takes while it is prepared, and teams in use (axis quarter).

    `central` are the parameters at their defaults, without a world axis; `enter` and `option` have
    axis row.
    """
    quarters = problem.teams.shape[0]
    clock = jnp.arange(quarters)[:, None]
    served = problem.entered < 0
    enter, option = split(problem, enter)[0], split(problem, option)[0]
    enter = jnp.where(served, problem.entered, enter)
    # Experience at the start of each quarter if no venture fails: axes (quarter, market).
    there = jnp.maximum(clock - enter, 0) * STEP
    known = experience(central.experience, jnp.zeros_like(there), jnp.ones_like(there), there)
    familiar = jax.vmap(lambda x: knowledge(central.knowledge, x, problem.likeness)[1])(
        known * (1.0 - problem.home)
    )
    preparation = problem.options.preparation[jnp.arange(option.size), option]
    start = jnp.clip(enter - preparation, 0, quarters - 1)
    at_start = jnp.take_along_axis(familiar, start[None, :], axis=0)[0]
    need = staffing(central.staffing.unfamiliar, problem.options.teams[option], at_start)
    preparing = (clock >= enter - preparation) & (clock < enter) & ~served
    return need, (preparing * need).sum(axis=1)


def teams_there(problem: Problem, teams: Array, enter: Array, option: Array) -> Array:
    """Teams that there are, axis quarter: those of the limits and those that measures bring."""
    measures = problem.measures
    if measures is None:
        return teams
    begin, level = split(problem, enter)[1], split(problem, option)[1]
    clock = jnp.arange(teams.size)[:, None]
    works = active(clock, begin, measures.lead, measures.lasts)
    size = measures.size[jnp.arange(begin.size), level]
    return teams + jnp.where(works, size, 0.0) @ measures.teams
