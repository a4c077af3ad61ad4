"""One value of a case and the cell of a workbook that holds it, either way."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from typing import Any

from beachhead.cases.layout import Form
from beachhead.sheets import Cell

BREAK = ";"  # parts the words of a list
YES, NO = "yes", "no"
_ITEM = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?:;|\Z)|([^;]*)(?:;|\Z)')
_BOOLEANS = {YES: True, "true": True, NO: False, "false": False}
# Spreadsheets count days from 1900 and get the first two months of it wrong.
FIRST_DATE = datetime.date(1900, 3, 1)


def to_cell(value: Any, form: Form, default: Any = None) -> Cell:
    """The cell for a value: what `from_cell` reads as the same value, None where `default` is.

    Only an empty list may be left to its default; everything else is written out.
    """
    if value is None:
        return None
    if form.many and not isinstance(value, str):
        if not value:
            return None if default == [] else BREAK
        text = f"{BREAK} ".join(_quote(str(to_cell(item, _single(form)))) for item in value)
        return f"{text}{BREAK}" if text in form.words else text
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, datetime.date):
        return value if value >= FIRST_DATE else value.isoformat()
    return value or None if isinstance(value, str) else value


def from_cell(cell: Cell, form: Form) -> Any:
    """What a cell says, as far as that is beyond doubt; anything else comes back as it is.

    A list is words parted by ';', a word with that sign in quotes; its numbers have a decimal
    point. A number that is text counts where it is digits alone: a point or a comma in it may
    part thousands. A number in the place of a word is that word if it is whole; in the place of
    a date it stays one, so that the schema refuses it.
    """
    if form.many:
        if not isinstance(cell, str):
            return [from_cell(cell, _single(form))]
        if cell in form.words:
            return cell
        return [_from_item(item, _single(form)) for item in split_list(cell)]
    if form.kind == "boolean":
        return _BOOLEANS.get(cell.casefold(), cell) if isinstance(cell, str) else cell
    if form.kind == "text":
        return str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell
    if isinstance(cell, str) and re.fullmatch(r"[+-]?[0-9]{1,300}", cell):
        cell = int(cell)
    if form.kind == "integer" and isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


def split_list(text: str) -> list[str]:
    """Words of a list: `split_list('DEU; "a; b";') == ["DEU", "a; b"]`."""
    items, start = [], 0
    while start < len(text):
        match = _ITEM.match(text, start)
        assert match is not None  # its second branch takes any text
        quoted, bare = match.groups()
        if quoted is not None:
            items.append(quoted.replace('""', '"'))
        elif bare.strip():
            items.append(bare.strip())
        start = match.end()
    return items


def _from_item(item: str, form: Form) -> Any:
    number = r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"
    if form.kind == "number" and re.fullmatch(number, item):
        return float(item)
    return from_cell(item, form)


def _quote(item: str) -> str:
    if BREAK in item or item.startswith('"') or item != item.strip() or not item:
        return '"' + item.replace('"', '""') + '"'
    return item


def _single(form: Form) -> Form:
    return replace(form, many=False)
