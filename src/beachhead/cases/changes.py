"""Keys of a case changed on the way in: `limits.teams=2` in place of what its file says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

from beachhead.errors import Problem, suggest

_STEP = re.compile(r"\.?([^.\[\]=]+)|\[([^\]]*)\]")
_FLAT = ("parameters", "economics")  # what follows is one key, dots and all


def change_data(
    data: dict[str, Any], changes: Sequence[str]
) -> tuple[dict[str, str], list[Problem]]:
    """Put values into the tables of a case, in place.

    Parameters
    ----------
    data : dict
        Tables and keys as read from a file; changed.
    changes : sequence of str
        `KEY=VALUE` each: a dotted key, in which `[n]` or `[name]` is a row of a list, and a value
        as in a case file or plain text.

    Returns
    -------
    dict of str to str
        Changed key, rows by number, to the words that say where it stands.
    list of Problem
        Changes that no key can take.
    """
    places, problems = {}, []
    for change in changes:
        try:
            places[_put(data, change)] = f"--set {change}"
        except _WrongError as error:
            problems.append(Problem(str(error), f"--set {change}", error.fix))
    return places, problems


class _WrongError(Exception):
    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


def _put(data: dict[str, Any], change: str) -> str:
    """Change one key; the key, rows by number."""
    steps, at = [], 0
    while match := _STEP.match(change, at):
        steps.append((match[0], (match[1] or match[2]).strip(), match[1] is None))
        at = match.end()
    if not steps or change[at : at + 1] != "=":
        raise _WrongError("not KEY=VALUE", "Write it as limits.teams=2.")
    value = _read(change[at + 1 :].strip())
    if steps[0][1] in _FLAT and len(steps) > 1:
        flat = "".join(step[0] for step in steps[1:]).lstrip(".").strip()
        steps = [steps[0], (flat, flat, False)]
    holder: Any = data
    path = ""
    for number, (_, name, is_row) in enumerate(steps):
        inner = name if not is_row else _find_row(holder, name, path)
        if not is_row and not isinstance(holder, dict):
            fix = f"Name a row: {path}[0] or {path}[its name]." if isinstance(holder, list) else ""
            raise _WrongError(f"{path} is no table", fix)
        path += f"[{inner}]" if is_row else f".{inner}" if path else name
        if number == len(steps) - 1:
            holder[inner] = value
        elif is_row:
            holder = holder[inner]
        else:  # a table that is not there is made, a list is not
            row_follows = steps[number + 1][2]
            holder = holder.get(inner, []) if row_follows else holder.setdefault(inner, {})
    return path


def _find_row(rows: Any, name: str, path: str) -> int:
    if not isinstance(rows, list):
        raise _WrongError(f"{path} has no rows", "The case has to have one that can be changed.")
    if name.isdecimal() and int(name) < len(rows):
        return int(name)
    names = [row["name"] if isinstance(row, dict) and "name" in row else None for row in rows]
    if name not in names:
        known = [one for one in names if isinstance(one, str)]
        fix = suggest(name, known) or f"Rows are counted from 0; there are {len(rows)}."
        raise _WrongError(f"{path} has no row {name!r}", fix)
    return names.index(name)


def _read(text: str) -> Any:
    """A value as in a case file; text that is none stands for itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        if text[:1] in tuple("[{\"'") or not text:
            fix = "Text within a list stands in quotes, and the shell keeps them within '...'."
            raise _WrongError(f"not a value: {text!r}", fix) from error
        return text
