"""E11 Goals: what is to be reached by a date, as a limit or for its chance to be told.

A goal holds in the quarter that it names: a place at home, a number of foreign markets, or the
money or units of the four quarters that end with it. How near a world comes is a ratio that is at
least 1 where the goal is met; of a place, the firm's share of units at home over that of the rival
who holds the place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, get_args

import jax.numpy as jnp
import numpy as np
from jax import Array

from beachhead.cases import Case
from beachhead.cases.case import GoalMetric
from beachhead.simulation.state import Problem, Quarter, Values

METRICS: tuple[str, ...] = get_args(GoalMetric)
NEAR = 1e-6  # rounding of single precision


class Goals(NamedTuple):
    """Goals of a case, axis goal.

    `metric`: its number in `METRICS`; `value` asked for; `probability` demanded, 0 where none is.
    `window`: 1 in the quarters that count, axes (quarter, goal).
    """

    metric: Values
    value: Values
    probability: Values
    window: Values


def read_goals(case: Case) -> Goals | None:
    """Goals of a resolved case, NumPy arrays; None without any."""
    goals = case.limits.goals
    if not goals:
        return None
    window = np.zeros((case.quarters, len(goals)))
    for k, goal in enumerate(goals):
        by = case.quarter_index(goal.by)
        yearly = goal.metric not in ("home_rank", "markets")
        window[by - 3 if yearly else by : by + 1, k] = 1.0
    return Goals(
        metric=np.array([METRICS.index(goal.metric) for goal in goals], dtype=np.int32),
        value=np.array([goal.value for goal in goals]),
        probability=np.array([goal.probability or 0.0 for goal in goals]),
        window=window,
    )


def follow(problem: Problem, goals: Goals) -> Callable[[Quarter], Array]:
    """Record of a quarter: how far each goal is reached in it, axis goal; see `add_up`."""

    def tell(quarter: Quarter) -> Array:
        abroad = 1.0 - problem.home
        sales = quarter.ledger.sales
        one = jnp.ones_like(abroad)
        totals = jnp.stack(
            [
                jnp.dot(quarter.present, abroad),
                jnp.dot(sales, one),
                jnp.dot(sales, abroad),
                jnp.dot(quarter.units, one),
                jnp.dot(quarter.units, abroad),
            ]
        )
        reached = totals[jnp.maximum(goals.metric - 1, 0)] / goals.value
        if quarter.standing is None:
            return reached
        ours = jnp.dot(problem.home, quarter.units / jnp.maximum(quarter.category, 1e-9))
        place = jnp.minimum(goals.value.astype(jnp.int32), quarter.standing.size) - 1
        holder = jnp.sort(quarter.standing)[::-1][place]
        ahead = ours / jnp.maximum(holder, 1e-9)
        return jnp.where(goals.metric == 0, ahead, reached)

    return tell


def add_up(goals: Goals, followed: Array) -> Array:
    """How far each goal is reached, 1 or more where it is met: axes (world, goal).

    `followed`: records of `follow`, axes (world, quarter, goal).
    """
    return jnp.einsum("tg,wtg->wg", goals.window, followed)


def chances(reached: Array) -> Array:
    """Share of worlds in which each goal is met, axis goal; `reached` from `add_up`."""
    return (reached >= 1.0 - NEAR).mean(axis=0)


def shortfall(goals: Goals, reached: Array) -> tuple[Array, Array]:
    """What is missing to the demanded probabilities, and how far from met the worlds are; numbers.

    The second gives the search a slope where no world comes near.
    """
    missing = jnp.maximum(goals.probability - chances(reached), 0.0)
    far = jnp.maximum(1.0 - reached, 0.0).mean(axis=0)
    return missing.sum(), jnp.where(missing > 0.0, far, 0.0).sum()


def room(probability: float, worlds: int) -> float:
    """Two standard errors of a share of `worlds` that is expected to be `probability`."""
    return 2.0 * float(np.sqrt(max(probability * (1.0 - probability), 1e-12) / worlds))


def describe_goal(metric: str, value: float, by: str) -> str:
    """A goal in words, such as 'first at home in 2020Q2'."""
    if metric == "home_rank":
        place = "first" if value == 1 else f"among the first {value:g}"
        return f"{place} at home in {by}"
    if metric == "markets":
        return f"{value:g} markets abroad in {by}"
    what, _, where = metric.partition("_")
    return f"{what} {f'{where} ' if where else ''}of {value:,.0f} in the year to {by}"
