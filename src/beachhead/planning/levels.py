"""The least level of a limit at which schedules are found that keep all the others.

Of capital, accepted ruin and what may be missing of a probability, and of launch teams, less is
tighter: a schedule that keeps a level keeps every larger one. So each schedule has a level of its
own, the least at which it is allowed; the least of those is what is known, and it is pulled down by
searches at levels between it and one that is out of reach, each from all that was found before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead.cases import Case
from beachhead.errors import Problem
from beachhead.planning.conflicts import check_limits
from beachhead.planning.easing import (
    PLENTY,
    Limit,
    describe_level,
    drop,
    level_of,
    list_limits,
    refit,
    set_level,
)
from beachhead.planning.limits import Limits, keep_limits, read_limits
from beachhead.planning.polish import Proposals, Tried
from beachhead.planning.search import search
from beachhead.planning.targets import chances, room
from beachhead.planning.valuation import Account, Valuer
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.people import teams_there, use_of_teams

Integers = NDArray[np.int32]
Schedule = tuple[Integers, Integers]  # date and option, axis row

BUDGET = 640  # evaluations of a search that only asks what would be possible
STARTS = 3  # of the pool, the best, from which it sets out
ROUNDS = 3  # of searches for each limit that might be eased
NEARLY = 0.02  # of a level: two that are nearer are one


@dataclass(frozen=True)
class Need:
    """The least level of a limit at which a schedule is allowed; infinite where it breaks another.

    `account`: what the schedule brings without the limit; of teams, with as many as it needs.
    """

    level: float
    schedule: Schedule
    account: Account


@dataclass(frozen=True)
class Search:
    """What a search for more schedules takes: where to look, what is known, and how widely.

    `spread` is its first temperature, money; what it finds joins the `pool`. `report` is called
    with evaluations done and the best fitness.
    """

    proposals: Proposals
    pool: list[Schedule]
    spread: float
    seed: int
    report: Callable[[int, float], None] | None = None

    def __call__(self, valuer: Valuer) -> None:
        """Look for a schedule that is good there, from the best of those known."""
        enter, option = (np.stack(part) for part in zip(*self.pool, strict=True))
        order = np.argsort(-valuer.scores(enter, option).fitness, kind="stable")
        *found, _, whole = search(
            Tried(valuer), self.proposals, [self.pool[k] for k in order[:STARTS]], budget=BUDGET,
            seed=self.seed, spread=self.spread, polishing=0.0, report=self.report,
        )  # fmt: skip
        if not whole:
            raise KeyboardInterrupt
        self.pool.append((found[0], found[1]))


def cure(
    case: Case,
    beliefs: Beliefs,
    valuer: Valuer,
    fresh: Valuer,
    search_more: Search,
    problems: Sequence[Problem],
) -> list[Problem]:
    """Why no schedule keeps the limits of a case, and which change to one of them is enough.

    `valuer`: of the search; `fresh`: of fresh worlds, in double precision with all targets;
    `problems`: what is known to be unmet.
    """
    pool = search_more.pool
    enter, option = (np.stack(part) for part in zip(*pool, strict=True))
    if valuer.scores(enter, option).excess.min() > 1e-6:
        return check_limits(case, valuer.packed, beliefs, least=False) or list(problems)
    with jax.enable_x64(True):
        seed, worlds = search_more.seed, valuer.setting.worlds.shocks.fate.shape[0]
        exact = Valuer.prepare(case, valuer.packed, beliefs, worlds, seed, jnp.float64, told=True)
    cures = []
    for limit in list_limits(case):
        if (low := level_of(case, limit)) is None:
            continue
        descend(case, limit, valuer, exact, pool, search_more, low=low, rounds=ROUNDS)
        needs = weigh(case, limit, fresh, pool, forgiving=True)
        least = min(need.level for need in needs)
        if np.isfinite(least):
            cures.append(describe_level(case, limit, least))
    if not cures:
        return list(problems)
    fix = f"{'Any one of these is' if len(cures) > 1 else 'This is'} enough: {'; '.join(cures)}."
    return [replace(problem, fix=fix) for problem in problems]


def under(valuer: Valuer, before: Case, case: Case) -> Valuer:
    """A valuer of the case `before` with its limits eased as in `case`.

    Of the same shapes, so that nothing is compiled again: a pair or a set that is gone is one that
    binds nobody.
    """
    packed, setting = refit(valuer.packed, case), valuer.setting
    limits, old = read_limits(case, packed), setting.limits
    home = int(np.argmax(packed.problem.home))  # which is never entered, and so waits for nobody
    gone = old.later.shape[0] - limits.later.size
    missing = np.zeros((old.apart.shape[0] - limits.apart.shape[0], packed.rows))
    limits = limits._replace(
        later=np.append(limits.later, np.full(gone, home, np.int32)),
        earlier=np.append(limits.earlier, np.full(gone, home, np.int32)),
        apart=np.vstack([limits.apart, missing]),
    )
    targets = setting.targets
    if targets is not None:
        rows = list(range(len(case.targets)))
        if targets.value.shape[0] < len(case.targets):
            rows = [k for k in rows if before.targets[k].probability is not None]
        asked = [case.targets[k].probability or 0.0 for k in rows]
        targets = targets._replace(probability=jnp.asarray(asked, targets.value.dtype))
    kept = [jnp.asarray(new, one.dtype) for new, one in zip(limits, old, strict=True)]
    problem = packed.cast(setting.problem.teams.dtype)
    eased = setting._replace(problem=problem, limits=Limits(*kept), targets=targets)
    return replace(valuer, packed=packed, setting=eased)


def weigh(
    case: Case, limit: Limit, valuer: Valuer, pool: Iterable[Schedule], *, forgiving: bool
) -> list[Need]:
    """What schedules need of a limit where they keep all others, in double precision.

    `valuer`: of the case, with all its targets; `forgiving`: two standard errors of each share of
    worlds are forgiven, as on worlds that were no part of the search.
    """
    with jax.enable_x64(True):
        free = under(valuer, case, drop(case, limit))
        if limit.kind == "teams":
            return [_weigh_teams(case, limit, free, schedule, forgiving) for schedule in pool]
        needs = []
        for schedule in pool:
            account = free.judge(*schedule)
            level = _level(case, limit, account, forgiving)
            needs.append(Need(level, schedule, account))
        return needs


def descend(
    case: Case,
    limit: Limit,
    valuer: Valuer,
    exact: Valuer,
    pool: list[Schedule],
    explore: Callable[[Valuer], None],
    *,
    low: float,
    rounds: int,
) -> None:
    """Pull down the least level by at most so many searches, whose finds join the pool.

    Parameters
    ----------
    valuer, exact : Valuer
        Of the case on the worlds of the search; `exact` in double precision with all its targets.
    explore : callable
        Searches where it is told to and puts the best schedule that it found into the pool.
    low : float
        A level that is out of reach, or below which nothing is of use.
    """
    needs: list[Need] = []
    whole = limit.kind == "teams"
    for _ in range(rounds):
        needs += weigh(case, limit, exact, pool[len(needs) :], forgiving=False)
        high = min(need.level for need in needs)
        if not np.isfinite(high):
            explore(under(valuer, case, drop(case, limit)))
            continue
        if high - low <= (1.0 if whole else NEARLY * high):
            break
        level = (high + low) / 2.0
        there = under(valuer, case, set_level(case, limit, level))
        pool.append(_fit(there, pool))
        explore(there)
        found = weigh(case, limit, exact, pool[len(needs) :], forgiving=False)
        needs += found
        if min(need.level for need in found) > level:
            low = np.floor(level) if whole else level


def _fit(there: Valuer, pool: Sequence[Schedule]) -> Schedule:
    """The best of the schedules as they are when made to keep the limits there, as far as any is.

    The search itself starts from schedules as they are, and may never find its way back.
    """
    enter, option = (np.stack(part) for part in zip(*pool, strict=True))
    enter, option = keep_limits(there.setting, enter, option)
    best = int(np.argmax(there.scores(enter, option).fitness))
    return enter[best], option[best]


def _weigh_teams(
    case: Case, limit: Limit, free: Valuer, schedule: Schedule, forgiving: bool
) -> Need:
    """Teams that a schedule puts to work, where with so many it keeps all else.

    Launches crowd one another the more, the fewer teams there are: what does not keep the rest with
    the teams that it needs may still do so with plenty.
    """
    problem, chosen = free.setting.problem, tuple(map(jnp.asarray, schedule))
    _, used = use_of_teams(problem, free.setting.central, *chosen)
    hired = teams_there(problem, jnp.zeros_like(problem.teams), *chosen)
    needed = max(float(np.ceil(np.max(np.asarray(used - hired)) - 1e-6)), 0.0)
    for level in (needed, float(PLENTY)):
        account = under(free, case, set_level(case, limit, level)).judge(*schedule)
        if _level(case, limit, account, forgiving) < np.inf:
            return Need(level, schedule, account)
    return Need(np.inf, schedule, account)


def _level(case: Case, limit: Limit, account: Account, forgiving: bool) -> float:
    """Least level at which a schedule is allowed; infinite where it breaks another limit.

    `account`: without the limit. Of teams 0.
    """
    worlds, limits = account.values.size, case.limits
    spare = room if forgiving else lambda probability, worlds: 0.0
    if account.score.excess > 1e-6:
        return np.inf
    level = 0.0
    for k, chance in enumerate(np.asarray(chances(jnp.asarray(account.reached))).tolist()):
        asked = case.targets[k].probability or 0.0
        if limit.kind == "target" and limit.of == k:
            level = 1.0 - chance - spare(asked, worlds)
        elif chance < asked - spare(asked, worlds) - 1e-9:
            return np.inf
    ruin = limits.ruin + spare(limits.ruin, worlds)
    short = np.sort(limits.cash_floor - account.low)[::-1]  # of cash, the worst world first
    if limit.kind == "capital":
        # So many worlds may fall short; the next one may not.
        worst = short[int(ruin * worlds + 1e-9)] if ruin < 1.0 else -np.inf
        return float(max(limits.capital + worst, limits.cash_floor, 0.0))
    if limit.kind == "ruin":
        return float((short > 0.0).mean()) - spare(limits.ruin, worlds)
    return level if (short > 0.0).mean() <= ruin + 1e-9 else np.inf
