"""Sales: the part of the category that a way of selling can reach at all.

Operators' and closed chains' sales are out of reach of a direct seller; online also needs people
and parcels that are ready for it, and readiness grows. Reach caps sales: it does not merely slow
acceptance.

    reach_t = full - (full - now) exp(-catch_up years);      units = Q reach s

Neutral value: now = full = 1.
Assumes: closed channels stay as closed as they are; readiness closes the same part of its gap
every year.
Source: bookkeeping; the pace of readiness is judgement.
Proof: tests/mechanisms/test_reach.py.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from beachhead.quantities import HalfNormal, mechanism, parameter


@mechanism("reach")
class Reach:
    """Parameters of reach."""

    catch_up: Array = parameter(
        "part of the gap to full readiness for online sales that closes in a year",
        unit="1/year", default=0.08, neutral=0.0, bounds=(0.0, 5.0), prior=HalfNormal(), tag="J",
        source="internet use in poorer economies closed about this part of its gap a year, 2005-12",
    )  # fmt: skip


def reach(parameters: Reach, now: Array, full: Array, years: Array) -> Array:
    """Part of the category's sales within reach `years` after the start, in [0, 1], axis market.

    `now` and `full` are the part today and where everybody is ready.
    """
    return full - (full - now) * jnp.exp(-parameters.catch_up * years)
