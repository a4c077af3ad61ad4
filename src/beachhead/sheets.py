"""Workbooks: those that a user brings, as rows of plain cells or what is wrong with them; and how
those that are made are saved.
"""

from __future__ import annotations

import datetime
import io
import re
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from beachhead.errors import InputError, Problem

if TYPE_CHECKING:
    import openpyxl
    from openpyxl.worksheet.worksheet import Worksheet

SUFFIXES = (".xlsx", ".xlsm")
MOST_BYTES = 64 * 2**20  # unpacked: what a table of figures never needs, and what memory bears
MOST_CELLS = 1_000_000

type Cell = str | float | int | bool | datetime.date | None


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook.

    Attributes
    ----------
    name : str
        As on its tab.
    rows : tuple of (int, tuple of Cell)
        Number and cells of each row that is not blank, cut after its last filled cell. Text is
        stripped, and blank text is None. Times at midnight are dates.
    merged : tuple of str
        Ranges of merged cells, such as 'A2:A4'; only their first cell has a value.
    """

    name: str
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    merged: tuple[str, ...]


def read_workbook(path: Path) -> tuple[Sheet, ...]:
    """Sheets of an Excel workbook (.xlsx) in their order, formulas by their stored values.

    Raises
    ------
    InputError
        If there is no such file, if it is no workbook or too large a one, and for every formula
        without a stored value and every cell that holds an error such as #REF!.
    """
    import openpyxl

    _refuse_other_files(path)
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts it drops, such as colours and drop-downs
            shown = openpyxl.load_workbook(file, data_only=True)
            written = openpyxl.load_workbook(file, data_only=False)
    except OSError as error:
        raise InputError(
            Problem(f"cannot be read: {error.strerror or error}", str(path))
        ) from error
    except Exception as error:  # the library lets through whatever its parsers stumble upon
        raise InputError(
            Problem(
                f"a damaged workbook: {str(error) or type(error).__name__}"[:200],
                str(path),
                "Open it in a spreadsheet program and save it again as .xlsx.",
            )
        ) from error
    problems: list[Problem] = []
    sheets = []
    for sheet, source in zip(shown.worksheets, written.worksheets, strict=True):
        where = f"{path}, sheet {sheet.title!r}"
        if (sheet.max_row or 0) * (sheet.max_column or 0) > MOST_CELLS:
            what = f"the sheet reaches to row {sheet.max_row:,}, column {sheet.max_column:,}"
            problems.append(Problem(what, where, "Delete what is far off, or save it as CSV."))
            continue
        rows = []
        both = zip(sheet.iter_rows(), source.iter_rows(), strict=False)
        for number, (row, formulas) in enumerate(both, start=1):
            cells: list[Cell] = []
            for cell, formula in zip(row, formulas, strict=False):
                if formula.data_type == "f" and cell.value is None:
                    fix = "Save the workbook in a spreadsheet program, or write the number."
                    at = f"{where}, cell {cell.coordinate}"
                    problems.append(Problem("a formula without a stored value", at, fix))
                elif cell.data_type == "e":
                    what = f"the cell holds the error {cell.value}"
                    problems.append(Problem(what, f"{where}, cell {cell.coordinate}", "Mend it."))
                cells.append(_plain(cell.value))
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                rows.append((number, tuple(cells)))
        merged = tuple(sorted(str(area) for area in sheet.merged_cells.ranges))
        sheets.append(Sheet(sheet.title, tuple(rows), merged))
    if problems:
        raise InputError(*problems)
    return tuple(sheets)


def _refuse_other_files(path: Path) -> None:
    """Say why a file is no workbook, before a parser meets it."""
    fix = "Save it as .xlsx (without a password), or as CSV."
    try:
        if path.is_dir():
            raise InputError(Problem("this is a folder, not a file", str(path)))
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            is_workbook = "[Content_Types].xml" in archive.namelist()
    except FileNotFoundError as error:
        raise InputError(Problem("no such file", str(path))) from error
    except OSError as error:
        raise InputError(
            Problem(f"cannot be read: {error.strerror or error}", str(path))
        ) from error
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise InputError(Problem("not an Excel workbook", str(path), fix)) from error
    if not is_workbook:
        raise InputError(Problem("not an Excel workbook", str(path), fix))
    if unpacked > MOST_BYTES:
        what = f"{unpacked / 2**20:,.0f} MB unpacked; at most {MOST_BYTES >> 20} MB are read"
        raise InputError(Problem(what, str(path), "Keep only the sheets that are needed."))


def _plain(value: object) -> Cell:
    if isinstance(value, str):
        # The format writes a sign that XML cannot hold as its number: _x000D_.
        return re.sub(r"_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_", _sign, value.strip()) or None
    if isinstance(value, datetime.datetime):
        at_midnight = value.time() == datetime.time()
        return value.date() if at_midnight else value.isoformat(" ")
    if value is None or isinstance(value, bool | int | float | datetime.date):
        return value
    return str(value)


def _sign(code: re.Match[str]) -> str:
    return chr(int(code[1], 16))


def pack_workbook(book: openpyxl.Workbook, file: io.BytesIO) -> None:
    """Write a workbook without the time at which it was made, and without touching the disk."""
    from openpyxl.worksheet._writer import WorksheetWriter
    from openpyxl.writer.excel import ExcelWriter

    class Writer(ExcelWriter):
        """Keeps in memory what the library would put on a disk that may be full."""

        def write_worksheet(self, ws: Worksheet) -> None:
            sheet = io.BytesIO()
            writer = WorksheetWriter(ws, sheet)
            writer.write()
            ws._rels = writer._rels  # type: ignore[attr-defined]
            self._archive.writestr(ws.path[1:], sheet.getvalue())  # type: ignore[attr-defined]
            self.manifest.append(ws)

    made = io.BytesIO()
    # Not book.save, which would put the time into the properties.
    Writer(book, zipfile.ZipFile(made, "w")).save()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(file, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            target.writestr(entry, source.read(name), zipfile.ZIP_DEFLATED)
