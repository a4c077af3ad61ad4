"""What a target has come to, from the actuals alone: met, missed, or not to be said.

Nothing is filled in. What the actuals leave open lies between nothing and no end, so that a target
is met where what they say is enough, and missed where nothing that is missing could help.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from beachhead.cases import Target, quarters

type Verdict = Literal["met", "missed", "unknown"]
type Figures = Mapping[tuple[str, int, str], float]  # by market, quarter, metric


@dataclass(frozen=True)
class Footing:
    """Where the firm is: quarters of the calendar, by ISO3 code.

    `home`: its code; `start`: first quarter of the horizon. `since`: quarter in which sales began
    in each market abroad; `left`: last quarter in those that were left. `unsaid`: markets of which
    the actuals do not say that they were entered, and which are taken to have been as planned.
    """

    home: str
    start: int
    since: Mapping[str, int]
    left: Mapping[str, int]
    unsaid: frozenset[str]

    def abroad(self, quarter: int) -> list[str]:
        """Foreign markets in which the firm is in a quarter, sorted."""
        return sorted(
            market
            for market, begin in self.since.items()
            if begin <= quarter <= self.left.get(market, quarter)
        )


@dataclass(frozen=True)
class Outcome:
    """A target measured.

    `low`, `high`: what it measures is at least and at most this, `high` infinite where figures
    lack; `lacking`: these, in words.
    """

    verdict: Verdict
    low: float
    high: float
    lacking: tuple[str, ...] = ()


def measure(target: Target, last: int, footing: Footing, figures: Figures) -> Outcome:
    """What a target comes to over its period, ended with the quarter `last`."""
    first = last + 1 - target.spans
    window = range(max(first, footing.start), last + 1)
    if target.metric == "home_rank":
        place = figures.get(("", last, "home_rank"))
        if place is None:
            return Outcome("unknown", 1.0, math.inf, (f"home_rank {quarters.label(last)}",))
        return Outcome("met" if place <= target.value else "missed", place, place)
    if target.metric == "markets":
        there = footing.abroad(last)
        sure = [market for market in there if market not in footing.unsaid]
        unsaid = tuple(f"{market} entered" for market in there if market in footing.unsaid)
        return _judge(target, float(len(sure)), float(len(there)), unsaid)
    if target.metric == "share":
        return _share_of_market(target, window, footing, figures)
    if target.metric == "share_abroad":
        abroad, lacks_abroad = _sum("revenue", window, footing, figures, home=False)
        at_home, lacks_home = _sum("revenue", window, footing, figures, abroad=False)
        low = 0.0 if lacks_home or not abroad else abroad / (abroad + at_home)
        high = 1.0 if lacks_abroad or not at_home else abroad / (abroad + at_home)
        return _judge(target, low, high, (*lacks_home, *lacks_abroad))
    metric = target.metric.removesuffix("_abroad")
    market = footing.home if target.market == "home" else target.market
    total, lacking = _sum(
        metric, window, footing, figures, home=metric == target.metric, market=market
    )
    total += target.so_far or 0.0
    if first < footing.start and target.so_far is None:
        before = f"{metric} before {quarters.label(footing.start)} (so_far)"
        lacking = (before, *lacking)
    return _judge(target, total, math.inf if lacking else total, lacking)


def find_reached(target: Target, until: int, footing: Footing, figures: Figures) -> int | None:
    """First quarter after its date, and before `until`, with which a target is met; None: none."""
    due = quarters.parse(target.by)
    ends = range(due + 1, until)
    return next(
        (end for end in ends if measure(target, end, footing, figures).verdict == "met"), None
    )


def _judge(target: Target, low: float, high: float, lacking: tuple[str, ...]) -> Outcome:
    verdict: Verdict = "unknown"
    if low >= target.value:
        verdict = "met"
    elif high < target.value:
        verdict = "missed"
    return Outcome(verdict, low, high, lacking)


def _sum(
    metric: str,
    window: Iterable[int],
    footing: Footing,
    figures: Figures,
    *,
    home: bool = True,
    abroad: bool = True,
    market: str | None = None,
) -> tuple[float, tuple[str, ...]]:
    """Sum of a metric over quarters and markets, and what lacks where the firm was there."""
    total, lacking = 0.0, []
    for t in window:
        there = [footing.home] * home + footing.abroad(t) * abroad
        if market is not None:
            there = [market] if market == footing.home or market in there else []
        said = {m for m, quarter, what in figures if (quarter, what) == (t, metric)}
        if market is not None:
            said &= {market}
        if not home:
            said -= {footing.home}
        if not abroad:
            said &= {footing.home}
        total += sum(figures[m, t, metric] for m in sorted(said))
        lacking += [f"{m} {metric} {quarters.label(t)}" for m in there if m not in said]
    return total, tuple(lacking)


def _share_of_market(
    target: Target, window: Iterable[int], footing: Footing, figures: Figures
) -> Outcome:
    """Share of all units: those of all brands are the firm's over its share, quarter by quarter."""
    if target.market is None:
        return Outcome("unknown", 0.0, 1.0, ("units of all brands in all markets",))
    market = footing.home if target.market == "home" else target.market
    ours = everyone = 0.0
    lacking = []
    for t in window:
        if market != footing.home and market not in footing.abroad(t):
            lacking.append(f"{market} share {quarters.label(t)} (the firm is not there)")
            continue
        units, share = (figures.get((market, t, metric)) for metric in ("units", "share"))
        if units is None or not share:
            lacking.append(f"{market} units and share {quarters.label(t)}")
            continue
        ours, everyone = ours + units, everyone + units / share
    share = ours / everyone if everyone else 0.0
    return _judge(target, 0.0 if lacking else share, 1.0 if lacking else share, tuple(lacking))
