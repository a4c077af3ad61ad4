"""What makes a market attractive before any plan: criteria with fixed anchors.

A criterion turns a figure into 0..1 by two anchors that are set once for the world, so that no
market's score depends on which others are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Literal

from beachhead.data import Figure, Panel, Status
from beachhead.distance import composite

# Consumers: people whose income passes a living standard, out of a lognormal spread of incomes.
LIVING_STANDARD = 6_000.0  # international $ of 2021 a year; judgement
INCOME_SPREAD = 0.8  # standard deviation of log income: a Gini index of 0.43; judgement


type Measure = Callable[[Panel, str, Sequence[str]], list[Figure]]


@dataclass(frozen=True)
class Criterion:
    """One question asked of every market.

    Attributes
    ----------
    key : str
        Name, as in a case's `[screening] weights`.
    words : str
        The question in a few words.
    unit : str
        Unit of the figure and of the anchors.
    low, high : float
        Anchors: the figures worth 0 and 1; `low` is the larger one where less is better.
    transform : {'linear', 'log'}
        Scale between the anchors.
    weight : float
        Share in the score where the case does not say otherwise.
    measure : callable
        (panel, home, markets) -> one figure per market.
    """

    key: str
    words: str
    unit: str
    low: float
    high: float
    transform: Literal["linear", "log"]
    weight: float
    measure: Measure = field(compare=False, repr=False)

    def worth(self, value: float) -> float:
        """Worth of a figure, 0..1; what lies beyond an anchor counts as the anchor."""
        low, high, at = self.low, self.high, value
        if self.transform == "log":
            # What is zero or less lies beyond the smaller anchor, whichever that is.
            logs = [math.log(max(figure, min(low, high))) for figure in (low, high, value)]
            # Where the anchors are so near each other that their logs are one, scales are alike.
            if logs[0] != logs[1]:
                low, high, at = logs
        return min(1.0, max(0.0, (at - low) / (high - low)))


def measure_series(key: str) -> Measure:
    """Measure that reads a series of the panel, or a column of the user's."""

    def measure(panel: Panel, home: str, markets: Sequence[str]) -> list[Figure]:
        return [panel.figure(market, key) for market in markets]

    return measure


def _combine(
    market: str, key: str, parts: Sequence[Figure], total: Callable[[Sequence[float]], float]
) -> Figure:
    """Figure derived from several: nothing if one is missing, own if one is, else as the oldest."""
    values = [part.value for part in parts if part.value is not None]
    if len(values) < len(parts):
        lacking = ", ".join(part.series for part in parts if part.value is None)
        return Figure(market, key, None, None, "", "none", f"no {lacking}")
    years = [part.year for part in parts if part.year is not None]
    noted = [part for part in parts if part.status in ("older", "own")]
    notes = "; ".join(f"{part.series} {part.note}" for part in noted)
    sources = "; ".join(dict.fromkeys(part.source for part in parts))
    statuses = {part.status for part in noted}
    status: Status = "own" if "own" in statuses else "older" if statuses else "figure"
    return Figure(market, key, total(values), min(years), sources, status, notes)


def _consumers(panel: Panel, home: str, markets: Sequence[str]) -> list[Figure]:
    """People with at least the living standard: population x P(income > standard)."""

    def count(values: Sequence[float]) -> float:
        people, mean = values
        middle = math.log(mean) - INCOME_SPREAD**2 / 2
        share = NormalDist().cdf((middle - math.log(LIVING_STANDARD)) / INCOME_SPREAD)
        return people * share

    keys = ("population", "gdp_pc_ppp_const")
    return [
        _combine(market, "consumers", [panel.figure(market, key) for key in keys], count)
        for market in markets
    ]


def _growth(panel: Panel, home: str, markets: Sequence[str]) -> list[Figure]:
    """Growth of the economy: of people and of income per head, over five years."""
    keys = ("population", "gdp_pc_ppp_const")
    return [
        _combine(market, "growth", [panel.growth(market, key) for key in keys], sum)
        for market in markets
    ]


def _institutions(panel: Panel, home: str, markets: Sequence[str]) -> list[Figure]:
    def mean(values: Sequence[float]) -> float:
        return sum(values) / len(values)

    keys = ("wgi_rule_of_law", "wgi_regulatory_quality", "wgi_control_corruption")
    return [
        _combine(market, "institutions", [panel.figure(market, key) for key in keys], mean)
        for market in markets
    ]


def measure_distance(
    cultural: Sequence[str] = (), weights: Mapping[str, float] | None = None
) -> Measure:
    """Measure of the distance from home, by the components that a case asks for."""

    def measure(panel: Panel, home: str, markets: Sequence[str]) -> list[Figure]:
        frame = composite(panel, home, markets, cultural=cultural, weights=weights)
        return [
            Figure(iso3, "distance", value, None, "", "none" if value is None else "figure", note)
            for iso3, value, note in frame.select("iso3", "distance", "note").iter_rows()
        ]

    return measure


# Anchors are round figures near the ends of what the world's economies showed in 2010-2023.
# Weights and anchors are judgement; a case may set the weights.
CRITERIA: tuple[Criterion, ...] = (
    Criterion("market_size", f"people with {LIVING_STANDARD:,.0f} $ a year or more", "people",
              1e5, 5e8, "log", 0.25, _consumers),
    Criterion("growth", "growth of the economy over five years", "a year, logarithmic",
              -0.02, 0.08, "linear", 0.10, _growth),
    Criterion("internet", "people who use the internet", "% of population",
              0.0, 100.0, "linear", 0.12, measure_series("internet_users_pct")),
    Criterion("secure_servers", "secure servers, as a sign of e-commerce", "per million people",
              0.1, 1e5, "log", 0.06, measure_series("secure_servers_per_million")),
    Criterion("logistics", "logistics performance", "index, 1 to 5",
              2.0, 4.2, "linear", 0.07, measure_series("logistics_performance_index")),
    Criterion("social", "mobile subscriptions, as a sign of social connection", "per 100 people",
              40.0, 160.0, "linear", 0.10, measure_series("mobile_subs_per100")),
    Criterion("institutions", "rule of law, regulation, control of corruption",
              "standard deviations", -1.5, 2.0, "linear", 0.15, _institutions),
    Criterion("openness", "applied tariff, simple mean", "%",
              20.0, 0.0, "linear", 0.05, measure_series("tariff_applied_mean_pct")),
    Criterion("distance", "distance from home", "standard deviations",
              3.5, 1.0, "linear", 0.10, measure_distance()),
)  # fmt: skip
