"""Which limits of a case conflict, and how much slack in each of them would cure it.

Of the limits that cannot be kept together a smallest set is sought that cannot either: whatever is
given up to make the rest fit has to be hit by it, so the smallest hitting set of all that was given
up so far is tried, and is the answer as soon as it does not fit (Ignatiev et al., 2015). Further
sets without a member in common follow until the rest fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import jax.numpy as jnp
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from beachhead.cases import Case
from beachhead.errors import Problem
from beachhead.mechanisms import Parameters
from beachhead.planning.easing import Limit, drop, ease, list_limits, list_rules, refit
from beachhead.planning.feasible import place
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.pack import Packed, central_parameters

STEPS = 60  # by which a limit is eased at most

# The others need a simulation.
EXACT = (
    "teams", "max_markets", "must", "fixed", "by", "after", "not_together", "measure", "count",
    "rule",
)  # fmt: skip


@dataclass(frozen=True)
class Conflict:
    """Limits that cannot be kept together, though all but any one of them can.

    `cures`: in words, what would be enough if done alone: of each limit the least slack, or to give
    it up.
    """

    limits: tuple[Limit, ...]
    cures: tuple[str, ...]


def check_limits(
    case: Case, packed: Packed, beliefs: Beliefs, *, least: bool = True
) -> list[Problem]:
    """The conflicts of `find_conflicts` as problems of the case."""
    central = central_parameters(beliefs, len(packed.markets), jnp.float32)
    found = find_conflicts(case, packed, central, least=least)
    return [describe_conflict(conflict, case, least=least) for conflict in found]


def find_conflicts(
    case: Case, packed: Packed, central: Parameters, *, least: bool = True
) -> tuple[Conflict, ...]:
    """Conflicts of a resolved case among its limits other than cash and what is to be reached.

    `central`: parameters at their defaults. `least`: conflicts that are proven, counted with the
    least teams that any schedule needs; else with the most, so that some may be none.
    """

    def fits(given: Case) -> bool:
        return place(given, refit(packed, given), central, least=least).possible is not False

    if fits(case):
        return ()
    limits = _list_exact(case, packed)

    def keeps(kept: Iterable[Limit]) -> bool:
        return fits(_keep(case, limits, set(kept)))

    cores: list[tuple[Limit, ...]] = []
    left = list(limits)
    while not keeps(left):
        cores.append(find_smallest(left, keeps))
        left = [limit for limit in left if limit not in cores[-1]]
    conflicts = []
    for core in cores:
        # What is in the other conflicts has to give way in any case.
        others = [limit for limit in limits if limit in core or limit in left]
        conflicts.append(Conflict(core, _cure(_keep(case, limits, set(others)), core, fits)))
    return tuple(conflicts)


def find_smallest(
    limits: Sequence[Limit], keeps: Callable[[Iterable[Limit]], bool]
) -> tuple[Limit, ...]:
    """A smallest set of limits that cannot be kept together; of equal ones that of the first.

    `keeps`: whether a set of limits can be kept; `limits` cannot.
    """
    given_up: list[list[Limit]] = []
    while True:
        core = _hit(limits, given_up)
        if not keeps(core):
            return core
        kept = list(core)
        for limit in limits:
            if limit not in kept and keeps([*kept, limit]):
                kept.append(limit)
        given_up.append([limit for limit in limits if limit not in kept])


def describe_conflict(conflict: Conflict, case: Case, *, least: bool = True) -> Problem:
    """A conflict as a problem of the case."""
    names = "; ".join(limit.words for limit in conflict.limits)
    what = f"these limits cannot all be kept: {names}"
    if len(conflict.limits) == 1:
        what = f"this limit cannot be kept: {names}"
    if not least:
        what = (
            f"no schedule was found that keeps all of these: {names}; there is none unless the "
            "entries teach enough to take fewer teams for the later ones"
        )
    fix = "Give up some of them."
    if conflict.cures:
        fix = f"{'Any one of these is' if len(conflict.cures) > 1 else 'This is'} enough: "
        fix += "; ".join(conflict.cures) + "."
    return Problem(what, f"case {case.name!r}, limits", fix)


def _list_exact(case: Case, packed: Packed) -> tuple[Limit, ...]:
    """Limits of a case on which it depends whether its entries can be placed."""
    limits = case.limits
    named = {*limits.must, *limits.by, *limits.fixed}.union(*limits.after)
    counts = [
        replace(limit, kind="count")
        for limit in list_limits(case)
        if limit.kind == "target" and case.targets[limit.of].metric == "markets"
    ]
    listed = (*list_limits(case), *counts, *list_rules(case, named))
    return tuple(limit for limit in listed if limit.kind in EXACT)


def _keep(case: Case, limits: Iterable[Limit], kept: set[Limit]) -> Case:
    """The case with no others of these limits than those that are kept."""
    return reduce(drop, (limit for limit in limits if limit not in kept), case)


def _cure(case: Case, core: Iterable[Limit], fits: Callable[[Case], bool]) -> tuple[str, ...]:
    """For each limit of a conflict, what change to it alone makes the case fit, as far as any."""
    cures = []
    for limit in core:
        for steps in range(1, STEPS):
            eased = ease(case, limit, steps)
            if eased is None or fits(eased[0]):
                break
        if eased is not None and fits(eased[0]):
            cures.append(eased[1])
        elif fits(drop(case, limit)):
            cures.append(f"giving up {limit.words!r}")
    return tuple(cures)


def _hit(limits: Sequence[Limit], sets: Sequence[Sequence[Limit]]) -> tuple[Limit, ...]:
    """A smallest choice of limits with a member in each of the sets."""
    if not sets:
        return ()
    inside = np.array([[float(limit in one) for limit in limits] for one in sets])
    # Of as many limits rather the first ones.
    weight = 1.0 + np.arange(len(limits)) / (10.0 * len(limits) ** 2)
    solved = milp(
        weight, integrality=np.ones(len(limits)), bounds=Bounds(0.0, 1.0),
        constraints=LinearConstraint(inside, 1.0, np.inf),
    )  # fmt: skip
    return tuple(limit for limit, taken in zip(limits, solved.x, strict=True) if taken > 0.5)
