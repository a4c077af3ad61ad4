"""Answers that take many plans, in words and tables of at most 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import pairwise

from beachhead.cases import Case
from beachhead.planning.pace import Pace, Rate, tell_launches
from beachhead.planning.pool import Rows
from beachhead.reporting.sensitivity import WIDTH, set_out
from beachhead.reporting.tables import Table
from beachhead.reporting.words import GLUE, change, count, money, number_of

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


def list_entries(rows: Rows) -> str:
    """A schedule in a line: 2014Q3 IND (online), ..."""
    return ", ".join(f"{row['enter']} {row['iso3'] or row['name']}" for row in rows)


def _lay_out(head: str, status: str, words: str, table: Table, sentences: Iterable[str]) -> str:
    lines = [head, *([PARTIAL] if status == "partial" else []), ""]
    lines += [*textwrap.wrap(words, WIDTH), *set_out(table), ""]
    for sentence in sentences:
        lines += textwrap.wrap(sentence, WIDTH, subsequent_indent="  ")
    return "\n".join(line.rstrip() for line in lines).rstrip().replace(GLUE, " ")
