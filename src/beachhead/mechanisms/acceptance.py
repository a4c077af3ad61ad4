"""E2 Acceptance: the share of a market's customers for whom the brand is a choice.

A brand that enters is unknown. Some customers accept it because they see it (p), more because
they hear of it from others (q); word of mouth travels further where people are connected. A
newcomer from afar, or one from a poorer economy than the customer's own, is accepted more slowly,
a localised product faster, and a brand accepted in neighbouring markets is heard of. Where rivals
rise, fewer customers keep the brand among their choices: what is above the ceiling is lost.

    p_i = p0 exp(th_l l - th_d d - th_dev max(0, y_i - y_h)) intensity_k + sigma sum_j W_ij Z_j A_j
    q_i = q exp(th_talk (connected_i - 1/2))
    A'  = c bass(A / c; p_i, q_i) below the ceiling c, c + (A - c) exp(-q_i dt) above it
    c   = ((1 + rivals at first) / (1 + the larger of rivals at first and now))^eta
    A today = a^(1 - w) b^w where the firm sells already, w = (1 - a)^2 / (1 + (1 - a)^2):
        a after its years there, b as its sales imply at its utility

Neutral value: sigma = 0, eta = 0 and all th = 0. A = 0 before entry.
Assumes: spillover comes from acceptance abroad, never from mere presence (van Everdingen, Fok and
Stremersch 2009); W weighs the other markets of the neighbourhood by their size and is
row-normalised over all of them, entered or not. Only the growth and the entry of rivals that the
case names lower the ceiling; what comes by word of mouth goes by it. How a brand that sells more
than it should is so much accepted, or so much liked, its sales do not tell: the log of the
acceptance is as uncertain as the rates, whose log has a standard deviation near 1, times 1 - a,
utility by 1, and each takes its part of the variance.
Source: Bass (1969); van Everdingen, Fok and Stremersch (2009); Verlegh and Steenkamp (1999) for
the economic-development gap.
Proof: tests/reference/test_lead_lag.py, tests/mechanisms/test_acceptance.py,
tests/mechanisms/test_rivals.py.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from beachhead.mechanisms.bass import bass
from beachhead.quantities import HalfNormal, LogNormal, WithZero, mechanism, parameter


@mechanism("acceptance")
class Acceptance:
    """Parameters of E2."""

    p0: Array = parameter(
        "share of customers who accept the brand in a year without hearing of it from others",
        unit="1/year", default=0.03, neutral=None, bounds=(0.0, 2.0), prior=LogNormal(0.7),
        level="market", tag="J", source="by analogy with the category's p; spread of launches",
    )  # fmt: skip
    q: Array = parameter(
        "word of mouth about the brand",
        unit="1/year", default=1.2, neutral=None, bounds=(0.0, 10.0), prior=LogNormal(0.6),
        level="market", tag="D", source="launches of 22 brands of phones: docs/proof/fortunes.md",
    )  # fmt: skip
    localisation: Array = parameter(
        "gain in acceptance from a fully localised product",
        unit="log", default=0.2, neutral=0.0, bounds=(0.0, 3.0), prior=HalfNormal(), tag="J",
        source="no transferable number found",
    )  # fmt: skip
    distance: Array = parameter(
        "loss of acceptance per unit of distance from home",
        unit="log per unit", default=0.15, neutral=0.0, bounds=(0.0, 3.0), prior=HalfNormal(),
        tag="J", source="sign: Beugelsdijk et al. (2018); size is judgement",
    )  # fmt: skip
    development: Array = parameter(
        "loss of acceptance per log unit by which customers are richer than the home market's",
        unit="log per log", default=0.35, neutral=0.0, bounds=(0.0, 3.0), prior=HalfNormal(),
        tag="J", source="sign: Verlegh and Steenkamp (1999); size .35 a standard deviation, shrunk "
        "from Peterson and Jolibert (1995)",
    )  # fmt: skip
    talk: Array = parameter(
        "how much more word of mouth carries where everybody is online than where nobody is",
        unit="log", default=0.6, neutral=0.0, bounds=(0.0, 3.0), prior=HalfNormal(), tag="J",
        source="sign: Hartman, Mallick and Talukdar (2012), internet users speed diffusion",
    )  # fmt: skip
    spillover: Array = parameter(
        "acceptance that full acceptance in the other markets around it brings to a market",
        unit="1/year", default=0.02, neutral=0.0, bounds=(0.0, 1.0),
        prior=WithZero(0.2, HalfNormal()), tag="J",
        source="sign: van Everdingen, Fok and Stremersch (2009); size is judgement",
    )  # fmt: skip
    rivals: Array = parameter(
        "how far acceptance gives way as rivals rise (eta)",
        unit="log per log", default=0.1, neutral=0.0, bounds=(0.0, 3.0), prior=HalfNormal(),
        tag="J", source="sign: what customers choose among is short; states of India find less "
        "than .1: docs/proof/brands.md",
    )  # fmt: skip


def innovation(
    parameters: Acceptance, localisation: Array, distance: Array, richer: Array, intensity: Array
) -> Array:
    """Own-account acceptance p per year of each market, before spillover. Axis market.

    `distance` from home in units, `richer` = max(0, log income of the market over home's),
    `intensity` the factor of the entry mode.
    """
    pull = (
        parameters.localisation * localisation
        - parameters.distance * distance
        - parameters.development * richer
    )
    return parameters.p0 * jnp.exp(pull) * intensity


def word_of_mouth(parameters: Acceptance, connected: Array) -> Array:
    """Word of mouth q per year of each market; `connected` is the share of people online."""
    return parameters.q * jnp.exp(parameters.talk * (connected - 0.5))


def accepted_today(aged: Array, implied: Array) -> Array:
    """Acceptance of a brand that sells already, in [0, 1], axis market.

    `aged`: from `bass` over its years in the market; `implied` by its sales at its utility. What
    is left between `implied` and the answer is utility. A brand whose years cannot have made it
    known (`aged` 0), or that sells nothing, is as accepted as `implied`.
    """
    doubt = (1.0 - aged) ** 2
    weight = doubt / (1.0 + doubt)
    both = (aged > 0.0) & (implied > 0.0)
    split = jnp.where(both, aged, 1.0) ** (1.0 - weight) * jnp.where(both, implied, 1.0) ** weight
    return jnp.minimum(jnp.where(both, split, implied), 1.0)


def ceiling(parameters: Acceptance, first: Array, now: Array) -> Array:
    """Most customers for whom the brand can be a choice, in (0, 1], axis market.

    `first`, `now`: rivals on the first day and today, in attractions of a usual one. The part is
    that which one of all brands has, the firm's own among them, against its part at first.
    """
    rise = (1.0 + jnp.maximum(first, now)) / (1.0 + first)
    return jnp.exp(-parameters.rivals * jnp.log(rise))


def acceptance(
    parameters: Acceptance,
    accepted: Array,
    p: Array,
    q: Array,
    heard: Array,
    dt: float,
    ceiling: Array | None = None,
) -> Array:
    """Acceptance after a quarter.

    Parameters
    ----------
    accepted : Array
        Acceptance before it, in [0, 1], axis market.
    p, q : Array
        Rates per year from `innovation` and `word_of_mouth`, axis market.
    heard : Array
        Row-normalised acceptance in the other markets, in [0, 1], axis market.
    dt : float
        Length of the quarter in years.
    ceiling : Array, optional
        From `ceiling`, axis market; 1 where none is given.
    """
    pace = p + parameters.spillover * heard
    if ceiling is None:
        return bass(accepted, pace, q, dt)
    # Loss goes by q alone, which no schedule changes: more acceptance or a higher p today never
    # means less tomorrow, which the bound relies on.
    within = ceiling * bass(jnp.minimum(accepted / ceiling, 1.0), pace, q, dt)
    return within + jnp.maximum(accepted - ceiling, 0.0) * jnp.exp(-q * dt)
