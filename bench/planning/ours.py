"""The product's own search, prepared and run as `beachhead.planning.planner.plan` does it."""

from __future__ import annotations

from unittest.mock import patch

from problem import Counting, Problem, Schedule, now

from beachhead.calibration import believe
from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning import planner
from beachhead.planning.polish import Tried
from beachhead.planning.search import search
from beachhead.simulation.pack import pack

WORLDS_SEED = 1  # all seeds of all optimisers meet the same worlds


def prepare(case: Case, panel: Panel, worlds: int) -> Problem:
    """Everything that `plan` does before its search."""
    case, began = case.resolve(panel), now()
    beliefs = believe(case, panel)
    with patch.object(planner, "Valuer", Counting):
        ready = planner.prepare(case, panel, pack(case, panel), beliefs, worlds, WORLDS_SEED)
    assert isinstance(ready.valuer, Counting)
    # A table is a simulation of all markets for every date and option; that of the bound looks
    # twice.
    spent = ready.valuer.count[0] + 3 * case.quarters * len(ready.valuer.packed.options)
    return Problem(
        case.name, ready.valuer, ready.stay, ready.starts, ready.proposals, ready.spread, spent,
        now() - began,
    )  # fmt: skip


def ours(problem: Problem, seed: int, budget: int) -> tuple[Schedule, int]:
    """The best schedule of the product's search, and the evaluations that it spent."""
    enter, option, spent, _ = search(
        Tried(problem.valuer), problem.proposals, problem.starts,
        budget=budget, seed=seed, spread=problem.spread,
    )  # fmt: skip
    return (enter, option), spent
