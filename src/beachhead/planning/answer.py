"""The answer: the best of what was found on fresh worlds, and what a plan says of it."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead._version import __version__
from beachhead.cases import Case
from beachhead.errors import InputError, Problem
from beachhead.mechanisms.value import cvar
from beachhead.planning.bound import KIND, WAIT_AND_SEE
from beachhead.planning.plan import Plan, Strategy, Value
from beachhead.planning.reasons import (
    Found,
    expose,
    meet_rules,
    use_limits,
    weigh_gates,
    weigh_measures,
    weigh_targets,
)
from beachhead.planning.strategies import WORDS, Named
from beachhead.planning.targets import chances, describe_target, room
from beachhead.planning.valuation import Valuer
from beachhead.simulation.pack import Packed
from beachhead.simulation.state import NEVER

Integers = NDArray[np.int32]


def choose(
    case: Case, fresh: Valuer, named: list[Named], found: list[tuple[Integers, Integers]]
) -> tuple[list[Found], Found, tuple[Strategy, ...]]:
    """What the searches found and the strategies, as far as they keep the limits on fresh worlds.

    Then the best of them, and the values of all strategies.

    Raises
    ------
    InputError
        If none keeps them.
    """
    tried = [*found, *((n.enter, n.option) for n in named)]
    judged = [fresh.judge(enter, option) for enter, option in tried]
    scores = [account.score for account in judged]
    objective = np.array([s.objective for s in scores])
    limits = fresh.setting.limits
    # On fresh worlds a risk that just met the limit may just miss it: two standard errors.
    ruin, worlds = float(limits.ruin), judged[0].values.size
    most = ruin + room(ruin, worlds)
    keeps = np.array([s.excess <= 1e-6 and s.ruin <= most for s in scores])
    if keeps.any():
        keeps &= _meet_targets(case, [account.reached for account in judged], keeps)
    else:
        least = min((float(s.ruin) for s in scores if s.excess <= 1e-6), default=1.0)
        raise InputError(
            Problem(
                f"no schedule was found that keeps cash above {case.limits.cash_floor:,.0f} in "
                f"{1 - ruin:.0%} of futures: at best it falls below in {least:.0%}",
                f"case {case.name!r}, limits.capital",
                "Give more capital, accept more ruin, or demand less.",
            )
        )
    best = int(np.argmax(np.where(keeps, objective, -np.inf)))
    markets, quarters = len(fresh.packed.markets), limits.teams.shape[0]
    strategies = [
        Strategy(
            n.name, WORDS[n.name], n.pace, int((n.enter[:markets] < quarters).sum()),
            float(objective[k]), float(judged[k].values.mean()), float(scores[k].ruin),
            bool(keeps[k]),
        )
        for k, n in enumerate(named, start=len(found))
    ]  # fmt: skip
    strategies.sort(key=lambda s: (-s.objective, s.name))
    pool = {k: Found(*tried[k], judged[k]) for k in np.flatnonzero(keeps).tolist()}
    return list(pool.values()), pool[best], tuple(strategies)


def _meet_targets(case: Case, reached: list[NDArray[np.float64]], keeps: NDArray[np.bool_]) -> Any:
    """Which schedules meet the demanded targets, of those that keep the other limits.

    Raises
    ------
    InputError
        If none of them meets them all.
    """
    if not case.targets:
        return keeps
    found = np.stack([np.asarray(chances(jnp.asarray(one))) for one in reached])
    asked = np.array([target.probability or 0.0 for target in case.targets])
    least = asked - [room(p, reached[0].shape[0]) for p in asked]
    meets = keeps & (found >= least).all(axis=1)
    if not meets.any():
        best = np.where(keeps[:, None], found, 0.0).max(axis=0)
        raise InputError(
            *(
                Problem(
                    f"no schedule was found with {describe_target(target)} in "
                    f"{target.probability:.0%} of futures"
                    + (" beside the other targets" if chance >= floor else "")
                    + f": at best it is {chance:.0%}",
                    f"targets[{k}]",
                    "Demand less or later, or give more capital, teams or measures that help.",
                )
                for k, (target, chance, floor) in enumerate(
                    zip(case.targets, best, least, strict=True)
                )
                if target.probability is not None and (chance < floor or (best >= least).all())
            )
        )
    return meets


def compose(
    case: Case,
    packed: Packed,
    exact: Valuer,
    fresh: Valuer,
    pool: list[Found],
    best: Found,
    strategies: tuple[Strategy, ...],
    bound: float,
    open_loop: float | None,
    *,
    effort: str,
    seed: int,
    ended_by: str | None,
) -> Plan:
    """The plan: `best` of the `pool` of what keeps the limits, and what there is to say of it.

    `exact` values on the worlds of the search, `fresh` on others; the rest as in `Plan`.
    """
    enter, option, account = best.enter, best.option, best.account
    never = np.full_like(enter, NEVER)
    # One by one, as on fresh worlds: a batch of them would be one more program to compile.
    worth, stay = (exact.judge(dates, option).score.objective for dates in (enter, never))
    at_home = fresh.judge(never, option)
    adds = worth - stay
    tiny = 1e-9 * max(abs(worth), 1.0)
    gap = None if adds <= tiny else (bound - worth) / adds
    return Plan(
        case=case.name,
        version=__version__,
        seed=seed,
        effort=effort,
        status="complete" if ended_by is None else "partial",
        objective=worth,
        stay_home=stay,
        bound=bound,
        gap=gap,
        bound_kind=(WAIT_AND_SEE if case.gates else KIND)
        + ("; targets not demanded" if exact.setting.targets is not None else ""),
        value=_spread(account.values, at_home.values, case.risk.tail),
        schedule=packed.decode(enter, option),
        named_strategies=strategies,
        limits=use_limits(case, packed, exact.setting, account, enter, option),
        measures=weigh_measures(case, packed, exact, fresh, enter, option),
        exposures=expose(case, fresh, enter, option),
        rules=meet_rules(case, packed, fresh, enter, option),
        targets=weigh_targets(case, account, at_home),
        gates=weigh_gates(case, packed, exact, fresh, pool, best),
        open_loop=open_loop,
        ended_by=ended_by,
    )


def _spread(values: NDArray[np.float64], at_home: NDArray[np.float64], tail: float) -> Value:
    gain = values - at_home
    p05, p50, p95 = np.quantile(values, [0.05, 0.5, 0.95])
    return Value(
        mean=float(values.mean()),
        sd=float(values.std(ddof=1)),
        p05=float(p05),
        p50=float(p50),
        p95=float(p95),
        cvar=float(cvar(jnp.asarray(values), tail)),
        adds=float(gain.mean()),
        adds_error=float(1.96 * gain.std(ddof=1) / np.sqrt(gain.size)),
    )
