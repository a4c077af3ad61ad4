"""What an answer hangs on: parameters, mechanisms, and the costs and margins at which it turns.

Three questions about a plan that has been found. Which of the things that nobody knows spread its
value most? What would it lose, and be, without each mechanism of the model? How far may entry
costs and margins be off before other markets come first, or more or fewer at once?
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning.effects import EFFECTS, list_effects
from beachhead.planning.indices import Index, exchanged, first_order
from beachhead.planning.plan import Plan
from beachhead.planning.planner import (
    FRESH_SEED,
    FRESH_WORLDS,
    SEARCH_WORLDS,
    SPREAD,
    look,
    scale,
    tabulate_alone,
)
from beachhead.planning.search import EFFORT, Proposals, search
from beachhead.planning.valuation import Valuer
from beachhead.quantities import Parameter, Sure
from beachhead.simulation.beliefs import Beliefs, common_score
from beachhead.simulation.pack import Packed, arrange, draw_worlds, pack, shake
from beachhead.simulation.rollout import Worlds
from beachhead.simulation.state import NEVER, Problem

Integers = NDArray[np.int32]
Floats = NDArray[np.float64]
Schedule = tuple[Integers, Integers]  # date and option, axis row

OTHER_SEED = 3_000_017  # of the worlds with which draws are exchanged
TAIL_SCORE = 1.6448536269514722  # standard normal score of 95 %
FIRST = 10  # entries that are looked at one by one
REPLANNED = 5  # parameters for whose ends the plan is made again: those that move J most
SMALL = 0.4  # of the budget of a plan made again, for ends and mechanisms: they start from a plan
EARLY = 8  # quarters whose entries are the pace
GRID = (0.5, 2**-0.5, 2**0.5, 2.0, 4.0, 8.0)  # factors that are tried first
EVENTS = ("first", "fewer", "more", "limits")
HALVINGS = 3  # of the stretch between two of them, in which the plan turns
TURN = 0.25  # part of the first entries by which their number has to change
CHANCE = {"exits": "fate", "exchange rates": "fx", "disruptions": "down"}  # and their shocks
# Which shocks are drawn anew where a parameter has another value.
SHAKEN = ("cashflow.fx_sd", "cashflow.fx_half_life", "supply.rate", "supply.years")


@dataclass(frozen=True)
class Share:
    """Part of the variance of the plan's value that one unknown accounts for, on fresh worlds.

    `alone`: what would go if it were known (in all markets, if it has a value in each). `total`:
    what would be left if all else were known. `common`: the part of `alone` that all markets have
    in common; None where there is one value for all. `chance` for what the worlds draw by
    the quarter. `unknown`: name of the parameter, or of the chance.
    """

    unknown: str
    words: str
    chance: bool
    alone: Index
    total: Index
    common: Index | None


@dataclass(frozen=True)
class Turn:
    """How the first ten entries of the plan change where it is made again; ISO3 codes.

    `entered` that were not among them, `dropped` that are nowhere in the new plan, `moved` to
    another quarter, or beyond the first ten.
    """

    entered: tuple[str, ...]
    dropped: tuple[str, ...]
    moved: tuple[str, ...]


@dataclass(frozen=True)
class End:
    """The plan where a parameter has a certain value and all others their central ones.

    `objective`: J of the plan; `adds`: that less J at home. `idle`: those of the first ten entries
    without which J would be higher. `turn`: what making the plan again would change, None where it
    was not tried.
    """

    value: float
    objective: float
    adds: float
    idle: tuple[str, ...]
    turn: Turn | None


@dataclass(frozen=True)
class Swing:
    """One parameter at the 5 % (`low`) and the 95 % point (`high`) of its prior."""

    parameter: str
    words: str
    unit: str
    low: End
    high: End


@dataclass(frozen=True)
class Effect:
    """A mechanism at its neutral value, on the worlds of the search.

    `plan`: J of the plan without it; `again`: J of a plan made without it, there. `loses`: J that
    the plan made without it falls short of one made with it, in the model with it: what it costs
    to plan as if the mechanism did not exist. `breaks`: whether it breaks a limit there.
    """

    name: str
    words: str
    parameters: tuple[str, ...]
    plan: float
    again: float
    loses: float
    breaks: bool
    turn: Turn


@dataclass(frozen=True)
class Switch:
    """The factor on entry costs or margins at which the plan turns.

    `lever`: 'entry cost' of every mode, or 'margin' (price less unit cost, the cost moving).
    `event`: 'first', the first entry is in the plan no more (or a first one appears); 'fewer' or
    'more' entries in the first two years; 'limits', no plan was found that keeps the limits, and so
    none of the others was looked for. `factor`: at which that was seen first, None where nowhere
    in the range that was tried; `before`: the factor nearest to it at which it was not.
    """

    lever: str
    event: str
    factor: float | None
    before: float


@dataclass(frozen=True)
class Sensitivity:
    """What a plan hangs on.

    Attributes
    ----------
    case, seed, status : str, int, str
        'partial' where Ctrl-C ended it: what had been found.
    objective, stay_home, again : float
        J of the plan and at home on the worlds of the search, and of a plan made again there.
    centre, centre_home : float
        J of the plan and at home where every parameter has its central value.
    worlds, fresh_worlds : int
        Of the search, and of the shares of variance.
    evaluations : int
        Of every plan made again where it turns; others have `SMALL` of them.
    first : tuple of str
        The first ten entries; `early`: how many there are in the first two years.
    shares, swings, effects, switches : tuple
        Largest first.
    """

    case: str
    seed: int
    status: str
    objective: float
    stay_home: float
    again: float
    centre: float
    centre_home: float
    worlds: int
    fresh_worlds: int
    evaluations: int
    first: tuple[str, ...]
    early: int
    shares: tuple[Share, ...]
    swings: tuple[Swing, ...]
    effects: tuple[Effect, ...]
    switches: tuple[Switch, ...]


@dataclass(frozen=True)
class Stage:
    """How far an analysis is: what it does, and steps done of all that are foreseen."""

    words: str
    done: int
    steps: int


def probe(
    case: Case,
    panel: Panel,
    plan: Plan,
    beliefs: Beliefs | None = None,
    *,
    effort: str = "quick",
    worlds: int = SEARCH_WORLDS,
    fresh_worlds: int = FRESH_WORLDS,
    progress: Callable[[Stage], None] | None = None,
) -> Sensitivity:
    """Find what a plan hangs on.

    Parameters
    ----------
    case, panel, beliefs : Case, Panel, Beliefs
        As the plan was made with; by default the case's priors.
    plan : Plan
        The plan, with its seed.
    effort : 'quick', 'standard' or 'thorough'
        Budget of each plan that is made again.
    worlds, fresh_worlds : int
        Of the search, and for shares of variance.
    progress : callable, optional
        Called after each step.

    Returns
    -------
    Sensitivity
        With status 'partial' if Ctrl-C ended it.
    """
    case = case.resolve(panel)
    packed = pack(case, panel)
    study = _Study(
        case, packed, beliefs or Beliefs.from_prior(case, panel), plan, EFFORT[effort], worlds,
        fresh_worlds, progress or (lambda stage: None),
    )  # fmt: skip
    return study.run()


class _Study:
    """The parts of an analysis, and what they share."""

    def __init__(
        self,
        case: Case,
        packed: Packed,
        beliefs: Beliefs,
        plan: Plan,
        budget: int,
        worlds: int,
        fresh_worlds: int,
        progress: Callable[[Stage], None],
    ) -> None:
        self.case, self.packed, self.beliefs, self.plan = case, packed, beliefs, plan
        self.budget, self.worlds, self.fresh_worlds = budget, worlds, fresh_worlds
        self.progress, self.done = progress, 0
        self.schedule = packed.encode(plan.schedule)
        self.never = np.full(packed.rows, NEVER, np.int32), np.zeros(packed.rows, np.int32)
        self.quarters = case.quarters
        self.first = first_entries(self.schedule[0][: len(packed.markets)], self.quarters)
        self.unknown = [p for p in beliefs.parameters.values() if not isinstance(p.prior, Sure)]
        self.effects = list_effects(beliefs)
        self.valuer = self._prepare(beliefs)
        alone, dates = tabulate_alone(self.valuer)
        self.proposals: Proposals = look(packed, alone, dates)
        self.spread = SPREAD * scale(alone)

    def run(self) -> Sensitivity:
        """Everything in turn; what is done when Ctrl-C comes is kept."""
        shares: list[Share] = []
        swings: list[Swing] = []
        effects: list[Effect] = []
        switches: list[Switch] = []
        plain, stay = self._worths(self.valuer, [self.schedule, self.never])
        again, centre, centre_home, status = plain, plain, stay, "complete"
        try:
            with jax.enable_x64(True):
                shares += self._share_out()
            self.middle = self._centre()
            centre, centre_home = self._worths(self.middle, [self.schedule, self.never])
            swings += self._swing()
            self.base = self._replan(self.valuer, "planning again", 1.0)
            again = self._worths(self.valuer, [self.base])[0]
            effects += self._switch_off()
            switches += self._turn()
        except KeyboardInterrupt:
            status = "partial"
        early = self.schedule[0][self.first]
        return Sensitivity(
            case=self.plan.case,
            seed=self.plan.seed,
            status=status,
            objective=plain,
            stay_home=stay,
            again=again,
            centre=centre,
            centre_home=centre_home,
            worlds=self.worlds,
            fresh_worlds=self.fresh_worlds,
            evaluations=self.budget,
            first=tuple(self.packed.markets[row] for row in self.first),
            early=int((early < EARLY).sum()),
            shares=tuple(sorted(shares, key=lambda s: -s.total.share)),
            swings=tuple(sorted(swings, key=_width, reverse=True)),
            effects=tuple(sorted(effects, key=lambda e: -e.loses)),
            switches=tuple(switches),
        )

    def _prepare(self, beliefs: Beliefs) -> Valuer:
        return Valuer.prepare(
            self.case, self.packed, beliefs, self.worlds, self.plan.seed, jnp.float32
        )

    def _centre(self) -> Valuer:
        return self._prepare(self.beliefs.certain())

    def _step(self, words: str) -> None:
        self.done += 1
        runs = 2 * min(REPLANNED, len(self.unknown)) + 2 + len(self.effects)
        steps = (
            3 * len(self.unknown) + len(CHANCE) + runs + 2 * (len(GRID) + len(EVENTS) * HALVINGS)
        )
        self.progress(Stage(words, min(self.done, steps), steps))

    def _worths(self, valuer: Valuer, schedules: list[Schedule]) -> list[float]:
        """J of some schedules."""
        enter, option = (np.stack(part) for part in zip(*schedules, strict=True))
        return [float(j) for j in valuer.scores(enter, option).objective]

    def _replan(self, valuer: Valuer, words: str, part: float = SMALL) -> Schedule:
        """The plan made again with `part` of the budget, from the plan and from staying at home."""
        enter, option, _, whole = search(
            valuer, self.proposals, [self.schedule, self.never],
            budget=int(part * self.budget), seed=self.plan.seed, spread=self.spread,
        )  # fmt: skip
        if not whole:
            raise KeyboardInterrupt
        self._step(words)
        return enter, option

    def _compare(self, old: Schedule, new: Schedule) -> Turn:
        markets = len(self.packed.markets)
        return compare(old[0][:markets], new[0][:markets], self.packed.markets, self.quarters)

    # Shares of variance

    def _share_out(self) -> Iterator[Share]:
        """Shares of the variance of the plan's value, from fresh worlds and as many others."""
        seed, other_seed = self.plan.seed + FRESH_SEED, self.plan.seed + OTHER_SEED
        packed, places = self.packed, (self.packed.markets, self.packed.regions)
        fresh = Valuer.prepare(
            self.case, packed, self.beliefs, self.fresh_worlds, seed, jnp.float64
        )
        drawn = self.beliefs.draw(seed, self.fresh_worlds, *places)
        others = self.beliefs.draw(other_seed, self.fresh_worlds, *places)
        shocks = fresh.setting.worlds.shocks
        other_worlds = draw_worlds(packed, self.beliefs, self.fresh_worlds, other_seed, jnp.float64)

        def values(worlds: Worlds) -> Floats:
            valuer = replace(fresh, setting=fresh.setting._replace(worlds=worlds))
            return valuer.judge(*self.schedule).values

        own, theirs = values(fresh.setting.worlds), values(other_worlds)
        for parameter in self.unknown:
            mixed = {**drawn, parameter.name: others[parameter.name]}
            jolted = shake(packed, mixed, seed, jnp.float64) if parameter.name in SHAKEN else shocks
            alone, total = exchanged(
                own, theirs, values(Worlds(arrange(mixed, jnp.float64), jolted))
            )
            common = None
            if parameter.level == "world":  # from these worlds alone, which is more exact
                alone = first_order(own, drawn[parameter.name])
            else:
                score = common_score(seed, parameter.name, self.fresh_worlds)
                common = first_order(own, score)
            self._step("shares of variance")
            yield Share(parameter.name, parameter.words, False, alone, total, common)
        for name, field in CHANCE.items():
            if getattr(shocks, field) is None:
                continue
            jolted = shocks._replace(**{field: getattr(other_worlds.shocks, field)})
            worlds = fresh.setting.worlds._replace(shocks=jolted)
            alone, total = exchanged(own, theirs, values(worlds))
            self._step("shares of variance")
            yield Share(name, f"chance of {name}", True, alone, total, None)

    # One at a time

    def _swing(self) -> Iterator[Swing]:
        """Every parameter at the ends of its prior; for those that matter most, plans again."""
        self.drawn = self.beliefs.certain().draw(
            self.plan.seed, self.worlds, self.packed.markets, self.packed.regions
        )
        swings = []
        for parameter in self.unknown:
            low, high = (self._end(parameter, score) for score in (-TAIL_SCORE, TAIL_SCORE))
            self._step("one at a time")
            self._step("one at a time")
            swings.append(Swing(parameter.name, parameter.words, parameter.unit, low, high))
        swings.sort(key=_width, reverse=True)
        base = self._replan(self.middle, "planning again at the centre")
        for number, swing in enumerate(swings):
            if number >= REPLANNED or _width(swing) == 0.0:
                yield swing
                continue
            parameter = self.beliefs.parameters[swing.parameter]
            ends = [
                replace(end, turn=self._compare(base, self._replan(
                    self._prepare(fix(self.beliefs.certain(), {parameter.name: end.value})),
                    "planning again at the ends",
                )))
                for end in (swing.low, swing.high)
            ]  # fmt: skip
            yield replace(swing, low=ends[0], high=ends[1])

    def _end(self, parameter: Parameter, score: float) -> End:
        value = end_of(parameter, score)
        setting = self.middle.setting
        drawn = {**self.drawn, parameter.name: np.full_like(self.drawn[parameter.name], value)}
        shocks = setting.worlds.shocks
        if parameter.name in SHAKEN:
            shocks = shake(self.packed, drawn, self.plan.seed, jnp.float32)
        worlds = Worlds(arrange(drawn, jnp.float32), shocks)
        valuer = replace(self.middle, setting=setting._replace(worlds=worlds))
        enter, option = self.schedule
        without = [(_with(enter, row, NEVER), option) for row in self.first]
        worth, stay, *less = self._worths(valuer, [self.schedule, self.never, *without])
        names = [self.packed.markets[row] for row in self.first]
        idle = tuple(name for name, j in zip(names, less, strict=True) if j > worth)
        return End(value, worth, worth - stay, idle, None)

    # Mechanisms

    def _switch_off(self) -> Iterator[Effect]:
        base = self._worths(self.valuer, [self.base])[0]
        for name, changes in self.effects.items():
            valuer = self._prepare(fix(self.beliefs, changes))
            made = self._replan(valuer, "mechanisms off")
            plan, again = self._worths(valuer, [self.schedule, made])
            there = self.valuer.scores(made[0][None], made[1][None])
            worth = float(there.objective[0])
            breaks = bool(there.fitness[0] < there.objective[0])
            words = EFFECTS[name][0] if name in EFFECTS else self.beliefs.parameters[name].words
            turn = self._compare(self.base, made)
            yield Effect(name, words, tuple(changes), plan, again, base - worth, breaks, turn)

    # Where the plan turns

    def _turn(self) -> Iterator[Switch]:
        markets = len(self.packed.markets)
        early = int((self.base[0][:markets] < EARLY).sum() - (self.base[0][:markets] < 0).sum())
        order = first_entries(self.base[0][:markets], self.quarters)
        step = max(1.0, TURN * early)

        def events(valuer: Valuer, schedule: Schedule) -> dict[str, bool]:
            score = valuer.scores(schedule[0][None], schedule[1][None])
            if score.fitness[0] < score.objective[0]:  # a schedule that is none says nothing else
                return dict.fromkeys(EVENTS, False) | {"limits": True}
            dates = schedule[0][:markets]
            there = (dates >= 0) & (dates < self.quarters)
            now = int((there & (dates < EARLY)).sum())
            first = not there[order[0]] if order.size else bool(there.any())
            seen = (bool(first), now <= early - step, now >= early + step, False)
            return dict(zip(EVENTS, seen, strict=True))

        for lever, pull in LEVERS.items():
            problem = self.valuer.setting.problem
            seen: dict[float, dict[str, bool]] = {1.0: dict.fromkeys(EVENTS, False)}

            def look_at(
                factor: float, pull: Pull = pull, problem: Problem = problem
            ) -> dict[str, bool]:
                setting = self.valuer.setting._replace(problem=pull(problem, factor))
                valuer = replace(self.valuer, setting=setting)
                return events(valuer, self._replan(valuer, "where the plan turns", 1.0))

            most = most_of(lever, problem)
            for factor in GRID:
                if factor <= most:
                    seen[factor] = look_at(factor)
            for event in EVENTS:
                yield Switch(lever, event, *bisect(seen, event, look_at))


Pull = Callable[[Problem, float], Problem]


def pull_costs(problem: Problem, factor: float) -> Problem:
    """The problem with every entry cost times `factor`."""
    options = problem.options
    return problem._replace(options=options._replace(estimate=options.estimate * factor))


def pull_margin(problem: Problem, factor: float) -> Problem:
    """The problem with price less unit cost times `factor`; the price stays, the cost moves."""
    return problem._replace(cost=problem.price - factor * (problem.price - problem.cost))


LEVERS: dict[str, Pull] = {"entry cost": pull_costs, "margin": pull_margin}


def most_of(lever: str, problem: Problem) -> float:
    """Largest factor on a lever that makes sense: a unit cannot cost less than nothing."""
    margin = float(problem.price - problem.cost)
    if lever == "margin" and margin > 0.0:
        return float(problem.price) / margin
    return float("inf")


def bisect(
    seen: dict[float, dict[str, bool]], event: str, look_at: Callable[[float], dict[str, bool]]
) -> tuple[float | None, float]:
    """The factor nearest to 1 at which an event was seen, and the one before it at which not.

    `seen` holds what was seen at each factor, 1 among them without any event; more is looked at
    between the two, half way by ratio, and put there.
    """
    ahead = sorted(f for f in seen if f > 1.0)
    behind = sorted((f for f in seen if f < 1.0), reverse=True)
    stretches = []
    for side in (ahead, behind):
        found = next((k for k, factor in enumerate(side) if seen[factor][event]), None)
        if found is not None:
            stretches.append((side[found], side[found - 1] if found else 1.0))
    if not stretches:
        return None, 1.0
    far, near = min(stretches, key=lambda stretch: abs(np.log(stretch[0])))
    for _ in range(HALVINGS):
        between = float(np.sqrt(far * near))
        if between not in seen:
            seen[between] = look_at(between)
        far, near = (between, near) if seen[between][event] else (far, between)
    return far, near


def first_entries(enter: Integers, quarters: int) -> NDArray[np.intp]:
    """Rows of the first ten entries by date; `enter` axis market."""
    order = np.argsort(enter, kind="stable")
    return order[(enter[order] >= 0) & (enter[order] < quarters)][:FIRST]


def compare(old: Integers, new: Integers, markets: tuple[str, ...], quarters: int) -> Turn:
    """How the first ten entries change from one plan to another; dates, axis market."""
    before, after = (first_entries(enter, quarters) for enter in (old, new))
    gone = [row for row in before if not 0 <= new[row] < quarters]
    moved = [row for row in before if row not in gone and new[row] != old[row]]
    come = [row for row in after if not 0 <= old[row] < quarters]
    return Turn(*(tuple(markets[row] for row in rows) for rows in (come, gone, moved)))


def end_of(parameter: Parameter, score: float) -> float:
    """Value of a parameter at a standard normal score of its prior, within its bounds."""
    value = parameter.prior.values(parameter.default, np.array([score]))[0]
    return float(np.clip(value, *parameter.bounds))


def fix(beliefs: Beliefs, values: dict[str, float]) -> Beliefs:
    """Beliefs that are certain of some parameters."""
    known = dict(beliefs.parameters)
    for name, value in values.items():
        known[name] = replace(known[name], default=value, prior=Sure())
    return replace(beliefs, parameters=known)


def _width(swing: Swing) -> float:
    return abs(swing.high.objective - swing.low.objective)


def _with(values: Integers, row: int, value: int) -> Integers:
    changed = values.copy()
    changed[row] = value
    return changed
