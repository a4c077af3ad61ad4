"""The pictures of the report, as Vega-Lite: a map, a timeline, fans of cash and of sales.

Colours stand on a light and on a dark page alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.reporting.summary import Summary

# Natural Earth's countries at 1:110 million, as published in world-atlas 2.0.2.
_WORLD = Path(__file__).parent / "countries-110m.json"
_ANTARCTICA = "010"
_UNNUMBERED = {"Kosovo": "XKX"}  # economies without a numeric code of ISO 3166

_HOME, _SERVED, _CANDIDATE, _OTHER = "home", "served already", "candidate", "no candidate"
_FIXED = {
    _HOME: "#d62728",
    _SERVED: "#e377c2",
    _CANDIDATE: "rgba(128,128,128,0.40)",
    _OTHER: "rgba(128,128,128,0.15)",
}
_SHADES = ("#5b3a9e", "#3b7dd8", "#21a98c", "#7fcf4f", "#f5d327")
_MODES = {
    "online": "#4c9be8",
    "distributor": "#e8a33d",
    "joint_venture": "#9b6fd6",
    "subsidiary": "#3fa66b",
}
_EDGE = "rgba(128,128,128,0.6)"
_AMOUNT = "replace(replace(format(datum.value, '~s'), 'G', ' bn'), 'M', ' m')"


def draw_map(
    case: Case, panel: Panel, summary: Summary, why: Mapping[str, str], candidates: set[str]
) -> dict[str, Any]:
    """Map of all economies, coloured by year of entry; points where the map has no area.

    Parameters
    ----------
    case : Case
        Resolved.
    panel : Panel
        For names and places of markets.
    summary : Summary
        Of the plan.
    why : mapping
        ISO3 codes to a sentence, for those that have one.
    candidates : set of str
        ISO3 codes of the markets that could be entered.
    """
    world = _load_world()
    areas = {shape.get("id") for shape in world["objects"]["countries"]["geometries"]}
    entered = {launch.iso3: launch for launch in summary.launches}
    served = {market.market for market in case.firm.served}
    rows = []
    for place in panel.markets.iter_rows(named=True):
        iso3 = place["iso3"]
        launch = entered.get(iso3)
        group = _OTHER if iso3 not in candidates else _CANDIDATE
        group = _SERVED if iso3 in served else _HOME if iso3 == case.firm.home else group
        rows.append(
            {
                "id": place["numeric"] or iso3,
                "market": place["name"],
                "group": launch.enter[:4] if launch else group,
                "entry": f"{launch.enter}, {launch.mode.replace('_', ' ')}" if launch else group,
                "why": why.get(iso3, ""),
                "lon": place["lon"],
                "lat": place["lat"],
            }
        )
    points = [row for row in rows if row["id"] not in areas]
    years = sorted({label[:4] for label in summary.quarters})
    colours = {**dict(zip(years, _shade(len(years)), strict=True)), **_FIXED}
    groups = {str(row["group"]) for row in rows}
    shown = [group for group in colours if group in groups]
    colour = alt.Color(
        "group:N",
        title=None,
        scale=alt.Scale(domain=shown, range=[colours[group] for group in shown]),
        legend=alt.Legend(orient="bottom", columns=0),
    )
    tooltip = [alt.Tooltip(f"{field}:N") for field in ("market", "entry", "why")]
    shapes = alt.NamedData(
        name="world", format=alt.TopoDataFormat(type="topojson", feature="countries")
    )
    areas_drawn = (
        alt.Chart(shapes)
        .mark_geoshape(stroke=_EDGE, strokeWidth=0.4)
        .transform_lookup(
            lookup="id",
            from_=alt.LookupData(
                alt.Data(values=rows), "id", fields=["market", "group", "entry", "why"]
            ),
            default=_OTHER,
        )
        .encode(color=colour, tooltip=tooltip)
    )
    points_drawn = (
        alt.Chart(alt.Data(values=points))
        .mark_circle(opacity=1, stroke=_EDGE, strokeWidth=0.4)
        .encode(
            longitude="lon:Q",
            latitude="lat:Q",
            color=colour,
            size=alt.condition(
                alt.FieldOneOfPredicate("group", [_CANDIDATE, _OTHER]), alt.value(12), alt.value(70)
            ),
            tooltip=tooltip,
        )
    )
    chart = alt.layer(areas_drawn, points_drawn).project("equalEarth")
    spec: dict[str, Any] = chart.properties(width="container", height=460).to_dict()
    return spec | {"datasets": {**spec.get("datasets", {}), "world": world}}


def draw_timeline(summary: Summary, regions: Mapping[str, str]) -> dict[str, Any]:
    """Entries by quarter and region, coloured by mode; `regions` maps ISO3 codes to regions."""
    lanes: dict[tuple[str, str], int] = {}
    rows = []
    for launch in summary.launches:
        region = regions[launch.iso3]
        lane = lanes.get((region, launch.enter), 0)
        lanes[region, launch.enter] = lane + 1
        rows.append(
            {
                "iso3": launch.iso3,
                "market": launch.name,
                "lane": f"{region}|{lane:03d}",
                "enter": launch.enter,
                "work begins": launch.start,
                "mode": launch.mode.replace("_", " "),
                "localisation": launch.localisation,
            }
        )
    modes = {name.replace("_", " "): colour for name, colour in _MODES.items()}
    shown = [mode for mode in modes if any(row["mode"] == mode for row in rows)]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "enter:O",
            title=None,
            scale=alt.Scale(domain=list(summary.quarters)),
            axis=alt.Axis(
                values=_first_quarters(summary.quarters),
                labelExpr="substring(datum.value, 0, 4)",
                labelAngle=0,
                grid=True,
            ),
        ),
        y=alt.Y(
            "lane:O",
            title=None,
            sort=sorted({str(row["lane"]) for row in rows}),
            axis=alt.Axis(
                labelExpr="split(datum.value, '|')[1] == '000' ? split(datum.value, '|')[0] : ''",
                ticks=False,
                domain=False,
                labelLimit=220,
            ),
        ),
        tooltip=[
            alt.Tooltip(f"{field}:N")
            for field in ("market", "enter", "work begins", "mode", "localisation")
        ],
    )
    blocks = base.mark_rect(cornerRadius=3).encode(
        color=alt.Color(
            "mode:N",
            title="mode",
            scale=alt.Scale(domain=shown, range=[modes[mode] for mode in shown]),
            legend=alt.Legend(orient="bottom"),
        )
    )
    codes = base.mark_text(fontSize=9, color="#111").encode(text="iso3:N")
    chart = alt.layer(blocks, codes)
    used = {row["lane"] for row in rows}
    return chart.properties(width="container", height=15 * len(used)).to_dict()


def draw_cash(case: Case, summary: Summary, futures: xr.Dataset) -> dict[str, Any]:
    """Cash at the end of each quarter: median, middle half and nine tenths of the worlds."""
    fan = _draw_fan(
        {"cash": _fan(futures["cash"])}, summary.quarters, case.currency, {"cash": "#4c9be8"}
    )
    floor = (
        alt.Chart(alt.Data(values=[{"floor": case.limits.cash_floor}]))
        .mark_rule(color="#d62728", strokeDash=[4, 3])
        .encode(y="floor:Q", tooltip=alt.Tooltip("floor:Q", title="cash floor", format=",.0f"))
    )
    return alt.layer(*fan, floor).properties(width="container", height=260).to_dict()


def draw_sales(case: Case, summary: Summary, futures: xr.Dataset) -> dict[str, Any]:
    """Revenue of each quarter at home and abroad, with the same fans."""
    fans = {"home": _fan(futures["revenue_home"]), "abroad": _fan(futures["revenue_abroad"])}
    colours = {"home": "#e8a33d", "abroad": "#3fa66b"}
    layers = _draw_fan(fans, summary.quarters, case.currency, colours)
    return alt.layer(*layers).properties(width="container", height=260).to_dict()


def _fan(values: xr.DataArray) -> NDArray[np.floating]:
    """5, 25, 50, 75 and 95 % points over worlds, axes (point, quarter)."""
    by_world = values.transpose("world", "quarter").values
    return np.quantile(by_world, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)


def _draw_fan(
    fans: Mapping[str, NDArray[np.floating]],
    quarters: Sequence[str],
    currency: str,
    colours: Mapping[str, str],
) -> list[alt.Chart]:
    names = ("p05", "p25", "p50", "p75", "p95")
    rows = [
        {"quarter": quarter, "what": what}
        | {name: float(f"{points[k, t]:.6g}") for k, name in enumerate(names)}
        for what, points in fans.items()
        for t, quarter in enumerate(quarters)
    ]
    x = alt.X(
        "quarter:O",
        title=None,
        axis=alt.Axis(
            values=_first_quarters(quarters),
            labelExpr="substring(datum.value, 0, 4)",
            labelAngle=0,
        ),
    )
    legend = None if len(fans) == 1 else alt.Legend(orient="bottom")
    colour = alt.Color(
        "what:N",
        title=None,
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=legend,
    )
    base = alt.Chart(alt.Data(values=rows)).encode(x=x, color=colour)
    axis = alt.Axis(labelExpr=_AMOUNT, title=currency)
    tooltip = [alt.Tooltip("what:N"), alt.Tooltip("quarter:N")]
    tooltip += [alt.Tooltip(f"{name}:Q", format=",.0f") for name in names]
    outer = base.mark_area(opacity=0.22).encode(y=alt.Y("p05:Q", axis=axis), y2="p95:Q")
    inner = base.mark_area(opacity=0.3).encode(y=alt.Y("p25:Q", axis=axis), y2="p75:Q")
    middle = base.mark_line(point=alt.OverlayMarkDef(size=40, opacity=0)).encode(
        y=alt.Y("p50:Q", axis=axis), tooltip=tooltip
    )
    return [outer, inner, middle]


def _first_quarters(quarters: Sequence[str]) -> list[str]:
    return [label for label in quarters if label.endswith("Q1")] or list(quarters[:1])


def _shade(steps: int) -> list[str]:
    """Colours from dark to light, one a step."""
    fixed = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in _SHADES])
    at = np.linspace(0, len(fixed) - 1, steps)
    shades = np.stack([np.interp(at, range(len(fixed)), fixed[:, k]) for k in range(3)], axis=1)
    return ["#" + "".join(f"{round(level):02x}" for level in shade) for shade in shades]


def _load_world() -> dict[str, Any]:
    """The map without Antarctica, with a code for every economy that has an area on it."""
    world: dict[str, Any] = json.loads(_WORLD.read_text("utf-8"))
    shapes = world["objects"]["countries"]["geometries"]
    named = [{**s, "id": s.get("id") or _UNNUMBERED.get(s["properties"]["name"])} for s in shapes]
    kept = [shape for shape in named if shape["id"] != _ANTARCTICA]
    world["objects"] = {"countries": {"type": "GeometryCollection", "geometries": kept}}
    return world
