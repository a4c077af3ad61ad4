"""A problem on some of its markets: one that is never entered brings and teaches nothing."""

from __future__ import annotations

from typing import Any

import jax
from jax import Array

from beachhead.simulation.rollout import Worlds
from beachhead.simulation.state import Options, Problem, Rules

BY_MARKET = (
    "people", "people_growth", "income", "income_growth", "richer", "distance", "connected",
    "landed", "rivals", "price_ratio", "usual_spend", "clout", "audience", "home", "entered",
    "option", "units", "owners_share", "near",
)  # fmt: skip
OPTIONS_BY_MARKET = (
    "estimate", "fixed", "spend", "reach", "reach_full", "allowed", "preparation",
)  # fmt: skip


@jax.jit
def narrow(problem: Problem, worlds: Worlds, rows: Array) -> tuple[Problem, Worlds]:
    """Problem and worlds on the markets `rows` alone.

    A schedule that enters none of the others is worth the same on both, since what a market is to
    its neighbourhood (`audience`) stays as it was; home and served markets must be among `rows`.
    """
    options: Options = problem.options
    likeness = problem.likeness
    kept: dict[str, Any] = {name: getattr(problem, name)[rows] for name in BY_MARKET}
    ways: dict[str, Any] = {name: getattr(options, name)[rows] for name in OPTIONS_BY_MARKET}
    measures = problem.measures
    if measures is not None:
        measures = measures._replace(covers=measures.covers[:, rows])
    rules = problem.rules
    if rules is not None:
        rules = Rules(rules.opens[rows], rules.opening[:, rows], rules.unit[:, rows])
    named = problem.named
    if named is not None:
        named = named._replace(weight=named.weight[:, rows])
    gates = problem.gates
    if gates is not None:
        gates = gates._replace(pilot=gates.pilot[:, rows], waits=gates.waits[:, rows])
    narrowed = problem._replace(
        **kept,
        gates=gates,
        measures=measures,
        rules=rules,
        named=named,
        options=options._replace(**ways),
        likeness=likeness._replace(teaches=likeness.teaches[rows], learns=likeness.learns[rows]),
    )
    parameters = jax.tree.map(
        lambda leaf: leaf[:, rows] if leaf.ndim == 2 else leaf, worlds.parameters
    )
    shocks = worlds.shocks._replace(
        fate=worlds.shocks.fate[:, :, rows],
        fx=worlds.shocks.fx[:, :, rows],
        online=None if worlds.shocks.online is None else worlds.shocks.online[:, :, rows],
    )
    return narrowed, Worlds(parameters, shocks)
