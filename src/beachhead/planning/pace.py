"""How many at once: the best value against the launches that are allowed in a year.

The case is planned again for each allowed number, and once more for each where haste costs
nothing. All plans go into one pool, and so does the best that comes of slowing them down to each
number: a plan with few launches a year is allowed where there may be more, so the best of the pool
cannot become worse as more are allowed. Which is the best is told on the worlds of the search; what
it is worth on fresh ones, the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead._version import __version__
from beachhead.calibration import believe
from beachhead.cases import Case, Schedule
from beachhead.data import Panel
from beachhead.planning.limits import keep_limits
from beachhead.planning.many import Job, Open, Report, demand_a_plan, plan_many
from beachhead.planning.planner import FRESH_SEED, FRESH_WORLDS, SEARCH_WORLDS
from beachhead.planning.pool import Answer, Pool, Rows, compare
from beachhead.planning.study import fix
from beachhead.planning.valuation import Valuer
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.rollout import Worlds, over_worlds
from beachhead.simulation.state import NEVER, Problem, Quarter

LAUNCHES = (1, 2, 3, 4, 6, 8, 12)  # a year, beside no limit
HASTE = "entry.haste"


@dataclass(frozen=True)
class Rate:
    """The best plan with at most so many launches in any four quarters; money of the case.

    `launches`: None without a limit. `found`: number under which the plan was found. `objective`:
    J on the worlds of the search. On fresh worlds: `adds`, mean over staying at home, and `gain`,
    mean over the next smaller number (None for the smallest), with half their 95 % intervals;
    `opening`, mean discounted cost of the entries, of which `haste` is due to haste. `busiest`:
    most entries in four quarters.
    """

    launches: int | None
    found: str
    objective: float
    adds: float
    adds_error: float
    gain: float | None
    gain_error: float | None
    opening: float
    haste: float
    entries: int
    busiest: int
    schedule: Rows


@dataclass(frozen=True)
class Pace(Answer):
    """Value against launches a year.

    `rates`: by number, those for which there is a plan. `without`: the same where haste costs
    nothing; empty where it never does. `enough`, `enough_without`: number from which on no larger
    one gains anything that can be told from chance, None without a limit. `impossible`: numbers
    for which no plan keeps the limits, and why.
    """

    stay_home: float
    rates: tuple[Rate, ...]
    without: tuple[Rate, ...]
    enough: int | None
    enough_without: int | None
    impossible: tuple[tuple[int, str], ...]


def find_pace(
    case: Case,
    panel: Panel,
    beliefs: Beliefs | None = None,
    *,
    launches: Sequence[int] = (),
    effort: str = "quick",
    seed: int = 1,
    worlds: int = SEARCH_WORLDS,
    fresh_worlds: int = FRESH_WORLDS,
    workers: Open | None = None,
    progress: Report | None = None,
) -> Pace:
    """Plan a case again for each number of launches that may be allowed in a year.

    Parameters
    ----------
    case, panel, beliefs : Case, Panel, Beliefs
        By default the case's priors.
    launches : sequence of int
        Numbers to allow, beside no limit; by default some that are below the number of candidates.
    effort, seed, worlds, fresh_worlds
        Of every plan, see `plan`.
    workers : callable, optional
        Opens the executor that plans, see `open_workers`; in this process if left out.
    progress : callable, optional
        Called with plans done, of how many.

    Returns
    -------
    Pace
        With status 'partial' if Ctrl-C ended it.

    Raises
    ------
    InputError
        If the case is at fault, or no schedule keeps its limits at any number.
    """
    beliefs = beliefs or believe(case, panel)
    neutral = fix(beliefs, {HASTE: 0.0})
    views = [beliefs] if neutral == beliefs else [beliefs, neutral]
    given = launches or [n for n in LAUNCHES if n < len(case.candidate_iso3(panel))]
    numbers = [*sorted(set(given)), None]
    jobs = [
        Job(_allow(case, number), view, effort, seed, panel.digest, worlds, fresh_worlds)
        for view in views
        for number in numbers
    ]
    made, whole = plan_many(jobs, panel, workers, progress)
    demand_a_plan(made[: len(numbers)], whole)
    names = [tell_launches(n) + ", haste free" * k for k in range(len(views)) for n in numbers]
    pool = Pool.gather(_allow(case, None), panel, zip(names, made, strict=True))
    for view in views:
        pool = _slow_down(pool, view, numbers, seed, worlds)
    (stay_home, rates, enough), *other = [
        _list_rates(pool, view, numbers, seed, worlds, fresh_worlds) for view in views
    ]
    _, without, enough_without = other[0] if other else (0.0, (), None)
    there = {rate.launches for rate in rates}
    impossible = tuple(
        (number, answer.problems[0].what)
        for number, answer in zip(numbers, made, strict=False)
        if number is not None and number not in there and answer is not None and answer.problems
    )
    return Pace(
        case.name, __version__, seed, effort, "complete" if whole else "partial",
        stay_home, rates, without, enough, enough_without, impossible,
    )  # fmt: skip


def _allow(case: Case, launches: int | None) -> Case:
    limits = case.limits.model_copy(update={"launches_per_year": launches})
    return case.model_copy(update={"limits": limits})


def _slow_down(
    pool: Pool, beliefs: Beliefs, numbers: Sequence[int | None], seed: int, worlds: int
) -> Pool:
    """The pool with the best that comes of making its plans keep each number."""
    enter, option = (
        np.stack(part) for part in zip(*map(pool.packed.encode, pool.schedules), strict=True)
    )
    slowed: dict[Schedule, str] = {}
    with jax.enable_x64(True):
        setting = pool.prepare(beliefs, 1, seed).setting
        for number in filter(None, numbers):
            most = jnp.full_like(setting.limits.launches, number)
            limited = setting._replace(limits=setting.limits._replace(launches=most))
            made = keep_limits(limited, enter, option)
            for name, when, how in zip(pool.found, *made, strict=True):
                plan = pool.packed.decode(when, how)
                slowed.setdefault(plan, f"{name}, slowed to {tell_launches(number)}")
    trial = pool.holding(slowed)
    fitness = np.array([account.score.fitness for account in trial.value(beliefs, worlds, seed)])
    best = {
        int(np.where(trial.busiest <= number, fitness, -np.inf).argmax())
        for number in filter(None, numbers)
    }
    held = dict(zip(pool.schedules, pool.found, strict=True))
    for k in sorted(best):
        held.setdefault(trial.schedules[k], trial.found[k])
    return pool.holding(held)


def _list_rates(
    pool: Pool,
    beliefs: Beliefs,
    numbers: Sequence[int | None],
    seed: int,
    worlds: int,
    fresh_worlds: int,
) -> tuple[float, tuple[Rate, ...], int | None]:
    """J at home, the best plan of the pool for each number, and the number that is enough."""
    searched = pool.value(beliefs, worlds, seed)
    costs: list[tuple[float, float]] = []
    fresh = pool.value(
        beliefs, fresh_worlds, seed + FRESH_SEED, lambda *plan: costs.append(_weigh_opening(*plan))
    )
    busiest = pool.busiest
    objective = np.array([account.score.objective for account in searched])
    keeps = pool.keeps(fresh)
    rates: list[Rate] = []
    values: list[NDArray[np.float64]] = []
    for number in numbers:
        allowed = keeps & (busiest <= (NEVER if number is None else number))
        if not allowed.any():
            continue
        best = int(np.argmax(np.where(allowed, objective, -np.inf)))
        adds, adds_error = compare(fresh[best].values, fresh[0].values)
        gain, gain_error = compare(fresh[best].values, values[-1]) if values else (None, None)
        values.append(fresh[best].values)
        rates.append(
            Rate(
                launches=number,
                found=pool.found[best],
                objective=float(objective[best]),
                adds=adds,
                adds_error=adds_error,
                gain=gain,
                gain_error=gain_error,
                opening=costs[best][0],
                haste=costs[best][1],
                entries=len(pool.schedules[best].entries),
                busiest=int(busiest[best]),
                schedule=pool.list_rows(best),
            )
        )
    return float(objective[0]), tuple(rates), _find_enough(rates, values)


def _find_enough(rates: Sequence[Rate], values: Sequence[NDArray[np.float64]]) -> int | None:
    """Number from which on no larger one gains what can be told from chance."""
    for k, rate in enumerate(rates):
        more = [compare(other, values[k]) for other in values[k + 1 :]]
        if all(gain - error <= 0.0 for gain, error in more):
            return rate.launches
    return None


def _weigh_opening(
    valuer: Valuer, enter: NDArray[np.int32], option: NDArray[np.int32]
) -> tuple[float, float]:
    """Mean discounted cost of the entries of a schedule, and the part of it due to haste."""
    chosen = jnp.asarray(enter), jnp.asarray(option)
    parts = [_pay_for_haste(valuer.setting.problem, worlds, *chosen) for worlds in valuer.parts]
    paid, haste = (float(np.concatenate(part).mean()) for part in zip(*parts, strict=True))
    return paid, haste


@jax.jit
def _pay_for_haste(
    problem: Problem, worlds: Worlds, enter: Array, option: Array
) -> tuple[Array, Array]:
    """Discounted cost of the entries and the part of it due to haste, axis world."""
    paid, crowd = over_worlds(problem, worlds, enter, option, record=_opening).record
    paid = paid * problem.discount ** jnp.arange(paid.shape[1])[:, None]
    dearer = worlds.parameters.entry.haste[:, None, None] * crowd
    return paid.sum(axis=(1, 2)), (paid * dearer / (1.0 + dearer)).sum(axis=(1, 2))


def _opening(quarter: Quarter) -> tuple[Array, Array]:
    return -quarter.ledger.opening, quarter.tied.crowd


def tell_launches(launches: int | None) -> str:
    """An allowed number in words."""
    return "no limit" if launches is None else f"{launches} a year"
