"""The chance of what was announced: how many of the sampled futures reach each target."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.cases import Case, Target
from beachhead.planning.plan import Chance
from beachhead.planning.valuation import PART, Valuer
from beachhead.simulation.rollout import Worlds, over_worlds, take_worlds
from beachhead.simulation.state import NEVER, Problem, Quarter

Integers = NDArray[np.int32]
Floats = NDArray[np.float64]


class Course(NamedTuple):
    """What targets look at, axes (world, quarter, market).

    `units` sold and those of the whole `category`, in single units a quarter; `revenue`, money of
    the case a quarter; `present`, 1 while the firm is there.
    """

    units: Any
    category: Any
    revenue: Any
    present: Any


def weigh_targets(
    case: Case, fresh: Valuer, enter: Integers, option: Integers
) -> tuple[Chance, ...]:
    """Chance of each target of the case under a schedule and at home, on the same fresh worlds."""
    if not case.targets:
        return ()
    never = np.full_like(enter, NEVER)
    planned, at_home = (_follow(fresh, dates, option) for dates in (enter, never))
    home = np.asarray(fresh.setting.problem.home) > 0
    rows = {iso3: row for row, iso3 in enumerate(fresh.packed.markets)}
    rows["home"] = int(np.argmax(home))
    chances = []
    for number, target in enumerate(case.targets):
        # A market that is no candidate is nowhere among the rows: nothing is sold there.
        row = None if target.market is None else rows.get(target.market, -1)
        last = case.quarter_index(target.by)
        with_plan, without = (
            measure(target, course, last, row, home) for course in (planned, at_home)
        )
        low, middle, high = np.quantile(with_plan, [0.05, 0.5, 0.95])
        chances.append(
            Chance(
                number=number,
                made=(target.made or case.as_of).isoformat(),
                chance=float((with_plan >= target.value).mean()),
                at_home=float((without >= target.value).mean()),
                worlds=with_plan.size,
                low=float(low),
                middle=float(middle),
                high=float(high),
            )
        )
    return tuple(chances)


def measure(target: Target, course: Course, last: int, row: int | None, home: Any) -> Floats:
    """What a target speaks of, axis world.

    `last` quarter of its period; `row` of its market, None for the firm, -1 where the firm cannot
    be; `home` is true at home, axis market.
    """
    worlds = course.units.shape[0]
    if row == -1:
        return np.zeros(worlds)
    first = max(last - (3 if target.period == "year" else 0), 0)
    where = np.ones(home.size, bool) if row is None else np.arange(home.size) == row

    def total(what: Floats, which: Any = where) -> Floats:
        return np.asarray(what[:, first : last + 1][:, :, which].sum(axis=(1, 2)))

    so_far = target.so_far or 0.0
    if target.metric == "units":
        return so_far + total(course.units)
    if target.metric == "revenue":
        return so_far + total(course.revenue)
    if target.metric == "revenue_abroad":
        return so_far + total(course.revenue, ~home)
    if target.metric == "share_abroad":
        whole = total(course.revenue)
        return np.where(whole > 0, total(course.revenue, ~home) / np.where(whole > 0, whole, 1), 0)
    if target.metric == "share":
        whole = total(course.category)
        return np.where(whole > 0, total(course.units) / np.where(whole > 0, whole, 1), 0)
    return np.asarray(course.present[:, last, ~home].sum(axis=1))


def _follow(fresh: Valuer, enter: Integers, option: Integers) -> Course:
    """The course of a schedule in every world, a part of the worlds at a time."""
    worlds = fresh.setting.worlds
    chosen = jax.numpy.asarray(enter), jax.numpy.asarray(option)
    parts = [
        jax.tree.map(
            np.asarray,
            _course(fresh.setting.problem, take_worlds(worlds, begin, begin + PART), *chosen),
        )
        for begin in range(0, worlds.shocks.fate.shape[0], PART)
    ]
    return Course(*(np.concatenate(leaves) for leaves in zip(*parts, strict=True)))


def _look(quarter: Quarter) -> Course:
    return Course(quarter.units, quarter.category, quarter.ledger.sales, quarter.present)


@jax.jit
def _course(problem: Problem, worlds: Worlds, enter: Array, option: Array) -> Course:
    course: Course = over_worlds(problem, worlds, enter, option, record=_look).record
    return course
