"""From a case file to a `Case`, or to everything that is wrong with the file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from beachhead.cases.case import Case
from beachhead.cases.changes import change_data
from beachhead.cases.drafts import Draft, draft_case
from beachhead.cases.inputs import read_inputs
from beachhead.cases.lines import find_lines, find_place
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
    return _accept(read_draft(case))


def parse_case(text: str, where: str | Path = "") -> Case:
    """See `Case.loads`."""
    return _accept(parse_draft(text, where))


def _accept(draft: Draft) -> Case:
    if draft.problems:
        raise InputError(*draft.problems)
    return draft.case


def read_draft(case: str | Path, changes: Sequence[str] = ()) -> Draft:
    """A case as far as its file can be read; `check_draft` then says all that is wrong with it.

    Parameters
    ----------
    case : str or Path
        Name of a bundled case, or the path of a TOML file or a workbook.
    changes : sequence of str
        `KEY=VALUE` in place of what the file says; see `change_data`.

    Raises
    ------
    InputError
        If there is no such file or name, or the file is neither TOML nor a workbook.
    """
    path = _locate(case)
    data, places, problems = _read_data(path)
    changed, wrong = change_data(data, changes)
    return _draft(data, places | changed, [*problems, *wrong], path)


def parse_draft(text: str, where: str | Path = "") -> Draft:
    """A case as far as its text can be read; see `read_draft`."""
    return _draft(*_parse_data(text, str(where)), where)


def list_tables(case: str | Path) -> tuple[str, ...]:
    """Names of the tables out of which a case reads figures, as they stand in its file.

    Raises
    ------
    InputError
        If there is no such case, or its file is broken.
    """
    return _name_tables(_read_data(_locate(case))[0])


type Read = tuple[dict[str, Any], dict[str, str], list[Problem]]  # tables, places of keys, faults


def _read_data(path: Path) -> Read:
    if path.suffix.lower() in SUFFIXES:
        from beachhead.cases.workbook_reading import read_tables

        return read_tables(path)
    return _parse_data(read_text(path), str(path))


def _parse_data(text: str, where: str) -> Read:
    data = _parse_toml(text, where)
    return data, {key: f"line {line}" for key, line in find_lines(text).items()}, []


def _draft(
    data: dict[str, Any], places: dict[str, str], found: list[Problem], where: str | Path
) -> Draft:
    """The case that the tables of a file make, as far as they and the file are not at fault.

    Parameters
    ----------
    data : dict
        Tables and keys as read.
    places : dict
        Dotted key to the words that say where in the file it stands.
    found : list of Problem
        What is wrong with the file itself.
    where : str or Path
        The file: named in errors, and `markets.table` lies beside it.
    """
    if where:
        data.setdefault("name", Path(where).stem)

    def place(key: str) -> str:
        return ", ".join(filter(None, [str(where), find_place(key, places), key]))

    draft = draft_case(data, place)
    draft = replace(draft, problems=(*found, *draft.problems))
    return _join_tables(draft, Path(where).parent, _name_columns(data))


def _join_tables(draft: Draft, folder: Path, columns: list[str]) -> Draft:
    """The draft with the figures of `markets.table` behind its own inputs."""
    markets = draft.case.markets
    names = (markets.table,) if isinstance(markets.table, str) else markets.table
    rows, problems = read_inputs(folder, filter(None, names), columns, draft.as_of)
    own = len(markets.inputs)

    def place(key: str) -> str:
        row = re.match(r"markets\.inputs\[(\d+)\]", key)
        if row is None or int(row[1]) < own:
            return draft.place(key)
        return rows[int(row[1]) - own][0]

    inputs = (*markets.inputs, *(row for _, row in rows))
    merged = markets.model_copy(update={"inputs": inputs, "table": ""})
    return Draft(
        draft.case.model_copy(update={"markets": merged}),
        (*draft.problems, *problems),
        draft.known.without("markets.inputs[-]") if problems else draft.known,
        place,
    )


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
        near = suggest(path.stem, names)
        fix = f"Bundled cases are {', '.join(names)}; 'beachhead new NAME' writes a new one."
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
