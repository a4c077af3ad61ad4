"""E3 Experience: what a firm has learned by being in a market.

It grows from nothing towards one while the firm is there, most of it within tau_x years, and fades
after it has left.

    X' = 1 - (1 - X) exp(-dt / tau_x) while present, so that X = 1 - exp(-age / tau_x);
    X' = X exp(-forgetting dt) otherwise

Neutral value: none of its own; it acts through E4.
Assumes: experience is that of the market, whatever the mode.
Source: Barkema, Bell and Pennings (1996) for learning by presence; organisational forgetting as in
Benkard (2000).
Proof: tests/mechanisms/test_experience.py.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from beachhead.quantities import LogNormal, mechanism, parameter


@mechanism("experience")
class Experience:
    """Parameters of E3."""

    years: Array = parameter(
        "time constant of learning a market",
        unit="years", default=1.0, neutral=None, bounds=(0.0, 20.0), prior=LogNormal(0.5),
        tag="J", source="four quarters; no published number",
    )  # fmt: skip
    forgetting: Array = parameter(
        "rate at which experience fades after leaving",
        unit="1/year", default=0.55, neutral=None, bounds=(0.0, 20.0), prior=LogNormal(0.2),
        tag="M", source="Benkard (2000): about .045 a month, so -12 ln(.955) a year",
    )  # fmt: skip


def experience(parameters: Experience, known: Array, present: Array, dt: Array | float) -> Array:
    """Experience after a step of `dt` years, in [0, 1], axis market.

    `known` is experience before it, `present` 1 where the firm is in the market.
    """
    # A time constant of zero means that the first quarter teaches all there is to learn.
    keeps_ignorance = jnp.exp(-dt / jnp.maximum(parameters.years, 1e-9))
    learned = 1.0 - (1.0 - known) * keeps_ignorance
    faded = known * jnp.exp(-parameters.forgetting * dt)
    return jnp.where(present > 0.0, learned, faded)
