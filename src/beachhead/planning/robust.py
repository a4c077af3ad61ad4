"""The plan that does well whatever the parameters turn out to be.

A plan is made under the beliefs, and one for each draw of the parameters as if that draw were the
truth; what happens by chance, quarter by quarter, stays open in all of them. Where the draws agree
on a market, it is a sure thing; where not, it hangs on what nobody knows. All plans are then valued
under all draws, and the schedule of the best mean over them is the robust one. Its regret in a draw
is what the best of all plans would bring more there, which no plan of the pool can make negative.

Source: regret as in Savage (1951); plans of scenarios judged in all of them as in the sample
average approximation, Kleywegt, Shapiro and Homem-de-Mello (2002).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import override

import numpy as np
from numpy.typing import NDArray

from beachhead._version import __version__
from beachhead.calibration import believe
from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning.many import Job, Open, Report, demand_a_plan, plan_many
from beachhead.planning.planner import FRESH_SEED, FRESH_WORLDS, SEARCH_WORLDS
from beachhead.planning.pool import Answer, Pool, Rows, compare
from beachhead.planning.targets import room
from beachhead.planning.valuation import PART
from beachhead.simulation.beliefs import Beliefs

DRAWS = 20
DRAW_SEED = 3_000_017  # keeps the draws apart from all sets of worlds
VALUED = 2 * PART  # worlds on which every plan is valued under each draw

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OneDraw(Beliefs):
    """Beliefs that are certain of one draw of theirs, with every market's own values.

    Defaults stay: what is counted at central values, such as teams, is the same for all draws.
    """

    of: Beliefs = field(kw_only=True)
    number: int = field(kw_only=True)
    seed: int = field(kw_only=True)

    @override
    def draw(
        self, seed: int, worlds: int, markets: Sequence[str], regions: Sequence[str]
    ) -> dict[str, Floats]:
        """The one draw in every world, whatever the seed."""
        drawn = self.of.draw(self.seed, self.number + 1, markets, regions)
        return {
            name: np.repeat(values[self.number :], worlds, axis=0) for name, values in drawn.items()
        }


def take_draw(beliefs: Beliefs, seed: int, number: int) -> OneDraw:
    """One draw of the beliefs as the truth."""
    outlook = None if beliefs.outlook is None else beliefs.outlook.take(seed, number)
    return OneDraw(
        beliefs.parameters, beliefs.overridden, outlook, of=beliefs, number=number, seed=seed
    )


@dataclass(frozen=True)
class Chosen:
    """When the best plan of each draw enters a market.

    `share` of the draws in which it does; `early`, `middle`, `late`: 10 %, 50 % and 90 % points
    of the quarter among these, '' where none does. `base`, `robust`: quarter in
    the plan under the beliefs and in the robust one, '' where it is not in it.
    """

    iso3: str
    share: float
    early: str
    middle: str
    late: str
    base: str
    robust: str


@dataclass(frozen=True)
class Choice:
    """One schedule under all draws; money of the case.

    `found`: the plan that it was found as. `mean`: of J over the draws; `regrets`: J of the best
    of all plans in each draw less its own; `worst`, their largest. `risky`: draws in which cash
    falls below the floor more often than the case accepts. Under the beliefs, on fresh worlds:
    `costs`, mean that the plan made there brings more, with half its 95 % interval.
    """

    found: str
    mean: float
    worst: float
    regrets: tuple[float, ...]
    risky: int
    costs: float
    costs_error: float
    entries: int
    schedule: Rows


@dataclass(frozen=True)
class Robust(Answer):
    """Plans under draws of the parameters.

    `draws` looked at, of which `planned` have a plan that keeps all limits there; `markets`, those
    of most draws first; `base`, the plan under the beliefs, `best` mean over draws, `safest` by
    largest regret.
    """

    draws: int
    planned: int
    markets: tuple[Chosen, ...]
    base: Choice
    best: Choice
    safest: Choice


def find_robust(
    case: Case,
    panel: Panel,
    beliefs: Beliefs | None = None,
    *,
    draws: int = DRAWS,
    effort: str = "quick",
    seed: int = 1,
    worlds: int = SEARCH_WORLDS,
    fresh_worlds: int = FRESH_WORLDS,
    workers: Open | None = None,
    progress: Report | None = None,
) -> Robust:
    """Plan a case under draws of its parameters, and find the plan that suits them all.

    Parameters
    ----------
    case, panel, beliefs : Case, Panel, Beliefs
        By default the case's priors.
    draws : int
        Of all parameters at once.
    effort, seed, worlds, fresh_worlds, workers, progress
        As of `find_pace`.

    Returns
    -------
    Robust
        With status 'partial' if Ctrl-C ended it: over the draws that had been planned.

    Raises
    ------
    InputError
        If the case is at fault, or no schedule keeps its limits under the beliefs.
    KeyboardInterrupt
        If Ctrl-C came before the plan under the beliefs and that of one draw were made.
    """
    beliefs = beliefs or believe(case, panel)
    views = [beliefs, *(take_draw(beliefs, seed + DRAW_SEED, k) for k in range(draws))]
    jobs = [Job(case, v, effort, seed, panel.digest, worlds, fresh_worlds) for v in views]
    made, whole = plan_many(jobs, panel, workers, progress)
    demand_a_plan(made[:1], whole)
    # What had not been planned when Ctrl-C came is no draw.
    kept = [k for k in range(1, len(made)) if made[k] is not None]
    base = made[0].plan if made[0] is not None else None
    if base is None or not kept:
        raise KeyboardInterrupt
    names = ["base", *(f"draw {k}" for k in range(1, len(made)))]
    pool = Pool.gather(case, panel, zip(names, made, strict=True))
    fresh = pool.value(beliefs, fresh_worlds, seed + FRESH_SEED)
    under = [pool.value(views[k], VALUED, seed + FRESH_SEED) for k in kept]
    objective = np.array([[account.score.objective for account in row] for row in under])
    # Under the draws cash is no limit: ruin is a chance over all that may be, not over one draw.
    sound = np.array([account.score.excess <= 1e-6 for account in fresh])
    top = np.where(sound, objective, -np.inf).argmax(axis=1)
    regret = objective[np.arange(len(kept)), top][:, None] - objective
    accepted = case.limits.ruin + room(case.limits.ruin, VALUED)
    risky = np.array([pool.ruin(row) > accepted for row in under]).sum(axis=0)
    mine = pool.schedules.index(base.schedule)
    allowed = pool.keeps(fresh)
    allowed[mine] = True
    mean, worst = objective.mean(axis=0), regret.max(axis=0)
    best = int(np.where(allowed, mean, -np.inf).argmax())
    safest = int(np.lexsort((-mean, np.where(allowed, worst, np.inf)))[0])

    def choose(number: int) -> Choice:
        costs = compare(fresh[mine].values, fresh[number].values)
        return Choice(
            pool.found[number], float(mean[number]), float(worst[number]),
            tuple(regret[:, number].tolist()), int(risky[number]), *costs,
            len(pool.schedules[number].entries), pool.list_rows(number),
        )  # fmt: skip

    return Robust(
        case.name, __version__, seed, effort, "complete" if whole else "partial", len(kept),
        sum(answer is not None and answer.plan is not None for answer in made[1:]),
        _list_markets(pool, top.tolist(), mine, best), choose(mine), choose(best), choose(safest),
    )  # fmt: skip


def _list_markets(pool: Pool, top: Sequence[int], base: int, robust: int) -> tuple[Chosen, ...]:
    """Markets that are entered anywhere, with when the best schedules of the draws enter them."""
    dates = [{e.iso3: e.quarter for e in schedule.entries} for schedule in pool.schedules]
    label = pool.case.quarter_label
    chosen = []
    for iso3 in sorted({iso3 for k in (*top, base, robust) for iso3 in dates[k]}):
        there = [dates[k][iso3] for k in top if iso3 in dates[k]]
        early, middle, late = (
            label(int(np.quantile(there, part, method="inverted_cdf"))) if there else ""
            for part in (0.1, 0.5, 0.9)
        )
        when = [label(dates[k][iso3]) if iso3 in dates[k] else "" for k in (base, robust)]
        chosen.append(Chosen(iso3, len(there) / len(top), early, middle, late, *when))
    return tuple(sorted(chosen, key=lambda c: (-c.share, c.middle, c.iso3)))
