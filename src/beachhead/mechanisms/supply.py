"""E7 Supply: a product is as certain as the part that is hardest to replace.

Parts come from sources in countries, and a source can fail: a fire, a ban, a war. While it is
down, the output that needs its part stands still, save for what the other sources can add. A firm
can source a part otherwise, at home or from more places: at first that costs more, and the more it
has made, the less.

    available_c = min(1, (1 + spare_c) sum_s share_s (1 - down_s))
    loss = max_c needed_c (1 - available_c)
    fill = min(1 - loss, capacity / wanted, 1);   units = fill x what is wanted
    cost factor of a unit = 1 + sum_c share of cost_c (f_c - 1),  f = max(mature, (1 + premium) n^b)

n counts quarters since the change works, b = log2(progress). A source goes down with probability
1 - exp(-rate dt) in a quarter in which it is up, for an exponential time.

Neutral value: no components, capacity = infinity.
Assumes: parts are ordered for what is wanted, so that idle assembly makes up for no part; sources
fail one by one; what cannot be delivered is lost, not sold later, in all markets alike.
Source: McKinsey Global Institute (2020), a disruption of a month or longer every 3.7 years;
learning: Wright (1936), progress ratios about .8 in electronics; durations are judgement.
Proof: tests/reference/test_supply.py.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from beachhead.quantities import LogNormal, mechanism, parameter


@mechanism("supply")
class SupplyRisk:
    """Parameters of E7."""

    rate: Array = parameter(
        "disruptions of a source a year",
        unit="1/year", default=0.27, neutral=0.0, bounds=(0.0, 50.0), prior=LogNormal(0.3),
        tag="O", source="McKinsey Global Institute (2020): one of a month or longer in 3.7 years",
    )  # fmt: skip
    years: Array = parameter(
        "mean length of a disruption",
        unit="years", default=0.17, neutral=0.0, bounds=(0.0, 20.0), prior=LogNormal(0.7), tag="J",
        source="judgement: two months, with a wide spread",
    )  # fmt: skip


def available(shares: Array, down: Array, spare: Array) -> Array:
    """Part of each component's need that its sources deliver, in [0, 1], axis component.

    `shares` of the sources in force, axes (component, source); `down` part of the quarter in which
    a source is down, axis source; `spare` what the others can add over their usual, axis component.
    """
    return jnp.minimum((1.0 + spare) * (shares @ (1.0 - down)), 1.0)


def fill(available: Array, needed: Array, capacity: Array, wanted: Array) -> Array:
    """Part of what is wanted that can be delivered, a number in [0, 1].

    `needed`: part of the output that needs each component; `capacity` and `wanted` in units a
    quarter.
    """
    loss = jnp.max(needed * (1.0 - available), initial=0.0)
    return jnp.minimum(1.0 - loss, jnp.minimum(capacity / jnp.maximum(wanted, 1e-9), 1.0))


def learned(premium: Array, progress: Array, mature: Array, quarters: Array) -> Array:
    """Cost of a part over its cost today, after `quarters` (>= 1) of making it otherwise."""
    return jnp.maximum((1.0 + premium) * quarters ** jnp.log2(progress), mature)
