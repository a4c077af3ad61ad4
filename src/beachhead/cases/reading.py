"""From a case file to a `Case`, or to everything that is wrong with the file."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from beachhead.cases.case import Case
from beachhead.cases.faults import explain, find_lines, find_place
from beachhead.cases.inputs import read_inputs
from beachhead.cases.text import read_text
from beachhead.errors import InputError, Problem, suggest
from beachhead.sheets import SUFFIXES

BUNDLED = Path(__file__).parent / "bundled"
TEMPLATE = Path(__file__).parent / "template.toml"


def bundled_cases() -> dict[str, str]:
    """Names of the cases that come with the package, and their titles."""
    files = sorted(BUNDLED.glob("*.toml"))
    return {file.stem: tomllib.loads(file.read_text("utf-8"))["title"] for file in files}


def new_case(name: str) -> str:
    """Text of a new case file, with comments, that passes every check as it stands.

    Parameters
    ----------
    name : str
        Name of the case: letters, digits, hyphens and underscores, at most 100, so that it can
        name a file.

    Raises
    ------
    InputError
        If `name` is no such name.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", name):
        fix = "Use letters, digits, hyphens and underscores, at most 100."
        raise InputError(Problem(f"a case cannot be named {name!r}", fix=fix))
    return TEMPLATE.read_text("utf-8").replace("NAME", name)


def read_case(case: str | Path) -> Case:
    """See `Case.load`."""
    path = _locate(case)
    if path.suffix.lower() in SUFFIXES:
        from beachhead.cases.workbook_reading import read_tables

        data, places, problems = read_tables(path)
        return _build_case(data, path, places, problems)
    return parse_case(read_text(path), path)


def list_tables(case: str | Path) -> tuple[str, ...]:
    """Names of the tables out of which a case reads figures, as they stand in its file.

    Raises
    ------
    InputError
        If there is no such case, or its file is broken.
    """
    path = _locate(case)
    if path.suffix.lower() in SUFFIXES:
        from beachhead.cases.workbook_reading import read_tables

        return _name_tables(read_tables(path)[0])
    return _name_tables(_parse_toml(read_text(path), str(path)))


def parse_case(text: str, where: str | Path = "") -> Case:
    """See `Case.loads`."""
    return _build_case(_parse_toml(text, str(where)), where, find_lines(text), [])


def _build_case(
    data: dict[str, Any], where: str | Path, places: dict[str, str], found: list[Problem]
) -> Case:
    """The case that the tables of a file make, unless they or the file are at fault.

    Parameters
    ----------
    data : dict
        Tables and keys as read.
    where : str or Path
        The file: named in errors, and `markets.table` lies beside it.
    places : dict
        Dotted key to the words that say where in the file it stands.
    found : list of Problem
        What is wrong with the file itself.
    """
    problems = list(found)
    if where:
        data.setdefault("name", Path(where).stem)

    case = None
    try:
        # Through JSON, where strictness still lets a list be a tuple and a string be a date.
        case = Case.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:

        def place(key: str) -> str:
            return ", ".join(filter(None, [str(where), find_place(key, places), key]))

        problems += explain(error, Case, data, place)
    columns = [column.key for column in case.markets.columns] if case else _name_columns(data)
    rows, faults = read_inputs(
        Path(where).parent, _name_tables(data), columns, case.as_of if case else None
    )
    if case is None or problems or faults:
        raise InputError(*problems, *faults)
    inputs = (*case.markets.inputs, *rows)
    markets = case.markets.model_copy(update={"inputs": inputs, "table": ""})
    return case.model_copy(update={"markets": markets})


def _locate(case: str | Path) -> Path:
    """File of a case.

    Raises
    ------
    InputError
        If there is no such file, and no bundled case of that name.
    """
    path = Path(case)
    names = bundled_cases()
    if isinstance(case, str) and case in names:
        return BUNDLED / f"{case}.toml"
    if not _is_there(path):
        near = suggest(path.stem, names).capitalize()
        fix = f"Bundled cases are {' and '.join(names)}; 'beachhead new NAME' writes a new one."
        what = "no such file, and no bundled case of that name"
        raise InputError(Problem(what, str(path), f"{near} {fix}".lstrip()))
    return path


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except PermissionError:
        return True  # for whoever reads it to say
    except (OSError, ValueError):  # also names that no file can have
        return False
    return True


def _parse_toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, at = str(error).removesuffix(")").partition(" (at ")
        raise InputError(
            Problem(
                f"not valid TOML: {what}",
                ", ".join(filter(None, [where, at])),
                "Text stands in quotes, a list in [ ], and each key once in its table.",
            )
        ) from error


def _name_tables(data: dict[str, Any]) -> tuple[str, ...]:
    """Tables that a case file names, whatever else is wrong with it."""
    markets = data.get("markets")
    named = markets.get("table") if isinstance(markets, dict) else None
    names = named if isinstance(named, list) else [named]
    return tuple(name for name in names if isinstance(name, str) and name)


def _name_columns(data: dict[str, Any]) -> list[str]:
    """Keys of the own columns that a faulty case file declares."""
    markets = data.get("markets")
    columns = markets.get("columns") if isinstance(markets, dict) else None
    rows = [row for row in columns if isinstance(row, dict)] if isinstance(columns, list) else []
    return [row["key"] for row in rows if isinstance(row.get("key"), str)]
