"""Value against risk, and against capital.

The case is planned again at each point, and all plans go into one pool, out of which every point
takes the best on the worlds of the search. So what one search merely missed is made good by the
others, and the points are those of one frontier: with more aversion the mean does not rise and the
mean of the worst worlds does not fall, and with more capital J does not fall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead._version import __version__
from beachhead.calibration import believe
from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.mechanisms.value import cvar
from beachhead.planning.many import Job, Open, Report, demand_a_plan, plan_many
from beachhead.planning.planner import FRESH_SEED, FRESH_WORLDS, SEARCH_WORLDS
from beachhead.planning.pool import Answer, Pool, Rows, compare
from beachhead.planning.valuation import Account
from beachhead.simulation.beliefs import Beliefs

By = Literal["risk", "capital"]
AVERSIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
MULTIPLES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)  # of the case's capital


@dataclass(frozen=True)
class Point:
    """The best plan at one aversion, or with one capital; money of the case.

    `at`: the aversion or the capital; `found`: that for which the plan was made. `objective`,
    `mean`, `cvar`: on the worlds of the search. On fresh ones: `adds`, mean over staying at home,
    with half its 95 % interval; `fresh_mean`, `fresh_cvar`; `ruin`, share of worlds in which cash
    falls below the floor.
    """

    at: float
    found: str
    objective: float
    mean: float
    cvar: float
    adds: float
    adds_error: float
    fresh_mean: float
    fresh_cvar: float
    ruin: float
    entries: int
    schedule: Rows


@dataclass(frozen=True)
class Frontier(Answer):
    """Value against risk or capital.

    `by`: 'risk' or 'capital'; `here`: where the case stands. `points`: in the order of `at`, those
    for which there is a plan. `impossible`: those for which no plan keeps the limits, and why.
    """

    by: By
    here: float
    points: tuple[Point, ...]
    impossible: tuple[tuple[float, str], ...]


def find_frontier(
    case: Case,
    panel: Panel,
    beliefs: Beliefs | None = None,
    *,
    by: By = "risk",
    at: Sequence[float] = (),
    effort: str = "quick",
    seed: int = 1,
    worlds: int = SEARCH_WORLDS,
    fresh_worlds: int = FRESH_WORLDS,
    workers: Open | None = None,
    progress: Report | None = None,
) -> Frontier:
    """Plan a case again at several aversions to risk, or with several amounts of capital.

    Parameters
    ----------
    case, panel, beliefs : Case, Panel, Beliefs
        By default the case's priors.
    by : 'risk' or 'capital'
    at : sequence of float
        Aversions, 0 to 1, or multiples of the case's capital; `AVERSIONS` or `MULTIPLES` by
        default. Where the case stands is always among them.
    effort, seed, worlds, fresh_worlds, workers, progress
        As of `find_pace`.

    Returns
    -------
    Frontier
        With status 'partial' if Ctrl-C ended it.

    Raises
    ------
    InputError
        If the case is at fault, or no schedule keeps its limits at any point.
    """
    beliefs = beliefs or believe(case, panel)
    if by == "risk":
        here = case.risk.aversion
        places = sorted({*(at or AVERSIONS), here})
        cases = [_change(case, "risk", aversion=place) for place in places]
    else:
        here = case.limits.capital
        places = sorted({here, *(here * multiple for multiple in at or MULTIPLES)})
        cases = [_change(case, "limits", capital=place) for place in places]
    jobs = [Job(c, beliefs, effort, seed, panel.digest, worlds, fresh_worlds) for c in cases]
    made, whole = plan_many(jobs, panel, workers, progress)
    demand_a_plan(made, whole)
    pool = Pool.gather(case, panel, zip([f"{p:g}" for p in places], made, strict=True))
    searched = _weigh(pool, pool.value(beliefs, worlds, seed))
    accounts = pool.value(beliefs, fresh_worlds, seed + FRESH_SEED)
    fresh = _weigh(pool, accounts)
    points: list[Point] = []
    impossible: list[tuple[float, str]] = []
    for place, answer in zip(places, made, strict=True):
        aversion = place if by == "risk" else case.risk.aversion
        capital = case.limits.capital if by == "risk" else place
        keeps = pool.keeps(accounts, capital)
        if not keeps.any():
            if answer is not None and answer.problems:
                impossible.append((place, answer.problems[0].what))
            continue
        objective = (1.0 - aversion) * searched[0] + aversion * searched[1]
        # Of plans that are alike in J, none that is worse in mean and tail.
        best = int(np.lexsort((searched.sum(axis=0), np.where(keeps, objective, -np.inf)))[-1])
        adds, adds_error = compare(accounts[best].values, accounts[0].values)
        points.append(
            Point(
                at=place,
                found=pool.found[best],
                objective=float(objective[best]),
                mean=float(searched[0, best]),
                cvar=float(searched[1, best]),
                adds=adds,
                adds_error=adds_error,
                fresh_mean=float(fresh[0, best]),
                fresh_cvar=float(fresh[1, best]),
                ruin=float(pool.ruin(accounts, capital)[best]),
                entries=len(pool.schedules[best].entries),
                schedule=pool.list_rows(best),
            )
        )
    status = "complete" if whole else "partial"
    return Frontier(
        case.name, __version__, seed, effort, status, by, here, tuple(points), tuple(impossible)
    )


def _change(case: Case, table: str, **values: float) -> Case:
    changed = getattr(case, table).model_copy(update=values)
    return case.model_copy(update={table: changed})


def _weigh(pool: Pool, accounts: Sequence[Account]) -> NDArray[np.float64]:
    """Mean and CVaR of each schedule, axes (figure, schedule)."""
    with jax.enable_x64(True):
        values = [jnp.asarray(account.values) for account in accounts]
        tails = [float(cvar(one, pool.case.risk.tail)) for one in values]
    return np.array([[account.values.mean() for account in accounts], tails])
