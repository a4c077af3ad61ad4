"""E11 Whether the limits other than cash can be kept together: an exact model of the entries asked.

Columns are entries (market, quarter, mode) of the demanded markets and of those that they wait for;
where a number of markets is demanded, all other candidates together are one more market that may be
entered several times. Rows are launch teams in each quarter, pairs, sets and numbers. How many
teams an entry takes depends on what other entries have taught by then, so the model is asked in two
ways: with the *least* that any schedule within the limits can need (`best_knowledge`), where no
answer proves that there is no schedule; and with the *most*, as if only the markets served today
taught, where an answer is a schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from beachhead.cases import Case
from beachhead.mechanisms import Parameters
from beachhead.mechanisms.staffing import staffing
from beachhead.planning.capacity import best_knowledge, most_teams
from beachhead.planning.limits import Limits, read_limits
from beachhead.planning.targets import NEAR
from beachhead.simulation.pack import Packed
from beachhead.simulation.state import NEVER

Integers = NDArray[np.int32]

ROUNDING = 1e-5  # teams: of single precision, so that no proof hangs on it
NODES = 20_000  # of the search tree, after which a question counts as not answered


@dataclass(frozen=True)
class Placed:
    """Answer to a question of `place`.

    `possible`: False where there is no schedule, None where that was not found out. `enter`,
    `option`: a schedule of the markets that are named, axis row, where there is one.
    """

    possible: bool | None
    enter: Integers
    option: Integers


def place(case: Case, packed: Packed, central: Parameters, *, least: bool) -> Placed:
    """Place the entries that a resolved case demands within its limits other than cash.

    `central`: parameters at their defaults, as teams are counted. `least`: with the least teams
    that any schedule needs, else with the most.
    """
    limits = read_limits(case, packed)
    markets, quarters = len(packed.markets), case.quarters
    required = limits.required[:markets] > 0
    # Whether other entries last to the date of a target is for the simulation to say.
    several = [t for t in case.targets if least and t.metric == "markets" and t.probability]
    if not several and not limits.required.any():
        return Placed(True, *_nothing(packed))
    named = _name(limits, required)
    need = _need(packed, limits, central, least)  # axes (quarter, market, option)
    ways = packed.problem.options
    first, last = limits.first[:markets, : ways.teams.size], limits.last[:markets]
    clock = np.arange(quarters)

    column: list[tuple[int, int, int]] = []  # market (-1 for any other one), quarter, option
    for row in np.flatnonzero(named).tolist():
        # Of the options that take the same, the one that is open first stands for all.
        alike: dict[tuple[int, float], int] = {}
        for option in np.argsort(first[row], kind="stable").tolist():
            alike.setdefault(
                (int(ways.preparation[row, option]), float(ways.teams[option])), option
            )
        column += [
            (row, quarter, option)
            for option in alike.values()
            for quarter in range(int(first[row, option]), int(last[row]) + 1)
        ]
    free = ~named & (first.min(axis=1) < NEVER)
    if several and free.any():
        column += [
            (-1, quarter, option)
            for option in range(ways.teams.size)
            for quarter in range(int(first[free, option].min()), quarters)
        ]
    market, quarter, option = np.array(column, dtype=int).reshape(-1, 3).T

    ready = np.where(free[:, None], ways.preparation, NEVER).min(axis=0)
    length = np.where(market < 0, ready[option], ways.preparation[market, option])
    begin = quarter - length
    easiest = np.where(free[:, None], need, np.inf).min(axis=1)  # axes (quarter, option)
    takes = np.where(market < 0, easiest[begin, option], need[begin, market, option])
    at_work = (clock[:, None] >= begin) & (clock[:, None] < quarter)
    there = most_teams(packed.problem, limits) if least else packed.problem.teams
    rows = [sparse.csr_matrix(np.where(at_work, takes, 0.0))]
    low, high = [np.full(quarters, -np.inf)], [np.asarray(there, float) + ROUNDING * least]

    def add(row: NDArray[Any], at_least: float, at_most: float) -> None:
        rows.append(sparse.csr_matrix(row.astype(float)[None]))
        low.append(np.array([at_least]))
        high.append(np.array([at_most]))

    for one in np.flatnonzero(named).tolist():
        add(market == one, float(required[one]), 1.0)
    for group in limits.apart:
        begun = float(group[markets:] @ limits.required[markets:])  # measures that are demanded
        add(np.where(market < 0, 0.0, group[market]), -np.inf, 1.0 - begun)
    add(np.ones(market.size), -np.inf, float(limits.most))
    for later, earlier in zip(limits.later.tolist(), limits.earlier.tolist(), strict=True):
        if named[later]:
            for t in range(quarters):
                # By then the later one is there at most as often as the earlier one was before.
                late = (market == later) & (quarter <= t)
                add(late * 1.0 - ((market == earlier) & (quarter < t)), -np.inf, 0.0)
    for target in several:
        by = quarter <= case.quarter_index(target.by)
        add(by, _short(target.value, packed), np.inf)
    if not column:
        kept = all(np.concatenate(low) <= 0.0) and all(np.concatenate(high) >= 0.0)
        return Placed(kept, *_nothing(packed))
    solved = milp(
        np.zeros(market.size),
        integrality=np.ones(market.size),
        bounds=Bounds(0.0, np.where(market < 0, float(free.sum()), 1.0)),
        constraints=LinearConstraint(
            sparse.vstack(rows, format="csr"), np.concatenate(low), np.concatenate(high)
        ),
        options={"node_limit": NODES},
    )
    enter, how = _nothing(packed)
    if solved.x is None:
        return Placed(False if solved.status == 2 else None, enter, how)
    for k in np.flatnonzero((solved.x > 0.5) & (market >= 0)).tolist():
        enter[market[k]], how[market[k]] = quarter[k], option[k]
    return Placed(True, enter, how)


def _nothing(packed: Packed) -> tuple[Integers, Integers]:
    return np.full(packed.rows, NEVER, np.int32), np.zeros(packed.rows, np.int32)


def _name(limits: Limits, required: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The demanded markets and those that they wait for, axis market."""
    named = required.copy()
    for _ in range(limits.later.size):
        named[limits.earlier[named[limits.later]]] = True
    return named


def _need(packed: Packed, limits: Limits, central: Parameters, least: bool) -> NDArray[np.float64]:
    """Teams that each entry takes by the quarter in which its preparation begins.

    Axes (quarter, market, option).
    """
    # Where no candidate may be entered, only the markets served today teach.
    known = limits if least else limits._replace(first=np.full_like(limits.first, NEVER))
    _, familiar = best_knowledge(packed.problem, known, central, central)
    need = staffing(
        central.staffing.unfamiliar,
        packed.problem.options.teams[None, None, :],
        familiar[:, :, None],
    )
    return np.asarray(need, dtype=float)


def _short(value: float, packed: Packed) -> float:
    """Markets that have to be entered so that the firm is in so many abroad."""
    served = (packed.problem.entered < 0) & (np.asarray(packed.problem.home) == 0)
    return float(np.ceil(value * (1.0 - NEAR)) - served.sum())
