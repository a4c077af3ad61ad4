"""Which firm entered and left which market in which year: the tables of precedents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, cast

from beachhead.data import Panel
from beachhead.errors import InputError, Problem, suggest
from beachhead.tables import Row, Table, cut, read_table

Event = Literal["entry", "exit", "reentry", "undated"]
Coverage = Literal["full", "listed"]

NEEDED = ("firm", "home_iso3", "iso3", "year", "event")
OTHERS = ("sector", "month", "mode", "source")
YEARS = (1800, 2100)

_EVENTS: tuple[Event, ...] = ("entry", "exit", "reentry", "undated")

# Places with a code of ISO 3166 that are no market of the panel: a row about one is no fault, but
# nothing is known of the place, so that it is neither scored nor a neighbour of anything.
UNKNOWN_PLACES = frozenset(
    ["AIA", "ALA", "ATA", "ATF", "BES", "BLM", "BVT", "CCK", "COK", "CXR", "ESH", "FLK", "GGY",
     "GLP", "GUF", "HMD", "IOT", "JEY", "MSR", "MTQ", "MYT", "NFK", "NIU", "PCN", "REU", "SGS",
     "SHN", "SJM", "SPM", "TKL", "UMI", "VAT", "WLF"]
)  # fmt: skip


@dataclass(frozen=True)
class Move:
    """A firm enters, leaves or enters again, or was there at a time that is not known.

    Attributes
    ----------
    iso3 : str
    year : int
        0 where it is not known.
    month : int or None
    event : {'entry', 'exit', 'reentry', 'undated'}
        An undated market is no candidate of its firm: it says neither yes nor no.
    """

    iso3: str
    year: int
    month: int | None
    event: Event


@dataclass(frozen=True)
class History:
    """What one firm did abroad.

    Attributes
    ----------
    firm, sector : str
    home : str
    moves : tuple of Move
        In the order of their dates.
    coverage : {'full', 'listed'}
        Whether a market that is not listed counts as not entered, or is no candidate at all.
    score_until : int or None
        Last year whose wave is scored; None for no end.
    """

    firm: str
    sector: str
    home: str
    moves: tuple[Move, ...]
    coverage: Coverage = "full"
    score_until: int | None = None

    @cached_property
    def first_entries(self) -> dict[str, int]:
        """Market -> year of its first entry."""
        found: dict[str, int] = {}
        for move in self.moves:
            if move.event == "entry":
                found.setdefault(move.iso3, move.year)
        return found

    @cached_property
    def undated(self) -> frozenset[str]:
        """Markets of which it is not known when they were entered."""
        return frozenset(move.iso3 for move in self.moves if move.event == "undated")

    def present(self, year: int) -> dict[str, int]:
        """Markets served when `year` begins, each with the year since when."""
        since: dict[str, int] = {}
        for move in self.moves:
            if move.year >= year:
                break
            if move.event == "exit":
                since.pop(move.iso3, None)
            elif move.event != "undated":
                since.setdefault(move.iso3, move.year)
        return since


def read_histories(
    entries: str | Path, panel: Panel, firms: str | Path | None = None
) -> tuple[History, ...]:
    """Histories out of a table of moves, and of one about the firms.

    Parameters
    ----------
    entries : path
        Columns firm, home_iso3, iso3, year, event (entry, exit, reentry; undated without a year);
        sector, month, mode and source beside them where known.
    panel : Panel
        Its markets are known.
    firms : path, optional
        Columns firm, coverage (full or listed) and score_until; every firm is full without it.

    Raises
    ------
    InputError
        With every row that names no place, no year, no month or no event, that stands there
        twice, that leaves where the firm is not, or that gives a firm another home or sector.
    """
    table = read_table(entries)
    table.demand(NEEDED, OTHERS)
    problems: list[Problem] = []
    rows: dict[str, list[tuple[Row, Move]]] = {}
    facts: dict[str, tuple[str, str]] = {}
    for row in table.rows:
        move, faults = _read_move(row, panel)
        firm, home = row.cells["firm"], row.cells["home_iso3"].upper()
        if not firm:
            faults.append(Problem("no firm is named", row.place))
        if home not in panel.codes:
            faults.append(_unknown(home, "home_iso3", row, panel))
        known = facts.setdefault(firm, (home, row.cells.get("sector", "")))
        if known[0] != home:
            faults.append(Problem(f"{firm}: home is {home}, before it was {known[0]}", row.place))
        problems += faults
        if move is not None and not faults:
            if move.iso3 == home:
                what = f"{firm}: {home} is its home"
                problems.append(Problem(what, row.place, "Leave the row out."))
            rows.setdefault(firm, []).append((row, move))
    for firm, moves in rows.items():
        problems += _check_order(firm, moves)
    coverage, faults = _read_firms(firms, tuple(facts))
    problems += faults
    if problems:
        raise InputError(*cut(problems))
    if not rows:
        raise InputError(Problem("no entries", str(entries), "Give a row for each market entered."))
    return tuple(
        History(firm, sector, home, tuple(move for _, move in _in_order(rows[firm])),
                *coverage.get(firm, ("full", None)))
        for firm, (home, sector) in facts.items()
    )  # fmt: skip


def digest(histories: Iterable[History]) -> str:
    """SHA-256 of what the histories say, whatever file they came from."""
    return hashlib.sha256("\n".join(map(repr, histories)).encode()).hexdigest()


def _unknown(code: str, column: str, row: Row, panel: Panel) -> Problem:
    fix = suggest(code, panel.codes) or "Write the three letters of ISO 3166 (XKX for Kosovo)."
    return Problem(f"{column} {code!r} is no code of a country", row.place, fix)


def _read_move(row: Row, panel: Panel) -> tuple[Move | None, list[Problem]]:
    cells, faults = row.cells, []
    iso3, event = cells["iso3"].upper(), cells["event"].casefold()
    if iso3 not in panel.codes and iso3 not in UNKNOWN_PLACES:
        faults.append(_unknown(iso3, "iso3", row, panel))
    year = 0 if event == "undated" else _whole(cells["year"], *YEARS)
    if year is None:
        fix = "Write a year such as 2014."
        faults.append(Problem(f"year {cells['year']!r} is none", row.place, fix))
    month = _whole(cells.get("month", ""), 1, 12)
    if cells.get("month") and month is None:
        fix = "Write 1 to 12, or nothing."
        faults.append(Problem(f"month {cells['month']!r} is none", row.place, fix))
    if event not in _EVENTS:
        fix = suggest(event, _EVENTS) or f"Write {', '.join(_EVENTS)}."
        faults.append(Problem(f"event {cells['event']!r} is not known", row.place, fix))
    if faults or year is None:
        return None, faults
    return Move(iso3, year, month, cast(Event, event)), []


def _whole(text: str, low: int, high: int) -> int | None:
    text = text.removesuffix(".0")  # as spreadsheets write whole numbers
    if not (text.isascii() and text.isdigit()):
        return None
    return number if low <= (number := int(text)) <= high else None


def _in_order(moves: Sequence[tuple[Row, Move]]) -> list[tuple[Row, Move]]:
    """By year; within one, entries, then exits, then re-entries, as months are often blank."""
    return sorted(
        moves, key=lambda pair: (pair[1].year, _EVENTS.index(pair[1].event), pair[1].iso3)
    )


def _check_order(firm: str, moves: Sequence[tuple[Row, Move]]) -> list[Problem]:
    problems: list[Problem] = []
    by_market: dict[str, list[tuple[Row, Move]]] = {}
    for row, move in moves:
        by_market.setdefault(move.iso3, []).append((row, move))
    for iso3, own in by_market.items():
        entries = [pair for pair in own if pair[1].event == "entry"]
        for row, _ in entries[1:]:
            what = f"{firm}: a second first entry of {iso3}"
            problems.append(Problem(what, row.place, "Call it reentry, after an exit."))
        first = min((move.year for _, move in entries), default=None)
        for row, move in own:
            if move.event == "undated":
                if len(own) > 1:
                    fix = "Leave its other rows out, or this one."
                    problems.append(Problem(f"{firm}: {iso3} is undated and dated", row.place, fix))
            elif move.event != "entry" and (first is None or move.year < first):
                what = f"{firm}: {move.event} of {iso3} without an entry before it"
                problems.append(Problem(what, row.place, "Give the row of its entry."))
    return problems


def _read_firms(
    path: str | Path | None, known: Sequence[str]
) -> tuple[dict[str, tuple[Coverage, int | None]], list[Problem]]:
    """Coverage and last year to score, by firm."""
    if path is None:
        return {}, []
    table: Table = read_table(path)
    table.demand(("firm", "coverage"), ("score_until",))
    found: dict[str, tuple[Coverage, int | None]] = {}
    problems: list[Problem] = []
    for row in table.rows:
        firm, coverage = row.cells["firm"], row.cells["coverage"].casefold() or "full"
        text = row.cells.get("score_until", "")
        until = _whole(text, *YEARS)
        if firm not in known:
            fix = suggest(firm, known) or "Name it as the table of entries does."
            problems.append(Problem(f"no entries of the firm {firm!r}", row.place, fix))
        if firm in found:
            problems.append(Problem(f"{firm} stands there twice", row.place))
        if coverage not in ("full", "listed"):
            fix = "Write full or listed."
            problems.append(Problem(f"coverage {coverage!r} is not known", row.place, fix))
        if text and until is None:
            fix = "Write a year such as 2014, or nothing."
            problems.append(Problem(f"score_until {text!r} is no year", row.place, fix))
        found[firm] = (cast(Coverage, coverage), until)
    return found, problems
