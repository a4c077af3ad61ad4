"""What the pictures of the report share, and the map; all of them are Vega-Lite.

Colours stand on a light and on a dark page alike, and can be told apart by the colour-blind: those
of kinds are of Okabe and Ito (2008), those of years grow lighter. Every picture has a description
that says what it shows to those who cannot see it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, product
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.reporting.summary import Launch, Summary
from beachhead.reporting.words import number_of, several

# Natural Earth's countries at 1:110 million, as published in world-atlas 2.0.2.
_WORLD = Path(__file__).parent / "countries-110m.json"
_ANTARCTICA = "010"
_UNNUMBERED = {"Kosovo": "XKX"}  # economies without a numeric code of ISO 3166

_HOME, _SERVED, _CANDIDATE, _OTHER = "home", "served already", "candidate", "no candidate"
BLUE, ORANGE, GREEN, PURPLE, RED = "#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#d55e00"
_FIXED = {
    _HOME: RED,
    _SERVED: PURPLE,
    _CANDIDATE: "rgba(128,128,128,0.45)",
    _OTHER: "rgba(128,128,128,0.15)",
}
_SHADES = ("#4b2991", "#3b6fd0", "#21a98c", "#7fcf4f", "#f5e04a")
_EDGE = "rgba(128,128,128,0.6)"
AMOUNT = "replace(replace(format(datum.value, '~s'), 'G', ' bn'), 'M', ' m')"
CLOSE_UP = 0.25  # of the way round the world, within which all markets have a map of their own
_AROUND = 3.0  # degrees
_LABELS = 6  # at most, along half the width of a sheet of paper


def draw_map(
    case: Case,
    panel: Panel,
    summary: Summary,
    why: Mapping[str, str],
    candidates: set[str],
    *,
    close: bool = False,
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
    close : bool
        Whether to show the part of the world in which those, home and served markets lie.
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
        legend=alt.Legend(orient="bottom"),
    )
    tooltip = [alt.Tooltip(f"{field}:N") for field in ("market", "entry", "why")]
    shapes = alt.NamedData(
        name="world", format=alt.TopoDataFormat(type="topojson", feature="countries")
    )
    areas_drawn = (
        alt.Chart(shapes)
        .mark_geoshape(stroke=_EDGE, strokeWidth=0.4, clip=True)
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
        .mark_circle(opacity=1, stroke=_EDGE, strokeWidth=0.4, clip=True)
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
    frame = _frame(rows) if close else alt.Undefined
    chart = alt.layer(areas_drawn, points_drawn).project("equalEarth", fit=frame)
    told = _tell_map(panel.name(case.firm.home), summary)
    told = told.replace("all economies", "the economies around home") if close else told
    spec: dict[str, Any] = chart.properties(
        width="container", height=440, description=told
    ).to_dict()
    return spec | {"datasets": {**spec.get("datasets", {}), "world": world}}


def is_close(case: Case, panel: Panel, candidates: set[str]) -> bool:
    """Whether all markets in question lie so near each other that a map of them says more."""
    asked = candidates | {case.firm.home} | {market.market for market in case.firm.served}
    places = panel.markets.filter(panel.markets["iso3"].is_in(sorted(asked)))
    lon, lat = places["lon"].to_numpy(), places["lat"].to_numpy()
    return bool(np.ptp(lon) < CLOSE_UP * 360.0 and np.ptp(lat) < CLOSE_UP * 360.0)


def _frame(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a map of the markets in question has to show, as GeoJSON."""
    lon, lat = np.array([(row["lon"], row["lat"]) for row in rows if row["group"] != _OTHER]).T
    sides = ([x.min() - _AROUND, x.max() + _AROUND] for x in (lon, lat))
    corners = [[float(x), float(y)] for x, y in product(*sides)]
    return {
        "type": "Feature",
        "geometry": {"type": "MultiPoint", "coordinates": corners},
        "properties": {},
    }


def _tell_map(home: str, summary: Summary) -> str:
    """What the map shows, in words."""
    if not summary.launches:
        return f"Map of all economies: home is {home}, and no market is entered."
    by_year = [
        f"{year} {several([launch.name for launch in launches])}"
        for year, launches in _by_year(summary.launches)
    ]
    entered = number_of(len(summary.launches), "market")
    return f"Map of all economies: home is {home}, {entered} entered. {'; '.join(by_year)}."


def _by_year(launches: Sequence[Launch]) -> Iterable[tuple[str, list[Launch]]]:
    for year, group in groupby(launches, key=lambda launch: launch.enter[:4]):
        yield year, list(group)


def first_quarters(quarters: Sequence[str]) -> list[str]:
    """Labels of the first quarters of years, which the axes show."""
    return [label for label in quarters if label.endswith("Q1")] or list(quarters[:1])


def quarter_axis(quarters: Sequence[str], *, wide: bool = False) -> alt.X:
    """Quarters along the bottom; a picture as `wide` as the page has a label and a line a year."""
    first = first_quarters(quarters)
    step = 1 if wide else -(-len(first) // _LABELS)
    return alt.X(
        "quarter:O",
        title=None,
        scale=alt.Scale(domain=list(quarters), paddingInner=0.1, paddingOuter=0.05),
        axis=alt.Axis(
            values=first[::step],
            labelExpr="substring(datum.value, 0, 4)",
            labelAngle=0,
            labelOverlap="greedy",
            grid=wide,
        ),
    )


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
