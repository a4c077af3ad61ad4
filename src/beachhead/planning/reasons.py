"""What a plan makes of the parts of its case: limits, measures, gates, parts, rules, targets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead.cases import Case
from beachhead.cases.rules import Binding, rules_of
from beachhead.planning.limits import Setting, keep_limits, most_launches
from beachhead.planning.plan import (
    Exposure,
    GateUse,
    LimitUse,
    MeasureUse,
    RuleUse,
    TargetUse,
)
from beachhead.planning.polish import drop_idle_gates, put_behind_gates
from beachhead.planning.targets import chances, describe_target
from beachhead.planning.valuation import Account, Valuer
from beachhead.simulation.pack import Packed, pack_rules
from beachhead.simulation.people import teams_there, use_of_teams
from beachhead.simulation.state import NEVER, Options, Rules

Integers = NDArray[np.int32]
Floats = NDArray[np.float64]


def weigh_measures(
    case: Case, packed: Packed, exact: Valuer, fresh: Valuer, enter: Integers, option: Integers
) -> tuple[MeasureUse, ...]:
    """What each measure of the case is worth: value with it less value without, same worlds.

    `exact` values on the search's worlds, `fresh` on others. Where launches give way because people
    are no longer hired, they are moved as the search would move them. A measure that is not taken
    is looked at at its best date and level.
    """
    if not case.measures:
        return ()
    quarters = exact.setting.problem.teams.shape[0]
    first = np.asarray(exact.setting.limits.first)
    base = exact.judge(enter, option).score.objective
    values = fresh.judge(enter, option).values
    uses = []
    for k, measure in enumerate(case.measures):
        row = len(packed.markets) + k
        taken = bool(enter[row] < quarters)
        tried = [(NEVER, int(option[row]))]
        if not taken:
            tried = [
                (date, way)
                for way in np.flatnonzero(first[row] < quarters).tolist()
                for date in range(int(first[row, way]), quarters, 2)
            ]
        if not tried:  # ruled out by the case
            continue
        changed, ways = np.tile(enter, (len(tried), 1)), np.tile(option, (len(tried), 1))
        changed[:, row], ways[:, row] = np.array(tried).T
        changed, ways = keep_limits(exact.setting, changed, ways)
        worths = np.asarray(exact.scores(changed, ways).fitness)
        top = int(np.argmax(worths))
        other = fresh.judge(changed[top], ways[top])
        sign = 1.0 if taken else -1.0
        gain = sign * (values - other.values)
        objective = exact.judge(changed[top], ways[top]).score.objective
        begin, level = (int(enter[row]), int(option[row])) if taken else tried[top]
        size = packed.measures[k][level]
        uses.append(
            MeasureUse(
                number=k,
                name=measure.name,
                words=measure.words,
                taken=taken,
                begin=begin,
                level=size,
                cost=size * measure.cost,
                yearly=size * measure.yearly,
                worth=float(gain.mean()),
                worth_error=float(1.96 * gain.std(ddof=1) / np.sqrt(gain.size)),
                objective=sign * (base - objective),
            )
        )
    return tuple(uses)


@dataclass(frozen=True)
class Found:
    """A schedule that keeps the limits, valued on fresh worlds."""

    enter: Integers
    option: Integers
    account: Account


def weigh_gates(
    case: Case, packed: Packed, exact: Valuer, fresh: Valuer, found: list[Found], plan: Found
) -> tuple[GateUse, ...]:
    """What each pilot is worth: the best value found with its gate less the best without.

    `found` holds all schedules that were found, the `plan` among them. A gate that none of them
    uses is put into the plan, with or without a market behind it, where that costs least.
    """
    quarters = exact.setting.problem.teams.shape[0]
    uses = []
    for k, gate in enumerate(case.gates):
        row = packed.rows - len(packed.gates) + k
        taken = bool(plan.enter[row] < quarters)
        without = [other for other in found if other.enter[row] >= quarters]
        having = [other for other in found if other.enter[row] < quarters]
        having = having or _add_gate(exact, fresh, plan, row)
        if not having or not without:
            continue
        with_it = plan if taken else max(having, key=lambda other: other.account.score.objective)
        best = max(without, key=lambda other: other.account.score.objective)
        gain = with_it.account.values - best.account.values
        wait, threshold = packed.gates[k][int(with_it.option[row])]
        used = packed.decode(with_it.enter, with_it.option)
        waits = np.flatnonzero(packed.problem.gates.waits[k])  # type: ignore[union-attr]
        uses.append(
            GateUse(
                number=k,
                name=gate.name,
                pilot=gate.pilot,
                waiting=tuple(packed.markets[m] for m in waits if with_it.enter[m] < quarters),
                taken=taken,
                wait=wait,
                decision=next(used.decision(case, g) for g in used.gates if g.gate == k),
                threshold=threshold,
                opens=float(fresh.opening(with_it.enter, with_it.option)[:, k].mean()),
                worth=float(gain.mean()),
                worth_error=float(1.96 * gain.std(ddof=1) / np.sqrt(gain.size)),
                objective=with_it.account.score.objective - best.account.score.objective,
            )
        )
    return tuple(uses)


def _add_gate(exact: Valuer, fresh: Valuer, plan: Found, row: int) -> list[Found]:
    """The plan with a gate, where that costs least on the search's worlds; none if it cannot be."""
    quarters = exact.setting.problem.teams.shape[0]
    tried = put_behind_gates(exact, plan.enter, plan.option, every=True)
    tried = [pair for pair in tried if pair[0][row] < quarters]
    if not tried:
        return []
    enter, option = keep_limits(
        exact.setting, np.stack([e for e, _ in tried]), np.stack([o for _, o in tried])
    )
    enter = np.stack([drop_idle_gates(exact, dates) for dates in enter])
    scores = exact.scores(enter, option)
    keeps = (enter[:, row] < quarters) & (np.asarray(scores.excess) <= 1e-6)
    if not keeps.any():
        return []
    top = int(np.argmax(np.where(keeps, scores.fitness, -np.inf)))
    return [Found(enter[top], option[top], fresh.judge(enter[top], option[top]))]


def expose(case: Case, fresh: Valuer, enter: Integers, option: Integers) -> tuple[Exposure, ...]:
    """What the disruptions of each component cost: value without them less value with them.

    Each component by itself, in the same worlds: where two are missing at once, the one that
    stops more output counts.
    """
    problem = fresh.setting.problem
    if problem.supply is None or not case.components:
        return ()
    account = fresh.judge(enter, option)
    exposures = []
    for k, component in enumerate(case.components):
        calm = problem.supply._replace(needed=problem.supply.needed.at[k].set(0.0))
        setting = fresh.setting._replace(problem=problem._replace(supply=calm))
        smooth = replace(fresh, setting=setting).judge(enter, option)
        lost, unsold = smooth.values - account.values, smooth.sales - account.sales
        exposures.append(
            Exposure(
                component=component.name,
                lost=float(lost.mean()),
                at_risk=float(np.quantile(lost, 0.95)),
                revenue=float(unsold.mean()),
                revenue_at_risk=float(np.quantile(unsold, 0.95)),
                stopped=float((np.abs(lost) > 1e-9 * np.abs(account.values)).mean()),
            )
        )
    return tuple(sorted(exposures, key=lambda exposure: -exposure.lost))


def meet_rules(
    case: Case, packed: Packed, fresh: Valuer, enter: Integers, option: Integers
) -> tuple[RuleUse, ...]:
    """The rules that the entries keep and what that costs, and those that bar a candidate."""
    met = [
        binding
        for binding in rules_of(case)
        if binding.rule.market in packed.markets
        and packed.problem.entered[packed.markets.index(binding.rule.market)] == NEVER
    ]
    kept = [binding for binding in met if _is_kept(packed, binding, enter, option)]
    cost = _cost_of_rules(case, packed, fresh, kept, enter, option)
    barring = _find_barring(case, packed, met)
    uses = []
    for binding in met:
        rule = binding.rule
        entered = binding in kept
        if entered or binding in barring:
            uses.append(
                RuleUse(
                    iso3=rule.market,
                    name=rule.name,
                    words=rule.words,
                    source=rule.source,
                    entered=entered,
                    approval=rule.approval,
                    cost=cost.get(rule.name, 0.0),
                )
            )
    return tuple(uses)


def _find_barring(case: Case, packed: Packed, met: list[Binding]) -> list[Binding]:
    """Rules of the markets without any entry: those that close ways, else those that take long."""
    shut = {
        iso3
        for iso3, soonest in zip(packed.markets, packed.soonest, strict=True)
        if soonest.min() >= case.quarters
    }
    ways = [(mode, level) for mode in case.modes.allowed for level in case.modes.localisation]
    closing = [b for b in met if b.rule.market in shut and any(b.closes(*way) for way in ways)]
    closed = {binding.rule.market for binding in closing}
    slow = [b for b in met if b.rule.market in shut - closed and b.rule.approval]
    return closing + slow


def _is_kept(packed: Packed, binding: Binding, enter: Integers, option: Integers) -> bool:
    """Whether the schedule enters a market in a way, and for a time, that a rule bears on."""
    row = packed.markets.index(binding.rule.market)
    quarters = packed.problem.teams.shape[0]
    mode, _ = packed.options[int(option[row])]
    return bool(enter[row] < min(quarters, binding.ends)) and binding.concerns(mode)


def _cost_of_rules(
    case: Case,
    packed: Packed,
    fresh: Valuer,
    kept: list[Binding],
    enter: Integers,
    option: Integers,
) -> dict[str, float]:
    """What each market would bring more without one of its rules, by the rule's name.

    One rule of every market is left out at a time.
    """
    problem = fresh.setting.problem
    if problem.rules is None or not kept:
        return {}
    whole = fresh.judge(enter, option).by_market
    places = [
        sum(other.rule.market == binding.rule.market for other in kept[:k])
        for k, binding in enumerate(kept)
    ]
    cost = {}
    for turn in range(max(places) + 1):
        out = [binding for binding, place in zip(kept, places, strict=True) if place == turn]
        rest = [
            binding
            for binding in rules_of(case)
            if binding.rule.market in packed.markets and binding not in out
        ]
        left, _ = pack_rules(rest, packed.facts, packed.options, case.quarters)
        rules = Rules(
            *[jnp.asarray(value, old.dtype) for value, old in zip(left, problem.rules, strict=True)]
        )
        setting = fresh.setting._replace(problem=problem._replace(rules=rules))
        more = replace(fresh, setting=setting).judge(enter, option).by_market - whole
        for binding in out:
            cost[binding.rule.name] = float(more[packed.markets.index(binding.rule.market)])
    return cost


def weigh_targets(case: Case, account: Account, at_home: Account) -> tuple[TargetUse, ...]:
    """Chance of each target under a plan and at home, on the same fresh worlds."""
    if not case.targets:
        return ()
    reached, stay = (np.asarray(chances(jnp.asarray(a.reached))) for a in (account, at_home))
    spread = np.quantile(account.measured, [0.05, 0.5, 0.95], axis=0)
    return tuple(
        TargetUse(
            number=k,
            metric=target.metric,
            value=target.value,
            by=target.by,
            made=(target.made or case.as_of).isoformat(),
            probability=target.probability,
            met=None if target.probability is None else bool(reached[k] >= target.probability),
            chance=float(reached[k]),
            at_home=float(stay[k]),
            worlds=account.values.size,
            low=float(spread[0, k]),
            middle=float(spread[1, k]),
            high=float(spread[2, k]),
        )
        for k, target in enumerate(case.targets)
    )


def count_busy(options: Options, free: Floats) -> int:
    """Quarters in which the teams that are `free` (axis quarter) are too few for any entry."""
    # Home's own way needs no team and is not one in which a market can be entered.
    teams = np.asarray(options.teams)[np.asarray(options.allowed).any(axis=0)]
    return int((free < teams.min() - 1e-6).sum()) if teams.size else 0


def use_limits(
    case: Case,
    packed: Packed,
    setting: Setting,
    account: Account,
    enter: Integers,
    option: Integers,
) -> tuple[LimitUse, ...]:
    """How much room the schedule leaves in each limit of the case, on fresh worlds."""
    quarters = setting.problem.teams.shape[0]
    _, used = use_of_teams(
        setting.problem, setting.central, jnp.asarray(enter), jnp.asarray(option)
    )
    there = teams_there(
        setting.problem, setting.limits.teams, jnp.asarray(enter), jnp.asarray(option)
    )
    free = np.asarray(there) - np.asarray(used)
    short = count_busy(setting.problem.options, free)
    ruin = float(account.score.ruin)
    low = float(np.quantile(account.low, case.limits.ruin))
    rows = {iso3: row for row, iso3 in enumerate(packed.markets)}
    when = {iso3: int(enter[row]) for iso3, row in rows.items()}
    money = case.currency
    limits = [
        LimitUse(
            "teams",
            f"launch teams: all at work in {short} of {quarters} quarters",
            short > 0,
            float(free.min()),
            "teams",
        ),
        LimitUse(
            "capital",
            f"cash stays above {case.limits.cash_floor:,.0f} {money} in {1 - ruin:.1%} of futures",
            bool(ruin > 0.8 * case.limits.ruin),
            float(low - case.limits.cash_floor),
            f"{money} at the {case.limits.ruin:.0%} quantile of the lowest cash",
        ),
    ]
    entered = sum(1 for quarter in when.values() if 0 <= quarter < quarters)
    if case.limits.max_markets is not None:
        slack = case.limits.max_markets - entered
        limits.append(
            LimitUse("max_markets", "markets entered", slack <= 0, float(slack), "markets")
        )
    if case.limits.launches_per_year is not None:
        slack = case.limits.launches_per_year - most_launches(when.values(), quarters)
        limits.append(
            LimitUse("launches_per_year", "entries in any four quarters", slack <= 0, float(slack),
                     "markets")
        )  # fmt: skip
    for iso3 in case.limits.must:
        limits.append(
            LimitUse(f"must {iso3}", f"{iso3} entered as demanded", False,
                     float(quarters - 1 - when[iso3]), "quarters")
        )  # fmt: skip
    for iso3, entry in case.limits.fixed.items():
        limits.append(
            LimitUse(f"fixed {iso3}", f"{iso3} entered in {entry.quarter}", True, 0.0, "quarters")
        )
    for iso3, label in case.limits.by.items():
        slack = case.quarter_index(label) - when[iso3]
        limits.append(
            LimitUse(f"by {iso3}", f"{iso3} due by {label}", slack <= 0, float(slack), "quarters")
        )
    for later, earlier in case.limits.after:
        if when.get(later, NEVER) < quarters:
            slack = when[later] - when.get(earlier, -1) - 1
            limits.append(
                LimitUse(f"after {later} {earlier}", f"{later} waits for {earlier}", slack <= 0,
                         float(slack), "quarters")
            )  # fmt: skip
    for names in case.limits.not_together:
        inside = [iso3 for iso3 in names if when.get(iso3, NEVER) < quarters]
        told = f"of {', '.join(names)} entered: {', '.join(inside) or 'none'}"
        limits.append(
            LimitUse("not together " + " ".join(names), told,
                     bool(inside), float(1 - len(inside)), "markets")
        )  # fmt: skip
    for target, chance in zip(case.targets, np.asarray(chances(jnp.asarray(account.reached))),
                              strict=True):  # fmt: skip
        if target.probability is not None:
            spare = float(chance) - target.probability
            limits.append(
                LimitUse(f"target {target.metric} {target.value:g} by {target.by}",
                         f"{describe_target(target)} in {chance:.0%} of futures, "
                         f"{target.probability:.0%} demanded",
                         spare <= 0.02, spare, "probability")
            )  # fmt: skip
    return tuple(limits)
