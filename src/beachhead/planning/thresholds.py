"""Thresholds of gates in units, from the quantiles that a case gives."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead.cases import Case
from beachhead.planning.valuation import Valuer
from beachhead.simulation.pack import Packed
from beachhead.simulation.rollout import follow
from beachhead.simulation.state import NEVER


def settle(case: Case, valuer: Valuer, alone: NDArray[np.float64]) -> Packed:
    """The packed case with each gate's choices in units.

    A quantile is that of what is seen of the pilot, on the valuer's worlds, if it is entered alone,
    as early as it can be and in the way that is then worth most. Units have three digits.

    Parameters
    ----------
    alone : array
        Value of each market by entry quarter and option if it were the only one, axes (quarter,
        option, market), -inf where not allowed.
    """
    packed, setting = valuer.packed, valuer.setting
    gates, quarters = packed.problem.gates, setting.problem.teams.shape[0]
    assert gates is not None and setting.worlds.shocks.seen is not None
    choices = []
    for k, gate in enumerate(case.gates):
        pilots = np.flatnonzero(gates.pilot[k])
        if gate.units or not pilots.size:
            choices.append(list(packed.gates[k]))
            continue
        pilot = int(pilots[0])
        way = int(alone[:, :, pilot].max(axis=0).argmax())
        began = int(np.asarray(setting.limits.first)[pilot, way])
        enter = np.full(packed.rows, NEVER, dtype=np.int32)
        option = np.zeros_like(enter)
        enter[pilot], option[pilot] = began, way
        found = follow(setting.problem, setting.worlds, jnp.asarray(enter), jnp.asarray(option))
        seen = np.cumsum(np.asarray(found.units)[:, :, pilot], axis=1)
        seen = np.pad(seen, ((0, 0), (1, 0))) * np.asarray(setting.worlds.shocks.seen)[:, :1, k]
        since = began if packed.problem.entered[pilot] == NEVER else 0
        choices.append(
            [
                (wait, float(f"{np.quantile(seen[:, min(since + wait, quarters)], part):.3g}"))
                for wait in gate.wait
                for part in gate.quantiles
            ]
        )
    return packed.choosing(choices)
