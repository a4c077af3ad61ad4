"""What limits cost, and the least with which a case can be met, in print and in the report."""

from __future__ import annotations

import textwrap

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning.least import Least
from beachhead.planning.prices import Price, Prices
from beachhead.reporting.sensitivity import PARTIAL, WIDTH, set_out, tell_turn
from beachhead.reporting.tables import Table
from beachhead.reporting.words import GLUE, count, money, number_of, percent


def list_prices(case: Case, found: Prices) -> Table:
    """Each limit, the room in it, and what the plan could bring more with that one eased."""
    heads = (
        "limit",
        "",
        "room#",
        "instead",
        f"J more, {case.currency}#",
        "mean value more#",
        "and then",
    )
    return Table(heads, tuple(_row(price) for price in found.prices))  # fmt: skip


def _row(price: Price) -> tuple[str, ...]:
    worth = f"{count(price.worth)} ±{count(price.worth_error)}" if price.objective else "0"
    room = f"{count(price.slack)} {price.unit.split(' ')[0]}"
    if price.unit in ("teams", "markets", "quarters"):
        room = f"{price.slack:.2g} {price.unit}"
    elif price.unit == "probability":
        room = percent(price.slack)
    turn = tell_turn(price.turn) if price.objective else ""
    binds = "binds" if price.binding else ""
    return price.words, binds, room, price.eased, count(price.objective), worth, turn


def introduce_prices(found: Prices) -> str:
    """What the figures of the table are."""
    words = (
        f"What the plan could bring more if one limit alone were eased as it says: J on the "
        f"search's futures, made again with parts of {found.evaluations:,} evaluations, beside the "
        f"best plan within all limits that was found on the way (J {count(found.again)}; the plan "
        f"has {count(found.objective)}); and the mean value on {found.fresh_worlds:,} others, with "
        f"half its 95{GLUE}% interval."
    )
    return f"{words} {PARTIAL}" if found.status == "partial" else words


def describe_prices(case: Case, found: Prices) -> str:
    """Prices of the limits in lines of at most 100 columns."""
    lines = textwrap.wrap(
        f"{found.case}: what the limits cost (seed {found.seed}). {introduce_prices(found)}", WIDTH
    )
    for price in found.prices:
        words, binds, room, eased, more, worth, turn = _row(price)
        lines += textwrap.wrap(
            f"{words} ({f'{binds}, ' if binds else ''}room {room}); {eased}: J {more}, mean "
            f"{worth}{f'; {turn}' if turn else ''}",
            WIDTH, initial_indent="  ", subsequent_indent="      ",
        )  # fmt: skip
    return "\n".join(lines).replace(GLUE, " ")


def describe_least(case: Case, panel: Panel, found: Least) -> str:
    """The least level and the schedule there, in lines of at most 100 columns."""
    if found.limit == "capital":
        level, given, takes = (
            money(amount, case.currency) for amount in (found.level, found.given, found.takes)
        )
        what = "the least capital"
    else:
        level, given, takes = (
            number_of(round(teams), "launch team")
            for teams in (found.level, found.given, found.takes)
        )
        what = "the fewest launch teams"
    said = [
        f"{found.case}: {what} with which a schedule was found that meets what the case demands, "
        f"within all other limits: {level}. The case gives {given}."
    ]
    if found.proven is not None:
        said.append(
            "Proven: no schedule does with fewer."
            if found.proven == found.level
            else f"Proven: none does with fewer than {found.proven:.0f}."
        )
    said.append(
        f"J there is {count(found.objective)}, and {count(found.unlimited)} without that limit, "
        f"for which the plan takes {takes}."
    )
    lines = [PARTIAL] if found.status == "partial" else []
    lines += [line for sentence in said for line in textwrap.wrap(sentence, WIDTH)]
    rows = [
        (case.quarter_label(entry.quarter), f"{panel.name(entry.iso3)} ({entry.iso3})",
         entry.mode.replace("_", " "), f"localised {entry.localisation:g}")
        for entry in found.schedule.entries
    ]  # fmt: skip
    rows += [
        (case.quarter_label(begun.quarter), case.measures[begun.measure].name, "measure", "")
        for begun in found.schedule.measures
    ]
    table = Table(("enter", "", "", "#"), tuple(sorted(rows)))
    return "\n".join([*lines, "", *set_out(table)]).replace(GLUE, " ") + "\n"
