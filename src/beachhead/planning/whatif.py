"""What if an entry were made at another time or in another way, or not at all.

A plan and changes of it on the plan's fresh worlds, so that only the change differs. What is
compiled once serves every change that needs no more slots: an answer takes a part of a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.calibration import believe
from beachhead.cases import Case, Entry, Schedule
from beachhead.data import Panel
from beachhead.errors import InputError, Problem
from beachhead.mechanisms.value import cvar, objective
from beachhead.planning.inquiry import EXACT, overstep, spread_of
from beachhead.planning.limits import Setting
from beachhead.planning.plan import Plan
from beachhead.planning.planner import FRESH_SEED, FRESH_WORLDS
from beachhead.planning.targets import add_up, chances, describe_target, look, room
from beachhead.planning.valuation import PART, Valuer, round_up
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.narrow import narrow
from beachhead.simulation.pack import pack
from beachhead.simulation.people import teams_there, use_of_teams
from beachhead.simulation.rollout import Worlds, over_worlds, take_worlds
from beachhead.simulation.state import NEVER, Quarter

Integers = NDArray[np.int32]
Floats = NDArray[np.float64]

SPARE = 8  # markets that may be added before anything is compiled again
BAND = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Broken:
    """A limit that a schedule oversteps: its key in the case, and by how much in its own unit, in
    all quarters, of launches a year in all spans of four quarters.
    """

    key: str
    over: float


@dataclass(frozen=True)
class Aim:
    """A target of the case, by its `number` there: its chance, and what is demanded if anything."""

    number: int
    words: str
    chance: float
    probability: float | None


@dataclass(frozen=True)
class Weighed:
    """A schedule on the plan's fresh worlds, discounted money of the case.

    `mean`, `low`, `high`, `cvar`: of the value over worlds (5 %, 95 %, mean of the worst ones);
    `objective`: J. `gains`: mean value less that of the plan, with half its 95 % interval `error`.
    `ruin`: share of worlds in which cash falls below the floor, of which `accepted` are. `cash`:
    5 %, 50 % and 95 % points of cash, axis quarter each. `teams_used`, `teams`: axis quarter.
    `markets`: mean value of each entry, home and served market, by ISO3 code. `broken`: limits
    that it oversteps; `targets`: in the case's order.
    """

    mean: float
    low: float
    high: float
    cvar: float
    objective: float
    gains: float
    error: float
    ruin: float
    accepted: float
    cash: tuple[tuple[float, ...], ...]
    teams_used: tuple[float, ...]
    teams: tuple[float, ...]
    markets: dict[str, float]
    broken: tuple[Broken, ...]
    targets: tuple[Aim, ...]


class WhatIf:
    """A plan, ready to be changed, under the beliefs that it was made with: the case's by default.

    Attributes
    ----------
    case : Case
        Resolved.
    plan : Plan
    base : Weighed
        The plan itself.

    Raises
    ------
    InputError
        If the plan is no longer worth what it was said to be: it is of another version.
    """

    def __init__(
        self,
        case: Case,
        panel: Panel,
        plan: Plan,
        beliefs: Beliefs | None = None,
        *,
        worlds: int = FRESH_WORLDS,
    ) -> None:
        self.case, self.plan = case.resolve(panel), plan
        beliefs = beliefs or believe(case, panel)
        self._packed = pack(self.case, panel).following(plan.schedule)
        self._names = panel.names
        with jax.enable_x64(True):
            self._valuer = Valuer.prepare(
                self.case, self._packed, beliefs, worlds, plan.seed + FRESH_SEED, jnp.float64,
                told=True,
            )  # fmt: skip
        self._slots = self._count(plan.schedule) + SPARE
        self._values: Floats | None = None
        self.base = self.weigh(plan.schedule.entries)
        mean = plan.value.mean
        if abs(self.base.mean - mean) > EXACT * max(abs(mean), 1e-9):
            what = f"the plan is not worth what version {plan.version} said it is"
            raise InputError(Problem(what, f"plan of {case.name!r}", "Plan the case again."))

    def weigh(self, entries: tuple[Entry, ...]) -> Weighed:
        """What the plan would be worth with these entries; its measures and gates stay.

        A gate whose pilot is no longer entered is dropped.

        Raises
        ------
        InputError
            With every entry into a market, in a mode or at a time that the case does not know.
        """
        schedule = self._schedule(entries)
        self._slots = max(self._slots, self._count(schedule))
        with jax.enable_x64(True):
            return self._weigh(*self._packed.encode(schedule))

    def _schedule(self, entries: tuple[Entry, ...]) -> Schedule:
        packed, problems = self._packed, []
        known = set(packed.markets[self._present() :])
        for entry in entries:
            where = f"entry of {entry.iso3}"
            if entry.iso3 not in known:
                problems.append(Problem(f"{entry.iso3} is no candidate", where, "Leave it out."))
            if entry.quarter >= self.case.quarters:
                last = self.case.quarter_label(self.case.quarters - 1)
                problems.append(Problem("after the horizon", where, f"It ends with {last}."))
            if (entry.mode, entry.localisation) not in packed.options:
                ways = ", ".join(f"{mode} {level:g}" for mode, level in packed.options)
                what = f"no way of entering: {entry.mode} {entry.localisation:g}"
                problems.append(Problem(what, where, f"The case allows {ways}."))
        if problems:
            raise InputError(*problems)
        there = {entry.iso3 for entry in entries} | set(packed.markets[: self._present()])
        old = self.plan.schedule
        gates = tuple(gate for gate in old.gates if self.case.gates[gate.gate].pilot in there)
        return Schedule(entries=entries, measures=old.measures, gates=gates)

    def _present(self) -> int:
        """Number of markets where the firm is: home and served ones stand first."""
        return int((np.asarray(self._packed.problem.entered) < 0).sum())

    def _count(self, schedule: Schedule) -> int:
        return self._present() + len(schedule.entries)

    def _weigh(self, enter: Integers, option: Integers) -> Weighed:
        setting, markets = self._valuer.setting, len(self._packed.markets)
        inside = enter[:markets] < self.case.quarters
        inside[: self._present()] = True
        order = np.argsort(~inside, kind="stable")
        width = round_up(self._slots)
        rows = order[np.minimum(np.arange(width), markets - 1)]
        # Slots beyond the markets repeat the last one, as never entered.
        dates = np.where(np.arange(width) < markets, enter[rows], NEVER)
        chosen = (
            jnp.asarray(np.concatenate([dates, enter[markets:]]).astype(np.int32)),
            jnp.asarray(np.concatenate([option[rows], option[markets:]]).astype(np.int32)),
        )
        count = setting.worlds.shocks.fate.shape[0]
        at = jnp.asarray(rows)
        parts = []
        for begin in range(0, count, PART):
            worlds = take_worlds(setting.worlds, begin, begin + PART)
            parts.append([np.asarray(leaf) for leaf in _follow(setting, worlds, at, *chosen)])
        value, cash, reached = (np.concatenate(leaves) for leaves in zip(*parts, strict=True))
        values = value.sum(axis=1)
        if self._values is None:
            self._values = values
        gains, error = spread_of(values - self._values)
        used, there = self._people(enter, option)
        low, high = np.quantile(values, [0.05, 0.95])
        tail = self.case.risk.tail
        ruin = float((cash.min(axis=1) < self.case.limits.cash_floor).mean())
        shown = [k for k in range(width) if k < markets and inside[rows[k]]]
        aims = self._aims(reached)
        return Weighed(
            mean=float(values.mean()),
            low=float(low),
            high=float(high),
            cvar=float(cvar(jnp.asarray(values), tail)),
            objective=float(objective(jnp.asarray(values), setting.aversion, tail)),
            gains=gains,
            error=error,
            ruin=ruin,
            accepted=self.case.limits.ruin,
            cash=tuple(tuple(map(float, line)) for line in np.quantile(cash, BAND, axis=0)),
            teams_used=tuple(map(float, used)),
            teams=tuple(map(float, there)),
            markets={self._packed.markets[rows[k]]: float(value[:, k].mean()) for k in shown},
            broken=self._find_broken(enter, option, ruin, count, aims),
            targets=aims,
        )

    def _people(self, enter: Integers, option: Integers) -> tuple[Floats, Floats]:
        setting = self._valuer.setting
        dates, ways = jnp.asarray(enter), jnp.asarray(option)
        _, used = use_of_teams(setting.problem, setting.central, dates, ways)
        there = teams_there(setting.problem, setting.limits.teams, dates, ways)
        return np.asarray(used), np.asarray(there)

    def _find_broken(
        self, enter: Integers, option: Integers, ruin: float, worlds: int, aims: tuple[Aim, ...]
    ) -> tuple[Broken, ...]:
        setting, limits = self._valuer.setting, self.case.limits
        over = overstep(
            setting.problem, setting.limits, setting.central, jnp.asarray(enter),
            jnp.asarray(option),
        )  # fmt: skip
        broken = [Broken(name, float(far)) for name, far in over.items() if float(far) > 1e-6]
        if ruin > limits.ruin + room(limits.ruin, worlds):
            broken.append(Broken("ruin", ruin - limits.ruin))
        broken += [
            Broken(f"targets[{aim.number}]", aim.probability - aim.chance)
            for aim in aims
            if aim.probability and aim.chance < aim.probability - room(aim.probability, worlds)
        ]
        return tuple(broken)

    def _aims(self, reached: Floats) -> tuple[Aim, ...]:
        if not self.case.targets:
            return ()
        found = np.asarray(chances(jnp.asarray(reached)))
        aims = []
        for k, target in enumerate(self.case.targets):
            market = self._names.get(target.market or "", "")
            words = target.words or describe_target(target, market=market)
            aims.append(Aim(k, words, float(found[k]), target.probability))
        return tuple(aims)


@jax.jit
def _follow(
    setting: Setting, worlds: Worlds, rows: Array, enter: Array, option: Array
) -> tuple[Array, Array, Array]:
    """Of the markets `rows` alone: value, axes (world, market); cash, axes (world, quarter); how
    far targets are reached, axes (world, target).
    """
    problem, there = narrow(setting.problem, worlds, rows)
    targets = setting.targets
    if targets is not None:
        first = jnp.argmax(rows[:, None] == rows[None, :], axis=1) == jnp.arange(rows.size)
        targets = targets._replace(where=jnp.where(first, targets.where[:, rows], 0.0))

    def record(quarter: Quarter) -> tuple[Array, Array]:
        looked = jnp.zeros(0) if targets is None else look(targets, quarter)
        return quarter.ledger.total().sum(), looked

    outcome = over_worlds(problem, there, enter, option, record=record)
    change, looked = outcome.record
    cash = setting.problem.capital + jnp.cumsum(change, axis=1)
    reached = looked[:, 0] if targets is None else add_up(targets, looked)[1]
    return outcome.value, cash, reached
