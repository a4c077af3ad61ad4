"""The limits of a case one by one, and the same case with one of them eased or taken out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor, log10
from typing import Any

import numpy as np

from beachhead.cases import Case
from beachhead.cases.presets import economics_of
from beachhead.cases.rules import rules_of
from beachhead.planning.targets import describe_target
from beachhead.simulation.pack import HOME, Packed, pack_rules
from beachhead.simulation.state import NEVER

PLENTY = 1_000  # launch teams that no schedule can put to work
POINTS = 0.05  # steps of a probability
TENTH = 0.1  # a step of capital over the capital, before it is rounded


@dataclass(frozen=True)
class Limit:
    """One limit of a case.

    `name` as in `plan.json`, `words` for a sentence; `of`: the market, pair, set or number in the
    case that it is about.
    """

    kind: str
    name: str
    words: str
    of: Any = None


def list_limits(case: Case) -> tuple[Limit, ...]:
    """The limits of a resolved case, but for those that nothing but the list of candidates shows.

    Of the targets those that are demanded.
    """
    limits = case.limits
    number = limits.teams
    words = _number(number, "launch team") if isinstance(number, int) else "the launch teams"
    money = f"{limits.capital:,.0f} {case.currency}"
    found = [
        Limit("teams", "teams", words),
        Limit("capital", "capital", f"a capital of {money}"),
        Limit("ruin", "ruin", f"a ruin of at most {limits.ruin:.0%}"),
    ]  # fmt: skip
    if (most := limits.max_markets) is not None:
        found.append(Limit("max_markets", "max_markets", f"at most {_number(most, 'market')}"))
    found += [Limit("must", f"must {iso3}", f"{iso3} demanded", iso3) for iso3 in limits.must]
    for iso3, entry in limits.fixed.items():
        how = f" by {entry.mode}" if entry.mode else ""
        found.append(Limit("fixed", f"fixed {iso3}", f"{iso3} in {entry.quarter}{how}", iso3))
    for iso3, label in limits.by.items():
        found.append(Limit("by", f"by {iso3}", f"{iso3} by {label}", iso3))
    for pair in limits.after:
        found.append(Limit("after", "after " + " ".join(pair), f"{pair[0]} after {pair[1]}", pair))
    for names in limits.not_together:
        words = f"at most one of {', '.join(names)}"
        found.append(Limit("not_together", "not together " + " ".join(names), words, names))
    for k, measure in enumerate(case.measures):
        if measure.begin not in ("free", "never"):
            words = f"{measure.name!r} begun in {measure.begin}"
            found.append(Limit("measure", f"measure {measure.name}", words, k))
    for k, target in enumerate(case.targets):
        if target.probability is not None:
            name = f"target {target.metric} {target.value:g} by {target.by}"
            words = f"{describe_target(target)} in {target.probability:.0%} of futures"
            found.append(Limit("target", name, words, k))
    return tuple(found)


def list_rules(case: Case, markets: set[str]) -> tuple[Limit, ...]:
    """The rules of some markets that a case meets, as limits."""
    return tuple(
        Limit("rule", f"rule {met.rule.name}", f"the rule {met.rule.name!r}", met.rule.name)
        for met in rules_of(case)
        if met.rule.market in markets
    )


def drop(case: Case, limit: Limit) -> Case:
    """The case without a limit."""
    limits, of = case.limits, limit.of
    match limit.kind:
        case "teams":
            return _put(case, teams=PLENTY)
        case "capital" | "ruin":
            return _put(case, ruin=1.0)
        case "max_markets":
            return _put(case, max_markets=None)
        case "must":
            return _put(case, must=tuple(iso3 for iso3 in limits.must if iso3 != of))
        case "fixed":
            return _put(case, fixed={k: v for k, v in limits.fixed.items() if k != of})
        case "by":
            return _put(case, by={k: v for k, v in limits.by.items() if k != of})
        case "after":
            return _put(case, after=tuple(pair for pair in limits.after if pair != of))
        case "not_together":
            return _put(case, not_together=tuple(s for s in limits.not_together if s != of))
        case "rule":
            kept = tuple(rule for rule in case.rules if rule.name != of)
            waived = _put(case, waived=(*limits.waived, of))
            return waived.model_copy(update={"rules": kept})
        case "measure":
            measures = list(case.measures)
            measures[of] = measures[of].model_copy(update={"begin": "free"})
            return case.model_copy(update={"measures": tuple(measures)})
        case _:
            return _aim(case, of, probability=None)


def ease(case: Case, limit: Limit, steps: int) -> tuple[Case, str] | None:
    """The case with a limit eased by so many steps, and the limit in words then.

    A step is a team more in every quarter, a market more or, of a number that is demanded, fewer, a
    quarter later, money or probability; None where the limit has no more steps.
    """
    limits, last = case.limits, case.quarters - 1
    match limit.kind:
        case "teams":
            return add_teams(case, steps), _number(steps, "more launch team")
        case "capital":
            more = steps * step_of_capital(case)
            return _put(case, capital=limits.capital + more), f"{more:,.0f} {case.currency} more"
        case "ruin" if (ruin := limits.ruin + steps * POINTS) < 1.0:
            return _put(case, ruin=ruin), f"a ruin of {ruin:.0%}"
        case "max_markets":
            most = (limits.max_markets or 0) + steps
            return _put(case, max_markets=most), f"at most {_number(most, 'market')}"
        case "by" if (due := case.quarter_index(limits.by[limit.of]) + steps) <= last:
            label = case.quarter_label(due)
            return _put(case, by={**limits.by, limit.of: label}), f"{limit.of} by {label}"
        case "fixed" if (due := case.quarter_index(limits.fixed[limit.of].quarter) + steps) <= last:
            label = case.quarter_label(due)
            entry = limits.fixed[limit.of].model_copy(update={"quarter": label})
            return _put(case, fixed={**limits.fixed, limit.of: entry}), f"{limit.of} in {label}"
        case "count" if (value := case.targets[limit.of].value - steps) > 0:
            return _aim(case, limit.of, value=value), _number(value, "market")
        case "target" if (chance := (case.targets[limit.of].probability or 0) - steps * POINTS) > 0:
            return _aim(case, limit.of, probability=chance), f"a probability of {chance:.0%}"
    return None


def set_level(case: Case, limit: Limit, level: float) -> Case:
    """The case with another level of a limit, of which less is tighter.

    Money, probability of ruin, what may be missing of a target's probability to 1, or launch teams,
    as many in every quarter.
    """
    match limit.kind:
        case "capital":
            return _put(case, capital=level)
        case "ruin":
            return _put(case, ruin=level)
        case "teams":
            return _put(case, teams=int(level))
        case _:
            return _aim(case, limit.of, probability=1.0 - level)


def level_of(case: Case, limit: Limit) -> float | None:
    """The level of a limit, see `set_level`; None where it has none, or none lower than others."""
    match limit.kind:
        case "capital":
            return case.limits.capital
        case "ruin":
            return case.limits.ruin
        case "teams":
            return float(min(case.teams_by_quarter()))
        case "target":
            return 1.0 - (case.targets[limit.of].probability or 0.0)
    return None


def describe_level(case: Case, limit: Limit, level: float) -> str:
    """A limit at a level in words, rounded so that what keeps the level keeps the words."""
    match limit.kind:
        case "capital":
            return f"a capital of {round_up(level):,.0f} {case.currency}"
        case "ruin":
            return f"a ruin of {ceil(100 * level - 1e-6)} %"
        case "teams":
            return _number(level, "launch team")
        case _:
            words = describe_target(case.targets[limit.of])
            return f"{words} in {floor(100 * (1.0 - level) + 1e-6)} % of futures"


def round_up(money: float) -> float:
    """Money with three digits, not less."""
    if money <= 0.0:
        return 0.0
    digit = 10.0 ** (floor(log10(money)) - 2)
    return float(digit * ceil(money / digit - 1e-9))


def add_teams(case: Case, more: int) -> Case:
    """The case with so many launch teams more in every quarter, or fewer, none at least."""
    teams = case.limits.teams
    if isinstance(teams, int):
        return _put(case, teams=max(teams + more, 0))
    steps = [s.model_copy(update={"teams": max(s.teams + more, 0)}) for s in teams]
    return _put(case, teams=tuple(steps))


def step_of_capital(case: Case) -> float:
    """A tenth of the capital, or of a year's revenue where there is none, rounded to one digit."""
    tenth = TENTH * (case.limits.capital or case.firm.revenue)
    digit = 10.0 ** floor(log10(tenth))
    return float(digit * max(round(tenth / digit), 1))


def refit(packed: Packed, case: Case) -> Packed:
    """The arrays of a case with its limits and rules eased; `packed` those of the case before."""
    problem = packed.problem._replace(
        teams=np.array(case.teams_by_quarter(), dtype=float),
        capital=np.asarray(case.limits.capital),
    )
    if problem.rules is None:
        return replace(packed, problem=problem)
    met = [binding for binding in rules_of(case) if binding.rule.market in packed.markets]
    rules, approval = pack_rules(met, packed.facts, packed.options, case.quarters)
    modes = economics_of(case).modes
    ready = [0 if mode == HOME else modes[mode].preparation for mode, _ in packed.options]
    new = [
        mode in case.modes.allowed and level in case.modes.localisation
        for mode, level in packed.options
    ]
    options = problem.options._replace(
        preparation=approval + np.array(ready, dtype=np.int32),
        allowed=(problem.entered == NEVER)[:, None] & np.array(new) & (rules.opens < case.quarters),
    )
    return replace(packed, problem=problem._replace(rules=rules, options=options))


def _number(things: float, one: str) -> str:
    return f"{things:g} {one}{'s' * (things != 1)}"


def _put(case: Case, **limits: Any) -> Case:
    return case.model_copy(update={"limits": case.limits.model_copy(update=limits)})


def _aim(case: Case, number: int, **changes: Any) -> Case:
    targets = list(case.targets)
    targets[number] = targets[number].model_copy(update=changes)
    return case.model_copy(update={"targets": tuple(targets)})
