"""Answers that take many plans, in words and tables of at most 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import groupby, pairwise

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning.frontier import Frontier
from beachhead.planning.pace import Pace, Rate, tell_launches
from beachhead.planning.pool import Rows
from beachhead.planning.robust import Robust
from beachhead.reporting.sensitivity import WIDTH, set_out
from beachhead.reporting.tables import Table
from beachhead.reporting.words import GLUE, change, count, money, number_of, percent

OTHERS = ("measure", "gate")  # rows of a schedule that are no entries
PARTIAL = "PARTIAL: it was interrupted; the table rests on the plans that had been made."


def describe_pace(case: Case, found: Pace) -> str:
    """Value against launches a year."""
    rows = [
        (
            tell_launches(rate.launches),
            count(rate.objective),
            f"{count(rate.adds)} ±{count(rate.adds_error)}",
            "" if rate.gain is None else f"{change(rate.gain)} ±{count(rate.gain_error or 0.0)}",
            str(rate.entries),
            str(rate.busiest),
            count(rate.opening),
            count(rate.haste),
        )
        for rate in found.rates
    ]
    heads = ("launches", "J#", "adds#", "more than before#", "entries#", "busiest year#",
             "entry cost#", "of it haste#")  # fmt: skip
    words = (
        f"Each number is the most entries in any four quarters. J is on the worlds of the search, "
        f"{count(found.stay_home)} at home; what a plan adds to staying there, and to the number "
        f"before, is a mean of fresh worlds with its 95 % interval, money in {case.currency}."
    )
    return _lay_out(
        f"{found.case}: how many launches a year (seed {found.seed}, {found.effort}).",
        found.status, words, Table(heads, tuple(rows)), _tell_pace(case, found),
    )  # fmt: skip


def _tell_pace(case: Case, found: Pace) -> Iterable[str]:
    most = found.rates[-1]
    enough = next(rate for rate in found.rates if rate.launches == found.enough)
    if enough is most:
        yield "Every step up to the last gains what can be told from chance."
    else:
        yield (
            f"Enough: {tell_launches(enough.launches)}. No larger number gains what can be told "
            "from chance."
        )
    for before, rate in pairwise(found.rates):
        dearer = rate.haste - before.haste
        if rate.gain is None or rate.gain_error is None or dearer <= 0.0:
            continue
        whole = rate.gain + dearer
        if rate.gain <= rate.gain_error or dearer > 0.25 * whole:
            yield (
                f"From {tell_launches(before.launches)} to {tell_launches(rate.launches)} haste "
                f"makes entries {money(dearer, case.currency)} dearer, of "
                f"{money(whole, case.currency)} that the faster plan would bring otherwise."
            )
    if found.without:
        yield _tell_haste(case, found, most)
    for number, why in found.impossible:
        yield f"{tell_launches(number)}: {why}."


def _tell_haste(case: Case, found: Pace, most: Rate) -> str:
    free = found.without[-1]
    same = found.enough == found.enough_without
    return (
        f"If haste cost nothing (entry.haste 0), {tell_launches(found.enough_without)} would "
        f"{'still ' if same else ''}be enough; the best plan without a limit would make "
        f"{free.busiest} entries in its busiest year instead of {most.busiest}, "
        f"{free.entries} in all instead of {most.entries}, and add "
        f"{money(free.adds, case.currency)} instead of {count(most.adds)}."
    )


def describe_frontier(case: Case, found: Frontier) -> str:
    """Value against risk or capital."""
    rows = [
        (
            f"{point.at:g}" if found.by == "risk" else count(point.at),
            *(count(x) for x in (point.objective, point.mean, point.cvar)),
            f"{count(point.adds)} ±{count(point.adds_error)}",
            *(count(x) for x in (point.fresh_mean, point.fresh_cvar)),
            percent(point.ruin),
            str(point.entries),
        )
        for point in found.points
    ]
    tail = percent(case.risk.tail)
    first = "aversion#" if found.by == "risk" else "capital#"
    heads = (first, "J#", "mean#", "CVaR#", "adds#", "fresh mean#", "fresh CVaR#", "ruin#",
             "entries#")  # fmt: skip
    words = (
        f"J, mean and CVaR (mean of the worst {tail}) of the value on the worlds of the search; "
        f"the rest on fresh worlds: what the plan adds to staying at home with its 95 % interval, "
        f"mean, CVaR, and chance of ruin, accepted {percent(case.limits.ruin)}. Money in "
        f"{case.currency}."
    )
    head = f"{found.case}: value against {found.by} (seed {found.seed}, {found.effort})."
    table = Table(heads, tuple(rows))
    return _lay_out(head, found.status, words, table, _tell_frontier(case, found))


def _tell_frontier(case: Case, found: Frontier) -> Iterable[str]:
    here = next((k for k, point in enumerate(found.points) if point.at == found.here), None)
    first, last = found.points[0], found.points[-1]
    if found.by == "risk" and first.schedule != last.schedule:
        yield (
            f"From aversion {first.at:g} to {last.at:g} the mean falls by "
            f"{money(first.mean - last.mean, case.currency)} and the tail rises by "
            f"{money(last.cvar - first.cvar, case.currency)}."
        )
    elif found.by == "risk":
        yield "The same plan is the best at every aversion."
    else:
        for before, point in pairwise(found.points):
            gain = point.objective - before.objective
            yield (
                f"From {count(before.at)} to {count(point.at)} of capital J rises by "
                f"{count(gain / (point.at - before.at))} for each {case.currency}."
                if gain > 0.0
                else f"From {count(before.at)} to {count(point.at)} more capital brings nothing."
            )
    if here is not None:
        stands = f"{found.here:g}" if found.by == "risk" else money(found.here, case.currency)
        yield f"The case stands at {stands}: {list_entries(found.points[here].schedule)}."
    for place, why in found.impossible:
        yield f"{place if found.by == 'risk' else count(place)}: {why}."


def describe_robust(case: Case, panel: Panel, found: Robust) -> str:
    """Plans under draws of the parameters."""
    names = panel.names
    rows = [
        (f"{names[m.iso3]} ({m.iso3})", percent(m.share), m.early, m.middle, m.late, m.base,
         m.robust)
        for m in found.markets
    ]  # fmt: skip
    heads = ("", "in draws#", "10 %", "50 %", "90 %", "base plan", "robust plan")
    words = (
        f"In how many of {found.draws} draws of the parameters the best plan enters a market, and "
        "when; beside it the plan under the beliefs and the robust one, whose mean J over the "
        "draws is the best."
    )
    head = f"{found.case}: plans under draws of the parameters (seed {found.seed}, {found.effort})."
    table = Table(heads, tuple(rows))
    return _lay_out(head, found.status, words, table, _tell_robust(case, found))


def _tell_robust(case: Case, found: Robust) -> Iterable[str]:
    currency = case.currency
    plans = {"Base plan": found.base, "Robust plan": found.best}
    if found.safest.schedule != found.best.schedule:
        plans["Least regret"] = found.safest
    for name, choice in plans.items():
        text = (
            f"{name}: {number_of(choice.entries, 'entry', 'entries')}; J {count(choice.mean)} on "
            f"average over the draws, largest regret {money(choice.worst, currency)}"
        )
        if choice.risky:
            text += f", more risk of ruin than accepted in {number_of(choice.risky, 'draw')}"
        if choice.schedule != found.base.schedule:
            text += (
                f"; under the beliefs it brings {money(choice.costs, currency)} "
                f"±{count(choice.costs_error)} less than the base plan"
            )
        yield text + "."
    if found.best.schedule == found.base.schedule:
        yield "The base plan is the robust one."
    else:
        entries = list_entries(found.best.schedule)
        yield f"Robust plan, found as that of {found.best.found}: {entries}."
    if found.planned < found.draws:
        yield (
            f"In {number_of(found.draws - found.planned, 'draw')} no plan of its own keeps the "
            "limits; the others are valued there all the same."
        )


def list_entries(rows: Rows) -> str:
    """A schedule in a line: who is entered when, measures and gates by name."""
    dated = [
        f"{when} {', '.join(r['name' if r['mode'] in OTHERS else 'iso3'] for r in together)}"
        for when, together in groupby(rows, key=lambda row: row["enter"])
    ]
    return "; ".join(dated) or "no entries"


def _lay_out(head: str, status: str, words: str, table: Table, sentences: Iterable[str]) -> str:
    lines = [head, *([PARTIAL] if status == "partial" else []), ""]
    lines += [*textwrap.wrap(words, WIDTH), *set_out(table), ""]
    for sentence in sentences:
        lines += textwrap.wrap(sentence, WIDTH, subsequent_indent="  ")
    return "\n".join(line.rstrip() for line in lines).rstrip().replace(GLUE, " ")
