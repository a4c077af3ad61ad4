"""Which market is entered when and how."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

from beachhead.cases.case import Case, Mode
from beachhead.errors import InputError, Problem, suggest
from beachhead.tables import MOST_PROBLEMS, Row, Table, read_table

if TYPE_CHECKING:
    from beachhead.data import Panel

COLUMNS = ("iso3", "name", "enter", "mode", "localisation")
MEASURE, GATE = "measure", "gate"  # in place of a mode


class Entry(BaseModel):
    """The entry into one market."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    iso3: str = Field(description="ISO3 code of the market")
    quarter: int = Field(ge=0, description="quarter of the horizon in which sales begin")
    mode: Mode = Field(description="mode of entry")
    localisation: float = Field(ge=0, le=1, description="level of localisation, 0 to 1")


class Begun(BaseModel):
    """The beginning of a measure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    measure: int = Field(ge=0, description="number of the measure in the case, from 0")
    quarter: int = Field(ge=0, description="quarter of the horizon in which it begins")
    level: float = Field(gt=0, description="its size")


class Gated(BaseModel):
    """The use of a gate: the markets that wait for it are entered only where it opens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gate: int = Field(ge=0, description="number of the gate in the case, from 0")
    wait: int = Field(ge=0, description="quarters from the pilot's entry to the decision")
    threshold: float = Field(ge=0, description="units sold by then from which on it opens")


class Schedule(BaseModel):
    """Entries of a plan, by quarter and ISO3 code, each market once; measures and gates."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    entries: tuple[Entry, ...] = ()
    measures: tuple[Begun, ...] = ()
    gates: tuple[Gated, ...] = ()

    @field_validator("entries")
    @classmethod
    def _in_order(cls, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        codes = [entry.iso3 for entry in entries]
        if doubled := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"entered more than once: {', '.join(doubled)}")
        return tuple(sorted(entries, key=lambda entry: (entry.quarter, entry.iso3)))

    @classmethod
    def from_csv(cls, path: str | Path, case: Case, panel: Panel) -> Schedule:
        """Read a schedule.

        Parameters
        ----------
        path : str or Path
            CSV file or workbook with the columns iso3, name, enter, mode, localisation, in any
            order. `iso3` may hold a name that the panel knows; `name` is for the reader and is not
            looked at. A row with the mode `measure` begins the measure that `name` names, in the
            quarter `enter`, at the level in `localisation`. A row with the mode `gate` makes the
            markets that wait for the gate `name` wait for it: it is decided at the start of the
            quarter `enter`, and opens from as many units on as stand in `localisation`. `gate` is
            for the reader.
        case : Case
            The case whose horizon, candidates and modes the schedule must keep to.
        panel : Panel
            The panel whose markets are meant.

        Raises
        ------
        InputError
            With every cell at fault: file, line and column.
        """
        table = read_table(path)
        table.demand(COLUMNS, ("gate",))
        candidates = set(case.candidate_iso3(panel))
        entries: list[Entry] = []
        problems: list[Problem] = []
        lines: dict[str, str] = {}
        measures: list[Begun] = []
        gates: list[Row] = []
        for row in table.rows:
            place = row.place
            if row.cells["mode"] == MEASURE:
                begun, faults = _read_begun(table, row, case, [b.measure for b in measures])
                problems += faults
                measures += [begun] if begun else []
                continue
            if row.cells["mode"] == GATE:
                gates.append(row)
                continue
            entry, faults = _read_entry(table, row, case, panel)
            problems += faults
            if len(problems) > MOST_PROBLEMS:
                problems.append(Problem("further rows were not looked at", place))
                break
            if entry is None:
                continue
            if entry.iso3 in lines:
                problems.append(
                    Problem(
                        f"{entry.iso3} is entered a second time",
                        f"{place}, iso3",
                        f"It stands in {lines[entry.iso3]} already.",
                    )
                )
            elif entry.iso3 not in candidates:
                problems.append(
                    Problem(
                        f"{entry.iso3} is no candidate of case {case.name!r}",
                        f"{place}, iso3",
                        "Leave the line out, or change [markets] or limits.never of the case.",
                    )
                )
            lines.setdefault(entry.iso3, place)
            entries.append(entry)
        used, faults = _read_gates(table, gates, case, panel, entries)
        problems += faults
        if problems:
            raise InputError(*problems)
        return cls(entries=tuple(entries), measures=tuple(measures), gates=used)

    def to_csv(self, case: Case, panel: Panel) -> str:
        """The schedule as the text of a CSV file that `from_csv` reads back."""
        case = case.resolve(panel) if self.gates else case
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        waits = self.waits(case, panel)
        writer.writerow((*COLUMNS, "gate") if self.gates else COLUMNS)
        for entry in self.entries:
            when = case.quarter_label(entry.quarter)
            names = [case.gates[k].name for k in waits.get(entry.iso3, ())]
            cells = (entry.iso3, panel.name(entry.iso3), when, entry.mode, repr(entry.localisation))
            writer.writerow((*cells, "; ".join(names)) if self.gates else cells)
        for begun in self.measures:
            name, when = case.measures[begun.measure].name, case.quarter_label(begun.quarter)
            blank = ("",) if self.gates else ()
            writer.writerow(("", name, when, MEASURE, repr(begun.level), *blank))
        for used in self.gates:
            gate = case.gates[used.gate]
            when = case.quarter_label(self.decision(case, used))
            writer.writerow((gate.pilot, gate.name, when, GATE, repr(used.threshold), ""))
        return text.getvalue()

    def decision(self, case: Case, used: Gated) -> int:
        """Quarter at whose start a gate is decided."""
        pilot = case.gates[used.gate].pilot
        return used.wait + next((e.quarter for e in self.entries if e.iso3 == pilot), 0)

    def waits(self, case: Case, panel: Panel) -> dict[str, tuple[int, ...]]:
        """Numbers of the gates for which each entry of a resolved case waits, by ISO3 code."""
        found: dict[str, tuple[int, ...]] = {}
        for used in self.gates:
            for iso3 in case.waiting(case.gates[used.gate], panel):
                found[iso3] = (*found.get(iso3, ()), used.gate)
        return found


def _read_gates(
    table: Table, rows: list[Row], case: Case, panel: Panel, entries: list[Entry]
) -> tuple[tuple[Gated, ...], list[Problem]]:
    """Rows that use gates, and what is wrong with them. Dates count from the pilot's entry."""
    names = [gate.name for gate in case.gates]
    problems: list[Problem] = []
    used: list[Gated] = []
    for row in rows:
        cells, place = row.cells, row.place
        if cells["name"] not in names:
            hint = suggest(cells["name"], names)
            problems.append(Problem(f"no gate {cells['name']!r}", f"{place}, name",
                                    hint or "[[gates]] of the case names them."))  # fmt: skip
            continue
        number = names.index(cells["name"])
        pilot = panel.find(case.gates[number].pilot)
        served = pilot in {panel.find(market.market) for market in case.firm.served}
        began = next((e.quarter for e in entries if e.iso3 == pilot), 0 if served else None)
        if number in [other.gate for other in used]:
            problems.append(
                Problem(f"{cells['name']} is used twice", f"{place}, name", "Leave one.")
            )
            continue
        if began is None:
            what = f"{pilot}, the pilot of {cells['name']}, is not entered"
            problems.append(Problem(what, place, "Enter it, or leave the gate out."))
            continue
        try:
            quarter = case.quarter_index(cells["enter"])
        except InputError:
            quarter = -1
        if not began <= quarter < case.quarters:
            problems.append(
                Problem(
                    f"{cells['enter']!r} is no quarter in which it can be decided",
                    f"{place}, enter",
                    f"They run {case.quarter_label(began)}, when {pilot} is entered, to "
                    f"{case.quarter_label(case.quarters - 1)}.",
                )
            )
            continue
        try:
            threshold = table.number(cells["localisation"])
        except ValueError:
            threshold = -1.0
        if threshold < 0.0:
            what = f"{cells['localisation']!r} is no number of units"
            problems.append(Problem(what, f"{place}, localisation", "Give units, 0 or more."))
            continue
        used.append(Gated(gate=number, wait=quarter - began, threshold=threshold))
    return tuple(used), problems


def _read_begun(
    table: Table, row: Row, case: Case, before: list[int]
) -> tuple[Begun | None, list[Problem]]:
    """A row that begins a measure, or what is wrong with it."""
    cells, place = row.cells, row.place
    names = [measure.name for measure in case.measures]
    if cells["name"] not in names:
        hint = suggest(cells["name"], names) or "[[measures]] of the case names them."
        return None, [Problem(f"no measure {cells['name']!r}", f"{place}, name", hint)]
    number = names.index(cells["name"])
    measure, problems = case.measures[number], []
    if number in before:
        problems.append(Problem(f"{measure.name} is begun twice", f"{place}, name", "Leave one."))
    first, last = case.quarter_label(0), case.quarter_label(case.quarters - 1)
    try:
        quarter = case.quarter_index(cells["enter"])
    except InputError:
        quarter = -1
    if not 0 <= quarter < case.quarters:
        what = f"{cells['enter']!r} is no quarter of the horizon"
        problems.append(Problem(what, f"{place}, enter", f"It runs {first} to {last}."))
    try:
        level = table.number(cells["localisation"])
    except ValueError:
        level = 0.0
    if level not in measure.levels:
        what = f"{cells['localisation']!r} is no level of {measure.name}"
        sizes = ", ".join(f"{size:g}" for size in measure.levels)
        problems.append(Problem(what, f"{place}, localisation", f"Its levels are {sizes}."))
    if problems:
        return None, problems
    return Begun(measure=number, quarter=quarter, level=level), []


def _read_entry(
    table: Table, line: Row, case: Case, panel: Panel
) -> tuple[Entry | None, list[Problem]]:
    row = line.cells
    problems: list[Problem] = []

    def fault(column: str, what: str, fix: str = "") -> None:
        problems.append(Problem(what, f"{line.place}, {column}", fix))

    iso3 = ""
    try:
        iso3 = panel.find(row["iso3"])
    except InputError as error:
        for problem in error.problems:
            fault("iso3", problem.what, problem.fix)
    first, last = case.quarter_label(0), case.quarter_label(case.quarters - 1)
    quarter = -1
    try:
        quarter = case.quarter_index(row["enter"])
    except InputError:
        fault("enter", f"{row['enter']!r} is no quarter", f"Write one as in {first}.")
    else:
        if not 0 <= quarter < case.quarters:
            fault("enter", f"{row['enter']} is outside the horizon", f"It runs {first} to {last}.")
    mode = next((m for m in get_args(Mode) if m == row["mode"]), None)
    if mode not in case.modes.allowed:
        allowed = ", ".join(case.modes.allowed)
        near = suggest(row["mode"], case.modes.allowed)
        fault("mode", f"{row['mode']!r} is no mode of the case", near or f"It allows {allowed}.")
    try:
        localisation = table.number(row["localisation"])
    except ValueError:
        localisation = -1.0
    if localisation not in case.modes.localisation:
        levels = ", ".join(map(str, case.modes.localisation))
        fault(
            "localisation",
            f"{row['localisation']!r} is no level of localisation of the case",
            f"Its levels are {levels}.",
        )
    if problems or mode is None:
        return None, problems
    return Entry(iso3=iso3, quarter=quarter, mode=mode, localisation=localisation), []
