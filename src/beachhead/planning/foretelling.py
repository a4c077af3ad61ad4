"""How long cash lasts under schedules close to one that was simulated, told from paths of cash.

What an entry at another date takes of cash and brings is that of the simulated one, sooner or
later; what another market or way does is known from the table of markets alone. That is added up:
ties between markets stay those of the simulated schedule.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead.planning.decoupled import Paths
from beachhead.planning.limits import Setting
from beachhead.simulation.rollout import follow

WORST = 32  # worlds, those in which cash falls lowest, that are looked at
PART = 1_024  # schedules that are added up at a time

type Integers = NDArray[np.int32]
type Floats = NDArray[np.floating]


class Foretold:
    """Penalties for ruin, as `Score.fitness` has them, of schedules close to one."""

    def __init__(self, setting: Setting, paths: Paths, enter: Integers, option: Integers) -> None:
        self.setting, self.paths = setting, paths
        self.enter, self.option = enter, option
        found = follow(setting.problem, paths.worlds, jnp.asarray(enter), jnp.asarray(option))
        value, change = np.asarray(found.value), np.asarray(found.change)
        capital, floor = float(setting.problem.capital), float(setting.limits.floor)
        low = capital + change.sum(axis=2).cumsum(axis=1).min(axis=1)
        self.worst = np.argsort(low, kind="stable")[:WORST]
        self.change = change[self.worst]  # axes (world, quarter, market)
        # Whether there are more ruined ones is not looked at again.
        self.ruined = int((low < floor).sum() - (low[self.worst] < floor).sum())
        self.scale = float(np.abs(value.sum(axis=1)).mean()) + capital + 1.0

    def penalties(self, enters: Integers, options: Integers) -> Floats:
        """Money by which schedules, axes (schedule, row), are worse for the ruin to be expected."""
        parts = range(0, len(enters), PART)
        found = [self._penalise(enters[k : k + PART], options[k : k + PART]) for k in parts]
        return np.concatenate([np.zeros(0), *found])

    def _penalise(self, enters: Integers, options: Integers) -> Floats:
        setting, worlds = self.setting, self.paths.change.shape[3]
        change = np.repeat(self.change.sum(axis=2)[None], len(enters), axis=0)
        differs = (enters != self.enter) | (options != self.option)
        schedule, row = np.nonzero(differs[:, : self.change.shape[2]])
        # Many schedules differ in the same entries: what each of these changes is found once.
        entries = np.stack([row, enters[schedule, row], options[schedule, row]], axis=1)
        entries, which = np.unique(entries, axis=0, return_inverse=True)
        rows = entries[:, 0]
        new = self._follow(*entries.T) - self._follow(rows, self.enter[rows], self.option[rows])
        # Those of one schedule stand together.
        changed, first, count = np.unique(schedule, return_index=True, return_counts=True)
        if changed.size:
            others = np.zeros((changed.size, *new.shape[1:]), new.dtype)
            for more in range(1, count.max()):
                some = count > more
                others[some] += new[which[first[some] + more]]
            change[changed] += new[which[first]] + others
        low = float(setting.problem.capital) + change.cumsum(axis=2).min(axis=2)
        short = np.maximum(float(setting.limits.floor) - low, 0.0)
        ruin = ((short > 0.0).sum(axis=1) + self.ruined) / worlds
        too_risky = np.maximum(ruin - float(setting.limits.ruin), 0.0)
        missing = (too_risky > 0.0) * short.sum(axis=1) / worlds
        return setting.steep * self.scale * too_risky + 10.0 * missing

    def _follow(self, row: NDArray[np.intp], date: Integers, way: Integers) -> Floats:
        """Changes in cash by entries, axes (entry, world, quarter); 0 for what is not entered."""
        quarters, began = self.change.shape[1], self.enter[row]
        there = (date >= 0) & (date < quarters)
        own = (began >= 0) & (began < quarters) & (way == self.option[row])
        nearest = self.paths.nearest(date)
        # A path of another date begins so much later or sooner.
        moved = np.where(there, date - np.where(own, began, self.paths.dates[nearest]), 0)
        source = np.arange(quarters) - moved[:, None]
        at = np.clip(source, 0, quarters - 1)
        paths = np.zeros((row.size, self.worst.size, quarters), self.paths.change.dtype)
        these = there & ~own
        paths[these] = self.paths.change[
            nearest[these, None, None], way[these, None, None], row[these, None, None],
            self.worst[:, None], at[these, None],
        ]  # fmt: skip
        these = there & own
        paths[these] = self.change[
            np.arange(self.worst.size)[:, None], at[these, None], row[these, None, None]
        ]
        return paths * (source >= 0)[:, None]
