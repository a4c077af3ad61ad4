"""The product's own search, prepared and run as `beachhead.planning.planner.plan` does it."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from problem import Counting, Problem, Schedule, now

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning import planner
from beachhead.planning.bound import relax
from beachhead.planning.limits import keep_limits
from beachhead.planning.search import search
from beachhead.planning.strategies import find_best
from beachhead.planning.thresholds import settle
from beachhead.planning.valuation import Valuer
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.pack import pack
from beachhead.simulation.state import NEVER

WORLDS_SEED = 1  # all seeds of all optimisers meet the same worlds


def prepare(case: Case, panel: Panel, worlds: int) -> Problem:
    """Everything that `plan` does before its search."""
    case = case.resolve(panel)
    packed, beliefs = pack(case, panel), Beliefs.from_prior(case, panel)
    valuer = Counting.prepare(case, packed, beliefs, worlds, WORLDS_SEED, jnp.float32)
    never = np.full(packed.rows, NEVER, dtype=np.int32)
    stay = float(valuer.scores(never[None], np.zeros_like(never)[None]).objective[0])
    began = now()
    alone, dates = planner.tabulate_alone(valuer)
    if case.gates:
        packed = settle(case, valuer, alone)
        problem = packed.cast(jnp.float32)
        valuer = replace(valuer, packed=packed, setting=valuer.setting._replace(problem=problem))
    orders, rows = planner._orders(case, panel, packed), planner._enterable(packed)
    named = [(n.enter, n.option) for n in find_best(valuer, orders, alone, rows)]
    enter, option = (np.stack(part) for part in zip(*named, strict=True))
    order = np.argsort(-valuer.scores(enter, option).fitness, kind="stable")
    starts: list[Schedule] = [named[k] for k in order[: planner.STARTS]]
    with jax.enable_x64(True):
        exact = Valuer.prepare(case, packed, beliefs, worlds, WORLDS_SEED, jnp.float64)
        values = exact.judge(*starts[0]).values
        relaxed = relax(exact.setting, values, case.risk.aversion, case.risk.tail)
    made = keep_limits(valuer.setting, relaxed.enter[None], relaxed.option[None])
    starts.insert(1, (made[0][0], made[1][0]))
    starts += planner._begin_measures(valuer, *starts[0])
    # A table is a simulation of all markets for every date and option that it looks at.
    spent = valuer.count[0] + (dates.size + case.quarters) * len(packed.options)
    return Problem(
        case.name, valuer, stay, starts, planner.look(packed, alone, dates),
        planner.SPREAD * planner.scale(alone), spent, now() - began,
    )  # fmt: skip


def ours(problem: Problem, seed: int, budget: int) -> tuple[Schedule, int]:
    """The best schedule of the product's search, and the evaluations that it spent."""
    enter, option, spent, _ = search(
        problem.valuer, problem.proposals, problem.starts,
        budget=budget, seed=seed, spread=problem.spread,
    )  # fmt: skip
    return (enter, option), spent
