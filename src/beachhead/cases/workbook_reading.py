"""From a workbook to the tables of a case, and where in it each key stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from beachhead.cases.cells import from_cell
from beachhead.cases.layout import CASE, LISTS, Column, Grid, Key, read_layout
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


class _Reader:
    """Gathers data, places and problems, sheet by sheet."""

    def __init__(self, path: Path, sheets: Sequence[Sheet]) -> None:
        self.path = path
        self.sheets = {sheet.name: sheet for sheet in sheets if sheet.name != LISTS}
        self.keys = {key.path: key for group in read_layout() for key in group.keys}
        self.data: dict[str, Any] = {}
        self.places = {"": f"sheet {CASE!r}"}
        self.problems: list[Problem] = []

    def read(self) -> tuple[dict[str, Any], dict[str, str], list[Problem]]:
        known = [CASE, *(path for path, key in self.keys.items() if key.grid)]
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
                self._table(group.keys[0].path)
        if CASE in self.sheets:
            self._read_case(self.sheets[CASE])
        else:
            fix = "'beachhead new NAME --xlsx' writes a workbook with all its sheets."
            self._fault(f"the workbook has no sheet {CASE!r}", self.places[""], fix)
        for path, key in self.keys.items():
            if key.grid and path in self.sheets:
                self._read_rows(self.sheets[path], key, key.grid)
        return self.data, self.places, self.problems

    def _table(self, path: str) -> dict[str, Any]:
        """The table of the data in which a key stands."""
        table = self.data
        for name in path.split(".")[:-1]:
            table = table.setdefault(name, {})
        return table

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
            self._table(key.path)[key.path.rpartition(".")[2]] = from_cell(value, key.cell)

    def _read_rows(self, sheet: Sheet, key: Key, grid: Grid) -> None:
        """The rows of a sheet as the value of its key, which is left out if there are none."""
        columns = self._read_header(sheet, grid)
        rows = sheet.rows[1:]
        if columns is None or not rows:
            return
        self.places[key.path] = f"sheet {sheet.name!r}"
        table, name = self._table(key.path), key.path.rpartition(".")[2]
        if name in table:
            self._fault(f"{key.path} stands on the sheet {CASE!r} too", self.places[key.path],
                        "Clear its cell there, or these rows.")  # fmt: skip
        if grid.holds in ("entries", "values"):
            table[name] = self._read_entries(sheet, key, grid, columns)
            return
        found = table[name] = []
        for number, row in rows:
            path = f"{key.path}[{len(found)}]"
            self.places[path] = f"sheet {sheet.name!r}, row {number}"
            cells = list(self._read_cells(sheet, number, row, columns))
            if grid.holds == "tables":
                for column, place, _ in cells:
                    self.places[f"{path}.{column.name}"] = place
                found.append({c.name: value for c, _, value in cells if value is not None})
            else:
                filled = [(place, value) for _, place, value in cells if value is not None]
                for i, (place, _) in enumerate(filled):
                    self.places[f"{path}[{i}]"] = place
                values = [value for _, value in filled]
                found += [values] if grid.holds == "groups" else values

    def _read_entries(
        self, sheet: Sheet, key: Key, grid: Grid, columns: Sequence[Column | None]
    ) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        first = grid.columns[0]
        for number, row in sheet.rows[1:]:
            cells = {c.name: rest for c, *rest in self._read_cells(sheet, number, row, columns)}
            place, name = cells.pop(first.name)
            if not isinstance(name, str):
                self._fault(f"{first.name} is {name!r}", place, "Name it, or clear the row.")
            elif name in entries:
                self._fault(f"{first.name} {name!r} stands there twice", place, "Leave one.")
            else:
                path = f"{key.path}.{name}"
                self.places[path] = f"sheet {sheet.name!r}, row {number}"
                for column, (place, _) in cells.items():
                    self.places[path if grid.holds == "values" else f"{path}.{column}"] = place
                values = {column: value for column, (_, value) in cells.items()}
                if grid.holds == "values":
                    (entries[name],) = values.values()
                else:
                    entries[name] = {k: v for k, v in values.items() if v is not None}
        return entries

    def _read_header(self, sheet: Sheet, grid: Grid) -> list[Column | None] | None:
        """The column of each cell of the first row; None if the rows below cannot be read."""
        if not sheet.rows:
            return None
        number, header = sheet.rows[0]
        known = {column.name: column for column in grid.widen(len(header))}
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
    ) -> Iterator[tuple[Column, str, Any]]:
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
