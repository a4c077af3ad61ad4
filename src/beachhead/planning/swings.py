"""One parameter at a time over its prior: what it does to the value and to the first entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead.planning.limits import keep_limits
from beachhead.planning.spread import SHAKEN
from beachhead.planning.study import Schedule, Study, Turn, mix
from beachhead.planning.valuation import Valuer
from beachhead.quantities import Parameter
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.pack import arrange, shake
from beachhead.simulation.rollout import Worlds

Floats = NDArray[np.floating]

TAIL_SCORE = 1.6448536269514722  # standard normal score of 95 %
SHIFT = 2  # quarters by which an entry is tried sooner and later
REPLANNED = 5  # parameters for whose ends the plan is made again: those that move J most
DOUBTED = 3  # and of the others those that speak against most of the first ten entries


@dataclass(frozen=True)
class End:
    """The plan where a parameter has a certain value and all others their central ones.

    `objective`: J of the plan; `adds`: that less J at home. Those of the first ten entries that J
    would rather have dropped (`idle`), or half a year `sooner` or `later`, all else as planned, and
    more so than at the centre; ISO3 codes. `turn`: what making the plan again would change, None
    where it was not tried; `gains`: J that this would bring.
    """

    value: float
    objective: float
    adds: float
    idle: tuple[str, ...]
    sooner: tuple[str, ...]
    later: tuple[str, ...]
    turn: Turn | None = None
    gains: float | None = None


@dataclass(frozen=True)
class Swing:
    """One parameter at the 5 % (`low`) and the 95 % point (`high`) of its prior.

    One with a value in each market: at these points of what all markets have in common.
    """

    parameter: str
    low: End
    high: End

    @property
    def width(self) -> float:
        """J between the ends."""
        return abs(self.high.objective - self.low.objective)

    @property
    def doubts(self) -> int:
        """First entries that either end would drop or shift."""
        return len({iso3 for e in (self.low, self.high) for iso3 in e.idle + e.sooner + e.later})


class Centre:
    """The plan where every parameter has its central value; chance by the quarter stays."""

    def __init__(self, study: Study) -> None:
        self.study, packed = study, study.packed
        self.sure = study.beliefs.certain()
        self.valuer = study.prepare(self.sure)
        self.drawn = self.sure.draw(study.plan.seed, study.worlds, packed.markets, packed.regions)
        self.changes = self._list_changes()
        self.objective, _, self.gains = self._try_changes(self.valuer)

    def _list_changes(self) -> list[tuple[str, str, Schedule]]:
        """Single changes of the first ten entries: what, of whom, and the schedule with it.

        Where teams are short, the others give way to the one that is shifted.
        """
        study, (enter, option) = self.study, self.study.schedule
        names, quarters = study.packed.markets, study.case.quarters
        rows = study.first.tolist()
        changes = [("idle", names[row], mix(study.schedule, study.never, row)) for row in rows]
        shifts = [(row, shift) for row in rows for shift in (-SHIFT, SHIFT)]
        if not shifts:
            return changes
        dates = np.stack([enter] * len(shifts))
        for place, (row, shift) in enumerate(shifts):
            dates[place, row] = np.clip(enter[row] + shift, 0, quarters - 1)
        leaders = np.array([row for row, _ in shifts])
        ways = np.stack([option] * len(shifts))
        for (row, shift), *kept in zip(
            shifts, *keep_limits(self.valuer.setting, dates, ways, leaders=leaders), strict=True
        ):
            went = int(kept[0][row] - enter[row])
            if went * shift > 0 and kept[0][row] < quarters:
                changes.append(("sooner" if went < 0 else "later", names[row], (kept[0], kept[1])))
        return changes

    def _try_changes(self, valuer: Valuer) -> tuple[float, float, Floats]:
        """J of the plan and at home, and what each change would add to it."""
        study = self.study
        tried = [study.schedule, study.never, *(schedule for *_, schedule in self.changes)]
        scores = study.score(valuer, tried)
        worth, stay = map(float, scores.objective[:2])
        return worth, stay, scores.fitness[2:] - worth

    def swing(self) -> Iterator[Swing]:
        """Every parameter at both ends."""
        for parameter in self.study.unknown:
            low, high = (self._look(parameter, score) for score in (-TAIL_SCORE, TAIL_SCORE))
            self.study.step("one at a time")
            yield Swing(parameter.name, low, high)

    def plan_again(self, swings: Iterable[Swing]) -> Iterator[Swing]:
        """Those that matter most, with what making the plan again at both ends changes."""
        widest = sorted(swings, key=lambda swing: -swing.width)
        most = sorted(widest[REPLANNED:], key=lambda swing: -swing.doubts)[:DOUBTED]
        again = [*widest[:REPLANNED], *(swing for swing in most if swing.doubts)]
        there = {
            (swing.parameter, end.value): self.study.prepare(self._at(swing.parameter, score)[0])
            for swing in again
            for end, score in ((swing.low, -TAIL_SCORE), (swing.high, TAIL_SCORE))
        }
        for valuer in (self.valuer, *there.values()):
            self.study.explore(valuer, "planning again at the ends")
        base = self.study.best(self.valuer)
        for swing in again:
            low, high = (
                self._remake(there[swing.parameter, end.value], end, base)
                for end in (swing.low, swing.high)
            )
            yield replace(swing, low=low, high=high)

    def _at(self, name: str, score: float) -> tuple[Beliefs, float]:
        """Certain of all, and of one parameter at a score of what is believed of it."""
        beliefs, value = self.study.beliefs.at(name, score)
        return beliefs.certain(), value

    def _look(self, parameter: Parameter, score: float) -> End:
        sure, value = self._at(parameter.name, score)
        packed, study = self.study.packed, self.study
        given = study.plan.seed, study.worlds, packed.markets, packed.regions
        drawn = {**self.drawn, parameter.name: sure.draw_one(parameter.name, *given)}
        setting = self.valuer.setting
        shocks = setting.worlds.shocks
        if parameter.name in SHAKEN:
            shocks = shake(self.study.packed, self.sure, drawn, self.study.plan.seed, jnp.float32)
        worlds = Worlds(arrange(drawn, jnp.float32), shocks)
        there = replace(self.valuer, setting=setting._replace(worlds=worlds))
        worth, stay, gains = self._try_changes(there)
        # Of each entry the change that J likes best, where it is liked more than at the centre.
        liked: dict[str, tuple[float, str]] = {}
        for (what, iso3, _), gain, usual in zip(self.changes, gains, self.gains, strict=True):
            if gain - max(usual, 0.0) > self.study.slack:
                liked[iso3] = max(liked.get(iso3, (gain, what)), (gain, what))
        idle, sooner, later = (
            tuple(iso3 for iso3, (_, kind) in liked.items() if kind == what)
            for what in ("idle", "sooner", "later")
        )
        return End(value, worth, worth - stay, idle, sooner, later)

    def _remake(self, there: Valuer, end: End, base: Schedule) -> End:
        """The end with what making the plan again changes there, beside `base` of the centre."""
        made = self.study.remake(there, base)
        before, after = map(float, self.study.score(there, [base, made]).objective)
        return replace(end, turn=self.study.compare(base, made), gains=after - before)
