"""What a plan hangs on, in words, as a file, and as a picture."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.files import write_atomic
from beachhead.planning.indices import Index
from beachhead.planning.sensitivity import (
    HALVINGS,
    REPLANNED,
    SMALL,
    Effect,
    Sensitivity,
    Swing,
    Switch,
    Turn,
)
from beachhead.reporting.folder import PICTURE, SENSITIVITY
from beachhead.reporting.words import GLUE, count, lay_out, money, percent

WIDTH = 100
_SHOWN = 10  # parameters and mechanisms that are printed
_LOW, _HIGH = "#4c9be8", "#e8a33d"


def write_sensitivity(folder: Path, case: Case, found: Sensitivity) -> None:
    """Write `sensitivity.json` and the picture into a run folder."""
    write_atomic(folder / SENSITIVITY, to_json(found))
    write_atomic(folder / PICTURE, draw(case, found))


def to_json(found: Sensitivity) -> str:
    """Text of `sensitivity.json`: everything that was found."""

    def plain(value: Any) -> Any:
        if isinstance(value, Index):
            return value._asdict()
        if dataclasses.is_dataclass(value):
            return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return [plain(part) for part in value] if isinstance(value, tuple) else value

    return json.dumps(plain(found), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def describe_sensitivity(case: Case, panel: Panel, found: Sensitivity) -> str:
    """What a plan hangs on, in tables of at most 100 columns."""
    names = {iso3: panel.name(iso3) for iso3 in found.first}
    first = [f"{name}," for name in names.values()]
    first[-1:] = [first[-1].replace(",", ".")] if first else ["none."]
    lines = [
        f"{found.case}: what the plan hangs on (seed {found.seed}). J {count(found.objective)}, "
        f"at home {count(found.stay_home)} {case.currency}.",
        *lay_out(["First entries:", *first], WIDTH),
    ]
    if found.status == "partial":
        lines.append("PARTIAL: it was interrupted, and what was not looked at is not shown.")
    for section in (_shares(found), _swings(found), _effects(found), _switches(case, found, names)):
        lines += ["", *section] if section else []
    return "\n".join(line[:WIDTH].rstrip() for line in lines).replace(GLUE, " ")


def _shares(found: Sensitivity) -> list[str]:
    if not found.shares:
        return []
    futures = f"{found.fresh_worlds:,} futures"
    head = f"Spread of the value over {futures}: parts of its variance (shared: by all markets)"
    lines = [head, f"  {'':<30}{'alone':>7} {'95 %':>16}  {'with others':>11} {'95 %':>16}"
             f"  {'shared':>7}"]  # fmt: skip
    for share in found.shares[:_SHOWN]:
        common = "" if share.common is None else percent(share.common.share)
        lines.append(
            f"  {share.unknown:<30}{percent(share.alone.share):>7} {_interval(share.alone):>16}"
            f"  {percent(share.total.share):>11} {_interval(share.total):>16}  {common:>7}"
        )
    return lines


def _interval(index: Index) -> str:
    return f"{percent(index.low)} to {percent(index.high)}"


def _swings(found: Sensitivity) -> list[str]:
    if not found.swings:
        return []
    lines = [
        f"One at a time, 5 % and 95 % of its prior, the others central (there J is "
        f"{count(found.centre)})",
        f"  {'':<26}{'from':>9}{'to':>9}{'J from':>10}{'J to':>10}{'adds from':>11}{'adds to':>10}",
    ]
    for swing in found.swings[:_SHOWN]:
        low, high = swing.low, swing.high
        lines.append(
            f"  {swing.parameter:<26}{low.value:>9.3g}{high.value:>9.3g}"
            f"{count(low.objective):>10}{count(high.objective):>10}"
            f"{count(low.adds):>11}{count(high.adds):>10}"
        )
        lines += lay_out(_tell_ends(swing), WIDTH, indent="    ", lines=2, rest="and {} more.")
    lines.append(
        f"  First entries that no longer pay and, for the {REPLANNED} that move J most, what "
        f"planning again changes"
    )
    lines.append(
        f"  ({SMALL * found.evaluations:,.0f} evaluations, beside the same at the centre)."
    )
    return lines


def _tell_ends(swing: Swing) -> list[str]:
    parts = []
    for end in (swing.low, swing.high):
        at = f"at {end.value:.3g}"
        if end.idle:
            parts.append(f"{at} no longer pay: {', '.join(end.idle)};")
        if end.turn is not None and (told := _tell_turn(end.turn)) != "nothing":
            parts.append(f"{at} planned again: {told};")
    return parts


def _tell_turn(turn: Turn) -> str:
    parts = [
        f"{sign}{' '.join(names)}"
        for sign, names in (("in ", turn.entered), ("out ", turn.dropped), ("moved ", turn.moved))
        if names
    ]
    return ", ".join(parts) or "nothing"


def _effects(found: Sensitivity) -> list[str]:
    if not found.effects:
        return []
    lines = [
        f"Mechanisms switched off one by one (with all, planned again: J {count(found.again)})",
        f"  {'':<26}{'plan':>9}{'again':>9}{'costs':>9}  what planning without it changes",
    ]
    lines += [_tell_effect(effect) for effect in found.effects]
    lines.append(
        "  plan, again: J of the plan, and of one made anew, in a world without it; costs:"
    )
    lines.append("  what the plan made without it loses in the world with it.")
    return lines


def _tell_effect(effect: Effect) -> str:
    breaks = "breaks limits; " if effect.breaks else ""
    return (
        f"  {effect.name:<26}{count(effect.plan):>9}{count(effect.again):>9}"
        f"{count(effect.loses):>9}  {breaks}{_tell_turn(effect.turn)}"
    )


def _switches(case: Case, found: Sensitivity, names: Mapping[str, str]) -> list[str]:
    if not found.switches:
        return []
    first = names[found.first[0]] if found.first else ""
    lines = [f"Where the plan turns ({found.evaluations:,} evaluations each)"]
    lines += [f"  {_tell_switch(switch, first)}" for switch in found.switches]
    step = 2 ** (0.5**HALVINGS) - 1
    product = case.product
    lines.append(
        f"  Found to within a factor of {1 + step:.2f} at most, from 0.5 to 8. Today's margin is "
        f"{money(product.price - product.unit_cost, case.currency)}."
    )
    return lines


def _tell_switch(switch: Switch, name: str) -> str:
    event = {
        "first": f"{name} is entered no more" if name else "a first market is entered",
        "fewer": "fewer entries in the first two years",
        "more": "more entries in the first two years",
        "limits": "no plan is found that keeps the limits",
    }[switch.event]  # fmt: skip
    if switch.factor is None:
        return f"{switch.lever:<11} nowhere in the range: {event}."
    return f"{switch.lever:<11} x {switch.factor:.2f} (not yet at x {switch.before:.2f}): {event}."


def draw(case: Case, found: Sensitivity) -> bytes:
    """The picture, PNG: swings of J one at a time, and shares of the variance."""
    import vl_convert

    chart = alt.hconcat(_draw_swings(case, found), _draw_shares(found)).resolve_scale(
        color="independent"
    )
    picture: bytes = vl_convert.vegalite_to_png(chart.to_json(), scale=2)
    return picture


def _draw_swings(case: Case, found: Sensitivity) -> Any:
    rows = [
        {"parameter": swing.parameter, "end": end, "J": value}
        for swing in found.swings[:_SHOWN]
        for end, value in (("5 %", swing.low.objective), ("95 %", swing.high.objective))
    ]
    bars = (
        alt.Chart(alt.Data(values=[{**row, "centre": found.centre} for row in rows]))
        .mark_bar(opacity=0.9)
        .encode(
            y=alt.Y("parameter:N", sort=_in_order(s.parameter for s in found.swings), title=None),
            x=alt.X("J:Q", title=f"J, {case.currency}", axis=alt.Axis(format="~s"),
                    scale=alt.Scale(zero=False)),
            x2="centre:Q",
            color=alt.Color("end:N", title="of the prior",
                            scale=alt.Scale(domain=["5 %", "95 %"], range=[_LOW, _HIGH])),
        )
    )  # fmt: skip
    rule = alt.Chart(alt.Data(values=[{"centre": found.centre}])).mark_rule().encode(x="centre:Q")
    title = "One at a time, the others central"
    return alt.layer(bars, rule).properties(width=360, height=260, title=title)


def _draw_shares(found: Sensitivity) -> Any:
    rows = [
        {
            "unknown": share.unknown, "part": share.total.share, "low": share.total.low,
            "high": share.total.high,
        }
        for share in found.shares[:_SHOWN]
    ]  # fmt: skip
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("unknown:N", sort=_in_order(s.unknown for s in found.shares), title=None)
    )
    bars = base.mark_bar(color=_LOW).encode(
        x=alt.X("part:Q", title="part of the variance, with others", axis=alt.Axis(format="%"))
    )
    spans = base.mark_rule().encode(x="low:Q", x2="high:Q")
    title = f"Spread of the value, {found.fresh_worlds:,} futures"
    return alt.layer(bars, spans).properties(width=360, height=260, title=title)


def _in_order(names: Any) -> Sequence[str]:
    return list(names)[:_SHOWN]
