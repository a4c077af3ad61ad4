"""E11 Staffing: preparing a market takes launch teams, more of them where less is known.

    teams_i = need_k (1 + unfamiliar (1 - familiarity_i at the start of preparation))

Neutral value: unfamiliar = 0; teams = infinity as a limit.
Assumes: a team that is free can be put to any market. People are planned on the experience that
the schedule brings if no venture fails: a matter of the plan, the same in every world.
Source: judgement; the firm's own launch history should replace it.
Proof: tests/mechanisms/test_staffing.py.
"""

from __future__ import annotations

from jax import Array

from beachhead.quantities import mechanism, parameter


@mechanism("staffing")
class Staffing:
    """Parameters of E11's people."""

    unfamiliar: Array = parameter(
        "extra people for a market of which nothing is known",
        unit="share", default=0.5, neutral=0.0, bounds=(0.0, 10.0), tag="J",
        source="judgement",
    )  # fmt: skip


def staffing(unfamiliar: Array, need: Array, familiarity: Array) -> Array:
    """Launch teams that each market takes while it is prepared, axis market.

    `need` teams of the mode, `familiarity` from E4 when preparation starts.
    """
    return need * (1.0 + unfamiliar * (1.0 - familiarity))
