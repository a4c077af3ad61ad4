"""What a plan hangs on, as tables, in print, and as pictures of the report."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.planning.indices import Index
from beachhead.planning.sensitivity import Sensitivity
from beachhead.planning.spread import Share
from beachhead.planning.study import SMALL, Turn
from beachhead.planning.swings import DOUBTED, REPLANNED, End, Swing
from beachhead.planning.turning import GRID, LEAD
from beachhead.reporting.charts import AMOUNT, BLUE, ORANGE
from beachhead.reporting.tables import Table
from beachhead.reporting.words import GLUE, change, count, money, percent, several

PARTIAL = "PARTIAL: it was interrupted, and what was not looked at is not shown."
WIDTH = 100
SHOWN = 10  # parameters and mechanisms that are printed and drawn
_BESIDE = 36  # columns that a sentence needs to stand beside the numbers, else it stands below
_LOW, _HIGH = BLUE, ORANGE


def list_stakes(case: Case, found: Sensitivity, names: Mapping[str, str]) -> Table:
    """What each of the first ten entries is worth, and what spreads that."""
    rows = [
        (
            f"{names[stake.iso3]} ({stake.iso3})",
            count(stake.worth),
            count(stake.low),
            count(stake.high),
            percent(stake.fails),
            ", ".join(f"{c.unknown}{GLUE}{percent(c.alone.share)}" for c in stake.causes[:3]),
        )
        for stake in found.stakes
    ]
    heads = ("", f"worth, {case.currency}#", "5 %#", "95 %#", "loses#", "spread most by")
    return Table(heads, tuple(rows))


def list_shares(shares: Iterable[Share]) -> Table:
    """Parts of the variance of the value."""
    rows = [
        (
            share.unknown,
            *(_interval(index) for index in (share.alone, share.total)),
            "" if share.common is None else percent(share.common.share),
            percent(share.entries),
        )
        for share in shares
    ]
    heads = ("", "alone#", "with others#", "by all markets#", "first entries#")
    return Table(heads, tuple(rows))


def list_swings(swings: Iterable[Swing]) -> Table:
    """One at a time: the value at both ends of each prior, and what the first entries do."""
    rows = []
    for swing in swings:
        ends = swing.low, swing.high
        told = [f"At {end.value:.3g}: {words}." for end in ends if (words := _tell_end(end))]
        figures = [count(end.objective) for end in ends] + [count(end.adds) for end in ends]
        values = [f"{end.value:.3g}" for end in ends]
        rows.append((swing.parameter, *values, *figures, " ".join(told)))
    heads = ("", "from#", "to#", "J from#", "J to#", "adds from#", "adds to#", "first ten entries")
    return Table(heads, tuple(rows))


def list_effects(found: Sensitivity, *, brief: bool) -> Table:
    """Mechanisms switched off; unless `brief`, with what they are."""
    heads = ("", "plan#", "again#", "loses#", "first ten entries of the plan made without it")
    rows = [
        (
            effect.name,
            count(effect.plan),
            count(effect.again),
            count(effect.loses),
            ("breaks limits; " if effect.breaks else "") + tell_turn(effect.turn),
            effect.words,
        )
        for effect in found.effects
    ]
    if brief:
        return Table(heads, tuple(row[:-1] for row in rows))
    return Table((*heads, "what it is"), tuple(rows))


def list_looks(found: Sensitivity, *, every: bool) -> Table:
    """The plan made again with other entry costs and margins, at `every` factor or the main."""
    rows = [
        (
            look.lever,
            f"x {look.factor:.2f}",
            str(look.early) if look.keeps else "",
            tell_turn(look.turn) if look.keeps else "no plan found that keeps the limits",
        )
        for look in found.looks
        if every or look.factor in GRID
    ]
    return Table(("", "factor#", "in two years#", "first ten entries"), tuple(rows))


def tell_switches(case: Case, found: Sensitivity, names: Mapping[str, str]) -> list[str]:
    """Where the plan turns: a sentence for each event, and one for what was not seen."""
    lead = [names[iso3] for iso3 in found.lead[:LEAD]]
    events = {
        "lead": f"{several(lead).replace(' and ', ' or ')} is entered no more"
        if lead else "a market is entered at all",
        "first": "a quarter of the first ten entries are others",
        "fewer": f"fewer entries in the first two years than {found.early}",
        "more": f"more entries in the first two years than {found.early}",
        "limits": "no plan is found that keeps the limits",
    }  # fmt: skip
    margin, told = case.product.price - case.product.unit_cost, []
    for lever in dict.fromkeys(switch.lever for switch in found.switches):
        switches = [switch for switch in found.switches if switch.lever == lever]
        for s in switches:
            if s.factor is not None:
                what = (
                    f" ({money(s.factor * margin, case.currency)} in place of {count(margin)})"
                    if lever == "margin" else ""
                )  # fmt: skip
                factor = f"{lever.capitalize()} x {s.factor:.2f}{what}"
                told.append(f"{factor}, not yet x {s.before:.2f}: {events[s.event]}.")
        tried = [look.factor for look in found.looks if look.lever == lever]
        if unseen := [events[s.event] for s in switches if s.factor is None]:
            stretch = f"{lever.capitalize()} x {min(tried):.2g} to x {max(tried):.2g}"
            told.append(f"{stretch}, not seen anywhere: {'; '.join(unseen)}.")
    return told


def _interval(index: Index) -> str:
    low, high = (percent(part).removesuffix(f"{GLUE}%") for part in (index.low, index.high))
    return f"{percent(index.share)} ({low} to {high})"


def _tell_end(end: End) -> str:
    parts = [
        f"rather {what} {' '.join(names)}"
        for what, names in (("without", end.idle), ("sooner", end.sooner), ("later", end.later))
        if names
    ]
    if end.turn is not None and end.gains is not None:
        parts.append(f"planned again ({change(end.gains)}) {tell_turn(end.turn)}")
    return "; ".join(parts)


def tell_turn(turn: Turn) -> str:
    """How the first entries change, in a few words."""
    parts = [
        f"{sign} {' '.join(names)}"
        for sign, names in (("in", turn.entered), ("out", turn.dropped), ("moved", turn.moved))
        if names
    ]
    return ", ".join(parts) or "as they are"


@dataclass(frozen=True)
class Part:
    """One question: its name, its title, what the table shows, the table, what else is said."""

    name: str
    title: str
    words: str
    table: Table
    sentences: tuple[str, ...] = ()


def list_sensitivity(
    case: Case, found: Sensitivity, names: Mapping[str, str], *, brief: bool = False
) -> list[Part]:
    """Everything that was found, question by question; `names` by ISO3 code.

    `brief`: only the first ten parameters and the factors that were tried first, as in print.
    """
    futures, small = f"{found.fresh_worlds:,} futures", f"{SMALL * found.evaluations:,.0f}"
    shares, swings = found.shares, found.swings
    if brief:  # those for which the plan was made again stand there too
        shares = shares[:SHOWN]
        swings = tuple(s for k, s in enumerate(swings) if k < SHOWN or s.low.turn is not None)
    parts = [
        Part(
            "stakes", "Worth of the first entries",
            f"Value of the plan less that without one entry, over {futures}: mean, nine worlds of "
            f"ten, in how many of them it loses, and which parts of its variance would go if "
            f"something were known.",
            list_stakes(case, found, names),
        ),
        Part(
            "shares", "Spread of the value",
            f"Parts of its variance over {futures}, with 95 % intervals: alone, and together with "
            f"others; what of it all markets have in common; and the mean part of the worth of the "
            f"first entries.",
            list_shares(shares),
        ),
        Part(
            "swings", "One at a time",
            f"Each parameter at 5 % and 95 % of its prior, the others central (there J is "
            f"{count(found.centre)}). Rather: what J would prefer of the first ten entries, one by "
            f"one, more than at the centre. Planned again with {small} evaluations: the "
            f"{REPLANNED} that move J most, and up to {DOUBTED} that speak against most entries; "
            f"in brackets what that gains.",
            list_swings(swings),
        ),
        Part(
            "effects", "Mechanisms switched off one by one",
            f"J of the plan, and of one made again, in a world without the mechanism; and what the "
            f"latter loses in the world with it, beside the plan made again there with more "
            f"evaluations, whose J is {count(found.again)}.",
            list_effects(found, brief=brief),
            (f"The plan made again: {tell_turn(found.turn)}.",),
        ),
        Part(
            "looks", "Where the plan turns",
            f"Made again with other entry costs and margins, {small} evaluations each. As they "
            f"are, {found.early} entries fall into the first two years.",
            list_looks(found, every=not brief),
            tuple(tell_switches(case, found, names)),
        ),
    ]  # fmt: skip
    return [part for part in parts if part.table.rows]


def describe_sensitivity(case: Case, panel: Panel, found: Sensitivity) -> str:
    """What a plan hangs on, in tables of at most 100 columns."""
    names = panel.names
    lines = [
        f"{found.case}: what the plan hangs on (seed {found.seed}). J {count(found.objective)}, "
        f"at home {count(found.stay_home)} {case.currency}."
    ]
    if found.status == "partial":
        lines.append(PARTIAL)
    for part in list_sensitivity(case, found, names, brief=True):
        lines += ["", *textwrap.wrap(f"{part.title}. {part.words}", WIDTH), *set_out(part.table)]
        for sentence in part.sentences:
            lines += textwrap.wrap(sentence, WIDTH, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(line.rstrip() for line in lines).replace(GLUE, " ")


def set_out(table: Table) -> list[str]:
    """A table in columns; a sentence at its end beside the numbers, or below where it is tight."""
    rows = [tuple(head.rstrip("#") for head in table.heads), *table.rows]
    wordy = len(table.heads) > 1 and not table.heads[-1].endswith("#")
    last = len(table.heads) - wordy
    widths = [max(len(row[k]) for row in rows) for k in range(last)]
    used = 2 + sum(widths) + 2 * last
    below = WIDTH - used < _BESIDE
    lines = []
    for row in rows:
        cells = [
            f"{cell:>{width}}" if head.endswith("#") else f"{cell:<{width}}"
            for cell, width, head in zip(row, widths, table.heads, strict=False)
        ]
        line, words = "  " + "  ".join(cells), row[-1] if wordy else ""
        indent = " " * (6 if below else used)
        told = textwrap.wrap(words, WIDTH - len(indent)) if words else []
        if below and row is rows[0]:  # the head of what stands below says itself
            told = []
        if told and not below:
            line = f"{line:<{used}}{told.pop(0)}"
        lines += [line, *(indent + part for part in told)]
    return lines


def draw_sensitivity(
    case: Case, found: Sensitivity, names: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Pictures by name: worth of the first entries, swings of J, and shares of the variance."""
    drawn = {}
    if found.stakes:
        told = f"Worth of the first {len(found.stakes)} entries, means and nine worlds of ten"
        drawn["stakes"] = _draw_stakes(case, found, names), told
    if found.swings:
        first = ", ".join(swing.parameter for swing in found.swings[:3])
        told = f"J at both ends of each prior, widest first: {first}"
        drawn["swings"] = _draw_swings(case, found), told
    if found.shares:
        first = ", ".join(share.unknown for share in found.shares[:3])
        told = f"Parts of the variance of the value, largest first: {first}"
        drawn["shares"] = _draw_shares(found), told
    return {
        name: chart.properties(
            width="container", height=alt.Step(22), description=f"{told}."
        ).to_dict()
        for name, (chart, told) in drawn.items()
    }


def _draw_stakes(case: Case, found: Sensitivity, names: Mapping[str, str]) -> Any:
    rows = [
        {"market": names[s.iso3], "worth": s.worth, "low": s.low, "high": s.high}
        for s in found.stakes
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(y=_lines("market", rows))
    spans = base.mark_bar(opacity=0.5, color=_LOW).encode(
        x=alt.X(
            "low:Q", title=f"worth, {case.currency}, mean and nine worlds of ten", axis=_axis()
        ),
        x2="high:Q",
    )
    return alt.layer(spans, base.mark_tick(color=_HIGH, thickness=3).encode(x="worth:Q"))


def _draw_swings(case: Case, found: Sensitivity) -> Any:
    rows = [
        {"parameter": swing.parameter, "end": end, "J": value, "centre": found.centre}
        for swing in found.swings[:SHOWN]
        for end, value in (("5 %", swing.low.objective), ("95 %", swing.high.objective))
    ]
    colour = alt.Color(
        "end:N", title="of the prior", legend=alt.Legend(orient="bottom"),
        scale=alt.Scale(domain=["5 %", "95 %"], range=[_LOW, _HIGH]),
    )  # fmt: skip
    x = alt.X("J:Q", title=f"J, {case.currency}", axis=_axis(), scale=alt.Scale(zero=False))
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(opacity=0.9)
        .encode(y=_lines("parameter", rows), x=x, x2="centre:Q", color=colour)
    )


def _draw_shares(found: Sensitivity) -> Any:
    rows = [
        {"unknown": s.unknown, "part": s.total.share, "low": s.total.low, "high": s.total.high}
        for s in found.shares[:SHOWN]
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(y=_lines("unknown", rows))
    axis = alt.Axis(format="%")
    bars = base.mark_bar(color=_LOW).encode(
        x=alt.X("part:Q", title="part of the variance, with others", axis=axis)
    )
    return alt.layer(bars, base.mark_rule(color=_HIGH).encode(x="low:Q", x2="high:Q"))


def _lines(field: str, rows: Sequence[Mapping[str, Any]]) -> alt.Y:
    """One line a name, in the order of the rows."""
    order = list(dict.fromkeys(row[field] for row in rows))
    return alt.Y(
        f"{field}:N", sort=order, title=None, axis=alt.Axis(labelLimit=220),
        scale=alt.Scale(paddingInner=0.25),
    )  # fmt: skip


def _axis() -> alt.Axis:
    return alt.Axis(labelExpr=AMOUNT)
