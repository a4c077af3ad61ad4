"""Text files that a user names: their text, or the rows of a table, or what is wrong with them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from beachhead.errors import InputError, Problem, suggest


def read_text(path: Path) -> str:
    """Text of a file in UTF-8; an `InputError` if there is none to be had."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(Problem("no such file", str(path))) from error
    except IsADirectoryError as error:
        raise InputError(
            Problem("this is a folder, not a file", str(path), "Name the file in it.")
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(
            Problem("not text in UTF-8", f"{path}, line {line}", "Save it as text in UTF-8.")
        ) from error
    except OSError as error:
        raise InputError(
            Problem(f"cannot be read: {error.strerror or error}", str(path))
        ) from error
    except ValueError as error:  # a name that no file can have
        raise InputError(Problem(f"cannot be read: {error}", str(path))) from error


def read_rows(path: Path, columns: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Rows of a CSV file, each with the place where it stands (file and line).

    Blank lines and lines that begin with `#` are passed over. The columns may stand in any order.

    Raises
    ------
    InputError
        With every column that is missing, unknown or doubled, and every row that is too long or
        too short.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    rows: list[tuple[str, list[str]]] = []
    try:
        for row in reader:
            if any(row) and not row[0].startswith("#"):
                rows.append((f"{path}, line {reader.line_num}", [cell.strip() for cell in row]))
    except csv.Error as error:
        raise InputError(
            Problem(f"not a table in CSV: {error}", f"{path}, line {reader.line_num}")
        ) from error
    if not rows:
        raise InputError(
            Problem("the table is empty", str(path), f"Its columns are {', '.join(columns)}.")
        )
    at, header = rows.pop(0)
    missing = [name for name in columns if name not in header]
    unknown = [name for name in header if name not in columns]
    problems = [Problem(f"column {name!r} is missing", at) for name in missing]
    for name in unknown:
        near = suggest(name, missing).capitalize()
        fix = near or f"The columns are {', '.join(columns)}."
        problems.append(Problem(f"unknown column {name!r}", at, fix))
    problems += [
        Problem(f"column {name!r} stands there twice", at)
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ]
    problems += [
        Problem(f"{len(row)} cells where the table has {len(header)} columns", place)
        for place, row in rows
        if len(row) != len(header)
    ]
    if problems:
        raise InputError(*problems)
    return [(place, dict(zip(header, row, strict=True))) for place, row in rows]
