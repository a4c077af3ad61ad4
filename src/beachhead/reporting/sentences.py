"""The answer as sentences, which the printed plan and the report share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import xarray as xr

from beachhead.cases import Case, Target
from beachhead.planning import TIME_LIMIT, Plan, describe_target
from beachhead.planning.grounds import Answer, Why, Worth
from beachhead.reporting.explanation import EVIDENCE
from beachhead.reporting.summary import Summary, weigh
from beachhead.reporting.words import GLUE, change, count, money, number_of, percent, several
from beachhead.screening import METHODS, Ranking
from beachhead.simulation import Beliefs

_NEXT = 10  # decisions to come that are named
_LEADING = 3  # markets that the first sentence names
_WORTH_A_WORD = 0.05  # part of what an entry adds, from which on what was learned is said


def tell_headline(case: Case, plan: Plan, summary: Summary) -> str:
    """What expansion adds over staying at home."""
    if not summary.launches:
        return f"{case.name}: stay at home; {_tell_nothing(case, plan)}."
    value, first, last = plan.value, summary.launches[0].enter, summary.launches[-1].enter
    markets = number_of(len(summary.launches), "market")
    when = f"in {first}" if first == last else f"from {first} to {last}"
    error = count(value.adds_error)
    effect = f"adds {money(value.adds, case.currency)} (±{error}) to staying at home"
    if value.adds < 0:
        cost = money(-value.adds, case.currency)
        effect = f"costs {cost} (±{error}) against staying at home"
    return f"{case.name}: entering {markets} {when} {effect}."


def _tell_nothing(case: Case, plan: Plan) -> str:
    """Why nothing is entered."""
    worth = weigh(case, plan.value)
    if any(s.objective > worth for s in plan.named_strategies if not s.within_limits):
        return "what was found to add to it breaks the limits"
    return "no schedule was found that adds to it"


def tell_status(plan: Plan) -> str:
    """That the search was cut short; empty where it was not."""
    if plan.status == "complete":
        return ""
    why = (
        "the time limit was reached"
        if plan.ended_by == TIME_LIMIT
        else "the search was interrupted"
    )
    return f"PARTIAL: {why}; this is the best plan found until then."


def tell_beliefs(beliefs: Beliefs) -> str:
    """Of which records the parameters were learned; empty where they are the priors."""
    learned = beliefs.learned
    if learned is None:
        return ""
    return (
        f"Parameters were learned from the firm's records of {learned.since} to {learned.until}; "
        f"the checks of what was learned say {learned.verdict}."
    )


def tell_overridden(case: Case) -> str:
    """Which parameters and default economics the case sets itself; empty where it sets none."""
    own = sorted((case.parameters | case.economics).items())
    said = ", ".join(f"{name} {value:g}" for name, value in own)
    return f"Set by the case in place of the preset: {said}." if own else ""


def tell_value(case: Case, plan: Plan) -> str:
    """What the whole firm is worth under the plan, with its spread."""
    value = plan.value
    return (
        f"Mean value {money(value.mean, case.currency)}, sd {count(value.sd)}; nine worlds of ten "
        f"{count(value.p05)} to {count(value.p95)}; CVaR (worst {percent(case.risk.tail)}) "
        f"{count(value.cvar)}."
    )


def tell_risk(case: Case, summary: Summary) -> str:
    """How much of the value lies after the horizon, and the chance of ruin."""
    return " ".join(filter(None, [tell_beyond(summary), tell_ruin(case, summary)]))


def tell_beyond(summary: Summary) -> str:
    """How much of the value lies after the horizon; empty where there is none to be shared out."""
    if summary.beyond is None:
        return ""
    return f"{percent(summary.beyond)} of it lies after the horizon."


def tell_ruin(case: Case, summary: Summary) -> str:
    """The chance of ruin."""
    return (
        f"Chance of ruin (cash below {money(case.limits.cash_floor, case.currency)}): "
        f"{percent(summary.ruin)}, accepted {percent(case.limits.ruin)}."
    )


def tell_funding(case: Case, summary: Summary) -> str:
    """Most money tied up in the new markets, when it is back, and where cash is lowest."""
    if not summary.launches:
        text = "No money goes into new markets"
    elif summary.peak_funding == 0:
        text = "The new markets never tie up money"
    else:
        peak = money(summary.peak_funding, case.currency)
        text = (
            f"Peak funding of the new markets (mean of worlds) {peak} in {summary.peak_quarter}; "
        )
        text += (
            "they do not bring it back within the horizon"
            if summary.break_even is None
            else f"break-even in {summary.break_even}, {summary.payback:g} years after the first "
            "money spent"
        )
    lowest = money(summary.low_cash, case.currency)
    return f"{text}. One world in twenty has less cash than {lowest} in {summary.low_cash_quarter}."


def tell_bound(case: Case, plan: Plan) -> str:
    """How much better any other schedule could be."""
    weight = case.risk.aversion
    told = (
        f"J = {1 - weight:g} x mean + {weight:g} x worst {percent(case.risk.tail)}: this plan "
        f"{money(plan.objective, case.currency)}, at home {count(plan.stay_home)}"
    )
    if plan.bound is None:
        return f"{told}; no bound is known on how much better another schedule could be."
    gap = "expansion adds nothing"
    if plan.gap is not None:
        gap = f"a gap of {percent(plan.gap)} of what expansion adds"
    return f"{told}, any other at most {count(plan.bound)}, {gap} ({plan.bound_kind})."


def tell_measures(case: Case, plan: Plan) -> list[str]:
    """What is done beside entering markets, and what each measure is worth."""
    said = []
    for use in plan.measures:
        size = "" if use.level == 1.0 else f" at size {use.level:g}"
        worth = f"{money(abs(use.worth), case.currency)} (±{count(use.worth_error)})"
        if use.taken:
            verb = "adds" if use.worth >= 0 else "costs"
            said.append(f"{use.name}{size} from {case.quarter_label(use.begin)}: {verb} {worth}.")
        else:
            verb = "add" if use.worth >= 0 else "lose"
            when = case.quarter_label(use.begin)
            said.append(f"Not {use.name}: at best, from {when}{size}, it would {verb} {worth}.")
    return said


def tell_targets(case: Case, plan: Plan, names: Mapping[str, str]) -> list[str]:
    """Each target and its chance, in a sentence, demanded ones first; `names` by ISO3 code."""
    said = []
    for use in sorted(plan.targets, key=lambda use: use.probability is None):
        target = case.targets[use.number]
        head = f"Announced {use.made}" if target.made else "Target"
        head += ", hindsight" if target.basis == "hindsight" else ""
        if use.probability is not None:
            head += f", demanded in {percent(use.probability)} of futures"
        said.append(
            f"{head}: {name_target(case, target, names)}. Chance "
            f"{odds(use.chance, use.worlds)} with this plan, "
            f"{odds(use.at_home, use.worlds)} at home; nine futures of ten bring "
            f"{measured(case, target, use.low)} to {measured(case, target, use.high)}."
        )
    return said


def name_target(case: Case, target: Target, names: Mapping[str, str]) -> str:
    """What a target asks for, in its own words if it has any."""
    amount, market = measured(case, target, target.value), names.get(target.market or "", "")
    return target.words or describe_target(target, amount, market)


def measured(case: Case, target: Target, value: float) -> str:
    """A figure of the kind that a target speaks of."""
    if target.metric in ("share", "share_abroad"):
        return percent(value)
    if target.metric in ("revenue", "revenue_abroad"):
        return money(value, case.currency)
    if target.metric in ("markets", "home_rank"):
        return f"place{GLUE}{value:.0f}" if target.metric == "home_rank" else f"{value:.0f}"
    return count(value)


def odds(share: float, worlds: int) -> str:
    """Share of worlds as a chance: where all or none of them agree, less is known than 0 or 1."""
    if share in (0.0, 1.0):
        unseen = 3.0 / worlds  # with 95 % certainty it is not more than this
        return (
            f"under {percent(unseen)}"
            if share == 0.0
            else f"over {1 - unseen:.1%}".replace("%", f"{GLUE}%")
        )
    return percent(share)


def tell_gates(case: Case, plan: Plan) -> list[str]:
    """Which markets wait for which pilot, and what each pilot is worth."""
    said = []
    for use in plan.gates:
        when, chance = case.quarter_label(use.decision), percent(use.opens)
        worth = f"{money(abs(use.worth), case.currency)} (±{count(use.worth_error)})"
        behind = ", ".join(use.waiting)
        rule = f"{behind} only if {use.pilot} has sold {count(use.threshold)} by {when}"
        if use.taken:
            verb = "adds" if use.worth >= 0 else "costs"
            said.append(
                f"{use.name}: {rule}, as in {chance} of futures; the pilot {verb} {worth} over the "
                "best plan without."
            )
        else:
            verb = "add" if use.worth >= 0 else "lose"
            said.append(f"Not {use.name}: at best, {rule}, it would {verb} {worth}.")
    return said


def tell_supply(case: Case, plan: Plan) -> str:
    """Which component holds the firm hostage, and what that costs; empty without components."""
    if not plan.exposures:
        return ""
    worst, *others = plan.exposures
    rest = "; ".join(f"{part.component} {count(part.lost)}" for part in others[:3])
    return (
        f"Supply: {worst.component} holds the firm hostage most: its disruptions cost "
        f"{money(worst.lost, case.currency)} on average, {count(worst.at_risk)} or more in one "
        f"world of twenty, and sales of {count(worst.revenue)} and {count(worst.revenue_at_risk)}"
        f"{f'; {rest}' if rest else ''}."
    )


def tell_rules(case: Case, plan: Plan) -> str:
    """Rules of markets that the plan keeps, what that costs, and those that bar a market."""
    kept = sorted((use for use in plan.rules if use.entered), key=lambda use: -use.cost)
    said = []
    if kept:
        total = money(sum(use.cost for use in kept), case.currency)
        shown = "; ".join(f"{use.name} {count(use.cost)}" for use in kept[:3])
        more = f"; {len(kept) - 3} more" if len(kept) > 3 else ""
        said.append(f"Keeping the rules of markets costs {total} on average ({shown}{more}).")
    barred = [f"{use.iso3} ({use.name})" for use in plan.rules if not use.entered]
    if barred:
        more = f" and {len(barred) - 3} more" if len(barred) > 3 else ""
        said.append(f"Barred by a rule: {', '.join(barred[:3])}{more}.")
    return " ".join(said)


def tell_home(futures: xr.Dataset) -> str:
    """The firm's place among its rivals at home, first and last; empty where none are named."""
    if "home_rank" not in futures:
        return ""
    rank, quarters = futures["home_rank"], futures["quarter"].values
    of = futures.sizes["rival"] + 1
    leader = futures["standing"].isel(quarter=-1)
    strongest = str(futures["rival"].values[leader.values.argmax()])
    now, then = (rank.isel(quarter=t) for t in (0, -1))
    return (
        f"At home place {float(now.median()):.0f} of {of} in {quarters[0]} and "
        f"{float(then.median()):.0f} in {quarters[-1]} (medians), there first in "
        f"{percent(float((then == 1).mean()))} and among the first three in "
        f"{percent(float((then <= 3).mean()))} of worlds; the strongest rival is then {strongest}, "
        f"with {percent(float(leader.max()))} of units."
    )


def tell_limits(plan: Plan) -> str:
    """The limits that bind, and the room in the others."""
    if not plan.limits:
        return "The case sets no limits."
    binding = [limit.words for limit in plan.limits if limit.binding]
    others = [limit.words for limit in plan.limits if not limit.binding]
    room = f" With room: {'; '.join(others)}." if others else ""
    return f"Limits that bind: {'; '.join(binding) or 'none'}.{room}"


def tell_duties(summary: Summary) -> list[str]:
    """What to commit in the first year, and the next decisions with the quarter they fall due."""
    duties = []
    if summary.now:
        names = several([launch.name for launch in summary.now])
        duties.append(f"Commit now, since work begins within a year: {names}.")
    if summary.later:
        waiting = [f"{launch.name} by {launch.start}" for launch in summary.later]
        if len(waiting) > _NEXT:
            waiting[_NEXT:] = [f"{len(waiting) - _NEXT} more after that"]
        duties.append(f"Can wait, to be decided: {several(waiting)}.")
    return duties


def tell_answer(case: Case, plan: Plan, summary: Summary) -> list[str]:
    """The answer in five sentences: what, its worth, its risk, what else there is, what now."""
    value, currency = plan.value, case.currency
    allowed = [other for other in plan.named_strategies if other.within_limits]
    rival = max(allowed, key=lambda other: other.objective, default=None)
    beside = "" if rival is None else (
        f"The best of the named strategies within the limits, {rival.name}, brings "
        f"{money(rival.value_mean, currency)} on average"
    )  # fmt: skip
    bound = "no bound is known on how much better another schedule could be"
    if plan.bound is not None:
        bound = f"no schedule can bring J more than {money(plan.bound, currency)}, and this one "
        bound += f"has {count(plan.objective)}"
        if plan.gap is not None:
            bound += f": a gap of {percent(plan.gap)} of what expansion adds"
    after = "" if summary.beyond is None else f"; {percent(summary.beyond)} of that lies after the "
    after += "horizon" if after else ""
    return [
        _tell_choice(case, plan, summary),
        f"The whole firm is then worth {money(value.mean, currency)} on average, and "
        f"{count(value.p05)} to {count(value.p95)} in nine worlds of ten{after}.",
        f"Cash falls below {money(case.limits.cash_floor, currency)} in {percent(summary.ruin)} of "
        f"worlds, where {percent(case.limits.ruin)} are accepted; {_tell_tied(case, summary)}.",
        f"{beside}; {bound}." if beside else f"{bound[0].upper()}{bound[1:]}.",
        _tell_next(summary),
    ]


def _tell_choice(case: Case, plan: Plan, summary: Summary) -> str:
    """Which markets, when, and what that adds."""
    if not summary.launches:
        return f"Stay at home: {_tell_nothing(case, plan)}."
    first, last = summary.launches[0].enter, summary.launches[-1].enter
    when = f"in {first}" if first == last else f"from {first} to {last}"
    names = [launch.name for launch in summary.launches]
    who = several(names) if len(names) <= _LEADING else (
        f"{number_of(len(names), 'market')}, {several(names[:_LEADING])} first"
    )  # fmt: skip
    verb = "adds" if plan.value.adds >= 0 else "costs"
    effect = money(abs(plan.value.adds), case.currency)
    return (
        f"Enter {who}, {when}: that {verb} {effect} (±{count(plan.value.adds_error)}) beside "
        "staying at home."
    )


def _tell_tied(case: Case, summary: Summary) -> str:
    """The money tied up in the new markets, as part of a sentence."""
    if not summary.launches or summary.peak_funding == 0:
        return "no money is tied up in new markets"
    back = "within the horizon they do not bring it back"
    if summary.break_even is not None:
        back = f"they have brought it back by {summary.break_even}"
    peak = money(summary.peak_funding, case.currency)
    return f"the new markets tie up {peak} at most, in {summary.peak_quarter}, and {back}"


def _tell_next(summary: Summary) -> str:
    """What to commit now, and the next thing that can wait."""
    now = several([launch.name for launch in summary.now])
    first = f"Commit now to {now}" if now else "Nothing has to be committed now"
    if not summary.later:
        return f"{first}; nothing else is to be decided."
    due = summary.later[0]
    return f"{first}; the next decision, {due.name}, can wait until {due.start}."


def tell_reason(
    worth: Worth, answer: Answer | None, names: Mapping[str, str], *, helpers: int = 3
) -> str:
    """Why a market is entered, and why then: what follows its name in a sentence.

    Parameters
    ----------
    worth : Worth
        Of an entry.
    answer : Answer, optional
        Of the same; without it only what the market adds is said.
    names : mapping
        ISO3 codes to names.
    helpers : int
        How many markets to name at most of those that teach it.
    """
    said = f"adds {count(worth.adds or 0.0)} ±{count(worth.error or 0.0)}"
    if answer is None:
        return said
    helped = several([names[helper.iso3] for helper in answer.helped_by[:helpers]])
    if helped and answer.taught > _WORTH_A_WORD * abs(worth.adds or 0.0):
        said += f", {count(answer.taught)} learned in {helped}"
    # What loses needs no limit to be left.
    gains = {
        trial.kind: change(trial.gains) + " barred" * (trial.gains > 0 and bool(trial.breaks))
        for trial in answer.trials
    }
    tried = [
        f"{kind} {gains[kind]}" if kind in gains else f"no {kind}"
        for kind in ("sooner", "later", "otherwise")
        if kind in gains or kind != "otherwise"  # where there is one way only
    ]
    return f"{said}; {', '.join(tried)}"


def tell_reasons(why: Why | None, names: Mapping[str, str]) -> dict[str, str]:
    """`tell_reason` of every entry that was looked at, by ISO3 code."""
    if why is None:
        return {}
    answers = {answer.worth.iso3: answer for answer in why.answers}
    return {
        worth.iso3: tell_reason(worth, answers.get(worth.iso3), names)
        for worth in why.worths
        if worth.adds is not None
    }


def tell_evidence(beliefs: Beliefs) -> str:
    """How many parameters there are of each kind of evidence."""
    tags = [
        "set by the case" if name in beliefs.overridden else EVIDENCE[parameter.tag]
        for name, parameter in beliefs.parameters.items()
    ]
    kinds = sorted(Counter(tags).items(), key=lambda kind: -kind[1])
    told = ", ".join(f"{number} {kind}" for kind, number in kinds)
    return f"Of {len(tags)} parameters of the model, by evidence: {told}."


def tell_ranking(ranking: Ranking) -> str:
    """How the candidates were ranked, and how far the methods agree."""
    ranked = int(ranking.table["rank"].is_not_null().sum())
    told = [
        f"{METHODS[row['one']]} and {METHODS[row['other']]} share {row['shared']} of the first "
        f"{row['first']}" + ("" if row["tau"] is None else f" (rank correlation {row['tau']:.2f})")
        for row in ranking.agreement.to_dicts()
    ]
    return (
        f"{ranked} of {ranking.table.height} candidates are ranked, by {METHODS[ranking.method]}. "
        f"Methods compared: {'; '.join(told)}. PROMETHEE compares these candidates with one "
        "another, so that a further one may move all; the other two do not depend on who is "
        "compared."
    )
