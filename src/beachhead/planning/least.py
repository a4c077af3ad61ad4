"""The least capital, or the fewest launch teams, with which what a case demands can be met.

The plan without the limit comes first, and the demanded entries alone; from there searches at ever
lower levels go on from all that was found, see `levels`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import jax
import jax.numpy as jnp

from beachhead._version import __version__
from beachhead.cases import Case, Schedule
from beachhead.data import Panel
from beachhead.errors import InputError, Problem
from beachhead.mechanisms import Parameters
from beachhead.planning.easing import (
    PLENTY,
    Limit,
    drop,
    list_limits,
    refit,
    round_up,
    set_level,
)
from beachhead.planning.feasible import Placed, place
from beachhead.planning.levels import Need, descend, under, weigh
from beachhead.planning.planner import FRESH_SEED, FRESH_WORLDS, SEARCH_WORLDS
from beachhead.planning.planner import plan as make_plan
from beachhead.planning.search import EFFORT, Progress
from beachhead.planning.study import Stage, Study
from beachhead.planning.valuation import Valuer
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.pack import Packed

SEARCHES = 8  # at most, at levels between what is known and what is out of reach


@dataclass(frozen=True)
class Least:
    """The least level of a limit with which a schedule was found that keeps all others.

    `level` of `limit`, 'capital' or 'teams' (as many in every quarter), on fresh worlds, where two
    standard errors of a share of worlds are forgiven; `given`: what the case gives, the fewest
    teams of any quarter. `proven`: no schedule does with fewer teams than these; None of capital.
    `objective`: J of the best `schedule` found there, on the same worlds, and `unlimited` of the
    best without the limit; the plan without it asks for the level `takes`. `status` 'partial'
    where Ctrl-C ended it: a lower level may have been found later.
    """

    case: str
    version: str
    seed: int
    effort: str
    status: str
    limit: str
    level: float
    given: float
    proven: float | None
    takes: float
    objective: float
    unlimited: float
    schedule: Schedule

    def to_json(self, case: Case, panel: Panel) -> str:
        """Everything as JSON; the schedule as the rows of its CSV file."""
        rows = csv.DictReader(io.StringIO(self.schedule.to_csv(case, panel)))
        content = {**asdict(self), "schedule": list(rows)}
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def find_least(
    case: Case,
    panel: Panel,
    what: Literal["capital", "teams"],
    beliefs: Beliefs | None = None,
    *,
    effort: str = "quick",
    seed: int = 1,
    worlds: int = SEARCH_WORLDS,
    fresh_worlds: int = FRESH_WORLDS,
    progress: Callable[[Stage], None] | None = None,
) -> Least:
    """Find the least capital, or launch teams, with which what a case demands can be met.

    Parameters
    ----------
    case, panel, beliefs : Case, Panel, Beliefs
        As `plan` takes them.
    what : 'capital' or 'teams'
        The limit; all others hold.
    effort : 'quick', 'standard' or 'thorough'
        Of the plan without the limit, and of the search at each other level.
    seed, worlds, fresh_worlds : int
        As `plan` takes them.
    progress : callable, optional
        Called after each step.

    Raises
    ------
    InputError
        If the case is at fault or demands nothing, or no schedule keeps its other limits.
    """
    case = case.resolve(panel)
    check_demands(case)
    limit = next(limit for limit in list_limits(case) if limit.kind == what)
    free = drop(case, limit)

    def tell(at: Progress) -> None:
        if progress is not None:
            progress(Stage("planning", at.done, at.budget))

    first = make_plan(
        free, panel, beliefs, effort=effort, seed=seed, worlds=worlds, fresh_worlds=fresh_worlds,
        progress=tell,
    )  # fmt: skip
    study = Study(free, panel, first, beliefs, EFFORT[effort], worlds, fresh_worlds, progress)
    study.steps = SEARCHES + 1
    central = study.valuer.setting.central
    proven, low = None, case.limits.cash_floor
    if what == "teams":
        proven, _ = _fewest(case, study.packed, central, limit, least=True)
        low = proven - 1.0
        _, placed = _fewest(case, study.packed, central, limit, least=False)
    else:
        placed = place(case, study.packed, central, least=False)
    if placed.possible:
        study.pool.append((placed.enter, placed.option))
    with jax.enable_x64(True):
        exact, fresh = (
            Valuer.prepare(case, study.packed, study.beliefs, count, of, jnp.float64, told=True)
            for count, of in ((worlds, seed), (fresh_worlds, seed + FRESH_SEED))
        )
    status = first.status
    needs: list[Need] = []

    def weigh_rest() -> float:
        """Level that is known to be enough, with what has joined the pool since."""
        needs.extend(weigh(case, limit, fresh, study.pool[len(needs) :], forgiving=True))
        least = min(need.level for need in needs)
        return least if what == "teams" else round_up(least)

    def explore(there: Valuer) -> None:
        study.explore(there, f"searching with less {what}", full=True)

    try:
        descend(case, limit, study.valuer, exact, study.pool, explore, low=low, rounds=SEARCHES)
        level = weigh_rest()
        # Once more, for the best that can be done there.
        explore(under(study.valuer, case, set_level(case, limit, level)))
    except KeyboardInterrupt:
        status = "partial"
    level = weigh_rest()
    with jax.enable_x64(True):
        there, anywhere = (
            under(fresh, case, eased) for eased in (set_level(case, limit, level), free)
        )
        objective, schedule = max(
            (
                (there.judge(*need.schedule).score.objective, need.schedule)
                for need in needs
                if need.level <= level
            ),
            key=lambda one: one[0],
        )
        unlimited = max(anywhere.judge(*need.schedule).score.objective for need in needs)
    return Least(
        case=case.name,
        version=__version__,
        seed=seed,
        effort=effort,
        status=status,
        limit=what,
        level=level,
        given=case.limits.capital if what == "capital" else float(min(case.teams_by_quarter())),
        proven=proven,
        takes=needs[0].level,
        objective=float(objective),
        unlimited=float(unlimited),
        schedule=study.packed.decode(*schedule),
    )


def check_demands(case: Case) -> None:
    """Raise InputError for a case that demands nothing, for which no capital is the least."""
    limits = case.limits
    told = any(target.probability for target in case.targets)
    begun = any(measure.begin not in ("free", "never") for measure in case.measures)
    if not (limits.must or limits.by or limits.fixed or told or begun):
        raise InputError(
            Problem(
                "the case demands nothing, so that staying at home does",
                f"case {case.name!r}",
                "Demand entries in limits.must, by or fixed, or targets with a probability.",
            )
        )


def _fewest(
    case: Case, packed: Packed, central: Parameters, limit: Limit, *, least: bool
) -> tuple[float, Placed]:
    """Fewest teams, as many in every quarter, with which the demanded entries can be placed.

    `least`: with the least that any schedule needs, else with the most, see `place`.
    """
    for teams in range(PLENTY):
        given = set_level(case, limit, teams)
        placed = place(given, refit(packed, given), central, least=least)
        if placed.possible or (least and placed.possible is None):
            break
    return float(teams), placed
