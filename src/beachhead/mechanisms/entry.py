"""E5 Entry cost: what it takes to open a market, and what haste adds to it.

Opening costs more far from home and for a localised product, less where experience helps. A firm
that opens many markets at once pays more for each: people are thin on the ground and mistakes are
made. Launches weigh the more, the less their markets are known.

    C_i = C0_ik (1 + psi d_i)(1 - saving_i)(1 + c_l l)(1 + gamma n_i / nbar) factor_i
    n_i = sum of (1 - saving_j) over other markets j whose preparation began in the last 4 quarters

The cost is paid in equal parts over the quarters of preparation, each part at that quarter's
knowledge and haste; without preparation, all at entry.

Neutral value: psi = 0, c_l = 0, gamma = 0.
Assumes: nbar, the launches a year that the firm digests, grows with its teams.
Source: extended gravity as in E4; time-compression diseconomies: Dierickx and Cool (1989),
Vermeulen and Barkema (2002).
Proof: tests/mechanisms/test_entry.py, tests/reference/test_waterfall_sprinkler.py.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from beachhead.quantities import HalfNormal, LogNormal, mechanism, parameter

WINDOW = 4  # quarters over which launches crowd each other: one year


@mechanism("entry")
class Entry:
    """Parameters of E5."""

    distance: Array = parameter(
        "rise of the entry cost per unit of distance from home (psi)",
        unit="share per unit", default=0.15, neutral=0.0, bounds=(0.0, 5.0), prior=HalfNormal(),
        tag="J", source="sign: Beugelsdijk et al. (2018); size is judgement",
    )  # fmt: skip
    localisation: Array = parameter(
        "rise of the entry cost for a fully localised product (c_l)",
        unit="share", default=0.2, neutral=0.0, bounds=(0.0, 5.0), prior=HalfNormal(), tag="J",
        source="no transferable number found",
    )  # fmt: skip
    haste: Array = parameter(
        "rise of each launch's cost when as many others are under way as the firm digests (gamma)",
        unit="share", default=0.25, neutral=0.0, bounds=(0.0, 10.0), prior=HalfNormal(), tag="J",
        source="sign: Vermeulen and Barkema (2002); size is judgement",
    )  # fmt: skip
    digest: Array = parameter(
        "launches a year that one team digests without strain (nbar = this times teams)",
        unit="launches/year/team", default=2.0, neutral=float("inf"), bounds=(0.01, float("inf")),
        tag="J", source="judgement; set it from the firm's own history",
    )  # fmt: skip
    cost_factor: Array = parameter(
        "true cost of opening a market over its estimate",
        unit="ratio", default=1.0, neutral=1.0, bounds=(0.0, 100.0), prior=LogNormal(0.3),
        level="market", tag="J", source="spread of project costs about their estimates",
    )  # fmt: skip


def haste(unknown: Array, since_start: Array) -> Array:
    """Other launches under way at each market, weighted by how unknown they are.

    `unknown` = 1 - saving and `since_start` = quarters since preparation began (negative before),
    axis market.
    """
    under_way = unknown * ((since_start >= 0) & (since_start < WINDOW))
    # A product with ones is a sum, and much the faster one once compiled.
    return jnp.dot(under_way, jnp.ones_like(under_way)) - under_way


def entry_cost(
    parameters: Entry,
    estimate: Array,
    distance: Array,
    localisation: Array,
    saving: Array,
    crowd: Array,
    digested: Array,
) -> Array:
    """Cost of opening each market at this quarter's knowledge and haste, money, axis market.

    `estimate` is C0 of the mode, `saving` from E4, `crowd` from `haste`, `digested` the launches a
    year that the firm can digest now (nbar).
    """
    return (
        estimate
        * parameters.cost_factor
        * (1.0 + parameters.distance * distance)
        * (1.0 - saving)
        * (1.0 + parameters.localisation * localisation)
        * (1.0 + parameters.haste * crowd / digested)
    )


def begun(quarter: Array, enter: Array, preparation: Array) -> tuple[Array, Array]:
    """Quarters since preparation began, and the part of the entry cost due in this quarter."""
    since = quarter - (enter - preparation)
    parts = jnp.maximum(preparation, 1)
    # Not a bool over an integer: that division is single precision whatever the setting.
    return since, jnp.where((since >= 0) & (since < parts), 1.0, 0.0) / parts
