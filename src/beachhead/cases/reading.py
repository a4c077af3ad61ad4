"""From a case file to a `Case`, or to everything that is wrong with the file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from beachhead.cases.case import Case, Input
from beachhead.cases.drafts import Draft, draft_case
from beachhead.cases.faults import explain
from beachhead.cases.lines import find_lines, line_of
from beachhead.cases.text import read_rows, read_text
from beachhead.errors import InputError, Problem, suggest

BUNDLED = Path(__file__).parent / "bundled"
TEMPLATE = Path(__file__).parent / "template.toml"
COLUMNS = ("iso3", "key", "value", "date", "basis", "source")


def bundled_cases() -> dict[str, str]:
    """Names of the cases that come with the package, and their titles."""
    files = sorted(BUNDLED.glob("*.toml"))
    return {file.stem: tomllib.loads(file.read_text("utf-8"))["title"] for file in files}


def new_case(name: str) -> str:
    """Text of a new case file, with comments, that passes every check as it stands.

    Parameters
    ----------
    name : str
        Name of the case: letters, digits, hyphens and underscores, so that it can name a file.

    Raises
    ------
    InputError
        If `name` is no such name.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        fix = "Use letters, digits, hyphens and underscores."
        raise InputError(Problem(f"a case cannot be named {name!r}", fix=fix))
    return TEMPLATE.read_text("utf-8").replace("NAME", name)


def read_case(case: str | Path) -> Case:
    """See `Case.load`."""
    return _accept(read_draft(case))


def parse_case(text: str, where: str | Path = "") -> Case:
    """See `Case.loads`."""
    return _accept(parse_draft(text, where))


def read_draft(case: str | Path) -> Draft:
    """A case as far as its file can be read; `check_draft` then says all that is wrong with it.

    Parameters
    ----------
    case : str or Path
        Name of a bundled case, or the path of a TOML file.

    Raises
    ------
    InputError
        If there is no such file or name, or the file is no TOML.
    """
    path = Path(case)
    names = bundled_cases()
    if isinstance(case, str) and case in names:
        path = BUNDLED / f"{case}.toml"
    elif not path.exists():
        near = suggest(path.stem, names).capitalize()
        fix = f"Bundled cases are {' and '.join(names)}; 'beachhead new NAME' writes a new one."
        what = "no such file, and no bundled case of that name"
        raise InputError(Problem(what, str(path), f"{near} {fix}".lstrip()))
    return parse_draft(read_text(path), path)


def parse_draft(text: str, where: str | Path = "") -> Draft:
    """A case as far as its text can be read; see `read_draft`."""
    data = _parse_toml(text, str(where))
    lines = find_lines(text)
    if where:
        data.setdefault("name", Path(where).stem)

    def place(key: str) -> str:
        return ", ".join(filter(None, [str(where), line_of(key, lines), key]))

    return _join_table(draft_case(data, place), Path(where).parent)


def _accept(draft: Draft) -> Case:
    if draft.problems:
        raise InputError(*draft.problems)
    return draft.case


def _join_table(draft: Draft, folder: Path) -> Draft:
    """The draft with the rows of `markets.table` behind its own inputs."""
    markets = draft.case.markets
    if not markets.table:
        return draft
    rows, problems = read_inputs(folder / markets.table)
    own = len(markets.inputs)

    def place(key: str) -> str:
        row = re.match(r"markets\.inputs\[(\d+)\]\.?", key)
        if row is None or int(row[1]) < own:
            return draft.place(key)
        column = {"market": "iso3"}.get(key[row.end() :], key[row.end() :])
        return ", ".join(filter(None, [rows[int(row[1]) - own][0], column]))

    inputs = (*markets.inputs, *(row for _, row in rows))
    merged = markets.model_copy(update={"inputs": inputs, "table": ""})
    return Draft(
        draft.case.model_copy(update={"markets": merged}),
        (*draft.problems, *problems),
        draft.known.without("markets.inputs[-]") if problems else draft.known,
        place,
    )


def read_inputs(path: Path) -> tuple[list[tuple[str, Input]], list[Problem]]:
    """Rows of a table of extra inputs per market, each with its place, and what is wrong.

    Every column and every cell at fault is one problem; the row of a faulty cell is left out.
    """
    inputs: list[tuple[str, Input]] = []
    problems: list[Problem] = []
    try:
        rows = read_rows(path, COLUMNS)
    except InputError as error:
        return [], list(error.problems)
    for place, row in rows:
        data = {"market": row["iso3"], **{key: row[key] for key in COLUMNS[1:]}}
        try:
            inputs.append((place, Input.model_validate(data)))
        except ValidationError as error:
            problems += explain(error, Input, data, f"{place}, {{}}".format)
    return inputs, problems


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
