"""Sales: the part of the category that a way of selling can reach at all.

Operators' and closed chains' sales are out of reach of a direct seller; online also needs people
and parcels that are ready for it, and readiness grows. Reach caps sales: it does not merely slow
acceptance.

    reach_t = full - (full - now) exp(-catch_up years);      units = Q reach s
    years   = ln((top - online at first) / (top - online now)) / usual pace, where that is forecast;
              those on the calendar else, and where people are online already

Neutral value: now = full = 1.
Assumes: closed channels stay as closed as they are; readiness follows the share of people online,
and closes the same part of its gap every year where that does.
Source: bookkeeping; the pace of readiness is judgement, the share online is forecast as in
docs/proof/forecasts.md.
Proof: tests/mechanisms/test_reach.py.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from beachhead.quantities import HalfNormal, mechanism, parameter

FULL_USE = 0.9  # share of people online where nothing more is to come
PACE = 0.08  # part of the gap to it that usually closes in a year
NEAR = 0.02  # part of the gap that is taken for none


@mechanism("reach")
class Reach:
    """Parameters of reach."""

    catch_up: Array = parameter(
        "part of the gap to full readiness for online sales that closes in a year",
        unit="1/year", default=PACE, neutral=0.0, bounds=(0.0, 5.0), prior=HalfNormal(), tag="J",
        source="internet use in poorer economies closed about this part of its gap a year, 2005-12",
    )  # fmt: skip


def reach(parameters: Reach, now: Array, full: Array, years: Array) -> Array:
    """Part of the category's sales within reach `years` after the start, in [0, 1], axis market.

    `now` and `full` are the part today and where everybody is ready.
    """
    return full - (full - now) * jnp.exp(-parameters.catch_up * years)


def progress(first: Array, online: Array, years: Array) -> Array:
    """Years at the usual pace that it takes from `first` people online to `online`, axis market.

    `years` on the calendar stand where there is no gap at first. Never less than 0: what has been
    got ready stays so.
    """
    gap = FULL_USE - first
    some = jnp.where(gap > NEAR, gap, 1.0)
    left = jnp.clip((FULL_USE - online) / some, NEAR, 1.0)
    return jnp.where(gap > NEAR, -jnp.log(left) / PACE, years)
