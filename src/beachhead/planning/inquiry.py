"""A plan beside changes of it, on the worlds that chose it and on fresh ones.

Of every entry: what the plan loses without it, half a year sooner or later, or in the next best
way; whose experience it uses and whose it feeds, what it takes from home and from the launches of
others. Of a market that is not entered: what its best entry would change, and what keeps it out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.calibration import believe
from beachhead.cases import Case
from beachhead.cases.rules import rules_of
from beachhead.data import Panel
from beachhead.errors import InputError, Problem
from beachhead.mechanisms import Parameters
from beachhead.planning.decoupled import tabulate
from beachhead.planning.grounds import Answer, Bar, Moved, Rejected, Trial, Worth
from beachhead.planning.limits import Limits, excess, keep_limits
from beachhead.planning.nearest import find_zero, pull_cost, pull_size
from beachhead.planning.plan import Help, Plan
from beachhead.planning.planner import (
    CHECK,
    CHECK_SEED,
    FRESH_SEED,
    FRESH_WORLDS,
    SEARCH_WORLDS,
)
from beachhead.planning.study import Schedule, mix
from beachhead.planning.valuation import BATCH, PART, Score, Valuer
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.narrow import narrow
from beachhead.simulation.pack import pack
from beachhead.simulation.people import use_of_teams
from beachhead.simulation.rollout import Worlds, follow, over_worlds, take_worlds
from beachhead.simulation.state import NEVER, STEP, Couplings
from beachhead.simulation.state import Problem as Arrays

Integers = NDArray[np.int32]
Floats = NDArray[np.float64]

EXACT = 1e-9  # relative: the same plan on the same worlds is worth the same
SHIFT = 2  # quarters by which an entry is moved to see what its date is worth
NAMED = 3  # markets that are named as those that an entry helps, or is helped by
WORTH_A_NAME = 0.05  # part of all such help
STRIDE = 4  # quarters between the dates at which it is looked for who is nearest to the plan
LARGER = 8.0  # times its size, up to which a market is looked at that does not pay
LOOKED = 40  # entries of a market that would gain, of which the limits are looked at


@dataclass(frozen=True)
class _Brought:
    """What a schedule brings on fresh worlds, discounted: `values`, axis world, and `own`, the mean
    of each market; `tied`: the couplings in force, leading axes (world, quarter), a part at a time.
    """

    values: Floats
    own: Floats
    tied: list[Couplings]


class Inquiry:
    """A plan beside changes of it; needs `jax.enable_x64()` around every use.

    Attributes
    ----------
    schedule : Schedule
        The plan.
    exact, single, fresh : Valuer
        On the worlds that chose the plan, in double and in single precision, and on fresh ones.
    many : Valuer
        On those on which the search keeps the limit on cash; `ruin` of the plan there.
    present, entries : list of int
        Rows of home and served markets, and of the entries by date.
    problem, parts
        The markets looked at alone, on the fresh worlds, a part of these at a time.
    near : list of int
        Rows of the `near` markets that the plan leaves alone and that would bring most beside it.
    base : _Brought
        The plan on fresh worlds.
    """

    def __init__(
        self,
        case: Case,
        panel: Panel,
        plan: Plan,
        beliefs: Beliefs | None = None,
        *,
        also: Collection[str] = (),
        near: int = 0,
        exact: bool = True,
        worlds: int = SEARCH_WORLDS,
        fresh_worlds: int = FRESH_WORLDS,
    ) -> None:
        self.case, self.plan = case.resolve(panel), plan
        beliefs = beliefs or believe(case, panel)
        self.packed = pack(self.case, panel).following(plan.schedule)
        self.schedule = self.packed.encode(plan.schedule)
        self.waits = plan.schedule.waits(self.case, panel)
        given = self.case, self.packed, beliefs
        self.exact = Valuer.prepare(*given, worlds, plan.seed, jnp.float64)
        self.fresh = Valuer.prepare(*given, fresh_worlds, plan.seed + FRESH_SEED, jnp.float64)
        with jax.enable_x64(False):
            self.single = Valuer.prepare(*given, worlds, plan.seed, jnp.float32)
            self.many = Valuer.prepare(*given, CHECK * worlds, plan.seed + CHECK_SEED, jnp.float32)
        dates = self.schedule[0][: len(self.packed.markets)]
        self.present = np.flatnonzero(self.packed.problem.entered < 0).tolist()
        order = np.argsort(dates, kind="stable")
        self.entries = [row for row in order.tolist() if dates[row] < self.case.quarters]
        asked = [k for k, iso3 in enumerate(self.packed.markets) if iso3 in also]
        self.near = self._list_near(near) if near else []
        self.rows = np.array(sorted({*self.present, *self.entries, *asked, *self.near}))
        fresh = self.fresh.setting
        self.problem, there = narrow(fresh.problem, fresh.worlds, jnp.asarray(self.rows))
        self.parts = [take_worlds(there, k, k + PART) for k in range(0, fresh_worlds, PART)]
        self.base = self.bring(self.schedule)
        (self.scores,) = self._score([self.schedule])
        (self.ruin,) = self._ruin_of([self.schedule])
        mean = plan.value.mean
        apart = abs(float(self.base.values.mean()) - mean) / max(abs(mean), 1e-9)
        if exact and apart > EXACT:
            what = f"the plan's value is {apart:.1e} off what version {plan.version} said it is"
            raise InputError(Problem(what, f"plan of {case.name!r}", "Plan the case again."))

    def _list_near(self, number: int) -> list[int]:
        """Rows that would bring most beside the plan, were nothing taken from its entries."""
        setting, quarters = self.single.setting, self.case.quarters
        with jax.enable_x64(False):
            chosen = (jnp.asarray(part) for part in self.schedule)
            given = follow(setting.problem, setting.worlds, *chosen).tied
            brings = tabulate(setting, given, np.arange(0, quarters, STRIDE, dtype=np.int32))
        best = brings.max(axis=(0, 1))
        best[[*self.present, *self.entries]] = -np.inf
        order = np.argsort(-best, kind="stable")[:number].tolist()
        return [row for row in order if np.isfinite(best[row])]

    def bring(self, schedule: Schedule) -> _Brought:
        """What a schedule that enters no other markets than the plan brings."""
        chosen = self._narrow(schedule)
        brought = [follow(self.problem, worlds, *chosen) for worlds in self.parts]
        value = np.concatenate([part.value for part in brought])
        return _Brought(value.sum(axis=1), self._widen(value), [part.tied for part in brought])

    def _hold(self, schedule: Schedule, tied: Iterable[Couplings]) -> Floats:
        """Mean value of each market where these couplings are in force, whoever is entered."""
        chosen = self._narrow(schedule)
        given = zip(self.parts, tied, strict=True)
        return self._widen(
            np.concatenate([_hold(self.problem, worlds, *chosen, part) for worlds, part in given])
        )

    def _narrow(self, schedule: Schedule) -> Schedule:
        markets = len(self.packed.markets)
        enter, option = (np.concatenate([part[self.rows], part[markets:]]) for part in schedule)
        return enter, option

    def _widen(self, value: Floats) -> Floats:
        wide = np.zeros(len(self.packed.markets))
        wide[self.rows] = value.mean(axis=0)
        return wide

    @cached_property
    def learned(self) -> tuple[Floats, Floats]:
        """What experience elsewhere is worth to each market by a cheaper entry, and once it is
        there by cheaper running and fewer exits.
        """

        def forget(*names: str) -> Iterable[Couplings]:
            for part in self.base.tied:
                nothing: dict[str, Any] = {name: jnp.zeros_like(part.saving) for name in names}
                yield part._replace(**nothing)

        dearer = self._hold(self.schedule, forget("saving"))
        ignorant = self._hold(self.schedule, forget("saving", "familiarity"))
        return self.base.own - dearer, dearer - ignorant

    def weigh(self, row: int) -> Worth:
        """What a market brings itself and, where it is entered, to others."""
        iso3, base = self.packed.markets[row], self.base
        role = "home" if row == 0 else "served" if row in self.present else "entered"
        if role != "entered" or row not in self.entries:
            return Worth(iso3, role if row in self.present else "", float(base.own[row]))
        schedule = self._leave(row)
        without = self.bring(schedule)
        own, (adds, error) = float(base.own[row]), spread_of(base.values - without.values)
        behind = {self.packed.markets.index(name) for name in self._list_behind(iso3)}
        others = [other for other in self.rows.tolist() if other not in {0, row, *behind}]

        # From the ties without the entry to those with it, one after the other: given its ties, a
        # market is on its own, so that each step is what the entry does to the others in that way.
        here, ties, values = base.tied, without.tied, [without.own]
        for names in (("saving", "familiarity"), ("crowd",), ("heard",)):
            ties = [
                tied._replace(**{name: getattr(now, name) for name in names})
                for tied, now in zip(ties, here, strict=True)
            ]
            values.append(self._hold(schedule, ties))
        steps = np.diff(values, axis=0)
        lends, haste, spillover = steps[:, others].sum(axis=1).tolist()
        home = float(base.own[0] - without.own[0])
        rest = adds - own - home - lends - haste - spillover
        rounding = EXACT * float(np.abs(base.own).sum())
        return Worth(
            iso3=iso3,
            role=role,
            own=own,
            adds=adds,
            error=error,
            home=home,
            lends=lends,
            lent_to=self._name_most({other: float(steps[0, other]) for other in others}),
            haste=haste,
            spillover=spillover,
            rest=rest if abs(rest) > rounding else 0.0,
        )

    def _name_most(self, gains: Mapping[int, float]) -> tuple[Help, ...]:
        """The largest gains of markets, by row, as far as they are worth a name."""
        least = WORTH_A_NAME * sum(gains.values())
        most = sorted((k for k in gains if gains[k] > least > 0.0), key=lambda k: -gains[k])
        return tuple(Help(self.packed.markets[k], gains[k]) for k in most[:NAMED])

    def answer(self, row: int, worth: Worth) -> Answer:
        """Why a market is entered as it is, or not; `worth` as `weigh` gives it."""
        if row in self.present:
            return Answer(worth)
        if row not in self.entries:
            return self._explain_absence(row, worth, *self._add(row))
        (enter, option), iso3 = self.schedule, self.packed.markets[row]
        limits = self.case.limits
        mode, localisation = self.packed.options[int(option[row])]
        inside = {self.packed.markets[k] for k in self.entries}
        demands: dict[str, Collection[str]] = {
            "limits.fixed": limits.fixed,
            "limits.by": limits.by,
            "limits.must": limits.must,
        }
        gates = {gate.gate: self.case.gates[gate.gate] for gate in self.plan.schedule.gates}
        return Answer(
            worth=worth,
            enter=self._label(int(enter[row])),
            mode=mode,
            localisation=localisation,
            taught=float(sum(learned[row] for learned in self.learned)),
            helped_by=self._name_most(self._share_out(row)),
            waits=tuple(gates[k].name for k in self.waits.get(iso3, ())),
            pilots=tuple(gate.name for gate in gates.values() if gate.pilot == iso3),
            behind=self._list_behind(iso3),
            after=tuple(a for b, a in limits.after if b == iso3 and a in inside),
            before=tuple(b for b, a in limits.after if a == iso3 and b in inside),
            demanded=next((key for key, names in demands.items() if iso3 in names), ""),
            trials=tuple(self._try(row)),
        )

    def _share_out(self, row: int) -> dict[int, float]:
        """What experience elsewhere is worth to an entry, by the markets that it is from."""
        enter, quarter = self.schedule[0], int(self.schedule[0][row])
        given = self.packed.problem, self.exact.setting.central, enter, row
        quarters = np.arange(quarter - 1, self.case.quarters, dtype=np.int32)
        entry, stay = (learned[row] for learned in self.learned)
        at_entry, later = (find_teachers(*given, when) for when in (quarters[:1], quarters[1:]))
        return dict(enumerate((entry * at_entry + stay * later).tolist()))

    def _label(self, quarter: int) -> str | None:
        return self.case.quarter_label(quarter) if quarter < self.case.quarters else None

    def _leave(self, row: int) -> Schedule:
        never = np.full_like(self.schedule[0], NEVER), self.schedule[1]
        return mix(self.schedule, never, row)

    def _list_behind(self, iso3: str) -> tuple[str, ...]:
        """Entries that wait for a gate whose pilot a market is."""
        return tuple(
            other
            for other, numbers in self.waits.items()
            if any(self.case.gates[k].pilot == iso3 for k in numbers)
            and self.packed.markets.index(other) in self.entries
        )

    def _put(self, row: int, tried: Sequence[tuple[int, int]]) -> list[Schedule]:
        """The plan with a market at each of some (date, option); the others give way to it."""
        enter = np.tile(self.schedule[0], (len(tried), 1))
        option = np.tile(self.schedule[1], (len(tried), 1))
        enter[:, row], option[:, row] = np.array(tried, np.int32).reshape(-1, 2).T
        leaders = np.full(len(tried), row)
        return list(
            zip(*keep_limits(self.exact.setting, enter, option, leaders=leaders), strict=True)
        )

    def _try(self, row: int) -> Iterable[Trial]:
        """The market left out, half a year sooner and later, and in the next best way."""
        (enter, option), quarters = self.schedule, self.case.quarters
        date, way = int(enter[row]), int(option[row])
        others = [k for k in self._ways(row) if k != way]
        dates = [max(0, date - SHIFT), min(quarters - 1, date + SHIFT)]
        made = self._put(row, [*((when, way) for when in dates), *((date, k) for k in others)])
        chosen = [("without", self._leave(row))]
        for kind, schedule, sign in zip(("sooner", "later"), made, (-1, 1), strict=False):
            went = int(schedule[0][row]) - date
            if went * sign > 0 and schedule[0][row] < quarters and schedule[1][row] == way:
                chosen.append((kind, schedule))
        if best := self._best(row, made[2:], others):
            chosen.append(("otherwise", best))
        return self._compare(row, chosen)

    def _ways(self, row: int) -> list[int]:
        """Options in which a market may be entered at some date."""
        limits = self.exact.setting.limits
        ways = np.asarray(limits.first)[row] <= np.asarray(limits.last)[row]
        return np.flatnonzero(ways[: len(self.packed.options)]).tolist()

    def _best(self, row: int, made: Sequence[Schedule], ways: Sequence[int]) -> Schedule | None:
        """The best schedule of those that do enter the market in the way that they should.

        Where it gains, the best of those that do and break no limit, if there is one.
        """
        kept = [
            schedule
            for schedule, way in zip(made, ways, strict=True)
            if schedule[0][row] < self.case.quarters and schedule[1][row] == way
        ]
        if not kept:
            return None
        with jax.enable_x64(False):
            rough = self.single.scores(*(np.stack(part) for part in zip(*kept, strict=True)))
        first = np.argsort(-rough.fitness, kind="stable")[:BATCH]
        kept = [kept[k] for k in first.tolist()]
        scores, least = self._score(kept), self.scores.objective
        best = int(np.argmax([score.fitness for score in scores]))
        if scores[best].objective > least:
            breaks = self._list_broken(kept, scores)
            good = [
                k for k, score in enumerate(scores) if score.objective > least and not breaks[k]
            ]
            best = max(good, key=lambda k: scores[k].objective, default=best)
        return kept[best]

    def _compare(self, row: int, chosen: Sequence[tuple[str, Schedule]]) -> list[Trial]:
        """Schedules beside the plan; `chosen`: the kind of each with it."""
        schedules = [schedule for _, schedule in chosen]
        scores = self._score(schedules)
        breaks = self._list_broken(schedules, scores)
        trials = []
        for (kind, schedule), score, broken in zip(chosen, scores, breaks, strict=True):
            gains, error = spread_of(self.bring(schedule).values - self.base.values)
            mode, localisation = self.packed.options[int(schedule[1][row])]
            moved = tuple(
                Moved(
                    self.packed.markets[k],
                    *(self._label(int(part[0][k])) for part in (self.schedule, schedule)),
                )
                for k in self.entries
                if k != row and schedule[0][k] != self.schedule[0][k]
            )
            trials.append(
                Trial(
                    kind=kind,
                    enter=self._label(int(schedule[0][row])),
                    mode=mode,
                    localisation=localisation,
                    gains=gains,
                    error=error,
                    objective=score.objective - self.scores.objective,
                    moved=moved,
                    breaks=broken,
                )
            )
        return trials

    def _score(self, schedules: Sequence[Schedule]) -> list[Score]:
        """Score of each on the worlds that chose the plan, as numbers."""
        scores = self.exact.scores(*(np.stack(part) for part in zip(*schedules, strict=True)))
        return [Score(*map(float, numbers)) for numbers in zip(*scores, strict=True)]

    def _ruin_of(self, schedules: Sequence[Schedule]) -> list[float]:
        """Chance of ruin of each on the worlds on which the search keeps the limit on it."""
        with jax.enable_x64(False):
            ruin = self.many.scores(*(np.stack(part) for part in zip(*schedules, strict=True))).ruin
        return np.asarray(ruin).tolist()

    def _list_broken(
        self, schedules: Sequence[Schedule], scores: Sequence[Score]
    ) -> list[tuple[str, ...]]:
        """Limits that each breaks; `scores` on the worlds that chose the plan."""
        setting, broken = self.exact.setting, []
        accepted = float(setting.limits.ruin)
        for schedule, score, ruin in zip(schedules, scores, self._ruin_of(schedules), strict=True):
            over = overstep(setting.problem, setting.limits, setting.central, *schedule)
            names = [name for name, far in over.items() if float(far) > 1e-6]
            if score.ruin > max(accepted, self.scores.ruin) or ruin > max(accepted, self.ruin):
                names.append("ruin")
            if score.short > self.scores.short + 1e-9:
                names.append("targets")
            broken.append(tuple(names))
        return broken

    def _explain_absence(
        self, row: int, worth: Worth, tried: list[tuple[int, int]], best: Schedule | None
    ) -> Answer:
        """What the best entry of a market that is not entered would change, and what bars it."""
        if not tried:
            iso3, first = self.packed.markets[row], np.asarray(self.exact.setting.limits.first)
            barred = [b.rule.name for b in rules_of(self.case) if b.rule.market == iso3]
            shut = first[row].min() >= NEVER
            bars = tuple(Bar("rule", name) for name in barred)
            apart = Bar("case", "limits.not_together") if shut else Bar("horizon")
            return Answer(worth, bars=bars or (apart,))
        trials = () if best is None else tuple(self._compare(row, [("added", best)]))
        bars = self._name_bars(row, tried, trials)
        return Answer(worth, trials=trials, bars=bars)

    def _add(self, row: int) -> tuple[list[tuple[int, int]], Schedule | None]:
        """Each (date, option) in which a market could be added to the plan, and the best plan."""
        first = np.asarray(self.exact.setting.limits.first)
        tried = [
            (date, way)
            for way in self._ways(row)
            for date in range(int(first[row, way]), self.case.quarters, SHIFT)
        ]
        ways = [way for _, way in tried]
        return tried, self._best(row, self._put(row, tried), ways) if tried else None

    def reject(self, row: int) -> Rejected:
        """Why a market is not entered, and what would have to change for it to pay."""
        tried, best = self._add(row)
        worth = Worth(self.packed.markets[row], "", 0.0)
        answer = self._explain_absence(row, worth, tried, best)
        if answer.bars[0].kind not in ("alone", "beside"):
            return Rejected(answer)
        made = self._lay(self.schedule, row, tried[::2])
        return Rejected(
            answer,
            cost=self._turn(row, made, pull_cost, 0.0),
            size=self._turn(row, made, pull_size, LARGER),
        )

    def _turn(
        self, row: int, made: Schedule, pull: Callable[[Arrays, int, float], Arrays], far: float
    ) -> float | None:
        """A factor on something of a market at which that entry pays which is best at `far`."""

        def gain(factor: float, enter: Integers, option: Integers) -> Floats:
            problem = pull(self.exact.setting.problem, row, factor)
            there = replace(self.exact, setting=self.exact.setting._replace(problem=problem))
            return np.asarray(there.scores(enter, option).objective) - self.scores.objective

        enter, option = made
        top = int(np.argmax(gain(far, enter, option)))
        chosen = enter[top : top + 1], option[top : top + 1]
        return find_zero(lambda factor: float(gain(factor, *chosen)[0]), far)

    def _lay(self, base: Schedule, row: int, tried: Sequence[tuple[int, int]]) -> Schedule:
        """A schedule with a market at each of some (date, option), whatever limits say; axes
        (schedule, row).
        """
        enter, option = (np.tile(part, (len(tried), 1)) for part in base)
        enter[:, row], option[:, row] = np.array(tried, np.int32).T
        return enter, option

    def _name_bars(
        self, row: int, tried: list[tuple[int, int]], trials: tuple[Trial, ...]
    ) -> tuple[Bar, ...]:
        """What keeps a market out that could be entered at each of `tried`, (date, option)."""
        for trial in trials:
            if trial.objective > 0 and not trial.breaks:
                return (Bar("passed over", gains=trial.objective),)
            if trial.objective > 0 and len(trial.breaks) == 1:
                return (Bar("limit", trial.breaks[0], trial.objective),)
        never = np.full_like(self.schedule[0], NEVER), np.zeros_like(self.schedule[1])

        stay = self.exact.scores(never[0][None], never[1][None]).objective
        made = self._lay(self.schedule, row, tried)
        scores = self.exact.scores(*made)
        gains = np.asarray(scores.objective) - self.scores.objective
        if gains.max() <= 0.0:
            alone = self.exact.scores(*self._lay(never, row, tried)).objective
            alone_at_most = float((alone - stay).max())
            if alone_at_most <= 0.0:
                return (Bar("alone", gains=alone_at_most),)
            return (Bar("beside", gains=float(gains.max())),)
        # Of those that would gain, one that breaks fewest limits tells what is in the way.
        order = [k for k in np.argsort(-gains, kind="stable").tolist() if gains[k] > 0.0]
        looked = order[:LOOKED]
        broken = self._list_broken(
            [(made[0][k], made[1][k]) for k in looked],
            [Score(*(part[k] for part in scores)) for k in looked],
        )
        names, gain = min(
            zip(broken, gains[looked].tolist(), strict=True), key=lambda one: len(one[0])
        )
        return tuple(Bar("limit", name, gain) for name in names) or (
            Bar("passed over", gains=gain),
        )


def find_teachers(
    problem: Arrays, central: Parameters, enter: Integers, row: int, quarters: Integers
) -> Floats:
    """Part of each market in what is known of one in these quarters, axis market.

    Of what is known by E4, each market has its part of the experience in the groups that count, at
    the parameters' defaults and as if no venture failed. The parts make one; all are 0 where nobody
    teaches.
    """
    markets = problem.people.shape[0]
    when = np.where(problem.entered < 0, problem.entered, enter[:markets])
    age = np.maximum(quarters[:, None] - when, 0) * STEP
    years = max(float(central.experience.years), 1e-9)
    known = (1.0 - np.exp(-age / years)) * (1.0 - problem.home)
    known[:, row] = 0.0
    likeness = problem.likeness
    weight = float(central.knowledge.weight())
    cuts = np.asarray(central.knowledge.by_group(likeness))
    in_group = known @ likeness.teaches
    gain = cuts * likeness.learns[row] * (1.0 - np.exp(-weight * in_group))
    credit = (known.T @ (gain / np.where(in_group > 0.0, in_group, 1.0)) * likeness.teaches).sum(1)
    return credit / max(credit.sum(), 1e-300)


def spread_of(gain: Floats) -> tuple[float, float]:
    """Mean over worlds, and half its 95 % interval."""
    return float(gain.mean()), float(1.96 * gain.std(ddof=1) / np.sqrt(gain.size))


@jax.jit
def overstep(
    problem: Arrays, limits: Limits, central: Parameters, enter: Array, option: Array
) -> dict[str, Array]:
    """How far a schedule oversteps each limit other than cash."""
    _, used = use_of_teams(problem, central, enter, option)
    none = limits._replace(
        first=jnp.zeros_like(limits.first), last=jnp.full_like(limits.last, NEVER),
        required=jnp.zeros_like(limits.required), apart=jnp.zeros_like(limits.apart),
        later=jnp.zeros_like(limits.later), earlier=jnp.zeros_like(limits.earlier),
        most=jnp.full_like(limits.most, NEVER), teams=jnp.full_like(limits.teams, jnp.inf),
        launches=jnp.full_like(limits.launches, NEVER),
    )  # fmt: skip
    alone = {
        "dates": ("first", "last"), "demands": ("required",), "not_together": ("apart",),
        "after": ("later", "earlier"), "max_markets": ("most",), "teams": ("teams",),
        "launches_per_year": ("launches",),
    }  # fmt: skip
    gates = excess(problem, none, used, enter, option)
    over = {
        name: excess(problem, none._replace(**{f: getattr(limits, f) for f in fields}), used,
                     enter, option) - gates
        for name, fields in alone.items()
    }  # fmt: skip
    return {**over, "gates": gates}


@jax.jit
def _hold(problem: Arrays, worlds: Worlds, enter: Array, option: Array, tied: Couplings) -> Array:
    """Value where these couplings are in force, axes (world, market)."""
    return over_worlds(problem, worlds, enter, option, given=tied).value
