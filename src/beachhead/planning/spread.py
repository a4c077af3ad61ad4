"""What spreads the value of a plan, and the worth of each of its first entries, over worlds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.planning.indices import Index, exchanged, first_order
from beachhead.planning.planner import FRESH_SEED
from beachhead.planning.study import Schedule, Study, mix
from beachhead.planning.valuation import PART, Valuer
from beachhead.simulation.narrow import narrow
from beachhead.simulation.pack import arrange, draw_worlds, shake
from beachhead.simulation.rollout import Worlds, over_worlds, take_worlds
from beachhead.simulation.state import Problem

Floats = NDArray[np.float64]

OTHER_SEED = 3_000_017  # of the worlds with which draws are exchanged
CHANCE = {
    "exits": "fate",
    "exchange rates": "fx",
    "disruptions": "down",
    "people online": "online",
}  # and their shocks
# Which shocks are drawn anew where a parameter has another value.
SHAKEN = ("cashflow.fx_sd", "cashflow.fx_half_life", "supply.rate", "supply.years")
CAUSES = 5  # that are kept of every entry


@dataclass(frozen=True)
class Share:
    """Part of the variance of the plan's value that one unknown accounts for, on fresh worlds.

    `alone`: what would go if it were known (in all markets, if it has a value in each). `total`:
    what would be left if all else were known. `common`: the part of `alone` that all markets have
    in common; None where there is one value for all. `entries`: the part of the variance of what
    one of the first ten entries is worth, their mean. `unknown`: name of the parameter, or of
    what the worlds draw by the quarter.
    """

    unknown: str
    alone: Index
    total: Index
    common: Index | None
    entries: float


@dataclass(frozen=True)
class Cause:
    """Part of the variance of what an entry is worth that would go if an unknown were known."""

    unknown: str
    alone: Index


@dataclass(frozen=True)
class Stake:
    """What one of the first ten entries is worth: value of the plan less that without it.

    `worth` mean over fresh worlds, `low` and `high` its 5 % and 95 % points, `fails` the share of
    worlds in which it is below zero. `causes`: the unknowns that spread it most; a
    parameter with a value in each market: that in this one.
    """

    iso3: str
    worth: float
    low: float
    high: float
    fails: float
    causes: tuple[Cause, ...]


@jax.jit
def _add_up(problem: Problem, worlds: Worlds, rows: Array, enter: Array, option: Array) -> Array:
    """Value of a schedule on the markets `rows`, axis world."""
    narrowed, there = narrow(problem, worlds, rows)
    return over_worlds(narrowed, there, enter, option).value.sum(axis=1)


class Spread:
    """The plan on fresh worlds; needs `jax.enable_x64()` around every use."""

    def __init__(self, study: Study) -> None:
        self.study, self.seed = study, study.plan.seed + FRESH_SEED
        packed, count = study.packed, study.fresh_worlds
        self.fresh = Valuer.prepare(
            study.case, packed, study.beliefs, count, self.seed, jnp.float64
        )
        # Nothing but these markets is ever simulated; behind them come measures and gates.
        self.rest = len(packed.markets)
        dates = study.schedule[0][: self.rest]
        here = (np.asarray(packed.problem.entered) < 0) | (dates < study.case.quarters)
        self.rows = np.flatnonzero(here)
        self.drawn = study.beliefs.draw(self.seed, count, packed.markets, packed.regions)
        self.worlds = self.fresh.setting.worlds
        self.others = draw_worlds(
            packed, study.beliefs, count, study.plan.seed + OTHER_SEED, jnp.float64
        )
        # Chance is exchanged as a whole.
        shocks = self.worlds.shocks
        self.chances = {
            name: self.worlds._replace(
                shocks=shocks._replace(**{field: getattr(self.others.shocks, field)})
            )
            for name, field in CHANCE.items()
            if getattr(shocks, field) is not None
        }
        self.values, self.theirs, *mixed = self._value_everywhere(study.schedule)
        self.mixed = dict(zip(self.chances, mixed, strict=True))
        self.parts: dict[str, list[float]] = {}  # of each unknown in each entry's variance

    def _value_everywhere(self, schedule: Schedule) -> list[Floats]:
        """Values of a schedule on these worlds, on the others, and with each chance of those."""
        sets = (self.worlds, self.others, *self.chances.values())
        return [self._value(schedule, worlds) for worlds in sets]

    def _value(self, schedule: Schedule, worlds: Worlds) -> Floats:
        """Value of the plan, or of one without some of its entries, axis world."""
        enter, option = (np.concatenate([part[self.rows], part[self.rest :]]) for part in schedule)
        problem, count = self.fresh.setting.problem, self.study.fresh_worlds
        parts = [
            _add_up(problem, take_worlds(worlds, begin, begin + PART), self.rows, enter, option)
            for begin in range(0, count, PART)
        ]
        return np.concatenate([np.asarray(part) for part in parts])

    def weigh_entries(self) -> Iterator[Stake]:
        """The first ten entries, in their order."""
        study = self.study
        for row in study.first.tolist():
            without = self._value_everywhere(mix(study.schedule, study.never, row))
            whole = self.values, self.theirs, *self.mixed.values()
            worth, theirs, *mixed = (a - b for a, b in zip(whole, without, strict=True))
            parts = {p.name: first_order(worth, self._of(p.name, row)) for p in study.unknown}
            for name, there in zip(self.chances, mixed, strict=True):
                parts[name], _ = exchanged(worth, theirs, there)
            for name, index in parts.items():
                self.parts.setdefault(name, []).append(index.share)
            most = sorted(parts, key=lambda name: -parts[name].share)[:CAUSES]
            causes = tuple(Cause(name, parts[name]) for name in most)
            low, high = np.quantile(worth, [0.05, 0.95])
            study.step("worth of the first entries")
            yield Stake(
                study.packed.markets[row], float(worth.mean()), float(low), float(high),
                float((worth < 0.0).mean()), causes,
            )  # fmt: skip

    def _of(self, name: str, row: int) -> Floats:
        """Draws of a parameter, those of one market if it has a value in each; axis world."""
        drawn = self.drawn[name]
        return drawn if drawn.ndim == 1 else drawn[:, row]

    def share_out(self) -> Iterator[Share]:
        """Every unknown's part of the variance of the plan's value, by exchanging its draws."""
        study, count = self.study, self.study.fresh_worlds
        places = study.packed.markets, study.packed.regions
        drawn = study.beliefs.draw(study.plan.seed + OTHER_SEED, count, *places)
        for parameter in study.unknown:
            name = parameter.name
            mixed = {**self.drawn, name: drawn[name]}
            shocks = self.worlds.shocks
            if name in SHAKEN:
                shocks = shake(study.packed, study.beliefs, mixed, self.seed, jnp.float64)
            there = self._value(study.schedule, Worlds(arrange(mixed, jnp.float64), shocks))
            alone, total = exchanged(self.values, self.theirs, there)
            common = None
            if parameter.level == "world":  # from these worlds alone, which is more exact
                alone = first_order(self.values, self.drawn[name])
            else:
                common = first_order(
                    self.values, study.beliefs.score(self.seed, count, name, "common")
                )
            study.step("shares of variance")
            yield Share(name, alone, total, common, self._of_entries(name))
        for name, there in self.mixed.items():
            alone, total = exchanged(self.values, self.theirs, there)
            yield Share(name, alone, total, None, self._of_entries(name))

    def _of_entries(self, name: str) -> float:
        """Mean part of an unknown in the variance of what the first entries are worth."""
        return float(np.mean(self.parts.get(name, [0.0])))
