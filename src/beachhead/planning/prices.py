"""What each limit of a plan costs: what the plan could bring if that limit alone were eased.

Every price is found by a search of its own, since a limit that gives way lets the whole plan move.
Whatever is found with one limit eased and keeps all of them joins the plans to compare with, so
that no price is but the luck of one more search.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from pydantic import TypeAdapter

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning.easing import Limit, drop, ease, list_limits
from beachhead.planning.levels import Schedule, under
from beachhead.planning.plan import Plan
from beachhead.planning.planner import FRESH_SEED, FRESH_WORLDS, SEARCH_WORLDS
from beachhead.planning.search import EFFORT
from beachhead.planning.study import ROUNDS, Stage, Study, Turn
from beachhead.planning.valuation import Valuer
from beachhead.simulation.beliefs import Beliefs


@dataclass(frozen=True)
class Price:
    """What easing one limit by one step would bring, money of the case, discounted.

    `name` as in `plan.json`, `words` for the limit, `eased` for what takes its place; `binding`,
    `slack` (in `unit`) of the plan. `objective`: J more on the worlds of the search, 0 at least;
    `worth`: mean value more over fresh worlds, with half its 95 % interval `worth_error`. `turn`:
    how the first ten entries change.
    """

    name: str
    words: str
    eased: str
    binding: bool
    slack: float
    unit: str
    objective: float
    worth: float
    worth_error: float
    turn: Turn


@dataclass(frozen=True)
class Prices:
    """Prices of the limits of a plan, the dearest first.

    `status` 'partial' where Ctrl-C ended it: only limits that were looked at are there.
    `objective`, `again`: J of the plan, and of the best plan within all limits that was found on
    the way, with which the others are compared; on the worlds of the search. `evaluations`: of a
    plan made again.
    """

    case: str
    seed: int
    status: str
    objective: float
    again: float
    evaluations: int
    fresh_worlds: int
    prices: tuple[Price, ...]

    def to_json(self) -> str:
        """Text of `limits.json`."""
        return _FORM.dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> Prices:
        """What `to_json` wrote; ValueError where it did not."""
        return _FORM.validate_json(text)


_FORM = TypeAdapter(Prices)


def price_limits(
    case: Case,
    panel: Panel,
    plan: Plan,
    beliefs: Beliefs | None = None,
    *,
    effort: str = "quick",
    worlds: int = SEARCH_WORLDS,
    fresh_worlds: int = FRESH_WORLDS,
    progress: Callable[[Stage], None] | None = None,
) -> Prices:
    """Find what each limit of a plan costs.

    Parameters
    ----------
    case, panel, beliefs : Case, Panel, Beliefs
        As the plan was made with; by default the case's priors.
    plan : Plan
        The plan, with its seed.
    effort : 'quick', 'standard' or 'thorough'
        Budget of the plans that are made again.
    worlds, fresh_worlds : int
        Of the search, and for the mean value.
    progress : callable, optional
        Called after each step.

    Returns
    -------
    Prices
        With status 'partial' if Ctrl-C ended it.
    """
    study = Study(case, panel, plan, beliefs, EFFORT[effort], worlds, fresh_worlds, progress)
    # Those of `plan.json`: of the accepted ruin the capital speaks, of measures their worth there.
    known = {use.name for use in plan.limits}
    limits = [limit for limit in list_limits(study.case) if limit.name in known]
    steps = [(limit, *loosen(study.case, limit)) for limit in limits]
    study.steps = len(steps) + ROUNDS
    eased: list[Valuer] = []
    status = "complete"
    try:
        study.improve()
        for limit, looser, _ in steps:
            there = under(study.valuer, study.case, looser)
            study.explore(there, limit.words)
            eased.append(there)
    except KeyboardInterrupt:
        status = "partial"
    base, found = pick_best(study.valuer, eased, study.pool)
    plan_again = study.pool[base]
    with jax.enable_x64(True):
        fresh = Valuer.prepare(
            study.case, study.packed, study.beliefs, fresh_worlds, plan.seed + FRESH_SEED,
            jnp.float64, told=True,
        )  # fmt: skip
        base_values = fresh.judge(*study.pool[base]).values
        gains = [
            under(fresh, study.case, looser).judge(*study.pool[best]).values - base_values
            for (_, looser, _), (_, best) in zip(steps, found, strict=False)
        ]
    uses = {use.name: use for use in plan.limits}
    prices = []
    # Where it was interrupted, as far as it came.
    for (limit, _, words), (objective, best), gain in zip(steps, found, gains, strict=False):
        use = uses[limit.name]
        prices.append(
            Price(
                name=limit.name,
                words=limit.words,
                eased=words,
                binding=use.binding,
                slack=use.slack,
                unit=use.unit,
                objective=objective,
                worth=float(gain.mean()),
                worth_error=float(1.96 * gain.std(ddof=1) / np.sqrt(gain.size)),
                turn=study.compare(plan_again, study.pool[best]),
            )
        )
    return Prices(
        case=plan.case,
        seed=plan.seed,
        status=status,
        objective=study.objective,
        again=float(study.score(study.valuer, [plan_again]).objective[0]),
        evaluations=study.budget,
        fresh_worlds=fresh_worlds,
        prices=tuple(sorted(prices, key=lambda price: -price.objective)),
    )


def loosen(case: Case, limit: Limit) -> tuple[Case, str]:
    """The case with a limit eased by a step, and in words: a number by one, a demand given up."""
    if limit.kind in ("teams", "capital", "max_markets", "target") and (
        step := ease(case, limit, 1)
    ):
        return step
    return drop(case, limit), "given up"


def pick_best(
    valuer: Valuer, eased: Sequence[Valuer], pool: Sequence[Schedule]
) -> tuple[int, list[tuple[float, int]]]:
    """The best schedule of the pool within all limits, and of each with a limit eased its J more.

    `valuer` and `eased` on the same worlds; schedules by their number. Where none is better with
    the limit eased, it is the same and 0 more.
    """
    enter, option = (np.stack(part) for part in zip(*pool, strict=True))
    held = np.asarray(valuer.scores(enter, option).fitness)
    base = int(held.argmax())
    found = []
    for there in eased:
        fitness = np.asarray(there.scores(enter, option).fitness)
        best = int(fitness.argmax()) if fitness.max() > held[base] else base
        found.append((max(float(fitness[best]) - float(held[base]), 0.0), best))
    return base, found
