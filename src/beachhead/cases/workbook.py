"""A case as a workbook: every key with its unit and meaning, drop-downs, and the case's values."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from beachhead.cases.case import Case
from beachhead.cases.cells import BREAK, FIRST_DATE, NO, YES, to_cell
from beachhead.cases.inputs import INPUTS
from beachhead.cases.layout import CASE, LISTS, OWNER, Column, Form, Grid, Key, read_layout
from beachhead.cases.workbook_reading import KEY, VALUE, refer
from beachhead.errors import InputError, Problem
from beachhead.files import write_atomic
from beachhead.sheets import Cell, pack_workbook

if TYPE_CHECKING:
    import openpyxl
    from openpyxl.cell import Cell as Place
    from openpyxl.worksheet.worksheet import Worksheet

MOST_CHARACTERS = 32_767  # of a cell: more is cut off by spreadsheet programs
LINE_HEIGHT = 15.5  # in points
SPARE_ROWS = 40  # for the author, below those of the case
WIDEST = 6  # columns for a list of any length
FAR = 1e300  # below any number
HEADINGS = {KEY: 26, VALUE: 34, "unit": 24, "meaning": 62, "allowed": 48}  # and their widths
ADVICE = (
    "A case for beachhead: which markets to enter, in what order, how fast and how",
    "Put your figures into the yellow cells; what a blank one stands for is said under 'allowed'.",
    f"Words of a list stand in one cell with {BREAK!r} between them; what has many rows stands on "
    "the sheet of its name. Money is in the currency of the key 'currency'.",
    "'beachhead check {file}' says everything that is wrong, 'beachhead plan {file}' plans it.",
)
WORDS = {
    "market": "an ISO3 code or a name",
    "quarter": "a quarter such as 2014Q3",
    "currency": "three capital letters such as EUR",
    "region": "a region or subregion such as Western Europe",
    "bloc": "a bloc such as EU",
    "figure": "an input, a series of the panel or an own column",
    "date": "a date such as 2014-06-30",
    "place": "a market, a region or a bloc",
}
PAPER, INK, INPUT, BAND, LINE = "FFFFFF", "1F3A5F", "FFF8DC", "E4EAF2", "BFC7D1"
# No part of XML, or lost on the way: blanks at either end are cut off when a cell is read.
_UNHELD = r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|^\s|\s$"


def write_workbook(case: Case, path: str | Path) -> None:
    """Write a case as a workbook that `Case.load` reads as the same case.

    Every key of the schema stands in it, with its unit, meaning and what is allowed, also where
    the value is the default. The same case gives the same bytes.

    Parameters
    ----------
    case : Case
        The case. If its name is empty, it will be read with the name of the file.
    path : str or Path
        Where the workbook (.xlsx) shall be; a file that is there is replaced.

    Raises
    ------
    InputError
        If a text is longer than a cell can be, or the file cannot be written.
    """
    path = Path(path)
    write_atomic(path, lambda file: pack_workbook(_draw(case, path), file))


def _draw(case: Case, path: Path) -> openpyxl.Workbook:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = "beachhead"
    book.properties.created = book.properties.modified = datetime.datetime(2000, 1, 1)
    pen = _Pen(book, case, path)
    data = case.model_dump(by_alias=True)
    _draw_case(pen, data)
    for group in read_layout():
        for key in group.keys:
            if key.grid:
                _draw_rows(pen, key, key.grid, [("", _value(data, key.path))])
    book.active = 0
    return book


def _at(sheet: Worksheet, row: int, column: int) -> Place:
    return cast("Place", sheet.cell(row, column))  # nothing is merged here


def _value(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = data[name] if data is not None else None
    return data


def _draw_case(pen: _Pen, data: dict[str, Any]) -> None:
    sheet = pen.start(CASE, HEADINGS.values())
    for row, line in enumerate(ADVICE, start=1):
        pen.text(_at(sheet, row, 1), line.format(file=pen.path.name), strong=row == 1)
        _at(sheet, row, 1).alignment = pen.flow
    row = len(ADVICE) + 2
    for column, heading in enumerate(HEADINGS, start=1):
        pen.heading(_at(sheet, row, column), heading)
    sheet.freeze_panes = _at(sheet, row + 1, 3).coordinate
    for group in read_layout():
        row += 1
        for column, text in enumerate([group.title, "", "", group.meaning, ""], start=1):
            pen.text(_at(sheet, row, column), text, strong=column == 1, fill=BAND)
            _at(sheet, row, column).alignment = pen.flow
        for key in group.keys:
            row += 1
            _draw_key(pen, sheet, row, key, _value(data, key.path))


def _draw_key(pen: _Pen, sheet: Worksheet, row: int, key: Key, value: Any) -> None:
    unit = key.cell.unit if key.cell else ""
    for column, text in enumerate([key.path, "", unit, key.meaning, _allow(key)], start=1):
        pen.text(_at(sheet, row, column), text)
    place = _at(sheet, row, 2)
    if key.cell:
        has_rows = key.grid is not None and isinstance(value, list | tuple | dict)
        cell = None if has_rows else to_cell(value, key.cell, key.default)
        pen.input(place, cell, key.cell, key.path)
        pen.guide(sheet, place.coordinate, Column(key.path, key.cell, key.required), key.meaning)
    else:
        pen.text(place, refer(key.path))
        place.hyperlink = f"#'{key.path}'!A1"
        place.font = pen.link
    # Not every program makes a row as high as its text.
    texts = [str(_at(sheet, row, column).value or "") for column in range(1, len(HEADINGS) + 1)]
    widths = zip(map(len, texts), HEADINGS.values(), strict=True)
    sheet.row_dimensions[row].height = LINE_HEIGHT * max(1 + int(n / w / 1.1) for n, w in widths)


def _allow(key: Key) -> str:
    """What may stand in the value of a key, and what it is if left blank."""
    words = [describe(key.cell)] if key.cell else []
    words += [f"rows on the sheet '{key.path}'"] if key.grid else []
    default = to_cell(key.default, key.cell, key.default) if key.cell else None
    blank = "may be blank" if default is None else f"{default} if blank"
    return f"{' or '.join(words)} ({'required' if key.required else blank})"


def _draw_rows(
    pen: _Pen, key: Key, grid: Grid, values: Iterable[tuple[Cell, Any]], owner: str = ""
) -> None:
    """A sheet with the values of a key: one, or one for each row of the sheet `owner`.

    Each value stands behind what names the row to which it belongs.
    """
    found = [(name, *row) for name, value in values for row in _rows(grid, value)]
    rows = [([name] if owner else []) + list(cells) for name, _, cells in found]
    columns: Sequence[Column] = grid.widen(max([WIDEST, *(len(c) for _, _, c in found)]))
    if owner:
        columns = (_owner_column(owner), *columns)
    sheet = pen.start(key.path, map(_width, columns))
    sheet.freeze_panes = "A2"
    for at, column in enumerate(columns, start=1):
        unit = f" ({column.form.unit})" if column.form.unit else ""
        pen.heading(_at(sheet, 1, at), column.name + unit)
        letter = _at(sheet, 1, at).column_letter
        area = f"{letter}2:{letter}{len(rows) + SPARE_ROWS + 1}"
        pen.guide(sheet, area, column, column.meaning or key.meaning)
    for number, row in enumerate([*rows, *[()] * SPARE_ROWS], start=2):
        for at, column in enumerate(columns, start=1):
            item = row[at - 1] if at <= len(row) else None
            label = f"{key.path}, row {number},"
            pen.input(_at(sheet, number, at), to_cell(item, column.form), column.form, label)
    names = name_rows([cells[0] for _, _, cells in found] if _has_names(grid) else [""] * len(rows))
    for inner in grid.inner:
        part = inner.path.removeprefix(f"{key.path}.")
        assert inner.grid is not None  # else it stood in the row
        held = [(name, _value(item, part)) for name, (_, item, _) in zip(names, found, strict=True)]
        _draw_rows(pen, inner, inner.grid, held, key.path)


def _owner_column(owner: str) -> Column:
    meaning = f"name of the row on the sheet {owner!r}, or its number there"
    return Column(OWNER, Form("text"), True, meaning)


def _has_names(grid: Grid) -> bool:
    return grid.holds == "entries" or grid.columns[0].name == "name"


def name_rows(names: Sequence[str]) -> list[Cell]:
    """What the sheets below call rows with these names, the first of them in row 2.

    It is their name where that is theirs alone and no number, else the number of their row.
    """
    return [
        number if not name or name.isdecimal() or names.count(name) > 1 else name
        for number, name in enumerate(names, start=2)
    ]


def _rows(grid: Grid, value: Any) -> list[tuple[Any, Sequence[Any]]]:
    """Each item of a value, and its cells in the order of the columns."""
    if not isinstance(value, list | tuple | dict):
        return []
    if isinstance(value, dict):
        entries = sorted(value.items())
        if grid.holds == "values":
            return [(entry, entry) for entry in entries]
        return [(item, (name, *_cells(grid.columns[1:], item))) for name, item in entries]
    if grid.holds == "tables":
        return [(item, _cells(grid.columns, item)) for item in value]
    return [(item, item if grid.holds == "groups" else [item]) for item in value]


def _cells(columns: Iterable[Column], item: Any) -> list[Any]:
    """Values of a row; what stands on a sheet of its own leaves its cell blank."""
    values = [(_value(item, column.name), column.form.many) for column in columns]
    return [
        None if isinstance(value, dict) or (isinstance(value, list | tuple) and not many) else value
        for value, many in values
    ]


def _width(column: Column) -> float:
    is_prose = column.form.kind == "text" and not (column.form.choices or column.form.format)
    return 48 if is_prose else 22


def describe(form: Form) -> str:
    """What a cell may hold, in words: 'a whole number, 4 to 40'."""
    if form.choices:
        words = f"{', '.join(form.choices[:-1])} or {form.choices[-1]}"
    elif form.kind == "boolean":
        words = f"{YES} or {NO}"
    elif form.kind in ("number", "integer"):
        number = "a whole number" if form.kind == "integer" else "a number"
        words = ", ".join(filter(None, [number, _bounds(form)]))
    else:
        words = WORDS.get(form.format, "any text")
    if form.many:
        words = f"a list; each is {words}"
    return "".join(f"'{word}' or " for word in form.words) + words


def _bounds(form: Form) -> str:
    low = "" if form.low is None else f"{'above' if form.above else 'at least'} {form.low:g}"
    if form.high is None:
        return low
    if form.low is None or form.above:
        return ", ".join(filter(None, [low, f"at most {form.high:g}"]))
    return f"{form.low:g} to {form.high:g}"


class _Lists:
    """The hidden sheet with what the drop-downs offer, a column for each list."""

    def __init__(self, book: openpyxl.Workbook, case: Case) -> None:
        from beachhead.data import load_panel

        panel = load_panel(case.as_of)
        self.sheet = book.create_sheet(LISTS)
        self.sheet.sheet_state = "hidden"
        self.ranges: dict[tuple[str, ...], str] = {}
        self.named = {
            "market": (*sorted(map(panel.name, panel.codes)), *panel.codes),
            "quarter": tuple(map(case.quarter_label, range(case.quarters))),
            "figure": (
                *INPUTS,
                *(series.key for series in panel.series),
                *(column.key for column in case.markets.columns),
            ),
        }

    def find_range(self, form: Form) -> str:
        """Cells that hold the words for a form; empty if it is open."""
        words = form.choices or self.named.get(form.format, ())
        words = (*form.words, *words) if words else ()
        if form.kind == "boolean":
            words = (YES, NO)
        if form.many or not words:
            return ""
        if words not in self.ranges:
            column = len(self.ranges) + 1
            for row, word in enumerate(words, start=1):
                letter = self.sheet.cell(row, column, word).column_letter
            self.ranges[words] = f"{LISTS}!${letter}$1:${letter}${len(words)}"
        return self.ranges[words]


class _Pen:
    """Draws cells on the sheets of a workbook, in one look."""

    def __init__(self, book: openpyxl.Workbook, case: Case, path: Path) -> None:
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

        self.book, self.path = book, path
        self.lists = _Lists(book, case)
        self.ink = Font(color=INK)
        self.strong = Font(bold=True, color=INK)
        self.bright = Font(bold=True, color=PAPER)
        self.link = Font(underline="single", color=INK)
        self.fills = {color: PatternFill("solid", color) for color in (INK, INPUT, BAND)}
        side = Side("thin", LINE)
        self.frame = Border(left=side, right=side, top=side, bottom=side)
        self.wrap = Alignment(vertical="top", wrap_text=True)
        self.column = Alignment(horizontal="left", vertical="top", wrap_text=True, indent=1)
        self.flow = Alignment(vertical="top", indent=1)

    def start(self, title: str, widths: Iterable[float]) -> Worksheet:
        """A new sheet before the hidden one, with columns of these widths."""
        sheet = self.book.create_sheet(title, len(self.book.sheetnames) - 1)
        for column, width in enumerate(widths, start=1):
            sheet.column_dimensions[_at(sheet, 1, column).column_letter].width = width
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        return sheet

    def text(self, place: Place, text: str, *, strong: bool = False, fill: str = "") -> None:
        place.value = text
        place.font = self.strong if strong else self.ink
        place.alignment = self.column
        if fill:
            place.fill = self.fills[fill]

    def heading(self, place: Place, text: str) -> None:
        self.text(place, text, fill=INK)
        place.font = self.bright

    def input(self, place: Place, cell: Cell, form: Form, label: str) -> None:
        """A cell for the author of the case, with the value that the case has."""
        place.fill, place.border, place.alignment = self.fills[INPUT], self.frame, self.wrap
        is_text = form.many or form.kind in ("text", "boolean")
        place.number_format = "@" if is_text else "General"
        if form.kind == "date" and not form.many:
            place.number_format = "yyyy-mm-dd"
        if isinstance(cell, datetime.date):
            place.value = cell
        elif isinstance(cell, str):
            text = self._encode(cell, label)
            place.value, place.data_type = text, "s"  # else '=1' were a formula
        elif cell is not None:
            if abs(cell) >= 1e4 and float(cell).is_integer():
                place.number_format = "#,##0"
            # As text of the right type: the library would cut a number after 16 digits.
            place.value, place.data_type = repr(cell), "n"

    def _encode(self, text: str, label: str) -> str:
        """The text with each sign that a cell cannot hold as its number: _x000D_."""
        text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
        text = re.sub(_UNHELD, lambda match: f"_x{ord(match[0]):04X}_", text)
        if len(text) > MOST_CHARACTERS:
            what = f"{label} takes {len(text):,} characters, and a cell holds {MOST_CHARACTERS:,}"
            raise InputError(Problem(what, str(self.path), "Keep this case as TOML."))
        return text

    def guide(self, sheet: Worksheet, area: str, column: Column, meaning: str) -> None:
        """A prompt for cells, with a drop-down or the bounds of a number."""
        from openpyxl.worksheet.datavalidation import DataValidation

        form = column.form
        allowed = describe(form)
        rule: dict[str, Any] = {"type": None}
        if words := self.lists.find_range(form):
            rule = {"type": "list", "formula1": words}
        elif form.kind == "date" and not form.many:
            first = (FIRST_DATE - datetime.date(1899, 12, 30)).days
            rule = {"type": "date", "operator": "greaterThanOrEqual", "formula1": str(first)}
        elif form.kind in ("number", "integer") and not form.many:
            rule = {"type": "whole" if form.kind == "integer" else "decimal", **_limits(form)}
        # A market goes by other spellings too, a horizon may move, and old dates are text.
        strict = not form.format
        check = DataValidation(
            **rule,
            allow_blank=True,
            errorStyle="stop" if strict else "warning",
            errorTitle=column.name[:32],
            error=f"Expected: {allowed}."[:255],
            promptTitle=column.name[:32],
            prompt=f"{meaning}. Allowed: {allowed}."[:255],
        )
        check.showErrorMessage = check.showInputMessage = True
        check.add(area)
        sheet.add_data_validation(check)


def _limits(form: Form) -> dict[str, str]:
    """The bounds of a number as a spreadsheet checks them; text is refused in any case."""
    low = -FAR if form.low is None else form.low
    if form.high is not None and not form.above:
        return {"operator": "between", "formula1": f"{low!r}", "formula2": f"{form.high!r}"}
    operator = "greaterThan" if form.above else "greaterThanOrEqual"
    return {"operator": operator, "formula1": f"{low!r}"}
