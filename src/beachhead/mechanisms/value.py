"""E12 Value: what a schedule is worth, as one number per world and as one number over worlds.

Flows are discounted quarter by quarter. What goes on after the horizon counts as an annuity of the
last year's flow at zero growth, weighted by the chance of still being there, over a stated number
of years; a market that loses money at the horizon is closed instead. Over worlds, the mean is
mixed with the mean of the worst worlds.

    V = sum_{t<T} b^t flow_t + b^(T-1) annuity * max(0, last year's mean quarterly flow)
    annuity = sum_{k=1..K} (b (1 - h))^k
    J = (1 - omega) E[V] + omega CVaR(V)

Neutral value: omega = 0.
Assumes: the hazard of exit at the horizon stays as it is.
Source: Rockafellar and Uryasev (2000) for CVaR.
Proof: tests/reference/test_survival.py, tests/reference/test_cvar.py.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array


def annuity(discount: Array, hazard: Array, quarters: Array | float) -> Array:
    """Sum of (b (1 - h))^t over t = 1..quarters: value now of 1 a quarter while it lasts.

    Source: geometric series.
    """
    ratio = discount * (1.0 - hazard)
    near_one = jnp.abs(1.0 - ratio) < 1e-6
    safe = jnp.where(near_one, 0.5, ratio)
    return jnp.where(near_one, quarters, safe * (1.0 - safe**quarters) / (1.0 - safe))


@partial(jax.jit, static_argnames="tail")
def cvar(values: Array, tail: float) -> Array:
    """Mean of the worst `tail` share of `values` (axis world, equally likely).

    Where the tail ends within one world, that world counts in part: the definition of Rockafellar
    and Uryasev, exact for any number of worlds.
    """
    ordered = jnp.sort(values)
    size = tail * values.shape[0]
    weight = jnp.clip(size - jnp.arange(values.shape[0], dtype=values.dtype), 0.0, 1.0)
    return (ordered * weight).sum() / size


def objective(values: Array, aversion: Array | float, tail: float) -> Array:
    """J of `values` (axis world): (1 - aversion) mean + aversion CVaR."""
    return (1.0 - aversion) * values.mean() + aversion * cvar(values, tail)
