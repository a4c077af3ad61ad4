"""Bars of the report: what each entry adds, and the plan beside other strategies and the bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt

from beachhead.cases import Case
from beachhead.planning import Plan
from beachhead.planning.grounds import Why
from beachhead.reporting.charts import AMOUNT, BLUE, ORANGE, RED
from beachhead.reporting.summary import weigh
from beachhead.reporting.words import count, money

_BAR = 18  # pixels
_GREY, _PALE = "rgba(128,128,128,0.8)", "rgba(128,128,128,0.4)"


def draw_worths(case: Case, why: Why, names: Mapping[str, str]) -> dict[str, Any]:
    """What each entry brings itself and elsewhere, and what it adds in all, with its interval."""
    entered = [worth for worth in why.worths if worth.adds is not None]
    parts, sums = [], []
    for worth in entered:
        adds, error = worth.adds or 0.0, worth.error or 0.0
        name = names[worth.iso3]
        parts += [
            {"market": name, "part": "itself", "money": worth.own},
            {"market": name, "part": "elsewhere", "money": adds - worth.own},
        ]
        sums.append({"market": name, "adds": adds, "low": adds - error, "high": adds + error})
    order = [str(row["market"]) for row in sums]
    y = alt.Y("market:N", title=None, sort=order, axis=alt.Axis(labelLimit=150))
    axis = alt.Axis(labelExpr=AMOUNT, title=case.currency, tickCount=6, labelOverlap=True)
    bars = (
        alt.Chart(alt.Data(values=parts))
        .mark_bar(height=0.7 * _BAR)
        .encode(
            x=alt.X("money:Q", axis=axis, stack="zero"),
            y=y,
            color=alt.Color(
                "part:N",
                title=None,
                scale=alt.Scale(domain=["itself", "elsewhere"], range=[BLUE, ORANGE]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("market:N"),
                alt.Tooltip("part:N"),
                alt.Tooltip("money:Q", format=",.0f"),
            ],
        )
    )
    base = alt.Chart(alt.Data(values=sums)).encode(y=y)
    tooltip = [alt.Tooltip("market:N")]
    tooltip += [alt.Tooltip(f"{name}:Q", format=",.0f") for name in ("adds", "low", "high")]
    spans = base.mark_rule(color=_GREY, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    points = base.mark_point(filled=True, size=45, color=RED, opacity=1).encode(
        x="adds:Q", tooltip=tooltip
    )
    most = sorted(entered, key=lambda worth: -(worth.adds or 0.0))[:3]
    told = "What each entry adds to the plan: most of all " + ", ".join(
        f"{names[worth.iso3]} {money(worth.adds or 0.0, case.currency)}" for worth in most
    )
    chart = alt.layer(bars, spans, points).properties(
        width="container", height=_BAR * len(order), description=f"{told}."
    )
    spec: dict[str, Any] = chart.to_dict()
    return spec


def draw_strategies(case: Case, plan: Plan) -> dict[str, Any]:
    """J of the plan and of the named strategies, under the bound."""
    rows = [{"name": "this plan", "J": weigh(case, plan.value), "kind": "plan"}]
    rows += [
        {"name": s.name, "J": s.objective, "kind": "strategy"}
        if s.within_limits
        else {"name": f"{s.name} (breaks limits)", "J": s.objective, "kind": "not allowed"}
        for s in plan.named_strategies
    ]
    order = [str(row["name"]) for row in rows]
    axis = alt.Axis(labelExpr=AMOUNT, title=f"J, {case.currency}", tickCount=6, labelOverlap=True)
    bars = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(height=0.7 * _BAR)
        .encode(
            x=alt.X("J:Q", axis=axis),
            y=alt.Y("name:N", title=None, sort=order),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(
                    domain=["plan", "strategy", "not allowed"], range=[BLUE, _GREY, _PALE]
                ),
                legend=None,
            ),
            tooltip=[alt.Tooltip("name:N"), alt.Tooltip("J:Q", format=",.0f")],
        )
    )
    layers: list[alt.Chart] = [bars]
    told = ", ".join(f"{row['name']} {count(float(str(row['J'])))}" for row in rows)
    if plan.bound is not None:
        layers.append(
            alt.Chart(alt.Data(values=[{"bound": plan.bound}]))
            .mark_rule(color=RED, strokeDash=[4, 3], strokeWidth=2)
            .encode(x="bound:Q", tooltip=alt.Tooltip("bound:Q", format=",.0f"))
        )
        told += f"; no schedule more than {count(plan.bound)}"
    chart = alt.layer(*layers).properties(
        width="container",
        height=_BAR * len(order),
        description=f"J in {case.currency}: {told}.",
    )
    spec: dict[str, Any] = chart.to_dict()
    return spec
