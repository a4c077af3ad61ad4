"""Gates: a pilot decides whether the others follow.

A firm may try one market first and open others only where the trial went well. At an agreed date
it looks at what the pilot has sold. What it sees is off by chance; from a threshold on the waiting
markets are opened as planned, else they are not. Until then nothing is spent on them, but their
launch teams stay reserved.

    seen = sold so far exp(noise z), z standard normal, one for each world and gate
    opens if seen >= threshold, at the start of quarter max(0, entry of the pilot) + wait

Neutral value: no gates; threshold = 0 with wait = 0 opens everywhere.
Assumes: one look, at a date fixed in advance; a market whose preparation would begin before that
date is not entered; a pilot teaches as much as its luck is shared, by the common and regional parts
of the parameters' draws.
Source: bookkeeping; the worth of waiting for news is that of Dixit and Pindyck (1994).
Proof: tests/mechanisms/test_gates.py.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def decided(enter: Array, pilot: Array, wait: Array, never: int) -> Array:
    """Quarter at whose start each gate is decided, axis gate; past `never` without its pilot.

    Parameters
    ----------
    enter : Array
        Entry quarter, axis market, `never` where there is none.
    pilot : Array
        1 for each gate's pilot, axes (gate, market).
    wait : Array
        Quarters from the pilot's entry to the decision, axis gate.
    """
    began = jnp.where(pilot > 0.0, jnp.maximum(enter, 0), never).min(axis=1)
    return began + wait


def opens(sold: Array, seen: Array, threshold: Array) -> Array:
    """Whether each gate opens, axis gate: `sold` units, by the factor `seen`, reach `threshold`."""
    return sold * seen >= threshold


def shut(on: Array, waits: Array, cleared: Array, decision: Array, prepares: Array) -> Array:
    """Whether each market is held back in this quarter, axis market.

    Parameters
    ----------
    on, cleared : Array
        Whether each gate is used, and has opened by now, axis gate.
    waits : Array
        1 where a market waits for a gate, axes (gate, market).
    decision : Array
        Quarter at whose start each gate is decided, axis gate.
    prepares : Array
        Quarter in which each market's preparation begins, axis market.
    """
    early = prepares < decision[:, None]
    held = on[:, None] & (waits > 0.0) & (~cleared[:, None] | early)
    return held.any(axis=0)
