"""The timeline of the report: who is entered when, by region, over the launch teams at work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import xarray as xr

from beachhead.cases import Case
from beachhead.planning import Plan
from beachhead.reporting.charts import BLUE, GREEN, ORANGE, PURPLE, quarter_axis
from beachhead.reporting.summary import Summary
from beachhead.reporting.words import number_of

_MODES = {"online": BLUE, "distributor": ORANGE, "joint venture": PURPLE, "subsidiary": GREEN}
_LANE, _BLOCK, _MARGIN = 16, 26, 135  # pixels
_APART = 2  # quarters between two entries on one lane, whose codes would else overlap
_GREY = "rgba(128,128,128,0.9)"
_INK = "#111"  # on the coloured blocks


def draw_timeline(
    case: Case, plan: Plan, summary: Summary, regions: Mapping[str, str]
) -> dict[str, Any]:
    """Entries by quarter and region, coloured by mode.

    A line leads from the quarter in which work begins to the entry; a diamond marks the quarter
    in which a pilot is decided on, on a lane of its own.

    Parameters
    ----------
    case : Case
        Resolved.
    plan : Plan
        For its gates.
    summary : Summary
        Of the plan, with an entry at least.
    regions : mapping
        ISO3 codes to regions.
    """
    order = list(summary.quarters)
    lanes: dict[str, list[int]] = {}  # of a region: the quarter of the last entry in each lane
    rows = []
    for launch in summary.launches:
        region = regions[launch.iso3]
        ends = lanes.setdefault(region, [])
        lane = next((k for k, end in enumerate(ends) if end + _APART <= launch.quarter), len(ends))
        ends[lane : lane + 1] = [launch.quarter]
        rows.append(
            {
                "iso3": launch.iso3,
                "market": launch.name,
                "lane": f"{region}|{lane:03d}",
                "quarter": launch.enter,
                "begins": launch.start,
                "mode": launch.mode.replace("_", " "),
                "localisation": launch.localisation,
            }
        )
    gates = [
        {
            "lane": "pilot decided|000",
            "quarter": case.quarter_label(use.decision),
            "pilot": use.name,
            "rule": f"{use.pilot} has to have sold {use.threshold:,.0f}",
            "waiting": ", ".join(use.waiting),
        }
        for use in plan.gates
        if use.taken and use.decision < len(order)
    ]
    used = sorted({str(row["lane"]) for row in rows}) + sorted({str(g["lane"]) for g in gates})
    x = quarter_axis(order, wide=True)
    y = alt.Y(
        "lane:O",
        title=None,
        sort=used,
        scale=alt.Scale(domain=used),
        axis=alt.Axis(
            labelExpr="split(datum.value, '|')[1] == '000' ? split(datum.value, '|')[0] : ''",
            ticks=False,
            domain=False,
            labelLimit=_MARGIN - 5,
            minExtent=_MARGIN,
            maxExtent=_MARGIN,
        ),
    )
    shown = [mode for mode in _MODES if any(row["mode"] == mode for row in rows)]
    base = alt.Chart(alt.Data(values=rows)).encode(x=x, y=y)
    tooltip = [
        alt.Tooltip("market:N"),
        alt.Tooltip("quarter:N", title="entered"),
        alt.Tooltip("begins:N", title="work begins"),
        alt.Tooltip("mode:N"),
        alt.Tooltip("localisation:Q"),
    ]
    work = base.mark_rule(color=_GREY, strokeWidth=2).encode(x=x, x2="begins:O", tooltip=tooltip)
    blocks = base.mark_rect(cornerRadius=3, width=_BLOCK).encode(
        color=alt.Color(
            "mode:N",
            title=None,
            scale=alt.Scale(domain=shown, range=[_MODES[mode] for mode in shown]),
            legend=alt.Legend(orient="bottom"),
        ),
        tooltip=tooltip,
    )
    codes = base.mark_text(fontSize=9, color=_INK, clip=False).encode(
        text="iso3:N", tooltip=tooltip
    )
    layers: list[alt.Chart] = [work, blocks, codes]
    if gates:
        layers.append(
            alt.Chart(alt.Data(values=gates))
            .mark_point(shape="diamond", filled=True, size=110, color=ORANGE, opacity=1)
            .encode(
                x=x,
                y=y,
                tooltip=[
                    alt.Tooltip(f"{name}:N") for name in ("pilot", "quarter", "rule", "waiting")
                ],
            )
        )
    entries = alt.layer(*layers).properties(width="container", height=_LANE * len(used))
    spec: dict[str, Any] = entries.properties(description=_tell(summary, regions)).to_dict()
    return spec


def draw_teams(summary: Summary, futures: xr.Dataset) -> dict[str, Any]:
    """Launch teams at work, as bars, under those that there are, as a line; axis quarter."""
    rows = [
        {"quarter": label, "at work": round(float(used), 3), "available": round(float(there), 3)}
        for label, used, there in zip(
            summary.quarters,
            futures["people"].values,
            futures["teams_available"].values,
            strict=True,
        )
    ]
    tooltip = [alt.Tooltip("quarter:N"), alt.Tooltip("at work:Q"), alt.Tooltip("available:Q")]
    base = alt.Chart(alt.Data(values=rows)).encode(x=quarter_axis(summary.quarters, wide=True))
    axis = alt.Axis(tickMinStep=1, minExtent=_MARGIN, maxExtent=_MARGIN, tickCount=4)
    bars = base.mark_bar(color=BLUE).encode(
        y=alt.Y("at work:Q", title=None, axis=axis), tooltip=tooltip
    )
    line = base.mark_line(color=ORANGE, interpolate="step", strokeWidth=2).encode(
        y=alt.Y("available:Q", title=None, axis=axis)
    )
    busy = int((futures["people"] > 0).sum())
    told = (
        "Launch teams at work in each quarter against those available: some at work in "
        f"{busy} of {len(rows)} quarters, at most {float(futures['people'].max()):.1f} of "
        f"{float(futures['teams_available'].max()):g}."
    )
    chart = alt.layer(bars, line).properties(width="container", height=70, description=told)
    spec: dict[str, Any] = chart.to_dict()
    return spec


def _tell(summary: Summary, regions: Mapping[str, str]) -> str:
    """What the timeline shows, in words."""
    said = ", ".join(
        f"{launch.name} {launch.enter} ({launch.mode.replace('_', ' ')})"
        for launch in summary.launches
    )
    number = number_of(len({regions[launch.iso3] for launch in summary.launches}), "region")
    return f"Timeline of the entries in {number}: {said}."
