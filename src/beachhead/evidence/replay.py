"""A case planned with what was known on its day, then held against what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import TypeAdapter

from beachhead._version import __version__
from beachhead.calibration import believe
from beachhead.cases import Case, Schedule
from beachhead.cases import quarters as calendar
from beachhead.data import Panel
from beachhead.errors import InputError, Problem
from beachhead.evidence.confront import PLANNED, TRUE, Confronted, confront, enter_truly, fit
from beachhead.evidence.entries import History
from beachhead.evidence.facts import (
    Announced,
    Fact,
    read_announced,
    read_outcomes,
    read_promises,
)
from beachhead.evidence.order import Chance, Order, Span, compare, draw
from beachhead.evidence.truth import Truth, see
from beachhead.planning import Plan
from beachhead.planning import plan as make_plan
from beachhead.planning.effects import EFFECTS, list_effects
from beachhead.planning.planner import SEARCH_WORLDS, find_strategies
from beachhead.planning.strategies import WORDS
from beachhead.planning.study import fix
from beachhead.planning.valuation import Valuer
from beachhead.screening import screen
from beachhead.simulation.pack import Packed, pack

Floats = NDArray[np.float64]

FITTED = "true entries, as the limits allow"
TOLD = "entries that the history tells"


@dataclass(frozen=True)
class Met:
    """A market that was entered or planned: quarters as labels, None where there is none.

    `true`: quarter of the true entry, or year where that is all that is known. `judged`: whether
    it is known if it was entered.
    """

    iso3: str
    name: str
    true: str | None
    planned: str | None
    judged: bool


@dataclass(frozen=True)
class Year:
    """Entries in a calendar year: those that the history tells, planned, and by each strategy."""

    year: int
    true: int
    planned: int
    strategies: dict[str, int]


@dataclass(frozen=True)
class Without:
    """The plan made with a mechanism at its neutral value, beside the true order."""

    name: str
    words: str
    order: Order


@dataclass(frozen=True)
class Replay:
    """The content of `replay.json`.

    Attributes
    ----------
    case, version, seed, effort : str, str, int, str
    firm, as_of, currency, coverage, until : str, str, str, str, str
        `until`: last quarter of which the history tells.
    quarters : int
        From the date of the case to the end of `until`.
    candidates, judged : int
        Markets that could be entered, and those of which it is known whether they were.
    entered : int
        Judged markets that were entered by `until`.
    notes : tuple of str
        Holes and doubts of this replay.
    markets : tuple of Met
        All markets entered by `until` or planned by then.
    orders : tuple of Order
        The plan first.
    chance : Chance
        The same figures for orders drawn at random.
    pace : tuple of Year
    confronted : Confronted
    unanswered : tuple of str
        Verified facts of the horizon that no future tells.
    without : tuple of Without
        Where mechanisms were switched off.
    """

    case: str
    version: str
    seed: int
    effort: str
    firm: str
    as_of: str
    currency: str
    coverage: str
    until: str
    quarters: int
    candidates: int
    judged: int
    entered: int
    notes: tuple[str, ...]
    markets: tuple[Met, ...]
    orders: tuple[Order, ...]
    chance: Chance
    pace: tuple[Year, ...]
    confronted: Confronted
    unanswered: tuple[str, ...]
    without: tuple[Without, ...] = ()

    def to_json(self) -> str:
        """Text of `replay.json`: the same bytes for the same answer."""
        return _FORM.dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> Replay:
        """What `to_json` wrote; ValueError where it did not."""
        return _FORM.validate_json(text)


_FORM = TypeAdapter(Replay)


def replay(
    case: Case,
    panel: Panel,
    history: History,
    facts: tuple[Fact, ...] = (),
    *,
    plan: Plan | None = None,
    effort: str = "quick",
    seed: int = 1,
    mechanisms: bool = False,
    notes: Iterable[str] = (),
    progress: Callable[[str, int, int], None] | None = None,
) -> Replay:
    """Plan a case with what was known, then hold plan and futures against what happened.

    The plan is made before history and facts are looked at: nothing of them is in it.

    Parameters
    ----------
    case, panel : Case, Panel
        The question, and country data as of its date.
    history : History
        What the firm did.
    facts : tuple of Fact
        What became of it.
    plan : Plan, optional
        A plan of this very case; made here if left out.
    effort, seed
        Of plans made here.
    mechanisms : bool
        Whether the case is planned again with each mechanism off.
    notes : iterable of str
        More of what the reader has to know, put before the holes found here.
    progress : callable, optional
        Called with words, steps done and steps.

    Raises
    ------
    InputError
        If the case is at fault, if its horizon is over before the history begins, or if nothing is
        known of what the firm did after its date.
    """
    case = case.resolve(panel)
    truth = see(history, case, panel)
    if case.firm.home != history.home:
        what = f"home is {case.firm.home}, of {history.firm} it is {history.home}"
        raise InputError(Problem(what, f"case {case.name!r}, firm.home", "Name another firm."))
    if not truth.entered:
        what = f"no entry of {history.firm} after {case.as_of} into any candidate is known"
        raise InputError(Problem(what, f"case {case.name!r}, as_of", "Take an earlier date."))
    beliefs = believe(case, panel)
    effects = list_effects(beliefs) if mechanisms else {}
    steps = 3 + len(effects)

    def tell(words: str, done: int) -> None:
        if progress is not None:
            progress(words, done, steps)

    tell("planning", 0)
    if plan is None:
        plan = make_plan(case, panel, beliefs, effort=effort, seed=seed)
    tell("strategies", 1)
    packed = pack(case, panel).following(plan.schedule)
    worlds = Valuer.prepare(case, packed, beliefs, SEARCH_WORLDS, plan.seed, jnp.float32)
    valuer, alone, _, named = find_strategies(case, panel, worlds)
    strategies = {one.name: valuer.packed.decode(one.enter, one.option) for one in named}
    tell("futures", 2)
    ways = _list_ways(case, panel, packed, alone, plan.schedule, strategies)
    candidates = case.candidate_iso3(panel)

    def hold(name: str, words: str, place: Mapping[str, float], dated: bool) -> Order:
        return compare(
            name, words, place, truth.entered, truth.judged, candidates, truth.windows, dated=dated
        )

    schedules, holes = _list_schedules(
        truth, worlds, alone, plan.schedule, strategies, read_announced(facts, panel), case
    )
    told, left = read_outcomes(facts, case, panel)
    # Of a market whose entry is not known, futures with the true entries know nothing.
    abroad = {entry.iso3 for entry in schedules[TRUE, TOLD].entries}
    abroad |= {market.market for market in case.firm.served}
    outcomes = [one for one in told if one.market in (None, "home", *abroad)]
    found = confront(
        case, packed, beliefs, schedules, outcomes, read_promises(facts, case), plan.seed
    )
    without = []
    for done, (name, off) in enumerate(effects.items(), start=3):
        tell(f"planning without {name}", done)
        made = make_plan(case, panel, fix(beliefs, off), effort=effort, seed=plan.seed)
        words = EFFECTS[name][0] if name in EFFECTS else beliefs.parameters[name].words
        without.append(Without(name, words, hold(name, words, _dates(made.schedule), True)))
    if plan.status != "complete":
        notes = (*notes, "The search was interrupted: the plan is the best found so far.")
    return Replay(
        case=case.name,
        version=__version__,
        seed=plan.seed,
        effort=plan.effort,
        firm=history.firm,
        as_of=case.as_of.isoformat(),
        currency=case.currency,
        coverage=history.coverage,
        quarters=truth.until,
        until=case.quarter_label(truth.until - 1),
        candidates=len(candidates),
        judged=len(truth.judged),
        entered=sum(span.middle < truth.until for span in truth.entered.values()),
        notes=(*notes, *_find_holes(truth, packed, holes)),
        markets=_meet(case, panel, truth, plan.schedule),
        orders=tuple(hold(*way) for way in ways),
        chance=draw(truth.entered, truth.judged, truth.windows),
        pace=_count(case, truth, plan.schedule, strategies),
        confronted=found,
        unanswered=(
            *(f"{f.metric}, {f.market}, {f.period}: {f.value} {f.unit}" for f in left),
            *(f"{o.metric}, {o.market}, {o.by}" for o in told if o not in outcomes),
        ),
        without=tuple(without),
    )


def _dates(schedule: Schedule) -> dict[str, float]:
    return {entry.iso3: float(entry.quarter) for entry in schedule.entries}


def _rank(markets: Iterable[str]) -> dict[str, float]:
    return {iso3: float(place) for place, iso3 in enumerate(markets)}


def _list_ways(
    case: Case, panel: Panel, packed: Packed, alone: Floats, planned: Schedule,
    strategies: Mapping[str, Schedule],
) -> list[tuple[str, str, dict[str, float], bool]]:  # fmt: skip
    """Orders of markets to compare: name, words, places, whether these are quarters."""
    best = np.where(np.isfinite(alone), alone, -np.inf).max(axis=(0, 1))
    candidates = set(case.candidate_iso3(panel))
    by_worth = [packed.markets[row] for row in np.argsort(-best, kind="stable")
                if packed.markets[row] in candidates and best[row] > 0.0]  # fmt: skip
    first = [entry.iso3 for entry in planned.entries]
    dates = _dates(planned)
    late = max(dates.values(), default=0.0) + 1.0
    filled = dates | {
        iso3: late + k for k, iso3 in enumerate(m for m in by_worth if m not in set(first))
    }
    ranking = screen(case, panel).table.drop_nulls("rank").sort("rank")["iso3"].to_list()
    ways = [
        (PLANNED, "quarters of the plan", dates, True),
        ("plan, then alone", "the plan, behind it the others by what they bring alone", filled,
         False),
        *((name, WORDS[name], _dates(schedule), True) for name, schedule in strategies.items()
          if schedule.entries),
        ("alone", "by what each market brings alone in the model", _rank(by_worth), False),
        ("screening", "order of the screening", _rank(ranking), False),
        ("size over distance", "GDP over kilometres from home, no model at all",
         _rank(_by_gravity(case, panel, sorted(candidates))), False),
    ]  # fmt: skip
    return ways


def _by_gravity(case: Case, panel: Panel, candidates: Sequence[str]) -> list[str]:
    """Candidates by GDP over distance; without those of which either is not known."""
    rows = panel.pairs.filter(pl.col("iso3") == case.firm.home)
    far = {
        row["partner"]: row["people_km"] or row["capital_km"] for row in rows.iter_rows(named=True)
    }
    pull = {}
    for iso3 in candidates:
        size, km = panel.figure(iso3, "gdp_current_usd").value, far.get(iso3)
        if size and km:
            pull[iso3] = size / km
    return sorted(pull, key=lambda iso3: (-pull[iso3], iso3))


def _list_schedules(
    truth: Truth, valuer: Valuer, alone: Floats, planned: Schedule,
    strategies: Mapping[str, Schedule], announced: Sequence[Announced], case: Case,
) -> tuple[dict[tuple[str, str], Schedule], tuple[str, ...]]:  # fmt: skip
    """Schedules to value by (name, words), and markets that the true one leaves out."""
    true, left = enter_truly(truth, valuer.packed, alone)
    found = {
        (PLANNED, "the plan"): planned,
        (TRUE, TOLD): true,
        (FITTED, "later, or not, where teams or rules forbid it"): fit(valuer, true),
    }
    start = calendar.first_from(case.as_of)
    for plan in announced:
        said, end = plan.said - start, 4 * (plan.year + 1) - 1 - start
        if not 0 <= said <= end < case.quarters:
            continue
        before = {iso3: span for iso3, span in truth.entered.items() if span.middle <= said}
        new = [m for m in plan.markets if m in valuer.packed.markets and m not in before]
        # In the order in which they were named, evenly over the rest of the year.
        rest = max(end - said, 1)
        for k, iso3 in enumerate(new):
            quarter = said + 1 + k * rest // len(new)
            before[iso3] = Span(quarter, quarter)
        schedule, _ = enter_truly(truth, valuer.packed, alone, before)
        name = f"announced for {plan.year}"
        words = f"entries until then, and {len(plan.markets)} markets as announced"
        found[name, words] = schedule
    found |= {(name, WORDS[name]): one for name, one in strategies.items()}
    return found, left


def _meet(case: Case, panel: Panel, truth: Truth, planned: Schedule) -> tuple[Met, ...]:
    dates = {entry.iso3: entry.quarter for entry in planned.entries if entry.quarter < truth.until}
    true = {iso3: span for iso3, span in truth.entered.items() if span.middle < truth.until}

    def label(span: Span | None) -> str | None:
        if span is None:
            return None
        text = case.quarter_label(span.last)
        return text if span.first == span.last else text[:4]

    order = sorted({*dates, *true}, key=lambda m: (true[m].middle if m in true else 1000,
                                                   dates.get(m, 1000), m))  # fmt: skip
    return tuple(
        Met(
            iso3, panel.name(iso3), label(true.get(iso3)),
            case.quarter_label(dates[iso3]) if iso3 in dates else None, iso3 in truth.judged,
        )
        for iso3 in order
    )  # fmt: skip


def _count(
    case: Case, truth: Truth, planned: Schedule, strategies: Mapping[str, Schedule]
) -> tuple[Year, ...]:
    def by_year(quarters: Iterable[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for quarter in quarters:
            if quarter < truth.until:
                year = int(case.quarter_label(quarter)[:4])
                found[year] = found.get(year, 0) + 1
        return found

    true = by_year(span.middle for span in truth.entered.values())
    plan = by_year(entry.quarter for entry in planned.entries)
    others = {
        name: by_year(entry.quarter for entry in one.entries)
        for name, one in strategies.items()
        if one.entries
    }
    first, last = (int(case.quarter_label(t)[:4]) for t in (0, truth.until - 1))
    return tuple(
        Year(year, true.get(year, 0), plan.get(year, 0),
             {name: made.get(year, 0) for name, made in others.items()})
        for year in range(first, last + 1)
    )  # fmt: skip


def _find_holes(truth: Truth, packed: Packed, left: Sequence[str]) -> Iterable[str]:
    if truth.coverage == "listed":
        yield (
            "The history lists only some of the markets entered: one that it does not list is not "
            "judged, which makes every share of hits one among markets that were entered at some "
            "time."
        )
    if vague := sum(span.first != span.last for span in truth.entered.values()):
        yield (
            f"Entries of which only the year is known: {vague}. They stand in its middle, and "
            "order is only judged between markets entered in different years."
        )
    if truth.early:
        names = ", ".join(truth.early)
        yield f"Not judged, since entered before the date of the case: {names}."
    if truth.strangers:
        yield f"Entered, but no candidates of the case: {', '.join(truth.strangers)}."
    absent = sorted({*left, *(iso3 for iso3 in truth.entered if iso3 not in packed.markets)})
    if absent:
        yield (
            "The true entries are valued without these, for which the case has no way in or no "
            f"population is known: {', '.join(absent)}."
        )
