"""The exact quarterly map of the Bass model, used for categories (E1) and for brands (E2).

A share U of those who could adopt has adopted. Some of the rest adopt on their own account (rate
p), some because they meet people who have (rate q U). The map below is the solution of
dU/dt = (p + q U)(1 - U) over one step, not an approximation of it: four quarterly steps equal one
yearly step to rounding, so rates stay annual and are never rescaled.

    E = exp(-(p + q) dt);  U' = [p + q U - p (1 - U) E] / [p + q U + q (1 - U) E]

Neutral value: p = q = 0 leaves U where it is.
Assumes: p and q constant within the step. U = 1 is a fixed point.
Source: Bass (1969), Management Science 15(5); the map is derived from its closed form.
Proof: tests/reference/test_bass_1969.py.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def bass(share: Array, p: Array, q: Array, dt: Array | float) -> Array:
    """Share that has adopted after one step.

    Parameters
    ----------
    share : Array
        Share adopted before the step, in [0, 1]; any shape that broadcasts with `p` and `q`.
    p, q : Array
        Innovation and imitation per year, both >= 0.
    dt : float
        Length of the step in years.
    """
    decay = jnp.exp(-(p + q) * dt)
    pull = p + q * share
    push = (1.0 - share) * decay
    below = pull + q * push
    # Where nothing pulls (p = 0 and no adopters, or p = q = 0) the share stays as it is.
    safe = jnp.where(below > 0.0, below, 1.0)
    return jnp.where(below > 0.0, (pull - p * push) / safe, share)
