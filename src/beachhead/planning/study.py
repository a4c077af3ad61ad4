"""A plan under study: the worlds that it is studied on, and what making it again would change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead.calibration import believe
from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning.decoupled import tabulate_alone
from beachhead.planning.plan import Plan
from beachhead.planning.planner import SPREAD, look, scale
from beachhead.planning.polish import Tried
from beachhead.planning.search import POLISH, search
from beachhead.planning.thresholds import settle
from beachhead.planning.valuation import Score, Valuer
from beachhead.quantities import Sure
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.pack import pack
from beachhead.simulation.state import NEVER

Integers = NDArray[np.int32]
Schedule = tuple[Integers, Integers]  # date and option, axis row

FIRST = 10  # entries that are looked at one by one
EARLY = 8  # quarters whose entries are the pace
SMALL = 0.4  # of the budget of a plan made again, for ends and mechanisms: they start from a plan
ROUNDS = 3  # of making the plan again before anything is changed, while it improves
STARTS = 2  # of the pool, the best, from which a search sets out
WORTH = 0.005  # of what expansion adds: a change that brings less is none


@dataclass(frozen=True)
class Turn:
    """How the first ten entries of a plan change where it is made again; ISO3 codes.

    `entered` that were not in the plan, `dropped` that are nowhere in the new one, `moved` to
    another quarter.
    """

    entered: tuple[str, ...]
    dropped: tuple[str, ...]
    moved: tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """How far an analysis is: what it does, and steps done of all that are foreseen."""

    words: str
    done: int
    steps: int


class Study:
    """A plan with all that the parts of the analysis share.

    Attributes
    ----------
    case, beliefs, plan, worlds, fresh_worlds
        As `probe` was given them.
    packed, valuer : Packed, Valuer
        The case as arrays, and on the worlds of the search.
    schedule, never : Schedule
        The plan, and entering nowhere.
    first : array
        Rows of the first ten entries.
    unknown : list of Parameter
        Those that nobody knows.
    objective, stay_home : float
        J of both, on the worlds of the search.
    pool : list of Schedule
        Every plan that was found, wherever.
    slack : float
        J that a change to a plan has to bring to count.
    """

    def __init__(
        self,
        case: Case,
        panel: Panel,
        plan: Plan,
        beliefs: Beliefs | None,
        budget: int,
        worlds: int,
        fresh_worlds: int,
        progress: Callable[[Stage], None] | None,
    ) -> None:
        self.case, self.plan = case.resolve(panel), plan
        self.beliefs = beliefs or believe(case, panel)
        self.budget, self.worlds, self.fresh_worlds = budget, worlds, fresh_worlds
        self.progress, self.done, self.steps = progress, 0, 1
        self.packed = pack(self.case, panel)
        self.valuer = self.prepare(self.beliefs)
        alone, paths = tabulate_alone(self.valuer.setting)
        if self.case.gates:
            self.packed = settle(self.case, self.valuer, alone)
            self.valuer = self.prepare(self.beliefs)
        self.proposals = look(self.packed, alone, paths)
        self.spread = SPREAD * scale(alone)
        self.schedule = self.packed.encode(plan.schedule)
        rows = self.packed.rows
        self.never = np.full(rows, NEVER, np.int32), np.zeros(rows, np.int32)
        self.pool = [self.schedule, self.never]
        self.first = self.list_first(self.schedule)
        self.unknown = [
            p for p in self.beliefs.parameters.values() if not isinstance(p.prior, Sure)
        ]
        both = self.score(self.valuer, [self.schedule, self.never]).objective
        self.objective, self.stay_home = map(float, both)
        self.slack = WORTH * abs(self.objective - self.stay_home)

    def prepare(self, beliefs: Beliefs) -> Valuer:
        """On the worlds of the search, as these beliefs have them."""
        return Valuer.prepare(
            self.case, self.packed, beliefs, self.worlds, self.plan.seed, jnp.float32
        )

    def step(self, words: str) -> None:
        """Say that a step is done."""
        self.done += 1
        if self.progress is not None:
            self.progress(Stage(words, min(self.done, self.steps), self.steps))

    def score(self, valuer: Valuer, schedules: Sequence[Schedule]) -> Score:
        """Scores of some schedules, axis schedule."""
        enter, option = (np.stack(part) for part in zip(*schedules, strict=True))
        return valuer.scores(enter, option)

    def explore(self, valuer: Valuer, words: str, *, full: bool = False) -> None:
        """Look for plans that are good there, from the best of the pool and from staying at home.

        Unless `full`, with `SMALL` of the budget and without trying every single change at its
        end, which costs as much as the search itself and has been done before.
        """
        order = np.argsort(-self.score(valuer, self.pool).fitness, kind="stable")
        enter, option, _, whole = search(
            Tried(valuer), self.proposals, [*(self.pool[k] for k in order[:STARTS]), self.never],
            budget=self.budget if full else int(SMALL * self.budget), seed=self.plan.seed,
            spread=self.spread, polishing=POLISH if full else 0.0,
        )  # fmt: skip
        if not whole:
            raise KeyboardInterrupt
        self.pool.append((enter, option))
        self.step(words)

    def improve(self) -> None:
        """Make the plan again on its own terms for as long as that improves it.

        Else what a plan that was made on other terms merely had time to find would pass for their
        doing.
        """
        for _ in range(ROUNDS):
            before = self.score(self.valuer, [self.best(self.valuer)]).fitness
            self.explore(self.valuer, "planning again", full=True)
            after = self.score(self.valuer, self.pool[-1:]).fitness
            if after[0] <= before[0] + self.slack:
                break

    def best(self, valuer: Valuer) -> Schedule:
        """The best of all plans that were found anywhere."""
        return self.pool[int(np.argmax(self.score(valuer, self.pool).fitness))]

    def remake(self, valuer: Valuer, old: Schedule) -> Schedule:
        """The best of all plans there, with whatever of `old` can stay without loss.

        Two searches never end at the same plan: what one merely had the luck to find is taken by
        all, and only a difference that is worth something says what has changed.
        """
        return keep_old(
            old, self.best(valuer), lambda tried: self.score(valuer, tried).fitness, self.slack,
            self.case.quarters,
        )  # fmt: skip

    def list_first(self, schedule: Schedule) -> NDArray[np.intp]:
        """Rows of the first ten entries of a schedule by date."""
        return first_entries(schedule[0][: len(self.packed.markets)], self.case.quarters)

    def count_early(self, schedule: Schedule) -> int:
        """Entries of a schedule in the first two years."""
        dates = schedule[0][: len(self.packed.markets)]
        return int(((dates >= 0) & (dates < min(EARLY, self.case.quarters))).sum())

    def compare(self, old: Schedule, new: Schedule) -> Turn:
        """How the first ten entries change from one schedule to another."""
        markets = self.packed.markets
        before, after = (schedule[0][: len(markets)] for schedule in (old, new))
        return compare(before, after, markets, self.case.quarters)


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


def keep_old(
    old: Schedule,
    new: Schedule,
    judge: Callable[[Sequence[Schedule]], NDArray[np.floating]],
    slack: float,
    quarters: int,
) -> Schedule:
    """`new` with as many rows of `old` as cost no more than `slack` together.

    Where all changes bring more than that, what stays of them brings half of it at least. `judge`
    gives the fitness of schedules. Those rows go back first that cost least alone.
    """
    there = (old[0] < quarters) | (new[0] < quarters)
    rows = np.flatnonzero(there & ((old[0] != new[0]) | (old[1] != new[1])))
    if not rows.size:
        return new
    each = judge([mix(new, old, row) for row in rows.tolist()])
    order = rows[np.argsort(-each, kind="stable")]
    mixed = [mix(new, old, order[:count]) for count in range(rows.size + 1)]
    fitness = judge(mixed)
    gain = float(fitness[0] - fitness[-1])  # of all changes together
    spare = slack if gain <= slack else min(slack, gain / 2.0)
    return mixed[int(np.flatnonzero(fitness >= fitness[0] - spare).max())]


def mix(new: Schedule, old: Schedule, rows: NDArray[np.integer] | int) -> Schedule:
    """A schedule with some rows as in another."""
    enter, option = new[0].copy(), new[1].copy()
    enter[rows], option[rows] = old[0][rows], old[1][rows]
    return enter, option


def fix(beliefs: Beliefs, values: dict[str, float]) -> Beliefs:
    """Beliefs that are certain of some parameters."""
    known = dict(beliefs.parameters)
    for name, value in values.items():
        known[name] = replace(known[name], default=value, prior=Sure())
    return replace(beliefs, parameters=known)
