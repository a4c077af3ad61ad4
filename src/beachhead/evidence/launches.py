"""Entries as they were planned and as they were made."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from beachhead.cases import Case, Schedule, quarters
from beachhead.cases.actuals import Actual
from beachhead.evidence.outcomes import Footing

type Kind = Literal[
    "as planned", "late", "early", "not entered", "not said", "waits", "not planned", "left"
]


@dataclass(frozen=True)
class Launch:
    """An entry as planned and as made.

    `planned`, `actual`: labels of quarters, None where there is none. `late`: quarters between
    them, or from `planned` until now where it has not been made; below 0 where it came sooner.
    `kind`: `not said` where the actuals are silent, so that it is taken to have gone as planned;
    `waits` where a gate has not opened; `left` where the market was left after it, in `actual`.
    `otherwise`: made in another mode or localisation than planned.
    """

    market: str
    planned: str | None
    actual: str | None
    late: int
    kind: Kind
    otherwise: bool = False


def list_launches(
    case: Case, schedule: Schedule, actuals: Iterable[Actual], done: Collection[str], now: int
) -> tuple[Launch, ...]:
    """Entries that were due before `now` or were made, and markets that were left.

    Parameters
    ----------
    case, schedule : Case, Schedule
        As planned.
    actuals : iterable of Actual
        Of quarters before `now`.
    done : collection of str
        Markets entered since, as `resume` found them.
    now : int
        Quarter of the calendar.
    """
    start = quarters.first_from(case.as_of)
    said = {a.market: a for a in actuals if a.metric == "entered"}
    left = {a.market: a.quarter for a in actuals if a.metric == "exited" and a.value}
    planned = {entry.iso3: entry for entry in schedule.entries}
    launches = []
    for market in sorted({*planned, *said}):
        entry, row = planned.get(market), said.get(market)
        due = None if entry is None else start + entry.quarter
        label = None if due is None else quarters.label(due)
        if row is not None and row.value:
            made = quarters.parse(row.quarter)
            late = 0 if due is None else made - due
            kind: Kind = "late" if late > 0 else "early" if late < 0 else "as planned"
            ways = () if entry is None else (
                (row.mode, entry.mode), (row.localisation, entry.localisation)
            )  # fmt: skip
            otherwise = any(mine is not None and mine != theirs for mine, theirs in ways)
            launches.append(
                Launch(
                    market, label, row.quarter, late, "not planned" if due is None else kind,
                    otherwise,
                )
            )  # fmt: skip
        elif row is not None and due is not None:
            launches.append(Launch(market, label, None, max(0, now - due), "not entered"))
        elif due is not None and due < now:
            known = market in done or market in left
            launches.append(Launch(market, label, None, 0, "not said" if known else "waits"))
    launches += [Launch(market, None, label, 0, "left") for market, label in sorted(left.items())]
    return tuple(launches)


def find_astray(launches: Iterable[Launch]) -> frozenset[str]:
    """Markets in which other was done than planned; a gate that does not open was planned too."""
    return frozenset(
        one.market
        for one in launches
        if one.kind not in ("as planned", "not said", "waits") or one.otherwise
    )


def find_footing(case: Case, launches: Iterable[Launch]) -> Footing:
    """Where the firm is, by what is said and else by the plan."""
    launches = tuple(launches)
    since = {served.market: quarters.holding(served.since) for served in case.firm.served}
    for one in launches:
        label = one.planned if one.kind == "not said" else one.actual
        if label is not None and one.kind != "left":
            since[one.market] = quarters.parse(label)
    return Footing(
        home=case.firm.home,
        start=quarters.first_from(case.as_of),
        since=since,
        left={
            one.market: quarters.parse(one.actual)
            for one in launches
            if one.kind == "left" and one.actual
        },
        unsaid=frozenset(one.market for one in launches if one.kind == "not said"),
    )
