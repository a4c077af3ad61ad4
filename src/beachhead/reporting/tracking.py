"""A plan against what happened, in print and as a section of the report."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from beachhead.cases import Case
from beachhead.evidence.fans import Observation
from beachhead.evidence.launches import Launch
from beachhead.evidence.ledger import Line
from beachhead.evidence.tracking import Aim, Track
from beachhead.reporting.charts import BLUE, GREEN, RED
from beachhead.reporting.sentences import measured, name_target, odds
from beachhead.reporting.tables import Table
from beachhead.reporting.words import GLUE, count, number_of, percent

WIDTH = 100
SHOWN = 12  # figures in the terminal, and pictures in the report
LEAST_POINTS = 2  # figures of a market of which a picture is drawn
ANSWERS = {
    "KEEP": "keep the plan",
    "REVIEW": "look at what is said below; nothing of it alone overturns the plan",
    "RE-PLAN": "plan again from where the firm stands",
}
METRICS = {"entry_cost": "entry cost", "home_rank": "place at home"}
KINDS = {
    "as planned": "as planned",
    "late": "late",
    "early": "sooner",
    "not entered": "not entered",
    "not said": "not said: taken as planned",
    "waits": "its gate has not opened",
    "not planned": "not planned",
    "left": "left",
}


@dataclass(frozen=True)
class Section:
    """What the report says of it; `pictures` are names of charts."""

    sentences: tuple[str, ...]
    aims: Table
    launches: Table
    observations: Table
    calibration: str
    pictures: tuple[str, ...]


def describe_track(
    case: Case, found: Track, names: Mapping[str, str], command: str, ledger: str
) -> str:
    """The answer, its reasons, targets, entries and the figures outside; lines of 100 columns."""
    lines = [line for said in tell_answer(found) for line in _wrap(said)]
    if found.answer != "KEEP":
        lines += ["", "Next:" if found.can_replan else "Less than a year is left to plan."]
        lines += [f"  {command}"] * found.can_replan
    if found.aims:
        lines += ["", *_set(list_aims(case, found, names))]
    if found.launches:
        lines += ["", *_set(list_launches(found, names))]
    lines += ["", *_wrap(tell_calibration(found))]
    outside = [one for one in found.observations if one.outside]
    if outside:
        outside.sort(key=lambda one: (not one.counted, one.market, one.metric, one.quarter))
        lines += ["", *_set(_list(case, outside[:SHOWN], names))]
        if len(outside) > SHOWN:
            lines.append(f"... and {len(outside) - SHOWN} more outside, see the report")
    lines += [line for note in found.notes for line in _wrap(f"{note[:1].upper()}{note[1:]}.")]
    lines += ["", f"Ledger of targets: {ledger}"]
    return "\n".join(lines).replace(GLUE, " ")


def tell_answer(found: Track) -> list[str]:
    """The answer and why."""
    told = [f"{found.case} as of {found.as_of}: {found.answer}: {ANSWERS[found.answer]}."]
    told += [f"{reason.answer}: {reason.words}." for reason in found.reasons]
    if found.by:
        told.append(tell_odds(found))
    if found.ruin_now is not None:
        told.append(
            f"Chance of ruin {percent(found.ruin_now)} from here on, {percent(found.ruin)} when "
            "planned."
        )
    return told


def tell_odds(found: Track) -> str:
    """Of which futures the odds now are."""
    if found.by == "state":
        return (
            f"Odds now: {found.worlds:,} futures simulated from where the firm stands, since other "
            "was done than planned or hardly a future of the plan is like what happened."
        )
    return (
        f"Odds now: the plan's {found.worlds:,} futures, weighed by how near they come to what was "
        f"sold; that is worth {found.effective:,.0f} of equal weight."
    )


def tell_calibration(found: Track) -> str:
    """How many figures lie outside the band, and whether that is more than chance."""
    test = found.calibration
    if not test.count:
        return "No figure of what was done as planned tests the plan's futures."
    verb = "lies" if test.outside == 1 else "lie"
    return (
        f"Of {number_of(test.count, 'figure')} of what was done as planned, {test.outside} {verb} "
        f"outside the band of nine futures of ten; {test.expected:.1f} may be expected. As many or "
        f"more do in {percent(test.chance)} of the plan's own futures, in which the quarters of a "
        "market hang together as they do here: figures that repeat one another are not counted "
        "twice by that, but few of them prove little."
    )


def tell_score(lines: Sequence[Line]) -> str:
    """How good the odds were, over the targets of a ledger that are due; empty where none is."""
    last = {line.said: line for line in sorted(lines, key=lambda line: line.as_of)}
    scores = [float(line.brier) for line in last.values() if line.brier]
    if not scores:
        return ""
    mean = sum(scores) / len(scores)
    return (
        f"Brier score {mean:.2f} over {number_of(len(scores), 'target')} that {_are(len(scores))} "
        "due (0 is best; odds of one half always give 0.25)."
    )


def list_aims(case: Case, found: Track, names: Mapping[str, str]) -> Table:
    """Targets with their odds when planned and now, and what they have come to."""
    worlds = max(found.worlds, 1)
    rows = []
    for aim in found.aims:
        target = case.targets[aim.number]
        rows.append(
            (
                name_target(case, target, names),
                target.by,
                "" if aim.probability is None else percent(aim.probability),
                "" if aim.chance is None else percent(aim.chance),
                "" if aim.now is None else odds(aim.now, worlds),
                _tell_outcome(case, aim),
            )
        )
    heads = ("target", "due", "demanded#", "planned#", "now#", "outcome")
    return Table(heads, tuple(rows))


def list_launches(found: Track, names: Mapping[str, str]) -> Table:
    """Entries as planned and as made."""
    rows = tuple(
        (
            names[one.market], one.planned or "", one.actual or "",
            f"{one.late}" if one.late else "", _tell_kind(one),
        )
        for one in found.launches
    )  # fmt: skip
    return Table(("entry", "planned", "actual", "quarters late#", ""), rows)


def list_observations(case: Case, found: Track, names: Mapping[str, str]) -> Table:
    """Every figure beside its fan."""
    return _list(case, found.observations, names)


def tell_track(case: Case, found: Track, names: Mapping[str, str]) -> Section:
    """What the report says."""
    return Section(
        sentences=tuple(tell_answer(found)),
        aims=list_aims(case, found, names),
        launches=list_launches(found, names),
        observations=list_observations(case, found, names),
        calibration=tell_calibration(found),
        pictures=tuple(draw_track(case, found, names)),
    )


def draw_track(case: Case, found: Track, names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """A picture for each series of figures: band, median and what happened; at most twelve.

    Units first, then revenue and the rest; of these home first.
    """
    series: dict[tuple[str, str], list[Observation]] = {}
    for one in found.observations:
        series.setdefault((one.metric, one.market), []).append(one)
    order = {"units": 0, "revenue": 1, "cash": 2, "share": 3}
    chosen = sorted(
        (key for key, ones in series.items() if len(ones) >= LEAST_POINTS),
        key=lambda key: (order.get(key[0], 4), key[1] != case.firm.home, key),
    )[:SHOWN]
    return {
        f"track-{k}": _draw(f"{_name(*key, names)}{_unit(case, key[0])}", series[key])
        for k, key in enumerate(chosen)
    }


def _draw(title: str, ones: Sequence[Observation]) -> dict[str, Any]:
    rows = [
        {
            "quarter": one.quarter, "low": one.low, "middle": one.middle, "high": one.high,
            "actual": one.actual, "where": "outside" if one.outside else "within",
        }
        for one in ones
    ]  # fmt: skip
    base = alt.Chart(alt.Data(values=rows), title=title).encode(
        x=alt.X("quarter:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))
    )
    tooltip = [alt.Tooltip("quarter:N")]
    tooltip += [alt.Tooltip(f"{name}:Q", format=",.4~g")
                for name in ("actual", "low", "middle", "high")]  # fmt: skip
    axis = alt.Axis(format="~s", title=None)
    band = base.mark_area(opacity=0.25, color=BLUE).encode(y=alt.Y("low:Q", axis=axis), y2="high:Q")
    middle = base.mark_line(color=BLUE).encode(y=alt.Y("middle:Q", axis=axis))
    colour = alt.Color(
        "where:N", legend=None,
        scale=alt.Scale(domain=["within", "outside"], range=[GREEN, RED]),
    )  # fmt: skip
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=alt.Y("actual:Q", axis=axis), color=colour, tooltip=tooltip
    )
    outside = sum(one.outside for one in ones)
    told = f"{title}: {len(ones)} figures beside their bands, {outside} of them outside."
    chart = alt.layer(band, middle, points).properties(
        width="container", height=180, description=told
    )
    return dict(chart.to_dict())


def _list(case: Case, ones: Sequence[Observation], names: Mapping[str, str]) -> Table:
    rows = tuple(
        (
            _name(one.metric, one.market, names), one.quarter,
            *(_figure(case, one.metric, x) for x in (one.actual, one.low, one.middle, one.high)),
            percent(one.percentile), "outside" if one.outside else "",
            "" if one.counted else "not counted",
        )
        for one in ones
    )  # fmt: skip
    heads = ("figure", "quarter", "actual#", "5 %#", "median#", "95 %#", "percentile#", "", "")
    return Table(heads, rows)


def _name(metric: str, market: str, names: Mapping[str, str]) -> str:
    words = METRICS.get(metric, metric)
    return f"{names[market]} {words}" if market else words


def _unit(case: Case, metric: str) -> str:
    return f", {case.currency}" if metric in ("revenue", "entry_cost", "flow", "cash") else ""


def _figure(case: Case, metric: str, value: float) -> str:
    if metric == "share":
        return percent(value)
    return f"{value:.0f}" if metric == "home_rank" else count(value)


def _tell_outcome(case: Case, aim: Aim) -> str:
    target = case.targets[aim.number]
    if aim.outcome == "open":
        return "open" if aim.now is not None else "open; its period has begun, no odds"
    if aim.outcome == "unknown":
        lacking = ", ".join(aim.lacking[:2]) + ", ..." * (len(aim.lacking) > 2)
        return f"unknown, lacks {lacking}"
    came = "" if aim.measured is None else f", {measured(case, target, aim.measured)}"
    after = f"; met in {aim.reached}" if aim.reached else ""
    return f"{aim.outcome}{came}{after}"


def _tell_kind(one: Launch) -> str:
    return f"{KINDS[one.kind]}{', otherwise' if one.otherwise else ''}"


def _are(things: int) -> str:
    return "is" if things == 1 else "are"


def _wrap(said: str) -> list[str]:
    return textwrap.wrap(said, WIDTH, subsequent_indent="  ")


def _set(table: Table) -> list[str]:
    """A table in lines: the first column at most 38 wide, the last one takes what is left."""
    heads = tuple(head.rstrip("#") for head in table.heads)
    rows = [heads, *table.rows]
    rows = [(textwrap.shorten(row[0], 38, placeholder=" ..."), *row[1:]) for row in rows]
    widths = [max(len(row[k]) for row in rows) for k in range(len(heads))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(wide) if head.endswith("#") else cell.ljust(wide)
            for cell, wide, head in zip(row, widths, table.heads, strict=True)
        ]
        lines += textwrap.wrap("  ".join(cells).rstrip(), WIDTH, subsequent_indent=" " * 4)
    return lines
