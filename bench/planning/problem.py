"""One instance made ready, and a meter by which every optimiser is measured alike."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax.monitoring
import numpy as np
from numpy.typing import NDArray

from beachhead.planning.limits import keep_limits
from beachhead.planning.polish import Proposals
from beachhead.planning.valuation import Score, Valuer
from beachhead.simulation.state import NEVER

Integers = NDArray[np.int32]
Schedule = tuple[Integers, Integers]  # date and option, axis row; several: axes (schedule, row)

_compiling = 0.0


def _add(event: str, seconds: float, **_: Any) -> None:
    global _compiling
    if event == "/jax/core/compile/backend_compile_duration":
        _compiling += seconds


jax.monitoring.register_event_duration_secs_listener(_add)


def now() -> float:
    """Seconds on a clock that stands still while programs are compiled.

    Which optimiser is the first to need a program is chance, and the next run finds it compiled.
    """
    return time.perf_counter() - _compiling


@dataclass(frozen=True)
class Counting(Valuer):
    """A valuer that counts the schedules that it scores."""

    count: list[int] = field(default_factory=lambda: [0])

    def scores(self, enter: Integers, option: Integers) -> Score:
        """Scores of many schedules, counted."""
        self.count[0] += len(enter)
        return super().scores(enter, option)


@dataclass(frozen=True)
class Problem:
    """An instance on the worlds of the search, and what the product's search sets out with.

    Attributes
    ----------
    valuer : Valuer
        Of these worlds, in float32.
    stay : float
        J of entering nowhere.
    starts, proposals, spread
        As `search` takes them.
    spent, seconds : int, float
        Schedules valued and time taken to find these.
    """

    name: str
    valuer: Valuer
    stay: float
    starts: list[Schedule]
    proposals: Proposals
    spread: float
    spent: int
    seconds: float

    @property
    def quarters(self) -> int:
        """Length of the horizon."""
        return self.valuer.setting.problem.teams.shape[0]

    @cached_property
    def free(self) -> NDArray[np.int64]:
        """Rows in which there is something to choose."""
        return np.flatnonzero(np.asarray(self.valuer.setting.limits.first).min(axis=1) < NEVER)

    @cached_property
    def ways(self) -> list[Integers]:
        """Options to choose from in each free row."""
        first = np.asarray(self.valuer.setting.limits.first)
        return [np.flatnonzero(first[row] < NEVER).astype(np.int32) for row in self.free]

    def count_markets(self, enter: Integers) -> int:
        """Markets that a schedule enters."""
        return int((enter[: len(self.valuer.packed.markets)] < self.quarters).sum())

    def repair(self, enter: Integers, option: Integers) -> Schedule:
        """Schedules that keep all limits but cash, as the product's search repairs its own."""
        return keep_limits(self.valuer.setting, enter, option)


class Spent(Exception):
    """The budget is spent."""


class Meter:
    """Values schedules for an optimiser until two budgets are spent, and keeps the best of each.

    Every schedule is repaired before it is valued.

    Attributes
    ----------
    best, best_timed : float
        Fitness of the best schedule among the first `evaluations`, and of those that were asked for
        within `seconds`.
    spent, spent_timed : int
        Schedules valued in all, and within `seconds`.
    """

    def __init__(self, problem: Problem, evaluations: int, seconds: float) -> None:
        self.problem, self.evaluations, self.seconds = problem, evaluations, seconds
        self.began, self.spent, self.spent_timed = now(), 0, 0
        self.best = self.best_timed = -np.inf

    def __call__(self, enter: Integers, option: Integers) -> NDArray[np.floating]:
        """Fitness of schedules, axes (schedule, row).

        Raises
        ------
        Spent
            If both budgets are spent.
        """
        left, in_time = max(self.evaluations - self.spent, 0), now() - self.began < self.seconds
        if not left and not in_time:
            raise Spent
        enter, option = self.problem.repair(enter, option)
        fitness = np.asarray(self.problem.valuer.scores(enter, option).fitness)
        self.spent += len(fitness)
        self.best = max(self.best, float(fitness[:left].max(initial=-np.inf)))
        if in_time:
            self.spent_timed = self.spent
            self.best_timed = max(self.best_timed, float(fitness.max()))
        return fitness
