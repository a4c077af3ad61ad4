"""E10 Home: attention spent abroad is missed at home.

Every market that a firm opens takes its managers' attention, most while it is new. The more there
is to attend to, the weaker the brand stands at home against its rivals. The tenth launch is not
free: the loss keeps growing with the load. Where the case names the rivals at home, what the firm
does not sell there is theirs and the fringe's, in proportion to their attraction.

    L = sum_i load_k Z_i exp(-age_i / tau_L);     v_home falls by chi (L - today's L) / Lbar
    share of rival k = (1 - ours) a_k / (sum_j a_j + fringe),  a_k today = its share of today

Neutral value: chi = 0.
Assumes: home itself runs E1, E2, E6 and E9 like any market; the fringe stays as it is.
Source: no causal estimate of home profit lost to foreign attention is known; sizes are judgement
(Lu and Beamish 2004 and Contractor, Kundu and Hsu 2003 find costs of early and of late expansion).
Proof: tests/mechanisms/test_home.py, tests/mechanisms/test_rivals.py.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from beachhead.quantities import HalfNormal, LogNormal, mechanism, parameter


@mechanism("home")
class Home:
    """Parameters of E10."""

    dilution: Array = parameter(
        "loss of utility at home when attention abroad is at what the firm carries easily (chi)",
        unit="utility", default=0.05, neutral=0.0, bounds=(0.0, 5.0), prior=HalfNormal(), tag="J",
        source="judgement: about 5 % of home sales at full load",
    )  # fmt: skip
    years: Array = parameter(
        "time constant with which a new market stops to claim attention (tau_L)",
        unit="years", default=2.0, neutral=None, bounds=(0.01, 50.0), prior=LogNormal(0.3),
        tag="J", source="judgement",
    )  # fmt: skip
    carries: Array = parameter(
        "launches that the firm's managers attend to easily (Lbar)",
        unit="launches", default=5.0, neutral=float("inf"), bounds=(0.01, float("inf")), tag="J",
        source="judgement; preset scales it to the firm",
    )  # fmt: skip


def novelty(parameters: Home, years: Array | float) -> Array:
    """Part of a new market's claim on attention that is left after `years`."""
    return jnp.exp(-years / parameters.years)


def attention(load: Array, present: Array, fresh: Array) -> Array:
    """Load L of all foreign markets on the managers, in launches.

    `load` of the mode (0 for home), `present` 1 where the firm is, `fresh` = exp(-age / tau_L);
    axis market, summed.
    """
    return jnp.dot(load, present * fresh)


def home_utility(parameters: Home, load: Array) -> Array:
    """Change of utility at home under attention load `load`; never positive."""
    return -parameters.dilution * load / parameters.carries


def standing(own: Array, strength: Array, fringe: Array) -> Array:
    """Share of all units at home that each named rival sells, axis rival.

    `own`: the firm's share, a number; `strength` of the rivals, axis rival, and of the `fringe`, a
    number, both in shares of today.
    """
    total = jnp.dot(strength, jnp.ones_like(strength)) + fringe
    return (1.0 - own) * strength / jnp.where(total > 0.0, total, 1.0)
