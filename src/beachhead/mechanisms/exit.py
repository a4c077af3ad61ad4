"""E8 Exit: foreign ventures fail, most of them early.

The chance of having to leave a market falls with age and with what the firm knows of markets like
it, rises with distance from home and while the firm is in haste elsewhere, and is lower where
margins are good. What leaves gets back a part of what opening cost. A venture whose losses pass
the limit that was agreed before entry is closed.

    h = 1 - exp(-exp(alpha_k + a1 ln(age + 1) + a2 d - a3 K + a4 haste - a5 margin))

Neutral value: alpha = -infinity (h = 0).
Assumes: age in quarters; exits are drawn per world, market and quarter, so that every schedule
meets the same fate in the same place. No return after an exit.
Source: Besedes and Prusa (2006) for the falling hazard of trade; Li (1995) and Barkema, Bell and
Pennings (1996) for experience; sizes are judgement.
Proof: tests/reference/test_survival.py, tests/mechanisms/test_exit.py.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from beachhead.quantities import HalfNormal, Normal, Uniform, mechanism, parameter


@mechanism("exit")
class Exit:
    """Parameters of E8."""

    level: Array = parameter(
        "general level of the hazard, added to every mode's (log scale)",
        unit="log", default=0.0, neutral=-float("inf"), bounds=(-float("inf"), 10.0),
        prior=Normal(0.3), tag="J", source="modes' yearly rates are judgement; so is their spread",
    )  # fmt: skip
    age: Array = parameter(
        "change of the log hazard per log of age in quarters",
        unit="log per log", default=-0.5, neutral=0.0, bounds=(-3.0, 1.0), prior=Uniform(-1.0, 0.0),
        tag="J", source="trade flows -1.04 (derived from Besedes and Prusa), subsidiaries flatter",
    )  # fmt: skip
    distance: Array = parameter(
        "rise of the log hazard per unit of distance",
        unit="log per unit", default=0.15, neutral=0.0, bounds=(0.0, 3.0), prior=HalfNormal(),
        tag="J", source="sign: Beugelsdijk et al. (2018); size is judgement",
    )  # fmt: skip
    knowledge: Array = parameter(
        "fall of the log hazard with full familiarity",
        unit="log", default=0.5, neutral=0.0, bounds=(0.0, 5.0), prior=HalfNormal(), tag="J",
        source="sign: Li (1995); size is judgement",
    )  # fmt: skip
    haste: Array = parameter(
        "rise of the log hazard while as many launches are under way as the firm digests",
        unit="log", default=0.3, neutral=0.0, bounds=(0.0, 5.0), prior=HalfNormal(), tag="J",
        source="sign: Vermeulen and Barkema (2002); size is judgement",
    )  # fmt: skip
    margin: Array = parameter(
        "fall of the log hazard per unit of contribution margin over price",
        unit="log", default=0.5, neutral=0.0, bounds=(0.0, 10.0), prior=HalfNormal(), tag="J",
        source="weak performance speeds divestment (retail studies); size is judgement",
    )  # fmt: skip


def log_hazard(
    parameters: Exit,
    alpha: Array,
    age: Array,
    distance: Array,
    familiarity: Array,
    crowd: Array,
    margin: Array,
) -> Array:
    """Log rate of leaving, ln(-ln(1 - h)), axis market.

    Parameters
    ----------
    alpha : Array
        Log hazard of the mode; -inf for a market that is never left (home).
    age : Array
        Quarters since entry, >= 0.
    distance, familiarity : Array
        Units of distance from home; familiarity from E4.
    crowd : Array
        Other launches under way over those that the firm digests.
    margin : Array
        Contribution margin over price.
    """
    return (
        alpha
        + parameters.level
        + parameters.age * jnp.log1p(age)
        + parameters.distance * distance
        - parameters.knowledge * familiarity
        + parameters.haste * crowd
        - parameters.margin * margin
    )


def hazard(log_rate: Array) -> Array:
    """Probability h of leaving within the quarter, from its log rate."""
    return -jnp.expm1(-jnp.exp(log_rate))


def leaves(fate: Array, log_rate: Array) -> Array:
    """True where fate makes the firm leave in this quarter.

    `fate` is ln(-ln(1 - u)) of a uniform draw u, so that fate < log_rate has probability h.
    """
    return fate < log_rate


def gives_up(loss: Array, agreed: Array) -> Array:
    """True where the cumulative operating `loss` has passed what was `agreed` before entry."""
    return loss > agreed
