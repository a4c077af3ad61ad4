"""A plan taken up again: the case as it stands at a later date, after what has happened.

What the actuals do not say is taken to have gone as planned: entries at their dates, units and
money as in the mean of the plan's futures. What is done stays done, what is in preparation is
fixed, and all else is open again.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from beachhead.cases import Begun, Case, Gated, Schedule, quarters
from beachhead.cases.actuals import Actual
from beachhead.cases.case import FixedEntry, Gate, Measure, Served, Target
from beachhead.cases.presets import economics_of
from beachhead.data import Panel
from beachhead.errors import InputError, Problem
from beachhead.mechanisms.supply import learned
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.pack import pack
from beachhead.simulation.state import STEP

if TYPE_CHECKING:
    import xarray as xr

LEAST = 4  # quarters of a horizon
YEAR = 4
YOUNG = (
    12  # quarters in which a market still grows so fast that a year's mean is too low. Judgement
)


@dataclass(frozen=True)
class Resumed:
    """A case as of a later date.

    `rest`: what the plan still had to do, in the new horizon. `done`, `committed`: markets entered
    since, and those in preparation. `notes`: what else was taken from the plan or the actuals.
    """

    case: Case
    rest: Schedule
    done: tuple[str, ...]
    committed: tuple[str, ...]
    notes: tuple[str, ...]


def resume(
    case: Case,
    panel: Panel,
    old: Case,
    schedule: Schedule,
    futures: xr.Dataset,
    actuals: Iterable[Actual],
    as_of: str,
) -> Resumed:
    """The case as it stands at the start of a later quarter; the horizon ends when it did.

    Parameters
    ----------
    case, panel : Case, Panel
        The question as asked then, with the panel of its date.
    old, schedule, futures : Case, Schedule, Dataset
        What was planned for it, and what that was expected to bring.
    actuals : iterable of Actual
        What happened; of quarters before `as_of`.
    as_of : str
        Label of the quarter with which the new horizon begins.

    Raises
    ------
    InputError
        If no year of the old horizon is left then, the run is of another case, or the actuals do
        not say enough of a market that was not planned.
    """
    case, now = case.resolve(panel), quarters.parse(as_of)
    begins = quarters.first_from(case.as_of)
    left = begins + case.quarters - now
    if now < begins or left < LEAST:
        last = quarters.label(begins + case.quarters - LEAST)
        fix = f"Name one from {quarters.label(begins)} to {last}."
        raise InputError(Problem(f"the case cannot be taken up in {as_of}", "--as-of", fix))
    if (case.firm.home, begins) != (old.firm.home, quarters.first_from(old.as_of)):
        what = (
            f"the case is of {case.firm.home} from {quarters.label(begins)}, the run of "
            f"{old.firm.home} from {old.quarter_label(0)}"
        )
        raise InputError(Problem(what, "--from", "Plan on from the case.toml of the run."))
    past = _Past(case, panel, old.resolve(panel), schedule, futures, tuple(actuals), now)
    return past.resume(left)


@dataclass
class _Past:
    """What has been planned and what has happened; quarters are those of the calendar."""

    case: Case
    panel: Panel
    old: Case
    schedule: Schedule
    futures: xr.Dataset
    actuals: tuple[Actual, ...]
    now: int
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = quarters.first_from(self.case.as_of)
        self.known = {(a.market, quarters.parse(a.quarter), a.metric): a for a in self.actuals}
        self.since = {served.market: served for served in self.case.firm.served}
        self.entries = {entry.iso3: entry for entry in self.schedule.entries}
        self.enters = {e.iso3: self.start + e.quarter for e in self.schedule.entries}
        self.left = {
            a.market: quarters.parse(a.quarter)
            for a in self.actuals
            if a.metric == "exited" and a.value
        }
        self.begun = {self.old.measures[b.measure].name: b for b in self.schedule.measures}
        self.cancelled = set[str]()
        for a in self.actuals:
            if a.metric == "entered" and a.value:
                self.enters[a.market] = quarters.parse(a.quarter)
            elif a.metric == "entered":
                self.cancelled.add(a.market)
                self.enters.pop(a.market, None)

    def resume(self, left: int) -> Resumed:
        case, now = self.case, self.now
        shut = self._decide_gates()
        done = sorted(m for m, t in self.enters.items() if t < now and m not in shut)
        new = {m: self._serve(m) for m in done if m not in self.left and m not in self.since}
        here = {**{m: self._go_on(s) for m, s in self.since.items() if m not in self.left}, **new}
        committed = self._commit({*shut, *here, *self.left})
        case = case.model_copy(
            update={
                "as_of": self._day(),
                "quarters": left,
                "firm": case.firm.model_copy(
                    update={
                        "units": self._sell(case.firm.home, case.firm.units, 0),
                        "served": tuple(here[m] for m in sorted(here)),
                    }
                ),
                "markets": self._open(case, set(here)),
                "measures": tuple(self._keep_up(k) for k in range(len(case.measures))),
                "gates": tuple(
                    self._look_on(gate) for gate in case.gates
                    if set(case.waiting(gate, self.panel)) - {*here, *shut, *self.left}
                ),
                "limits": self._limit(set(here), len(new), committed, shut),
                "targets": tuple(t for old in case.targets for t in self._aim(old)),
                "economics": self._price(),
            }
        )  # fmt: skip
        return Resumed(case, self._rest(case), tuple(new), tuple(committed), tuple(self.notes))

    def _day(self) -> datetime.date:
        """The last day before the new horizon, or the case's own where it has not moved."""
        if self.now == self.start:
            return self.case.as_of
        first = datetime.date(self.now // 4, 3 * (self.now % 4) + 1, 1)
        return first - datetime.timedelta(days=1)

    def _expect(self, values: xr.DataArray, market: str, quarter: int) -> float:
        """A mean of the plan's futures, at the same age of the market; 0 where they say nothing."""
        t = quarter - self.start
        if entry := self.entries.get(market):
            t -= self.enters.get(market, self.start + entry.quarter) - self.start - entry.quarter
        gone = self.left.get(market, quarter) < quarter
        if gone or market not in self.futures["market"].values or not 0 <= t < self.old.quarters:
            return 0.0
        return float(values.sel(market=market).values[t])

    def _units(self, market: str, quarter: int) -> float:
        """Units sold, as said or as planned where the firm is there."""
        if said := self.known.get((market, quarter, "units")):
            return said.value
        there = self._expect(self.futures["present"], market, quarter)
        sold = self._expect(self.futures["units"], market, quarter)
        return sold / there if there > 0.0 else 0.0

    def _sales(self, market: str, quarter: int) -> float:
        if said := self.known.get((market, quarter, "revenue")):
            return said.value
        return self._expect(self.futures["ledger"].sel(line="sales"), market, quarter)

    def _sell(self, market: str, before: float, began: int) -> float:
        """Units a year: of the last year, or of a young market at the rate of its last quarter.

        `before`: units a year before the case began.
        """
        quarters_back = 1 if began > self.now - YOUNG else YEAR
        last = range(self.now - quarters_back, self.now)
        sold = [before / YEAR if t < self.start else self._units(market, t) for t in last]
        return sum(sold) * YEAR / quarters_back

    def _serve(self, market: str) -> Served:
        """A market entered since."""
        entry, entered = self.entries.get(market), self.enters[market]
        said = self.known.get((market, entered, "entered"))
        mode = said.mode if said and said.mode else entry.mode if entry else None
        level = said.localisation if said else None
        level = level if level is not None else entry.localisation if entry else 0.0
        last = range(max(entered, self.now - YEAR), self.now)
        lacking = [t for t in last if (market, t, "units") not in self.known]
        if mode is None or (entry is None and lacking):
            what = f"{market} was entered in {quarters.label(entered)}, which was not planned"
            fix = "Say its mode in the row 'entered'"
            fix += "; ".join(["", *(f"its units in {quarters.label(t)}" for t in lacking)]) + "."
            raise InputError(Problem(what, "--actuals", fix))
        return Served(
            market=market,
            units=self._sell(market, 0.0, entered),
            mode=mode,
            since=datetime.date(entered // 4, 3 * (entered % 4) + 1, 1),
            localisation=level,
        )

    def _go_on(self, served: Served) -> Served:
        """A market that was served when the case began."""
        units = self._sell(served.market, served.units, quarters.holding(served.since))
        return served.model_copy(update={"units": units})

    def _decide_gates(self) -> set[str]:
        """Entries behind gates that have been looked at and have not opened."""
        shut = set[str]()
        self.looked = set[str]()
        for used in self.schedule.gates:
            gate = self.old.gates[used.gate]
            at = self._decide(used)
            if at >= self.now:
                continue
            self.looked.add(gate.name)
            sold = self._sold(gate.pilot, at)
            waiting = self.old.waiting(gate, self.panel)
            opened = sold >= used.threshold
            shut |= set() if opened else set(waiting)
            verdict = "opened" if opened else "did not open: who waited stays out"
            self.notes.append(
                f"gate {gate.name}: {gate.pilot} sold {sold:,.0f} by {quarters.label(at)}, "
                f"{used.threshold:,.0f} were asked for; it {verdict}"
            )
        return shut

    def _decide(self, used: Gated) -> int:
        return self.start + self.schedule.decision(self.old, used)

    def _sold(self, market: str, until: int) -> float:
        began = max(self.start, self.enters.get(market, self.start))
        return sum(self._units(market, t) for t in range(began, min(until, self.now)))

    def _commit(self, out: Collection[str]) -> dict[str, FixedEntry]:
        """Entries whose preparation has begun, fixed as planned."""
        packed = pack(self.old, self.panel)
        way = packed.encode(Schedule(entries=self.schedule.entries))[1]
        fixed = {}
        for iso3, entry in self.entries.items():
            row, enters = packed.markets.index(iso3), self.start + entry.quarter
            takes = int(packed.problem.options.preparation[row, way[row]])
            begun = enters - takes < self.now <= enters
            if begun and iso3 not in out and iso3 not in self.cancelled:
                fixed[iso3] = FixedEntry(
                    quarter=quarters.label(enters), mode=entry.mode,
                    localisation=entry.localisation, begun=True,
                )  # fmt: skip
        return fixed

    def _open(self, case: Case, here: set[str]) -> Any:
        """Markets that may still be entered, and rivals that have come by now."""
        markets = case.markets
        named = markets.candidates
        if named != "all":
            named = tuple(iso3 for iso3 in named if iso3 not in here)
        rivals = []
        for rival in markets.rivals:
            ago = self.now - (self.start if rival.start is None else quarters.parse(rival.start))
            if ago > 0:
                strength = rival.strength * float(np.exp(rival.growth * ago * STEP))
                rival = rival.model_copy(update={"start": None, "strength": strength})
            rivals.append(rival)
        return markets.model_copy(update={"candidates": named, "rivals": tuple(rivals)})

    def _keep_up(self, number: int) -> Measure:
        """A measure; one that has begun goes on from the first quarter, already paid for."""
        measure = self.case.measures[number]
        begun = self.begun.get(measure.name)
        ago = 0 if begun is None else self.now - self.start - begun.quarter
        if begun is None or ago <= 0:
            past = measure.begin not in ("free", "never") and (
                quarters.parse(measure.begin) < self.now
            )
            return measure.model_copy(update={"begin": "free"}) if past else measure
        lasts = measure.lasts
        if lasts is not None:
            lasts -= max(0, ago - measure.lead)
            if lasts <= 0:
                return measure.model_copy(update={"begin": "never"})
        changes: dict[str, Any] = {
            "begin": quarters.label(self.now), "start": None, "levels": (begun.level,),
            "cost": 0.0, "lead": max(0, measure.lead - ago), "lasts": lasts,
        }  # fmt: skip
        if measure.sourcing is not None and ago > measure.lead:
            way = measure.sourcing
            made = (way.premium, way.progress, way.mature, ago - measure.lead + 1.0)
            dearer = float(learned(*map(np.asarray, made)))  # type: ignore[arg-type]
            changes["sourcing"] = way.model_copy(update={"premium": dearer - 1.0})
        return measure.model_copy(update=changes)

    def _look_on(self, gate: Gate) -> Gate:
        """A gate; one that has been looked at is used no more, one whose pilot runs counts on."""
        began = self.enters.get(gate.pilot)
        if gate.name in self.looked:
            return gate.model_copy(update={"use": "never"})
        if began is None or began >= self.now:
            return gate
        ago, sold = self.now - max(began, self.start), self._sold(gate.pilot, self.now)
        wait = dict.fromkeys(max(0, quarter - ago) for quarter in gate.wait)
        units = dict.fromkeys(max(0.0, amount - sold) for amount in gate.units)
        return gate.model_copy(update={"wait": tuple(wait), "units": tuple(units)})

    def _limit(
        self, here: set[str], entered: int, committed: dict[str, FixedEntry], shut: set[str]
    ) -> Any:
        limits, gone = self.case.limits, {*self.left, *shut}
        out = here | gone
        late = [m for m, label in limits.by.items() if quarters.parse(label) < self.now]
        late += [m for m, e in limits.fixed.items() if quarters.parse(e.quarter) < self.now]
        late = [m for m in late if m not in out]
        if late:
            self.notes.append(f"demanded by a date that is past, now at any: {', '.join(late)}")
        must = dict.fromkeys((*limits.must, *late))
        kept = {
            m: e for m, e in limits.fixed.items() if m not in out and m not in late
        }  # fmt: skip
        most = limits.max_markets
        return limits.model_copy(
            update={
                "capital": self._cash(shut),
                "must": tuple(m for m in must if m not in out),
                "by": {m: q for m, q in limits.by.items() if m not in out and m not in late},
                "fixed": {**kept, **committed},
                "never": tuple(dict.fromkeys((*limits.never, *sorted(gone)))),
                "after": tuple((b, a) for b, a in limits.after if b not in out and a not in gone),
                "not_together": tuple(s for s in limits.not_together if len(here & set(s)) < 2),
                "max_markets": None if most is None else max(0, most - entered),
            }
        )

    def _cash(self, shut: set[str]) -> float:
        """Cash at the start of the quarter: the last that is known, and the flows since."""
        stated = [t for (_, t, metric) in self.known if metric == "cash"]
        last = max(stated, default=None)
        cash = self.case.limits.capital if last is None else self.known["", last, "cash"].value
        markets = {*self.futures["market"].values, *(market for market, _, _ in self.known)}
        markets -= {"", *self.cancelled, *shut}
        after = range(self.start if last is None else last + 1, self.now)
        return cash + sum(self._flow(str(market), t) for market in sorted(markets) for t in after)

    def _flow(self, market: str, quarter: int) -> float:
        if said := self.known.get((market, quarter, "flow")):
            return said.value
        ledger = self.futures["ledger"]
        flow = self._expect(ledger.sum("line"), market, quarter)
        if paid := self.known.get((market, quarter, "entry_cost")):
            flow -= paid.value + self._expect(ledger.sel(line="opening"), market, quarter)
        return flow

    def _aim(self, target: Target) -> Iterable[Target]:
        """A target that is still to come, with what its period has brought so far."""
        last = quarters.parse(target.by)
        if last < self.now:
            self.notes.append(f"due by now, so no target any more: {target.metric} {target.by}")
            return ()
        first = last + 1 - target.spans
        if first >= self.now or self.now == self.start:
            return (target,)
        if not target.metric.startswith(("units", "revenue")):
            self.notes.append(f"its period has begun, so left out: {target.metric} {target.by}")
            return ()
        home, count = self.case.firm.home, target.metric.startswith("units")
        markets = set(map(str, self.futures["market"].values)) | set(self.enters)
        if target.metric.endswith("_abroad"):
            markets -= {home}
        elif target.market is not None:
            markets = {home if target.market == "home" else target.market}
        brought = sum(
            (self._units if count else self._sales)(market, t)
            for market in sorted(markets)
            for t in range(max(first, self.start), self.now)
        )
        return (target.model_copy(update={"so_far": (target.so_far or 0.0) + brought}),)

    def _price(self) -> dict[str, float]:
        """Economics with the category's entry price as it has fallen by now."""
        if self.now == self.start:
            return self.case.economics
        fall = Beliefs.from_prior(self.case).parameters["category.price_fall"].default
        price = economics_of(self.case).economics.entry_price
        years = (self.now - self.start) * STEP
        return {**self.case.economics, "entry_price": price * float(np.exp(-fall * years))}

    def _rest(self, case: Case) -> Schedule:
        """What the plan still had to do, as far as the new case allows it."""
        ahead = self.now - self.start
        candidates = set(case.candidate_iso3(self.panel))
        entries = [
            entry.model_copy(update={"quarter": entry.quarter - ahead})
            for entry in self.schedule.entries
            if entry.quarter >= ahead and entry.iso3 in candidates
            and entry.mode in case.modes.allowed and entry.localisation in case.modes.localisation
        ]  # fmt: skip
        measures = [
            Begun(
                measure=k,
                quarter=max(0, self.begun[measure.name].quarter - ahead),
                level=self.begun[measure.name].level,
            )
            for k, measure in enumerate(case.measures)
            if measure.name in self.begun
            and measure.begin != "never"
            and self.begun[measure.name].level in measure.levels
        ]
        gates = []
        for used in self.schedule.gates:
            name, pilot = self.old.gates[used.gate].name, self.old.gates[used.gate].pilot
            number = next((k for k, gate in enumerate(case.gates) if gate.name == name), None)
            if number is not None and name not in self.looked:
                opens = max(0, self.enters.get(pilot, self.now) - self.now)
                gates.append(
                    Gated(
                        gate=number,
                        wait=self._decide(used) - self.now - opens,
                        threshold=max(0.0, used.threshold - self._sold(pilot, self.now)),
                    )
                )
        return Schedule(entries=tuple(entries), measures=tuple(measures), gates=tuple(gates))
