"""How long cash lasts under schedules close to one that was simulated, told from paths of cash.

What a market takes of cash and brings, entered alone, is known for every date and way; what changes
between two schedules is added up from that. Ties between markets are those of the simulated one.
"""

from __future__ import annotations

import jax
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.planning.decoupled import Paths
from beachhead.planning.limits import Setting
from beachhead.simulation.rollout import Worlds, over_worlds

WORST = 32  # worlds, those in which cash falls lowest, that are looked at
PART = 1_024  # schedules that are added up at a time

type Integers = NDArray[np.int32]


class Foretold:
    """Penalties for ruin, as `Score.fitness` has them, of schedules close to one."""

    def __init__(self, setting: Setting, paths: Paths, enter: Integers, option: Integers) -> None:
        self.setting, self.paths = setting, paths
        self.enter, self.option = enter, option
        value, change = map(np.asarray, _simulate(setting, paths.worlds, enter, option))
        low = float(setting.problem.capital) + change.cumsum(axis=1).min(axis=1)
        worst = np.argsort(low, kind="stable")[:WORST]
        self.worst, self.change = worst, change[worst]
        self.ruined = int((low < float(setting.limits.floor)).sum())
        self.ruined -= int((low[worst] < float(setting.limits.floor)).sum())
        self.scale = float(np.abs(value).mean() + setting.problem.capital) + 1.0

    def penalties(self, enters: Integers, options: Integers) -> NDArray[np.floating]:
        """Money by which schedules, axes (schedule, row), are worse for the ruin to be expected."""
        parts = range(0, len(enters), PART)
        found = [self._penalise(enters[k : k + PART], options[k : k + PART]) for k in parts]
        return np.concatenate([np.zeros(0), *found])

    def _penalise(self, enters: Integers, options: Integers) -> NDArray[np.floating]:
        markets, limits = self.paths.change.shape[2], self.setting.limits
        change = np.repeat(self.change[None], len(enters), axis=0)
        differs = (enters != self.enter) | (options != self.option)
        schedule, row = np.nonzero(differs[:, :markets])
        gone = self._paths(row, self.enter[row], self.option[row])
        new = self._paths(row, enters[schedule, row], options[schedule, row])
        # Of one schedule they stand together.
        changed, first = np.unique(schedule, return_index=True)
        if changed.size:
            change[changed] += np.add.reduceat(new - gone, first, axis=0)
        low = float(self.setting.problem.capital) + change.cumsum(axis=2).min(axis=2)
        short = np.maximum(float(limits.floor) - low, 0.0)
        worlds = self.paths.change.shape[3]
        ruin = ((short > 0.0).sum(axis=1) + self.ruined) / worlds
        too_risky = np.maximum(ruin - float(limits.ruin), 0.0)
        mean = short.sum(axis=1) / worlds
        return 10.0 * (self.scale * too_risky + (too_risky > 0.0) * mean)

    def _paths(self, row: NDArray[np.intp], date: Integers, way: Integers) -> NDArray[np.floating]:
        """Changes in cash by entries, axes (entry, world, quarter); 0 for what is not entered."""
        quarters = self.change.shape[1]
        there = (date >= 0) & (date < quarters)
        nearest = self.paths.nearest(np.where(there, date, 0))
        # Between the dates that were looked at, the path of the nearest one begins later or sooner.
        source = np.arange(quarters) - np.where(there, date - self.paths.dates[nearest], 0)[:, None]
        taken = self.paths.change[
            nearest[:, None, None], np.where(there, way, 0)[:, None, None], row[:, None, None],
            self.worst[:, None], np.clip(source, 0, quarters - 1)[:, None],
        ]  # fmt: skip
        return np.where(there[:, None, None] & (source >= 0)[:, None], taken, 0.0)


@jax.jit
def _simulate(
    setting: Setting, worlds: Worlds, enter: Array, option: Array
) -> tuple[Array, Array]:
    """Value, axis world, and change in cash, axes (world, quarter)."""
    outcome = over_worlds(setting.problem, worlds, enter, option)
    return outcome.value.sum(axis=1), outcome.record
