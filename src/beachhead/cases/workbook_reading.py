"""From a workbook to the tables of a case, and where in it each key stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beachhead.cases.cells import from_cell
from beachhead.cases.layout import (
    CASE,
    LISTS,
    OWNER,
    Column,
    Form,
    Grid,
    Key,
    list_sheets,
    read_layout,
)
from beachhead.errors import Problem, suggest
from beachhead.sheets import Cell, Sheet, read_workbook

KEY, VALUE = "key", "value"  # the two columns of the sheet 'Case' that are read


def read_tables(path: Path) -> tuple[dict[str, Any], dict[str, str], list[Problem]]:
    """Tables of a case as a TOML file would give them, from a workbook.

    Returns
    -------
    data : dict
        Tables and keys; blank cells are keys left out. Values are for the schema to judge.
    places : dict
        Dotted key to the words for its sheet and cell; the empty key to those for the file.
    problems : list of Problem
        What is wrong with the sheets themselves, such as unknown keys or merged cells.

    Raises
    ------
    InputError
        If the file is no workbook, or a cell of it cannot be read.
    """
    return _Reader(path, read_workbook(path)).read()


def _letter(column: int) -> str:
    """Name of a column: A is 0."""
    rest, last = divmod(column, 26)
    return (_letter(rest - 1) if rest else "") + chr(ord("A") + last)


type _Found = tuple[Column, str, Any]  # column, place and value of a cell


@dataclass(frozen=True)
class _Row:
    """A row that was read: its number and name on the sheet, its key, and its table."""

    number: int
    name: Any
    path: str
    table: dict[str, Any]


@dataclass(frozen=True)
class _Line:
    """What a row says: its cells, with the sheet, the grid and the words for its place."""

    sheet: str
    grid: Grid
    number: int
    place: str
    cells: list[_Found]


class _Reader:
    """Gathers data, places and problems, sheet by sheet."""

    def __init__(self, path: Path, sheets: Sequence[Sheet]) -> None:
        self.path = path
        self.sheets = {sheet.name: sheet for sheet in sheets if sheet.name != LISTS}
        self.keys = {key.path: key for group in read_layout() for key in group.keys}
        self.data: dict[str, Any] = {}
        self.places = {"": f"sheet {CASE!r}"}
        self.problems: list[Problem] = []
        self.rows: dict[str, list[_Row]] = {}  # of each sheet whose rows could be read

    def read(self) -> tuple[dict[str, Any], dict[str, str], list[Problem]]:
        known = [CASE, *list_sheets()]
        for name, sheet in self.sheets.items():
            where = f"{self.path}, sheet {name!r}"
            if name not in known:
                fix = suggest(name, known) or f"known are {', '.join(known)}."
                self.problems.append(Problem(f"unknown sheet {name!r}", where, _begin(fix)))
            for area in sheet.merged if name in known else ():
                fix = "Unmerge them, and write each value in its own cell."
                self.problems.append(Problem(f"merged cells {area}", where, fix))
        for group in read_layout():  # a table without any key is there all the same
            if "." in group.keys[0].path:
                _descend(self.data, group.keys[0].path)
        if CASE in self.sheets:
            self._read_case(self.sheets[CASE])
        else:
            fix = "'beachhead new NAME --xlsx' writes a workbook with all its sheets."
            self._fault(f"the workbook has no sheet {CASE!r}", self.places[""], fix)
        for path, (key, owner) in list_sheets().items():
            if key.grid and path in self.sheets:
                self._read_rows(self.sheets[path], key, key.grid, owner)
        return self.data, self.places, self.problems

    def _fault(self, what: str, place: str, fix: str = "") -> None:
        self.problems.append(Problem(what, f"{self.path}, {place}", fix))

    def _read_case(self, sheet: Sheet) -> None:
        """Keys with their values from the sheet 'Case'; its other columns are for the reader."""
        at, columns = _find_heading(sheet)
        if len(columns) < 2:
            fix = f"One row holds the headings {KEY!r} and {VALUE!r}, and keys stand below it."
            self._fault(f"no row with the headings {KEY!r} and {VALUE!r}", self.places[""], fix)
            return
        titles = {group.title for group in read_layout()}
        rows: dict[str, int] = {}
        for number, row in sheet.rows:
            name, value = (
                row[columns[heading]] if columns[heading] < len(row) else None
                for heading in (KEY, VALUE)
            )
            place = f"sheet {sheet.name!r}, cell {_letter(columns[VALUE])}{number}"
            if number <= at or (value is None and (name is None or name in titles)):
                continue
            key = self.keys.get(str(name))
            if name is None:
                self._fault(f"the value {value!r} has no key", place, "Name the key beside it.")
            elif key is None:
                fix = suggest(str(name), self.keys) or "docs/case.md lists them all."
                self._fault(f"unknown key {str(name)!r}", place, _begin(fix))
            elif key.path in rows:
                what = f"key {key.path!r} stands in row {rows[key.path]} and in row {number}"
                self._fault(what, place, "Leave one.")
            else:
                rows[key.path] = number
                self._read_value(key, value, place)

    def _read_value(self, key: Key, value: Cell, place: str) -> None:
        self.places[key.path] = place
        if value is None or value == refer(key.path):
            return
        if key.cell is None:
            what = f"{key.path} is {value!r}, but its rows stand on the sheet {key.path!r}"
            self._fault(what, place, "Write them there, and clear this cell.")
        else:
            _descend(self.data, key.path)[key.path.rpartition(".")[2]] = from_cell(value, key.cell)

    def _read_rows(self, sheet: Sheet, key: Key, grid: Grid, owner: Key | None) -> None:
        """The rows of a sheet as the value of its key, which is left out if there are none.

        What belongs to rows of the sheet of `owner` is put into those.
        """
        columns = self._read_header(sheet, grid, owner)
        if columns is None or (owner and owner.path in self.sheets and owner.path not in self.rows):
            return  # a fault of the headings; to which rows the others belong would be a second one
        self.rows[key.path] = []
        begun: dict[str, Any] = {}
        for number, row in sheet.rows[1:]:
            cells = list(self._read_cells(sheet, number, row, columns))
            holder: _Row | None = _Row(0, None, "", self.data)
            if owner:
                (_, place, name), cells = _take(OWNER, cells)
                holder = self._find_owner(name, owner.path, place)
            if holder is None:
                continue
            part = key.path.removeprefix(f"{owner.path}." if owner else "")
            path = f"{holder.path}.{part}".lstrip(".")
            if path not in begun:
                self.places[path] = f"sheet {sheet.name!r}"
                above = owner.path if owner else CASE
                table, name = _descend(holder.table, part), key.name
                if name in table:
                    what = f"{path} stands on the sheet {above!r} too"
                    self._fault(what, self.places[path], "Clear its cell there, or these rows.")
                begun[path] = table[name] = {} if grid.holds in ("entries", "values") else []
            where = f"sheet {sheet.name!r}, row {number}"
            add = self._add_entry if isinstance(begun[path], dict) else self._add_item
            add(begun[path], path, _Line(sheet.name, grid, number, where, cells))

    def _find_owner(self, name: Any, sheet: str, place: str) -> _Row | None:
        """The row of another sheet that a cell names; None, and a fault, if it names no one row."""
        rows = self.rows.get(sheet, [])
        if name is None:
            fix = f"Name a row of the sheet {sheet!r}, or clear this one."
            self._fault(f"the cell under {OWNER!r} is blank", place, fix)
            return None
        is_number = str(name).isdecimal()
        found = [row for row in rows if str(row.number if is_number else row.name) == str(name)]
        if len(found) == 1:
            return found[0]
        names = [str(row.name) for row in rows if row.name is not None]
        fix = suggest(str(name), names) or "write the number of a row that is filled."
        if found:
            fix = f"say which by its number: {' or '.join(str(row.number) for row in found)}."
        many = "several rows are" if found else "no row is"
        self._fault(f"on the sheet {sheet!r} {many} called {name!r}", place, _begin(fix))
        return None

    def _add_item(self, items: list[Any], path: str, line: _Line) -> None:
        path = f"{path}[{len(items)}]"
        self.places[path] = line.place
        if line.grid.holds == "tables":
            table = self._fill(path, line.cells)
            self.rows[line.sheet].append(_Row(line.number, table.get("name"), path, table))
            items.append(table)
            return
        filled = [(place, value) for _, place, value in line.cells if value is not None]
        for i, (place, _) in enumerate(filled):
            self.places[f"{path}[{i}]"] = place
        values = [value for _, value in filled]
        items += [values] if line.grid.holds == "groups" else values

    def _add_entry(self, entries: dict[str, Any], path: str, line: _Line) -> None:
        first = line.grid.columns[0]
        (_, place, name), cells = _take(first.name, line.cells)
        if not isinstance(name, str):
            self._fault(f"{first.name} is {name!r}", place, "Name it, or clear the row.")
        elif name in entries:
            self._fault(f"{first.name} {name!r} stands there twice", place, "Leave one.")
        elif line.grid.holds == "values":
            ((_, self.places[f"{path}.{name}"], entries[name]),) = cells
        else:
            path = f"{path}.{name}"
            self.places[path] = line.place
            entries[name] = self._fill(path, cells)
            self.rows[line.sheet].append(_Row(line.number, name, path, entries[name]))

    def _fill(self, path: str, cells: Sequence[_Found]) -> dict[str, Any]:
        """A table of the cells of a row that are not blank."""
        table: dict[str, Any] = {}
        for column, place, value in cells:
            self.places[f"{path}.{column.name}"] = place
            if value is not None:
                _descend(table, column.name)[column.name.rpartition(".")[2]] = value
        return table

    def _read_header(
        self, sheet: Sheet, grid: Grid, owner: Key | None
    ) -> list[Column | None] | None:
        """The column of each cell of the first row; None if the rows below cannot be read."""
        if not sheet.rows:
            return None
        number, header = sheet.rows[0]
        first = [Column(OWNER, Form("text"), True)] if owner else []
        known = {column.name: column for column in (*first, *grid.widen(len(header)))}
        columns: list[Column | None] = []
        before = len(self.problems)
        for i, cell in enumerate(header):
            # A heading is its name, then its unit in brackets.
            name = str("" if cell is None else cell).partition("(")[0].strip().casefold()
            place = f"sheet {sheet.name!r}, cell {_letter(i)}{number}"
            if cell is not None and name not in known:
                fix = suggest(name, known) or f"known are {', '.join(known)}."
                self._fault(f"unknown heading {cell!r}", place, _begin(fix))
            elif name in known and known[name] in columns:
                self._fault(f"the heading {name!r} stands there twice", place, "Leave one.")
            columns.append(known.get(name))
        for name, column in known.items():
            if column.required and column not in columns:
                place = f"sheet {sheet.name!r}, row {number}"
                self._fault(f"the heading {name!r} is missing", place, "Put it in the first row.")
        return columns if len(self.problems) == before else None

    def _read_cells(
        self, sheet: Sheet, number: int, row: Sequence[Cell], columns: Sequence[Column | None]
    ) -> Iterator[_Found]:
        """Column, place and value of each cell of a row under a heading, blank ones as None."""
        for i in range(max(len(row), len(columns))):
            cell = row[i] if i < len(row) else None
            column = columns[i] if i < len(columns) else None
            place = f"sheet {sheet.name!r}, cell {_letter(i)}{number}"
            if column is not None:
                yield column, place, None if cell is None else from_cell(cell, column.form)
            elif cell is not None:
                self._fault(f"{cell!r} has no heading", place, "Name its column in the first row.")


def _begin(sentence: str) -> str:
    """The sentence with a capital letter; `str.capitalize` would make the others small."""
    return sentence[:1].upper() + sentence[1:]


def _descend(table: dict[str, Any], path: str) -> dict[str, Any]:
    """The table within a table in which a key stands, made if it is not there."""
    for name in path.split(".")[:-1]:
        table = table.setdefault(name, {})
    return table


def _take(name: str, cells: list[_Found]) -> tuple[_Found, list[_Found]]:
    """The cell of a column, and the others."""
    return next(c for c in cells if c[0].name == name), [c for c in cells if c[0].name != name]


def refer(path: str) -> str:
    """What stands on the sheet 'Case' in place of a value with a sheet of its own."""
    return f"see sheet {path}"


def _find_heading(sheet: Sheet) -> tuple[int, dict[str, int]]:
    """Number of the row that holds the headings, and their columns; no columns if none does."""
    for number, row in sheet.rows:
        cells = [cell.casefold() if isinstance(cell, str) else cell for cell in row]
        if KEY in cells and VALUE in cells:
            return number, {name: cells.index(name) for name in (KEY, VALUE)}
    return 0, {}
