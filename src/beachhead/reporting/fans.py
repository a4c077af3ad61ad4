"""Fans: how what the plan brings spreads over the worlds, quarter by quarter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from beachhead.cases import Case
from beachhead.reporting.charts import AMOUNT, BLUE, GREEN, ORANGE, PURPLE, RED, quarter_axis
from beachhead.reporting.summary import Summary, balance_of_new, value_so_far
from beachhead.reporting.words import count, money, percent

_HEIGHT = 210
_POINTS = (0.05, 0.25, 0.5, 0.75, 0.95)
_NAMES = ("p05", "p25", "p50", "p75", "p95")
_PERCENT = "format(datum.value, '.0%')"


def draw_fans(case: Case, summary: Summary, futures: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Fans of value, cash, revenue at home and abroad, its part abroad, and markets.

    Parameters
    ----------
    case : Case
        Resolved.
    summary : Summary
        Of the plan.
    futures : xarray.Dataset
        What `simulate` returned for it.
    """
    home, abroad = futures["revenue_home"], futures["revenue_abroad"]
    part = abroad / (home + abroad).where(home + abroad > 0, 1.0)
    return {
        "value": _draw_value(case, summary, futures),
        "cash": _draw_cash(case, summary, futures),
        "sales": _draw(
            {"home": _fan(home), "abroad": _fan(abroad)},
            {"home": ORANGE, "abroad": GREEN},
            summary,
            case.currency,
            "Sales in a quarter, home and abroad",
        ),
        "part": _draw(
            {"abroad": _fan(part)},
            {"abroad": GREEN},
            summary,
            "of sales",
            "Part of the sales that is made abroad",
            share=True,
        ),
        "markets": _draw(
            {"markets": _fan(futures["markets"])},
            {"markets": PURPLE},
            summary,
            "markets",
            "Foreign markets in which the firm is present",
        ),
        "funding": draw_funding(case, summary, futures),
    }


def draw_funding(case: Case, summary: Summary, futures: xr.Dataset) -> dict[str, Any]:
    """What the new markets have tied up or brought together so far, mean over worlds."""
    balance = balance_of_new(futures)
    rows = [
        {"quarter": label, "balance": float(f"{amount:.6g}")}
        for label, amount in zip(summary.quarters, balance, strict=True)
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=quarter_axis(summary.quarters),
        y=alt.Y("balance:Q", axis=alt.Axis(labelExpr=AMOUNT, title=case.currency)),
        tooltip=[alt.Tooltip("quarter:N"), alt.Tooltip("balance:Q", format=",.0f")],
    )
    area = base.mark_area(color=BLUE, opacity=0.3, line={"color": BLUE})
    layers: list[alt.Chart] = [area]
    told = "Money put into the new markets and brought back by them so far, mean of worlds"
    if summary.peak_funding > 0:
        peak = [row for row in rows if row["quarter"] == summary.peak_quarter]
        layers.append(
            alt.Chart(alt.Data(values=peak))
            .mark_point(filled=True, size=70, color=RED, opacity=1)
            .encode(x="quarter:O", y="balance:Q")
        )
        most = money(summary.peak_funding, case.currency)
        told += f": at most {most} tied up, in {summary.peak_quarter}"
        told += f", all back in {summary.break_even}" if summary.break_even else ", not all back"
    return _finish(layers, f"{told}.")


def _draw_value(case: Case, summary: Summary, futures: xr.Dataset) -> dict[str, Any]:
    """Discounted money so far, and with what lies after the horizon."""
    so_far = _fan(value_so_far(case, futures))
    total = np.quantile(futures["value"].sum("market").values, _POINTS)
    layers = _layers({"so far": so_far}, {"so far": BLUE}, summary.quarters, case.currency)
    rows = [
        {"quarter": summary.quarters[-1]}
        | {name: float(f"{point:.6g}") for name, point in zip(_NAMES, total, strict=True)}
    ]
    end = alt.Chart(alt.Data(values=rows)).encode(x="quarter:O")
    tooltip = [alt.Tooltip(f"{name}:Q", format=",.0f") for name in _NAMES]
    layers += [
        end.mark_rule(color=RED, strokeWidth=2).encode(y="p05:Q", y2="p95:Q"),
        end.mark_rule(color=RED, strokeWidth=6).encode(y="p25:Q", y2="p75:Q"),
        end.mark_point(filled=True, size=60, color=RED, opacity=1).encode(
            y="p50:Q", tooltip=tooltip
        ),
    ]
    told = (
        f"Discounted money brought so far, and the whole value with what lies after the horizon: "
        f"median {money(float(total[2]), case.currency)}, nine worlds of ten "
        f"{count(float(total[0]))} to {count(float(total[-1]))}."
    )
    return _finish(layers, told)


def _draw_cash(case: Case, summary: Summary, futures: xr.Dataset) -> dict[str, Any]:
    """Cash at the end of each quarter, over the floor."""
    cash = _fan(futures["cash"])
    layers = _layers({"cash": cash}, {"cash": BLUE}, summary.quarters, case.currency)
    floor = (
        alt.Chart(alt.Data(values=[{"floor": case.limits.cash_floor}]))
        .mark_rule(color=RED, strokeDash=[4, 3])
        .encode(y="floor:Q", tooltip=alt.Tooltip("floor:Q", title="cash floor", format=",.0f"))
    )
    told = _tell("Cash at the end of each quarter", {"cash": cash}, summary, share=False)
    return _finish([*layers, floor], told)


def _fan(values: xr.DataArray) -> NDArray[np.floating]:
    """5, 25, 50, 75 and 95 % points over worlds, axes (point, quarter)."""
    return np.quantile(values.transpose("world", "quarter").values, _POINTS, axis=0)


def _draw(
    fans: Mapping[str, NDArray[np.floating]],
    colours: Mapping[str, str],
    summary: Summary,
    unit: str,
    what: str,
    *,
    share: bool = False,
) -> dict[str, Any]:
    layers = _layers(fans, colours, summary.quarters, unit, share=share)
    return _finish(layers, _tell(what, fans, summary, share=share))


def _tell(
    what: str, fans: Mapping[str, NDArray[np.floating]], summary: Summary, *, share: bool
) -> str:
    """A fan in words: its medians and nine tenths on the first day and on the last."""
    say = percent if share else count
    ends = [
        f"{name} from {say(float(points[2, 0]))} in {summary.quarters[0]} to "
        f"{say(float(points[2, -1]))} in {summary.quarters[-1]}, there "
        f"{say(float(points[0, -1]))} to {say(float(points[-1, -1]))} in nine worlds of ten"
        for name, points in fans.items()
    ]
    return f"{what}, medians: {'; '.join(ends)}."


def _finish(layers: Sequence[alt.Chart], told: str) -> dict[str, Any]:
    chart = alt.layer(*layers).properties(width="container", height=_HEIGHT, description=told)
    spec: dict[str, Any] = chart.to_dict()
    return spec


def _layers(
    fans: Mapping[str, NDArray[np.floating]],
    colours: Mapping[str, str],
    quarters: Sequence[str],
    unit: str,
    *,
    share: bool = False,
) -> list[alt.Chart]:
    """Nine tenths and half of the worlds as bands, medians as lines."""
    rows = [
        {"quarter": quarter, "what": what}
        | {name: float(f"{points[k, t]:.6g}") for k, name in enumerate(_NAMES)}
        for what, points in fans.items()
        for t, quarter in enumerate(quarters)
    ]
    colour = alt.Color(
        "what:N",
        title=None,
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=None if len(fans) == 1 else alt.Legend(orient="top", symbolOpacity=1),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(x=quarter_axis(quarters), color=colour)
    axis = alt.Axis(labelExpr=_PERCENT if share else AMOUNT, title=unit)
    tooltip = [alt.Tooltip("what:N"), alt.Tooltip("quarter:N")]
    tooltip += [alt.Tooltip(f"{name}:Q", format=".1%" if share else ",.0f") for name in _NAMES]
    outer = base.mark_area(opacity=0.22).encode(y=alt.Y("p05:Q", axis=axis), y2="p95:Q")
    inner = base.mark_area(opacity=0.3).encode(y=alt.Y("p25:Q", axis=axis), y2="p75:Q")
    middle = base.mark_line(point=alt.OverlayMarkDef(size=40, opacity=0)).encode(
        y=alt.Y("p50:Q", axis=axis), tooltip=tooltip
    )
    return [outer, inner, middle]
