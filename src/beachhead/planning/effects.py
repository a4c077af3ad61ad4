"""Mechanisms switched off one by one, each by the neutral values of its parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from beachhead.planning.study import Schedule, Study, Turn, fix
from beachhead.planning.valuation import Valuer
from beachhead.quantities import Sure
from beachhead.simulation.beliefs import Beliefs

# What one effect consists of. A parameter with a neutral value that stands nowhere here is an
# effect of its own.
EFFECTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "distance": (
        "far markets are costlier to enter and to run, slower, and sooner left",
        ("acceptance.distance", "entry.distance", "exit.distance", "cashflow.distance"),
    ),
    "localisation": (
        "a product made for the market sells better and costs more",
        ("acceptance.localisation", "share.localisation", "entry.localisation"),
    ),
    "experience": ("what one market teaches serves in others", ("knowledge.phi",)),
    "haste": ("many launches at once cost more and are sooner left", ("entry.haste", "exit.haste")),
    "exit": ("markets are left", ("exit.level",)),
    "price": ("dearer products sell less", ("share.price", "share.price_income")),
}

# Sizes and errors of figures, whose neutral value makes another firm, not one effect less; and
# parts of effects above, or of one that their own effect switches off.
NO_EFFECT = {
    "category.replacement_years", "category.addressable", "category.growth_error",
    "category.size_factor", "knowledge.neighbourhood", "knowledge.language", "knowledge.income",
    "knowledge.institutions", "entry.digest", "entry.cost_factor", "share.carry", "share.quality",
    "share.rivals_growth", "exit.age", "exit.knowledge", "exit.margin", "cashflow.fixed_factor",
    "home.carries", "supply.years",
}  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """A mechanism at its neutral value, on the worlds of the search.

    `plan`: J of the plan without it; `again`: J of a plan made without it, there. `loses`: J that
    the plan made without it falls short of one made with it, in the model with it: what it costs
    to plan as if the mechanism did not exist. `breaks`: whether it breaks a limit there. `turn`:
    what making the plan without it changes.
    """

    name: str
    words: str
    plan: float
    again: float
    loses: float
    breaks: bool
    turn: Turn


def put_off(study: Study) -> dict[str, Valuer]:
    """The worlds without each effect that is at work."""
    effects = list_effects(study.beliefs)
    return {name: study.prepare(fix(study.beliefs, off)) for name, off in effects.items()}


def switch_off(study: Study, base: Schedule, without: dict[str, Valuer]) -> Iterator[Effect]:
    """Every effect, beside `base`, the plan made again with all of them."""
    for name, there in without.items():
        made = study.remake(there, base)
        plan, again = map(float, study.score(there, [study.schedule, made]).objective)
        here = study.score(study.valuer, [base, made])
        yield Effect(
            name=name,
            words=EFFECTS[name][0] if name in EFFECTS else study.beliefs.parameters[name].words,
            plan=plan,
            again=again,
            loses=float(here.objective[0] - here.objective[1]),
            breaks=bool(here.fitness[1] < here.objective[1]),
            turn=study.compare(base, made),
        )


def list_effects(beliefs: Beliefs) -> dict[str, dict[str, float]]:
    """Effects that are at work under some beliefs, and the neutral values that switch them off.

    One is at work if a parameter of it is uncertain or has another value.
    """
    grouped = {name for _, names in EFFECTS.values() for name in names}
    own = [
        name
        for name, parameter in beliefs.parameters.items()
        if parameter.neutral is not None and name not in grouped | NO_EFFECT
    ]
    groups = {name: names for name, (_, names) in EFFECTS.items()} | {name: (name,) for name in own}
    effects = {}
    for effect, names in groups.items():
        known = [beliefs.parameters[name] for name in names]
        if any(not isinstance(p.prior, Sure) or p.default != p.neutral for p in known):
            effects[effect] = {p.name: float(p.neutral) for p in known if p.neutral is not None}
    return effects
