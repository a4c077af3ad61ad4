"""How far a plan may be from the best on other futures than those on which it was found.

On the worlds of its search a plan looks better than it is, and the bound holds on these alone. So
both are found again on fresh sets of worlds, each independent of the others and of the search:
bound_k is at least J of the best schedule on set k, and J_k that of the plan there. The mean of
bound_k - J_k is then, but for the small bias of CVaR on a sample, at least what the best schedule
is worth more than the plan on all futures, and its upper limit is found as for any mean.

Source: Mak, Morton and Wood (1999).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from beachhead.calibration import believe
from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning.bound import relax, survey
from beachhead.planning.plan import Plan
from beachhead.planning.planner import SEARCH_WORLDS
from beachhead.planning.valuation import Valuer
from beachhead.simulation.compiling import make_room
from beachhead.simulation.pack import pack
from beachhead.simulation.state import NEVER

SEED = 3_000_017  # keeps these sets of worlds apart from those of the search and the fresh ones


@dataclass(frozen=True)
class Replication:
    """One set of worlds: J of the plan, of staying at home, and a bound on that of any schedule."""

    objective: float
    stay_home: float
    bound: float


@dataclass(frozen=True)
class GapInterval:
    """How much the best schedule may be worth more than a plan, money of the case.

    `mean` over the replications, `upper` the upper end of its one-sided 95 % interval; `adds` mean
    of what expansion adds there. `worlds` of each replication. `status`: 'partial' where Ctrl-C
    ended it.
    """

    case: str
    status: str
    worlds: int
    replications: tuple[Replication, ...]
    mean: float
    upper: float
    adds: float


def replicate(
    case: Case,
    panel: Panel,
    plan: Plan,
    *,
    count: int = 5,
    worlds: int = SEARCH_WORLDS,
    progress: Callable[[int, int], None] | None = None,
) -> GapInterval:
    """Find the gap of a plan on `count` (at least 2) independent sets of `worlds` futures.

    `progress` is called with the replications done and asked for. Thresholds of gates are those of
    the plan.
    """
    make_room()
    case = case.resolve(panel)
    packed, beliefs = pack(case, panel), believe(case, panel)
    if case.gates:
        uses = {use.number: (use.wait, use.threshold) for use in plan.gates if use.taken}
        packed = packed.choosing(
            [[uses.get(k, choice) for choice in choices] for k, choices in enumerate(packed.gates)]
        )
    enter, option = packed.encode(plan.schedule)
    nowhere = np.full_like(enter, NEVER)
    risk = case.risk.aversion, case.risk.tail
    found: list[Replication] = []
    status = "complete"
    try:
        for k in range(count):
            with jax.enable_x64(True):
                exact = Valuer.prepare(
                    case, packed, beliefs, worlds, plan.seed + SEED * (k + 1), jnp.float64
                )
                worth, stay = (
                    float(exact.judge(dates, option).score.objective) for dates in (enter, nowhere)
                )
                columns = survey(exact.setting, enter, option)
                bound = relax(
                    exact.setting, columns, enter, option, *risk, gates=bool(case.gates)
                ).bound
            found.append(Replication(worth, stay, bound))
            if progress is not None:
                progress(k + 1, count)
    except KeyboardInterrupt:
        status = "partial"
        if len(found) < 2:
            raise
    gaps = np.array([one.bound - one.objective for one in found])
    error = float(gaps.std(ddof=1) / np.sqrt(gaps.size))
    return GapInterval(
        case=case.name,
        status=status,
        worlds=worlds,
        replications=tuple(found),
        mean=float(gaps.mean()),
        upper=float(gaps.mean() + stats.t.ppf(0.95, gaps.size - 1) * error),
        adds=float(np.mean([one.objective - one.stay_home for one in found])),
    )
