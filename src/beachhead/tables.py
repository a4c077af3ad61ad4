"""Tables that a user brings, as CSV or in a workbook: text under column names, row by row."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from beachhead.errors import InputError, Problem, suggest
from beachhead.files import read_bytes
from beachhead.sheets import MOST_CELLS, SUFFIXES, read_workbook

MOST_PROBLEMS = 50  # of one table; whoever mends these finds the rest of their kind

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_NUMBER = re.compile(r"[+-]?([0-9]*)([.,]?)([0-9]*)([eE][+-]?[0-9]{1,3})?")
_SAVE = "Save it as CSV in UTF-8, or as .xlsx."


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes
    ----------
    place : str
        File and line, or file, sheet and row.
    cells : mapping of str to str
        Column -> text of its cell, without blanks around it; '' where the cell is empty.
    """

    place: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A table as text.

    Attributes
    ----------
    place : str
        Where its header stands.
    columns : tuple of str
        Names of the columns, in small letters.
    rows : tuple of Row
    decimal : {'.', ',', '?'}
        Sign before the decimals of its numbers; '?' where the table does not show which.
    """

    place: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    decimal: Literal[".", ",", "?"]

    def number(self, text: str) -> float:
        """The number that a cell holds.

        Raises
        ------
        ValueError
            If it holds none, or one that can be read in two ways; says what to write instead.
        """
        found = _NUMBER.fullmatch(text)
        if found is None or not (found[1] or found[3]):
            raise ValueError("Write a number such as 12.5, or nothing where nothing is known.")
        sign, ambiguous = found[2], _is_ambiguous(found)
        if sign and sign != self.decimal and (ambiguous or self.decimal != "?"):
            whole, point = text.replace(sign, ""), text.replace(",", ".")
            raise ValueError(
                f"It may mean {whole} or {point}: write {whole} or {point}0."
                if ambiguous
                else f"Write {point}, with a point."
            )
        value = float(text.replace(",", "."))
        if not math.isfinite(value):
            raise ValueError("It is too large for a number.")
        return value

    def demand(self, needed: Iterable[str], others: Collection[str] = ()) -> None:
        """Refuse the table unless it has all the needed columns, and none but the others beside.

        Raises
        ------
        InputError
            With every column that is missing or unknown.
        """
        needed = tuple(needed)
        missing = [name for name in needed if name not in self.columns]
        problems = [Problem(f"column {name!r} is missing", self.place) for name in missing]
        unknown = (name for name in self.columns if name not in needed and name not in others)
        for name in islice(unknown, MOST_PROBLEMS):
            near = suggest(name, [*missing, *others])
            fix = near or f"The columns are {', '.join([*needed, *others])}."
            problems.append(Problem(f"unknown column {name!r}", self.place, fix))
        if problems:
            raise InputError(*problems)


def read_table(path: str | Path) -> Table:
    """Read a table from a CSV file or a workbook.

    Blank rows and rows that begin with `#` are passed over; the first of the others is the
    header. CSV may be in UTF-8, in UTF-16 with a mark, or in Windows-1252, with commas, semicolons
    or tabs between its cells, and each row stands on one line. Of a workbook the first sheet is
    read, or the one that is named as in 'figures.xlsx#2024'.

    Raises
    ------
    InputError
        If there is no such file or sheet, if the file is too large or no table, and for every
        line that cannot be read, column without a name or with that of another, row of a wrong
        length and range of merged cells.
    """
    name, _, sheet = str(path).rpartition("#")
    if name.lower().endswith(SUFFIXES):
        return _read_sheet(Path(name), sheet)
    if str(path).lower().endswith(SUFFIXES):
        return _read_sheet(Path(path), "")
    return _read_csv(Path(path))


def _read_csv(path: Path) -> Table:
    lines = [
        (number, line)
        for number, line in enumerate(re.split(r"\r\n|\r|\n", _decode(path)), start=1)
        if line.strip() and not line.startswith("#")
    ]
    delimiter = _find_delimiter(lines[0][1]) if lines else ","
    cells = len(lines) + sum(line.count(delimiter) for _, line in lines)
    if cells > MOST_CELLS:
        what = f"{cells:,} cells; at most {MOST_CELLS:,} are read"
        raise InputError(Problem(what, str(path), "Keep only the rows that are needed."))
    rows: list[tuple[str, list[str]]] = []
    problems: list[Problem] = []
    for number, line in lines:
        place = f"{path}, line {number}"
        try:
            # Line by line, so that a quotation mark that is never closed swallows nothing.
            (row,) = csv.reader([line], delimiter=delimiter, strict=True)
        except csv.Error as error:
            fix = "A cell in quotation marks ends on its line; a mark within it is doubled."
            problems.append(Problem(f"not a line of CSV: {error}", place, fix))
            continue
        rows.append((place, [cell.strip() for cell in row]))
    if problems:
        raise InputError(*cut(problems))
    return _shape(str(path), rows, spoken=delimiter != ",")


def _decode(path: Path) -> str:
    data = read_bytes(path)
    mark, encoding = next((bom for bom in _BOMS if data.startswith(bom[0])), (b"", "utf-8"))
    try:
        try:
            text = data.removeprefix(mark).decode(encoding)
        except UnicodeDecodeError:
            if mark:
                raise
            text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise InputError(Problem(f"not text: {error.reason}", str(path), _SAVE)) from error
    if control := re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        line = text.count("\n", 0, control.start()) + 1
        what = f"not text: it holds the character {control[0]!r}"
        raise InputError(Problem(what, f"{path}, line {line}", _SAVE))
    return text


def _find_delimiter(header: str) -> str:
    """Comma, semicolon or tab: whichever parts the header into most cells."""

    def count(delimiter: str) -> int:
        try:
            return len(next(csv.reader([header], delimiter=delimiter, strict=True)))
        except csv.Error:
            return 0

    return max(",;\t", key=count)


def _read_sheet(path: Path, wanted: str) -> Table:
    sheets = {sheet.name: sheet for sheet in read_workbook(path)}
    if wanted and wanted not in sheets:
        hint = suggest(wanted, sheets) or f"It has {', '.join(map(repr, sheets))}."
        raise InputError(Problem(f"no sheet {wanted!r}", str(path), hint))
    sheet = sheets[wanted] if wanted else next(iter(sheets.values()), None)
    if sheet is None:
        raise InputError(Problem("the workbook has no sheet with cells", str(path)))
    where = f"{path}, sheet {sheet.name!r}"
    written = [
        (number, ["" if cell is None else str(cell) for cell in row]) for number, row in sheet.rows
    ]
    rows = [(number, row) for number, row in written if not row[0].startswith("#")]
    if rows:
        within = (rows[0][0], rows[-1][0], len(rows[0][1]))
        fix = "Take the merging back and write the value into each cell."
        problems = [
            Problem(f"the cells {area} are merged", where, fix)
            for area in sheet.merged
            if _overlaps(area, *within)
        ]
        if problems:
            raise InputError(*cut(problems))
    width = max((len(row) for _, row in rows), default=0)
    padded = [(f"{where}, row {number}", row + [""] * (width - len(row))) for number, row in rows]
    return _shape(where, padded, spoken=False)


def _overlaps(area: str, first: int, last: int, width: int) -> bool:
    from openpyxl.utils import range_boundaries

    left, top, _, bottom = range_boundaries(area)
    return (left or 1) <= width and (top or 1) <= last and (bottom or last) >= first


def _shape(where: str, rows: Sequence[tuple[str, list[str]]], *, spoken: bool) -> Table:
    """Header and rows as a table; `spoken` where its numbers may be written with commas."""
    rows = [(place, row) for place, row in rows if any(row) and not row[0].startswith("#")]
    if not rows:
        raise InputError(Problem("the table is empty", where, "Its first row names the columns."))
    (head, header), *body = rows
    columns = [name.casefold() for name in header]
    while columns and not columns[-1]:
        columns.pop()
    names = [name for name in columns if name]
    problems = [
        Problem(f"column {name!r} stands there twice", head)
        for name, times in Counter(names).items()
        if times > 1
    ]
    shaped: list[Row] = []
    for place, row in body:
        if len(row) < len(columns) or any(row[len(columns) :]):
            what = f"{len(row)} cells where the table has {len(columns)} columns"
            problems.append(Problem(what, place))
            continue
        cells = list(zip(columns, row, strict=False))
        if stray := next((cell for name, cell in cells if cell and not name), ""):
            what = f"{stray!r} stands in a column without a name"
            problems.append(Problem(what, place, "Name the column in the header, or empty it."))
        shaped.append(Row(place, {name: cell for name, cell in cells if name}))
    if problems:
        raise InputError(*cut(problems))
    decimal = _find_decimal(shaped) if spoken else "."
    return Table(head, tuple(names), tuple(shaped), decimal)


def _find_decimal(rows: Iterable[Row]) -> Literal[".", ",", "?"]:
    """The only sign that some number of a table must have before its decimals."""
    found = (_NUMBER.fullmatch(cell) for row in rows for cell in row.cells.values())
    signs = {number[2] for number in found if number and number[2] and not _is_ambiguous(number)}
    if len(signs) != 1:
        return "?"
    return "," if "," in signs else "."


def _is_ambiguous(number: re.Match[str]) -> bool:
    """Whether a number such as 1,234 may be written with thousands apart as well."""
    whole, sign, decimals, exponent = number.groups()
    return bool(
        sign and not exponent and len(decimals) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0"
    )


def cut(problems: Sequence[Problem]) -> Sequence[Problem]:
    """The first problems of a table, and how many there are more."""
    if len(problems) <= MOST_PROBLEMS:
        return problems
    more = Problem(f"and {len(problems) - MOST_PROBLEMS:,} more", problems[-1].where)
    return [*problems[:MOST_PROBLEMS], more]
