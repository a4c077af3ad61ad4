"""A firm's own records as the kernel meets them: the case taken back to when they begin.

The first figure of each market in which the firm sold by then says where it stood; what is
explained are the figures after it. Entries and exits are taken as they happened. Chance that moves
neither units nor entry costs, as exchange rates, is left out; so are disruptions of supply,
measures, gates and the growth of named rivals, of which the records say nothing: what they did
counts as error of the model.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beachhead.cases import Case, Entry, Schedule, quarters
from beachhead.cases.actuals import Actual
from beachhead.cases.case import Limits, Mode, Served
from beachhead.cases.presets import economics_of
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError, Problem
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.pack import Packed, pack
from beachhead.simulation.state import NEVER, STEP

type Floats = NDArray[np.float64]

LEAST = 4  # figures after the first that are worth the wait
USED = ("units", "entry_cost", "entered", "exited")


@dataclass(frozen=True)
class Records:
    """What is to be explained, and the case of which it is.

    Attributes
    ----------
    case, panel : Case, Panel
        The case at the end of the quarter in which the records begin, and what was known then.
    packed : Packed
        Its arrays: home, markets served then and those entered since.
    schedule : tuple of array
        Date and option along axis market.
    start : array
        Units a year in the quarter in which the records begin, axis market; nan where it is not
        said and the market does not begin from a figure.
    units : array
        Units of the quarters after it, axes (quarter, market); nan where there is no figure.
    costs : array
        What opening a market cost in all, axis market; nan where it is not known.
    left : array
        Quarter at whose end a market was left, NEVER where it was not; axis market.
    since, until : str
        First and last quarter of the records.
    later : int
        Rows that are of after the case's date, which are not looked at.
    digest : str
        SHA-256 of the rows that were.
    notes : tuple of str
        What of the rows could not be used.
    """

    case: Case
    panel: Panel
    packed: Packed
    schedule: tuple[NDArray[np.int32], NDArray[np.int32]]
    start: Floats
    units: Floats
    costs: Floats
    left: NDArray[np.int32]
    since: str
    until: str
    later: int
    digest: str
    notes: tuple[str, ...]

    @property
    def markets(self) -> tuple[str, ...]:
        """ISO3 codes along axis market."""
        return self.packed.markets

    def label(self, quarter: int) -> str:
        """Label of a quarter by its number."""
        return quarters.label(quarters.parse(self.since) + 1 + quarter)


def read_records(case: Case, panel: Panel, history: Iterable[Actual], since: str = "") -> Records:
    """Records of a firm before the date of its case.

    Parameters
    ----------
    case, panel : Case, Panel
        The firm as it stands, and figures of its date.
    history : iterable of Actual
        What happened; rows of quarters that were not over on the case's date are not looked at.
    since : str
        Label of the quarter in which they are to begin; by default the first with units at home,
        or where there are none, the one before the first figure.

    Raises
    ------
    InputError
        If a figure is of a market of which nobody says when and how it was entered, or before its
        entry, or there are too few.
    """
    case, rows = case.resolve(panel), tuple(history)
    now = quarters.holding(case.as_of + datetime.timedelta(days=1))
    seen = [a for a in rows if quarters.parse(a.quarter) < now and a.metric in USED]
    later = sum(quarters.parse(a.quarter) >= now for a in rows)
    begin = _find_begin(case, seen, since)
    past = _Past(case, panel, seen, begin, now)
    return past.gather(later)


def _find_begin(case: Case, seen: Sequence[Actual], since: str) -> int:
    if since:
        return quarters.parse(since)
    sold = [(quarters.parse(a.quarter), a.market) for a in seen if a.metric == "units"]
    if not sold:
        what = "the table has no units of before the case's date"
        raise InputError(Problem(what, "--history", "Give units by market and quarter."))
    at_home = [quarter for quarter, market in sold if market == case.firm.home]
    return min(at_home) if at_home else min(sold)[0] - 1


class _Past:
    """The rows that may be seen; quarters are those of the calendar."""

    def __init__(
        self, case: Case, panel: Panel, seen: Sequence[Actual], begin: int, now: int
    ) -> None:
        self.case, self.panel, self.seen, self.begin, self.now = case, panel, seen, begin, now
        self.known = {(a.market, quarters.parse(a.quarter), a.metric): a.value for a in seen}
        self.notes: list[str] = []
        served = {market.market: market for market in case.firm.served}
        self.enters = {m: quarters.holding(s.since) for m, s in served.items()}
        self.ways: dict[str, tuple[Mode, float]] = {
            market: (s.mode, s.localisation) for market, s in served.items()
        }
        self.left: dict[str, int] = {}
        problems = []
        for a in seen:
            if a.metric == "exited" and a.value:
                self.left[a.market] = quarters.parse(a.quarter)
            if a.metric != "entered" or not a.value:
                continue
            self.enters[a.market] = quarters.parse(a.quarter)
            mode, level = self.ways.get(a.market, (None, 0.0))
            mode = a.mode or mode
            if mode is None:
                what = f"the entry of {a.market} in {a.quarter} has no mode"
                problems.append(Problem(what, "--history", "Say it in the column mode."))
                continue
            self.ways[a.market] = (mode, level if a.localisation is None else a.localisation)
        problems += list(self._find_faults())
        if problems:
            raise InputError(*problems)

    def _find_faults(self) -> Iterable[Problem]:
        home = self.case.firm.home
        sold = sorted({(m, q) for m, q, metric in self.known if metric == "units" and m != home})
        for market in dict.fromkeys(m for m, _ in sold):
            if market not in self.enters:
                what = f"{market} has units, and nobody says when and how it was entered"
                yield Problem(what, "--history", f"Add a row 'entered' of {market}, with its mode.")
                continue
            early = [q for m, q in sold if m == market and q < self.enters[market]]
            late = [q for m, q in sold if m == market and q > self.left.get(market, q)]
            for quarter in (*early, *late):
                word = "before it was entered" if quarter in early else "after it was left"
                what = f"{market} has units in {quarters.label(quarter)}, {word}"
                yield Problem(what, "--history", "Correct the one or the other.")

    def gather(self, later: int) -> Records:
        case, begin, count = self.case, self.begin, max(self.now - self.begin - 1, 0)
        home = case.firm.home
        here = [m for m, q in self.enters.items() if q <= begin < self.left.get(m, self.now)]
        lacking = [m for m in here if (m, begin, "units") not in self.known]
        for market in lacking:
            self.notes.append(
                f"{market} was served by then and has no units in {quarters.label(begin)}: left out"
            )
        served = [m for m in sorted(here) if m not in lacking]
        entered = sorted(m for m, q in self.enters.items() if begin < q < self.now)
        day = datetime.date((begin + 1) // 4, 3 * ((begin + 1) % 4) + 1, 1)
        day -= datetime.timedelta(days=1)
        then = self._take_back(day, count, served, entered)
        panel = load_panel(as_of=day)
        packed = pack(then, panel)
        if missing := set(entered) - set(packed.markets):
            self.notes.append(f"no population is known of {', '.join(sorted(missing))}: left out")
        entries = [
            Entry(iso3=m, quarter=self.enters[m] - begin - 1, mode=way[0], localisation=way[1])
            for m, way in self.ways.items() if m in entered and m in packed.markets
        ]  # fmt: skip
        schedule = packed.encode(Schedule(entries=tuple(entries)))
        units = np.round([  # they are counted
            [self.known.get((m, begin + 1 + t, "units"), np.nan) for m in packed.markets]
            for t in range(count)
        ]).reshape(count, len(packed.markets))  # fmt: skip
        start = np.full(len(packed.markets), np.nan)
        for market in (home, *served):
            first = self.known.get((market, begin, "units"), np.nan)
            start[packed.markets.index(market)] = first / STEP
        if np.isnan(start[0]):  # home begins from a guess, of which nothing is to be learned
            units[:, 0] = np.nan
        if (there := int((~np.isnan(units)).sum())) < LEAST:
            what = f"{there} figures of units can be explained, at least {LEAST} are needed"
            fix = "Give units of more quarters before the case's date, the first of all at home."
            raise InputError(Problem(what, "--history", fix))
        last = int(np.flatnonzero(~np.isnan(units).all(axis=1)).max())
        left = np.array([self.left.get(m, NEVER + begin + 1) for m in packed.markets]) - begin - 1
        return Records(
            case=then, panel=panel, packed=packed, schedule=schedule, start=start, units=units,
            costs=self._add_costs(packed, schedule), left=left.astype(np.int32),
            since=quarters.label(begin), until=quarters.label(begin + 1 + last), later=later,
            digest=_digest(self.seen), notes=tuple(self.notes),
        )  # fmt: skip

    def _take_back(
        self, day: datetime.date, count: int, served: Sequence[str], entered: Sequence[str]
    ) -> Case:
        """The case as it stood on `day`, without what was decided or known only since."""
        case, firm = self.case, self.case.firm
        units = self.known.get((firm.home, self.begin, "units"))
        ways = [self.ways[market] for market in entered] or [("online", 0.0)]
        years = (case.as_of - day).days / 365.25
        fall = Beliefs.from_prior(case).parameters["category.price_fall"].default
        price = economics_of(case).economics.entry_price * float(np.exp(fall * years))
        return case.model_copy(
            update={
                "as_of": day,
                "quarters": count,
                "firm": firm.model_copy(
                    update={
                        "units": firm.units if units is None else max(units / STEP, 1.0),
                        "served": tuple(self._serve(market) for market in served),
                        "rivals": tuple(
                            r.model_copy(update={"growth": 0.0, "spread": 0.0}) for r in firm.rivals
                        ),
                    }
                ),
                "product": case.product.model_copy(update={"capacity": None}),
                "markets": case.markets.model_copy(
                    update={
                        "candidates": tuple(entered), "regions": (), "blocs": (), "exclude": (),
                        "rivals": (),
                    }
                ),
                "modes": case.modes.model_copy(
                    update={
                        "allowed": tuple(dict.fromkeys(mode for mode, _ in ways)),
                        "localisation": tuple(sorted({level for _, level in ways})),
                    }
                ),
                "components": (), "measures": (), "gates": (), "targets": (),
                "limits": Limits(teams=self._find_teams(), capital=case.limits.capital),
                "economics": {**case.economics, "entry_price": price},
            }
        )  # fmt: skip

    def _find_teams(self) -> int:
        """Launch teams then: as many as now, when nobody says."""
        teams = self.case.limits.teams
        return teams if isinstance(teams, int) else teams[0].teams

    def _serve(self, market: str) -> Served:
        enters, (mode, level) = self.enters[market], self.ways[market]
        return Served(
            market=market,
            units=max(self.known[market, self.begin, "units"] / STEP, 1.0),
            mode=mode,
            since=datetime.date(enters // 4, 3 * (enters % 4) + 1, 1),
            localisation=level,
        )

    def _add_costs(self, packed: Packed, schedule: tuple[NDArray[np.int32], ...]) -> Floats:
        """Entry costs of the markets whose whole preparation the records cover."""
        costs = np.full(len(packed.markets), np.nan)
        enter, option = schedule
        for row, market in enumerate(packed.markets):
            paid = [v for (m, _, metric), v in self.known.items()
                    if (m, metric) == (market, "entry_cost")]  # fmt: skip
            if not paid or not sum(paid) > 0.0:
                continue
            takes = int(packed.problem.options.preparation[row, option[row]])
            if enter[row] >= NEVER or enter[row] < takes:
                self.notes.append(f"{market} was prepared before the records begin: cost left out")
                continue
            costs[row] = sum(paid)
        return costs


def _digest(seen: Sequence[Actual]) -> str:
    rows = sorted(f"{a.market},{a.quarter},{a.metric},{a.value!r},{a.mode},{a.localisation}"
                  for a in seen)  # fmt: skip
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
