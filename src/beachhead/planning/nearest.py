"""How far a market that the plan leaves alone is from paying."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp

from beachhead.simulation.state import Problem

STEPS = 12  # most evaluations until a threshold is found
CLOSE = 1e-3  # relative: of a threshold


def pull_cost(problem: Problem, row: int, factor: float) -> Problem:
    """The problem with the entry cost of one market times `factor`."""
    options = problem.options
    estimate = jnp.asarray(options.estimate).at[row].multiply(factor)
    return problem._replace(options=options._replace(estimate=estimate))


def pull_size(problem: Problem, row: int, factor: float) -> Problem:
    """The problem with `factor` times the people in one market."""
    return problem._replace(people=jnp.asarray(problem.people).at[row].multiply(factor))


def find_zero(gain: Callable[[float], float], far: float) -> float | None:
    """Between 1, where `gain` is negative, and `far`, the place where it is zero.

    None where it is negative at `far` too. `gain` is close to a straight line: false position,
    with the weight of an end halved that stays (the Illinois rule).
    """
    near, below, above = 1.0, gain(1.0), gain(far)
    if above < 0.0:
        return None
    at = far
    for _ in range(STEPS):
        last, at = at, far - above * (far - near) / (above - below)
        if abs(at - last) <= CLOSE * max(abs(at), 1.0):
            break
        if (found := gain(at)) < 0.0:
            near, below, above = at, found, above / 2.0
        else:
            far, above, below = at, found, below / 2.0
    return at
