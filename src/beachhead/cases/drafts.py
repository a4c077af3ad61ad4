"""A case as far as its file can be read, so that all of its faults can be told at once."""

from __future__ import annotations

import copy
import datetime
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from beachhead.cases.case import Case
from beachhead.cases.faults import Fault, explain, find_faults, write_path
from beachhead.errors import Problem

type Place = Callable[[str], str]

# What stands where a required key cannot be used; nothing that depends on it is ever told.
_STAND_INS: dict[str, Any] = {
    "as_of": "2000-01-01",
    "firm": {"name": "?", "home": "?", "units": 0.0, "revenue": 1.0},
    "product": {"category": "generic", "price": 1.0, "unit_cost": 1.0},
    "limits": {"teams": 1, "capital": 0.0},
}


@dataclass(frozen=True)
class Known:
    """Which keys of a case hold what its author wrote, so that a check may build on them.

    `known("limits.teams")` is false where that key, a part of it or a table around it was set
    aside. `[-]` stands for rows that were taken out of a list: the others are as they were.
    """

    aside: frozenset[str] = frozenset()

    def __call__(self, *keys: str) -> bool:
        """Whether all of these keys are as written."""
        return not any(
            key == gone or _within(key, gone) or _within(gone, key)
            for key in keys
            for gone in self.aside
        )

    def without(self, *keys: str) -> Known:
        """The same with more keys set aside."""
        return Known(self.aside.union(keys))


def _within(inner: str, outer: str) -> bool:
    return inner.startswith((f"{outer}.", f"{outer}["))


@dataclass(frozen=True)
class Draft:
    """A case as far as it could be read.

    Attributes
    ----------
    case : Case
        Without what is at fault: optional keys have their defaults, required ones a stand-in.
    problems : tuple of Problem
        What kept the rest from being read.
    known : Known
        Which of the keys of `case` hold what its author wrote.
    place : callable
        Turns a key of `case` into the words that say where it stands: file, line, key.
    """

    case: Case
    problems: tuple[Problem, ...]
    known: Known
    place: Place

    @property
    def as_of(self) -> datetime.date | None:
        """The date of the case, if it is known."""
        return self.case.as_of if self.known("as_of") else None


def draft_case(data: dict[str, Any], place: Place) -> Draft:
    """The case that data make, with what is at fault set aside.

    Parameters
    ----------
    data : dict
        As read from a file: tables, lists, text, numbers, dates.
    place : callable
        Turns a dotted key such as `firm.served[0].mode` into the words that say where it stands.
    """
    data = copy.deepcopy(data)
    problems: list[Problem] | None = None
    known = Known()
    rows: dict[str, list[int]] = {}
    while True:
        try:
            # Through JSON, where strictness still lets a list be a tuple and a string be a date.
            text = json.dumps(data, default=str)
            case = Case.model_validate_json(text, strict=True)
            break
        except ValidationError as error:
            # What comes after the first round are consequences of what was set aside.
            problems = explain(error, Case, data, place) if problems is None else problems
            known = _set_aside(find_faults(error, Case, data), data, known, rows)

    def place_now(key: str) -> str:
        """Rows have moved up where others were taken out."""
        if (match := re.match(r"([\w.]+)\[(\d+)\]", key)) and match[1] in rows:
            key = f"{match[1]}[{rows[match[1]][int(match[2])]}]{key[match.end() :]}"
        return place(key)

    return Draft(case, tuple(problems or ()), known, place_now)


def _set_aside(
    faults: list[Fault], data: dict[str, Any], known: Known, rows: dict[str, list[int]]
) -> Known:
    """Take out of the data what is at fault, and put stand-ins for what is missing."""
    cuts = set[tuple[str | int, ...]]()
    for fault in faults:
        path = _cut(fault.path)
        if fault.kind == "unknown" and path == fault.path:
            known = known.without(*(write_path((*path[:-1], name)) for name in fault.meant))
            cuts.add(path)
        elif fault.kind == "missing" and path == fault.path:
            known = known.without(fault.key)
            _fill(data, path)
        else:
            known = known.without(write_path(path[:-1]) + "[-]" if _is_row(path) else fault.key)
            cuts.add(path)
    for path in sorted(cuts, key=lambda path: [(isinstance(s, str), s) for s in path])[::-1]:
        holder: Any = data
        for step in path[:-1]:
            holder = holder[step]
        if _is_row(path):
            key = write_path(path[:-1])
            rows.setdefault(key, list(range(len(holder)))).pop(int(path[-1]))
        del holder[path[-1]]
    return known


def _cut(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The row of a list, the entry of a table within a table, or the key to take out."""
    first = next((n for n, step in enumerate(path, start=1) if isinstance(step, int)), len(path))
    return path[: min(first, 3)]


def _is_row(path: tuple[str | int, ...]) -> bool:
    return isinstance(path[-1], int)


def _fill(data: dict[str, Any], path: tuple[str | int, ...]) -> None:
    stand_in: Any = _STAND_INS
    holder: Any = data
    for step in path[:-1]:
        stand_in, holder = stand_in[step], holder[step]
    holder[path[-1]] = copy.deepcopy(stand_in[path[-1]])
