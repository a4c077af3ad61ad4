"""Measures: what a firm, or a public office, does to make expansion easier, and what it changes.

An office that advises on law and customs, a trade agreement, a warehouse, a research programme,
more launch teams, more money for the home market: each costs something once and each year, needs
time until it works, and then changes named numbers of the model for the markets that it covers.
What it is worth is the plan's value with it less the best value without it.

    active_m = 1 from begin_m + lead_m on, for as long as it lasts
    factor f -> f^(size effect), addition a -> size effect a, over all active measures
    money: - once size at the beginning, - yearly size dt from the beginning on

Neutral value: no measures.
Assumes: measures add up (factors multiply); they reach no market that they do not cover; a claimed
effect comes true by a common factor `effect`, people hired are as many as hired.
Source: bookkeeping; what public offices abroad are worth is in dispute (Rose 2007 finds 6 to 10 %
more exports for each), so sizes are the case's.
Proof: tests/mechanisms/test_measures.py.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import jax.numpy as jnp
from jax import Array

from beachhead.quantities import LogNormal, mechanism, parameter


@mechanism("measures")
class Effects:
    """Parameters of measures."""

    effect: Array = parameter(
        "true effect of a measure over what is claimed for it",
        unit="ratio", default=1.0, neutral=None, bounds=(0.0, 10.0), prior=LogNormal(0.3), tag="J",
        source="judgement: claims are seldom tested",
    )  # fmt: skip


class Lever(NamedTuple):
    """One number of the model that a measure may change.

    `kind`: whether a change is a 'factor' on it or an 'addition' to it. `good`: the direction in
    which it raises value, 1 or -1. `least`, `most`: the changes that make sense.
    """

    field: str
    kind: Literal["factor", "addition"]
    good: int
    least: float
    most: float
    words: str


# What a case may name in the changes of a measure.
LEVERS: dict[str, Lever] = {
    "entry.cost_factor": Lever("entry", "factor", -1, 0.05, 20.0, "cost of opening a market"),
    "cashflow.fixed_factor": Lever("running", "factor", -1, 0.05, 20.0, "running cost of a market"),
    "distance": Lever(
        "distance", "factor", -1, 0.05, 20.0, "distance from home, wherever the model uses it"
    ),
    "acceptance.p0": Lever(
        "accept", "factor", 1, 0.05, 20.0, "acceptance of the brand on customers' own account"
    ),
    "share.quality": Lever(
        "utility", "addition", 1, -2.0, 2.0, "utility of the product against its rivals'"
    ),
    "reach": Lever(
        "reach", "addition", 1, 0.0, 0.95, "part of the sales out of reach that comes within reach"
    ),
    "tariff": Lever("landed", "addition", -1, -1.0, 1.0, "duty, in shares of the unit cost"),
    "cashflow.attach": Lever(
        "attach", "addition", 1, 0.0, 1e6, "yearly margin from services for each customer, money"
    ),
    "unit_cost": Lever("cost", "factor", -1, 0.2, 5.0, "cost of a unit"),
    "teams": Lever("teams", "addition", 1, 0.0, 100.0, "launch teams"),
}


GOOD = tuple(lever.good for lever in LEVERS.values() if lever.field != "teams")


class Levers(NamedTuple):
    """Changes in force, axis market; `teams` is a number.

    `entry`, `running`, `distance`, `accept`, `cost`: logs of factors. `utility`, `landed`,
    `attach`: additions. `reach`: -ln of the part of what is out of reach that stays there.
    """

    entry: Array
    running: Array
    distance: Array
    accept: Array
    utility: Array
    reach: Array
    landed: Array
    attach: Array
    cost: Array
    teams: Array


def active(quarter: Array, begin: Array, lead: Array, lasts: Array) -> Array:
    """Whether each measure works in this quarter, axis measure; all in quarters."""
    working = quarter - begin - lead
    return (working >= 0) & (working < lasts)


def pull(amount: Array, effect: Array, covers: Array, change: Array, teams: Array) -> Levers:
    """Levers under measures that work to the `amount` given.

    Parameters
    ----------
    amount : Array
        Size of each measure, 0 where it does not work; axis measure.
    effect : Array
        True effect over what is claimed, a number.
    covers : Array
        1 where a measure covers a market, axes (measure, market).
    change : Array
        Change of each lever but teams, as in `Levers`, axes (measure, lever).
    teams : Array
        People that each measure brings, axis measure.
    """
    moved = (amount[:, None] * covers).T @ change * effect
    return Levers._make([*moved.T, jnp.dot(amount, teams)])


def paid(
    quarter: Array,
    begin: Array,
    lead: Array,
    lasts: Array,
    size: Array,
    once: Array,
    yearly: Array,
    dt: float,
) -> tuple[Array, Array]:
    """Money paid in the quarter for beginning measures and for keeping them up, numbers >= 0."""
    kept = (quarter >= begin) & (quarter - begin < lead + lasts)
    started = jnp.where(quarter == begin, size, 0.0)
    return jnp.dot(started, once), jnp.dot(jnp.where(kept, size, 0.0), yearly) * dt
