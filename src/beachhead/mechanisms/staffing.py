"""E11 Staffing: preparing a market takes launch teams, more of them where less is known.

    teams_t = sum over markets in preparation of need_k (1 + unfamiliar (1 - familiarity_i))

Neutral value: unfamiliar = 0; teams = infinity as a limit.
Assumes: a team that is free can be put to any market.
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


def teams_in_use(
    parameters: Staffing, need: Array, preparing: Array, familiarity: Array
) -> Array:
    """Launch teams at work in the quarter.

    `need` teams of the mode, `preparing` 1 while the market is prepared, `familiarity` from E4;
    axis market, summed.
    """
    return (need * preparing * (1.0 + parameters.unfamiliar * (1.0 - familiarity))).sum()
