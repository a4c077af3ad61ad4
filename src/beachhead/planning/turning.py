"""The entry costs and margins at which the first entries or the pace change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from beachhead.planning.study import Schedule, Study, Turn
from beachhead.planning.valuation import Valuer
from beachhead.simulation.state import Problem

GRID = (0.5, 2**-0.5, 2**0.5, 2.0, 4.0)  # factors that are tried first
HALVINGS = 3  # of the stretch between two of them, in which the plan turns
EVENTS = ("lead", "first", "fewer", "more", "limits")
LEAD = 3  # entries that lead
TURN = 0.25  # part of the first ten entries, or of those in two years, that has to change


@dataclass(frozen=True)
class Look:
    """The plan made again with a factor on a lever: its first entries, and those in two years.

    `keeps`: whether it keeps the limits; where not, it says nothing else.
    """

    lever: str
    factor: float
    keeps: bool
    early: int
    turn: Turn


@dataclass(frozen=True)
class Switch:
    """The factor on entry costs or margins at which the plan turns.

    `lever`: 'entry cost' of every mode, or 'margin' (price less unit cost, the cost moving).
    `event`: 'lead', one of the first three entries is in the plan no more; 'first', a quarter of
    the first ten are not, or are new to the plan; 'fewer' or 'more' entries in the first two years;
    'limits', no plan was found that keeps the limits, and so none of the others was looked for.
    `factor`: at which that was seen first, None where nowhere in the range that was tried;
    `before`: the factor nearest to it at which it was not.
    """

    lever: str
    event: str
    factor: float | None
    before: float


Pull = Callable[[Problem, float], Problem]


def pull_costs(problem: Problem, factor: float) -> Problem:
    """The problem with every entry cost times `factor`."""
    options = problem.options
    return problem._replace(options=options._replace(estimate=options.estimate * factor))


def pull_margin(problem: Problem, factor: float) -> Problem:
    """The problem with price less unit cost times `factor`; the price stays, the cost moves."""
    return problem._replace(cost=problem.price - factor * (problem.price - problem.cost))


LEVERS: dict[str, Pull] = {"entry cost": pull_costs, "margin": pull_margin}


class Lever:
    """One lever, and what was seen with it pulled."""

    def __init__(self, study: Study, name: str) -> None:
        self.study, self.name = study, name
        self.pulled: dict[float, Valuer] = {}
        self.looks: dict[float, Look] = {}
        most = most_of(name, study.valuer.setting.problem)
        self.grid = sorted((f for f in GRID if f <= most), key=lambda f: abs(np.log(f)))

    def pull(self, factor: float) -> None:
        """Look for plans that are good at a factor."""
        setting = self.study.valuer.setting
        problem = LEVERS[self.name](setting.problem, factor)
        there = replace(self.study.valuer, setting=setting._replace(problem=problem))
        self.study.explore(there, "where the plan turns")
        self.pulled[factor] = there

    def turn(self, base: Schedule) -> Iterator[Switch]:
        """Every event, with the factor at which it comes, beside `base` at factor 1."""

        def look_at(factor: float) -> dict[str, bool]:
            return self._look_at(factor, base)

        seen = {1.0: dict.fromkeys(EVENTS, False)} | {f: look_at(f) for f in self.grid}
        for event in EVENTS:
            yield Switch(self.name, event, *bisect(seen, event, look_at))

    def _look_at(self, factor: float, base: Schedule) -> dict[str, bool]:
        """Which events come with the plan made again at a factor."""
        if factor not in self.pulled:
            self.pull(factor)
        study, there = self.study, self.pulled[factor]
        made = study.remake(there, base)
        score = study.score(there, [made])
        keeps = bool(score.fitness[0] >= score.objective[0])
        early, turn = study.count_early(made), study.compare(base, made)
        self.looks[factor] = Look(self.name, factor, keeps, early, turn)
        if not keeps:
            return dict.fromkeys(EVENTS, False) | {"limits": True}
        first = [study.packed.markets[row] for row in study.list_first(base)]
        before = study.count_early(base)
        others, step = max(len(turn.dropped), len(turn.entered)), max(1.0, TURN * before)
        return {
            "lead": bool(set(first[:LEAD]) & set(turn.dropped)) or (not first and others > 0),
            "first": others >= max(1.0, TURN * len(first)),
            "fewer": early <= before - step,
            "more": early >= before + step,
            "limits": False,
        }


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
