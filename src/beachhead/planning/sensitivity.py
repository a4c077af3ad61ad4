"""What a plan hangs on: parameters, mechanisms, and the costs and margins at which it turns.

Three questions about a plan that has been found. Which of the things that nobody knows move its
value and its first entries most? What would it lose, and be, without each mechanism of the model?
How far may entry costs and margins be off before other markets come first, or more or fewer at
once? Each has a file of its own; this one asks them in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
from pydantic import TypeAdapter

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning.effects import Effect, list_effects, put_off, switch_off
from beachhead.planning.plan import Plan
from beachhead.planning.planner import FRESH_WORLDS, SEARCH_WORLDS
from beachhead.planning.search import EFFORT
from beachhead.planning.spread import CHANCE, Share, Spread, Stake
from beachhead.planning.study import ROUNDS, Stage, Study, Turn
from beachhead.planning.swings import DOUBTED, REPLANNED, Centre, Swing
from beachhead.planning.turning import EVENTS, GRID, HALVINGS, LEVERS, Lever, Look, Switch
from beachhead.simulation.beliefs import Beliefs


@dataclass(frozen=True)
class Sensitivity:
    """What a plan hangs on.

    Attributes
    ----------
    case, seed, status : str, int, str
        'partial' where Ctrl-C ended it: what had been found.
    objective, stay_home, again : float
        J of the plan and at home on the worlds of the search, and of the plan made again there.
    centre : float
        J of the plan where every parameter has its central value.
    fresh_worlds : int
        Of the shares of variance and the worth of entries.
    evaluations : int
        Of the plan made again with all mechanisms; others have `SMALL` of them.
    first : tuple of str
        The first ten entries.
    lead, early, turn : tuple of str, int, Turn
        Of the plan made again: its first ten entries, how many there are in the first two years,
        and what sets it apart from the plan.
    stakes : tuple of Stake
        Of the first ten entries, in their order.
    shares, swings, effects : tuple
        Largest first.
    looks, switches : tuple
        By lever, `looks` by factor.
    """

    case: str
    seed: int
    status: str
    objective: float
    stay_home: float
    again: float
    centre: float
    fresh_worlds: int
    evaluations: int
    first: tuple[str, ...]
    lead: tuple[str, ...]
    early: int
    turn: Turn
    stakes: tuple[Stake, ...]
    shares: tuple[Share, ...]
    swings: tuple[Swing, ...]
    effects: tuple[Effect, ...]
    looks: tuple[Look, ...]
    switches: tuple[Switch, ...]

    def to_json(self) -> str:
        """Text of `sensitivity.json`."""
        return _FORM.dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> Sensitivity:
        """What `to_json` wrote; ValueError where it did not."""
        return _FORM.validate_json(text)


_FORM = TypeAdapter(Sensitivity)


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
        Budget of the plans that are made again.
    worlds, fresh_worlds : int
        Of the search, and for shares of variance.
    progress : callable, optional
        Called after each step.

    Returns
    -------
    Sensitivity
        With status 'partial' if Ctrl-C ended it.
    """
    study = Study(case, panel, plan, beliefs, EFFORT[effort], worlds, fresh_worlds, progress)
    study.steps = _foresee(study)
    base, centre = study.schedule, study.objective
    # They grow as things are found: what is there when Ctrl-C comes is kept.
    stakes: list[Stake] = []
    shares: list[Share] = []
    swings: dict[str, Swing] = {}
    effects: list[Effect] = []
    looks: list[Look] = []
    switches: list[Switch] = []
    status = "complete"
    try:
        with jax.enable_x64(True):
            spread = Spread(study)
            stakes.extend(spread.weigh_entries())
            shares.extend(spread.share_out())
        middle = Centre(study)
        centre = middle.objective
        swings.update((swing.parameter, swing) for swing in middle.swing())
        for swing in middle.plan_again(list(swings.values())):
            swings[swing.parameter] = swing
        study.improve()
        without, levers = put_off(study), [Lever(study, name) for name in LEVERS]
        for there in without.values():
            study.explore(there, "mechanisms off")
        for lever in levers:
            for factor in lever.grid:
                lever.pull(factor)
        base = study.best(study.valuer)
        effects.extend(switch_off(study, base, without))
        for lever in levers:
            try:
                switches.extend(lever.turn(base))
            finally:
                looks.extend(lever.looks[factor] for factor in sorted(lever.looks))
    except KeyboardInterrupt:
        status = "partial"
    return Sensitivity(
        case=plan.case,
        seed=plan.seed,
        status=status,
        objective=study.objective,
        stay_home=study.stay_home,
        again=float(study.score(study.valuer, [base]).objective[0]),
        centre=centre,
        fresh_worlds=fresh_worlds,
        evaluations=study.budget,
        first=tuple(study.packed.markets[row] for row in study.first),
        lead=tuple(study.packed.markets[row] for row in study.list_first(base)),
        early=study.count_early(base),
        turn=study.compare(study.schedule, base),
        stakes=tuple(stakes),
        shares=tuple(sorted(shares, key=lambda share: -share.total.share)),
        swings=tuple(sorted(swings.values(), key=lambda swing: -swing.width)),
        effects=tuple(sorted(effects, key=lambda effect: -effect.loses)),
        looks=tuple(looks),
        switches=tuple(switches),
    )


def _foresee(study: Study) -> int:
    """Steps at most."""
    swings = len(study.unknown) + 2 * (REPLANNED + DOUBTED) + 1
    turns = len(LEVERS) * (len(GRID) + len(EVENTS) * HALVINGS)
    spread = study.first.size + len(study.unknown) + len(CHANCE)
    return spread + swings + ROUNDS + len(list_effects(study.beliefs)) + turns
