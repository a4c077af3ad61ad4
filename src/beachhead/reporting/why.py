"""Why each market is in a plan or not, in print and as tables of the report."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from beachhead.cases import Case
from beachhead.planning import Plan
from beachhead.planning.grounds import Answer, Bar, Moved, Rejected, Trial, Why, Worth
from beachhead.planning.plan import Help
from beachhead.reporting.sentences import tell_reason
from beachhead.reporting.tables import Table
from beachhead.reporting.words import GLUE, change, count, money, percent, several

WIDTH = 100
PARTIAL = "PARTIAL: it was interrupted, and what was not looked at is not shown."
LIMITS = {
    "dates": "its date or way is not one that the limits allow",
    "demands": "it is demanded by the limits",
    "not_together": "limits.not_together allows one of a set",
    "after": "limits.after puts others behind it",
    "max_markets": "limits.max_markets is reached",
    "launches_per_year": "limits.launches_per_year is reached",
    "teams": "launch teams are short",
    "gates": "it waits for a gate",
    "ruin": "cash is short: the chance of ruin would pass limits.ruin",
    "targets": "a demanded target would be missed",
}
KEYS = {
    "limits.never": "limits.never names it",
    "markets.exclude": "markets.exclude names it",
    "markets.candidates": "[markets] does not name it as a candidate",
    "limits.not_together": "limits.not_together closes it, since another of its set is served",
    "population": "Nobody knows how many people it has: give its population in markets.inputs",
}
CHECKED = "the value on fresh worlds below says whether that is more than chance"
ADDS = (
    "Adds: what the plan loses without the entry. That is what it brings itself, what it changes "
    "at home (attention), and in the other markets by what it teaches (cheaper entries, cheaper "
    "running, fewer exits), by the haste of its launch, by the spillover of its brand, and the "
    "rest (scarce supply, entries that wait for it)."
)
NEEDED = {
    "teams": "more launch teams, or one free at another time",
    "ruin": "more cash, or a higher limits.ruin",
    "max_markets": "a higher limits.max_markets",
    "launches_per_year": "a higher limits.launches_per_year, or a year with fewer",
    "dates": "other dates or ways in the limits",
}
KINDS = {"without": "left out", "otherwise": "next best way", "added": "added"}


def list_worths(case: Case, why: Why, names: Mapping[str, str]) -> Table:
    """What every market brings itself and to others, and the sum of what they bring themselves."""
    rows = []
    for worth in why.worths:
        elsewhere: tuple[str, ...] = ("",) * 6
        if worth.adds is not None:
            parts = worth.home, worth.lends, worth.haste, worth.spillover, worth.rest
            adds = f"{count(worth.adds)} ±{count(worth.error or 0.0)}"
            elsewhere = (adds, *(change(part) for part in parts))
        role = "" if worth.role == "entered" else f", {worth.role}"
        rows.append((f"{names[worth.iso3]}{role}", count(worth.own), *elsewhere))
    rows.append(("sum", count(sum(worth.own for worth in why.worths)), *("",) * 6))
    heads = (f"{case.currency}", "itself#", "adds to plan#", "at home#", "taught#", "haste#",
             "spillover#", "rest#")  # fmt: skip
    return Table(heads, tuple(rows))


def tell_sum(case: Case, plan: Plan, why: Why) -> str:
    """That what the markets bring themselves is all that the plan is worth."""
    by_role = {
        role: sum(worth.own for worth in why.worths if worth.role == role)
        for role in ("home", "served", "entered")
    }
    said = " + ".join(
        f"{role} {count(own)}" for role, own in by_role.items() if own or role == "home"
    )
    if why.status == "partial":
        return f"{said}, of markets that were looked at."
    total = sum(by_role.values())
    apart = abs(total - plan.value.mean) / max(abs(plan.value.mean), 1e-9)
    return (
        f"{said} = {money(total, case.currency)}. The plan's mean value is "
        f"{money(plan.value.mean, case.currency)}: they differ by {apart:.0g} of it."
    )


def list_rejected(why: Why, names: Mapping[str, str]) -> Table:
    """The nearest markets that are left alone: what bars each, and what would have to change."""
    rows = [
        (
            names[one.answer.worth.iso3],
            f"{'. '.join(_tell_bar(bar) for bar in one.answer.bars)}.",
            _tell_needed(one),
        )
        for one in why.rejected
    ]
    return Table(("market", "why it is left alone", "what would have to change"), tuple(rows))


def tell_nearest(why: Why | None) -> dict[str, str]:
    """What bars each of the nearest markets that are left alone, by ISO3 code."""
    if why is None:
        return {}
    return {
        one.answer.worth.iso3: "; ".join(_tell_bar(bar) for bar in one.answer.bars)
        for one in why.rejected
    }


def _tell_needed(one: Rejected) -> str:
    """What would have to change for a market to pay."""
    kinds = {bar.kind for bar in one.answer.bars}
    names = [bar.name for bar in one.answer.bars if bar.kind == "limit"]
    if names:
        return several([NEEDED.get(name, f"more room in limits.{name}") for name in names])
    if "passed over" in kinds:
        # The best entry on the worlds that chose the plan may be short of cash on others.
        added = (trial for trial in one.answer.trials if trial.kind == "added")
        gains = next((trial for trial in added if not trial.breaks), None)
        if gains is None:
            return "nothing: a longer search, or another seed, may take it in"
        sure = "more than chance" if abs(gains.gains) > gains.error else "no more than chance"
        return (
            f"nothing: as it is, entered in {_how(gains)}, it changes the mean value by "
            f"{change(gains.gains)} ±{count(gains.error)}, {sure}"
        )
    if not kinds & {"alone", "beside"}:
        return "the case or the rule that closes it"
    ways = []
    if one.cost is not None:
        ways.append(f"its entry would have to cost {percent(1.0 - one.cost)} less")
    if one.size is not None:
        ways.append(f"its people be {one.size:.2g} times as many")
    return ", or ".join(ways) or "it would not pay free of entry cost, nor eight times as large"


def list_trials(answer: Answer, names: Mapping[str, str]) -> Table:
    """Changes of the plan, one a row, each beside the plan on the same worlds."""
    rows = [
        (
            KINDS.get(trial.kind, trial.kind),
            "" if trial.kind == "without" else _how(trial),
            f"{change(trial.gains)} ±{count(trial.error)}",
            change(trial.objective),
            " ".join([*_tell_moved(trial.moved, names), *_tell_broken(trial.breaks)]),
        )
        for trial in answer.trials
    ]
    return Table(("change", "then", "value#", "J#", "others that give way"), tuple(rows))


def tell_market(case: Case, answer: Answer, names: Mapping[str, str]) -> Iterator[str]:
    """Sentences about a market: what it brings, who helps whom, what it waits for, what bars it."""
    worth, name = answer.worth, names[answer.worth.iso3]
    if worth.role == "home":
        yield f"{name} is home: it brings {money(worth.own, case.currency)}, measures included."
    elif worth.role == "served":
        own = money(worth.own, case.currency)
        yield f"{name} is served already and brings {own}: it is no choice of the plan."
    elif answer.enter:
        yield f"{name}: entered in {answer.enter}, {_way(answer.mode, answer.localisation)}."
        yield tell_worth(case, worth, names)
        if answer.helped_by:
            yield (
                f"What was learned elsewhere is worth {count(answer.taught)} to it: "
                f"{_name_helps(answer.helped_by, names)}."
            )
    else:
        yield f"{name} is not entered."
        for bar in answer.bars:
            more = f"; {CHECKED}" if bar.kind == "passed over" else ""
            yield f"{_tell_bar(bar)}{more}."
    if answer.demanded:
        yield f"{answer.demanded} demands it."
    if answer.waits:
        yield f"It waits for the gate {several(answer.waits)}."
    if answer.pilots:
        behind = several([names[iso3] for iso3 in answer.behind]) or "nobody"
        yield (
            f"It is the pilot of {several(answer.pilots)}; {behind} behind it: left out, it takes "
            "them along."
        )
    if answer.after:
        yield f"limits.after lets it in only after {several([names[a] for a in answer.after])}."
    if answer.before:
        yield f"limits.after makes {several([names[b] for b in answer.before])} wait for it."


def tell_worth(case: Case, worth: Worth, names: Mapping[str, str]) -> str:
    """What an entry brings itself and to others."""
    if worth.adds is None:
        return ""
    lent = f" ({_name_helps(worth.lent_to, names)})" if worth.lent_to else ""
    rest = f", {change(worth.rest)} the rest" if worth.rest else ""
    return (
        f"It brings {money(worth.own, case.currency)} itself and adds {count(worth.adds)} "
        f"(±{count(worth.error or 0.0)}) to the plan: {change(worth.adds - worth.own)} elsewhere, "
        f"of it {change(worth.home)} at home, {change(worth.lends)} by what it teaches{lent}, "
        f"{change(worth.haste)} by the haste of its launch, {change(worth.spillover)} by what is "
        f"heard of its brand{rest}."
    )


def describe_market(
    case: Case, answer: Answer, names: Mapping[str, str], worlds: int, search_worlds: int
) -> str:
    """Why a market is in the plan or not, in lines of 100 columns."""
    lines = [line for said in tell_market(case, answer, names) for line in _wrap(said)]
    if answer.trials:
        table = list_trials(answer, names)
        rows = [table.heads, *table.rows]
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        lines.append("")
        for row in rows:
            cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
            cells += [row[k].rstrip("#").rjust(widths[k]) for k in (2, 3)]
            head = "  ".join(cells)
            lines += textwrap.wrap(
                f"{head}  {row[4]}", WIDTH, subsequent_indent=" " * 4, drop_whitespace=True
            )
    lines += ["", *_wrap(tell_worlds(case, worlds, search_worlds))]
    return "\n".join(lines).replace(GLUE, " ")


def describe_plan(case: Case, plan: Plan, why: Why, names: Mapping[str, str]) -> str:
    """What every market brings, as a table, and the sum; lines of 100 columns."""
    table = list_worths(case, why, names)
    rows = [tuple(head.rstrip("#") for head in table.heads), *table.rows]
    rows = [(row[0][:24], *row[1:]) for row in rows]
    widths = [max(len(row[k]) for row in rows) for k in range(len(table.heads))]
    lines = [PARTIAL] if why.status == "partial" else []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(wide) for cell, wide in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    lines += ["", *_wrap(tell_sum(case, plan, why))]
    lines += _wrap(tell_worlds(case, why.worlds, why.search_worlds))
    lines += _wrap(ADDS)
    if why.rejected:
        lines += ["", "Left alone, nearest first"]
        for name, *said in list_rejected(why, names).rows:
            barred, needed = said
            lines += _wrap(f"  {name}: {barred} To change: {needed}.")
    return "\n".join(lines).replace(GLUE, " ")


def tell_why(case: Case, plan: Plan, why: Why, names: Mapping[str, str]) -> dict[str, Any]:
    """What the report says of it."""
    return {
        "partial": PARTIAL if why.status == "partial" else "",
        "worlds": tell_worlds(case, why.worlds, why.search_worlds),
        "worths": list_worths(case, why, names),
        "adds": ADDS,
        "sum": tell_sum(case, plan, why),
        "rejected": list_rejected(why, names),
        "markets": [
            {
                "name": names[answer.worth.iso3],
                "short": tell_reason(answer.worth, answer, names),
                "sentences": " ".join(tell_market(case, answer, names)),
                "trials": list_trials(answer, names),
            }
            for answer in why.answers
        ],
    }


def tell_worlds(case: Case, worlds: int, search_worlds: int) -> str:
    """On what figures stand."""
    return (
        f"{case.currency}, discounted; means of {worlds:,} fresh worlds with 95 % intervals of the "
        f"differences, world by world; J on the {search_worlds:,} worlds of the search."
    )


def _wrap(said: str) -> list[str]:
    return textwrap.wrap(said, WIDTH, subsequent_indent="  ")


def _name_helps(helps: Sequence[Help], names: Mapping[str, str]) -> str:
    return ", ".join(f"{names[other.iso3]} {count(other.worth)}" for other in helps)


def _way(mode: str, localisation: float) -> str:
    return f"{mode.replace('_', ' ')}, localised {localisation:g}"


def _how(trial: Trial) -> str:
    return f"{trial.enter}, {_way(trial.mode, trial.localisation)}"


def _tell_moved(moved: Sequence[Moved], names: Mapping[str, str]) -> list[str]:
    if not moved:
        return []
    told = [f"{names[m.iso3]} {m.before} to {m.after or 'never'}" for m in moved]
    return [f"{', '.join(told)}."]


def _tell_broken(breaks: Sequence[str]) -> list[str]:
    return [f"Breaks limits: {'; '.join(LIMITS[name] for name in breaks)}."] if breaks else []


def _tell_bar(bar: Bar) -> str:
    gains = "" if bar.gains is None else count(abs(bar.gains))
    if bar.kind == "case":
        return KEYS[bar.name]
    return {
        "rule": f"A rule closes it in every way and at every date: {bar.name}",
        "horizon": "No way of entering it is ready within the horizon",
        "alone": f"It loses money: alone, at its best date and in its best way, J {gains} of it",
        "beside": f"It takes more than it brings: J would lose {gains} even if no limit bound",
        "limit": f"{LIMITS.get(bar.name, bar.name).capitalize()}; without that J would gain "
        f"{gains}",
        "pays": f"If the case let it in, J would gain {gains}",
        "passed over": f"The search passed it over: J would gain {gains} on its worlds",
    }[bar.kind]
