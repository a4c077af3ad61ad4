"""Where each key of a case stands in a workbook: read from the schema, so that it follows it.

What fits one cell, a figure, a word or a list of words, stands on the sheet 'Case'. Lists of
tables, dictionaries, lists of lists and lists of free text have a sheet of their own, named by
the key. So have those that stand within the rows of another sheet; their first column says to
which row they belong. A table within a row has its keys among the columns of that row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from beachhead.cases.case import Case

CASE = "Case"
LISTS = "Lists"  # what the drop-downs offer; hidden, and not read
OWNER = "belongs to"  # heading of the first column of a sheet with parts of another one's rows

type Node = dict[str, Any]  # a part of the JSON Schema
type Kind = Literal["text", "number", "integer", "date", "boolean"]


@dataclass(frozen=True)
class Form:
    """What one cell may hold.

    Attributes
    ----------
    kind : str
        Of the value, or of each item of a list.
    many : bool
        Whether the cell holds a list.
    format : str
        What a word names, such as 'market' or 'quarter'; empty if nothing in particular.
    choices : tuple of str
        All words that may stand there; for a list, in each place. Empty if it is open.
    words : tuple of str
        Words that may stand in place of a list or of what the format names, such as 'all'.
    unit : str
        Of a number.
    low, high : float or None
        Bounds of a number, and `above`: whether it has to be above `low`.
    """

    kind: Kind
    many: bool = False
    format: str = ""
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a sheet; its values are missed where `required`.

    The name of a key in a table within the row is dotted.
    """

    name: str
    form: Form
    required: bool
    meaning: str = ""


@dataclass(frozen=True)
class Grid:
    """A sheet for a key with many rows.

    Attributes
    ----------
    holds : str
        What the rows make: 'tables', a list of tables; 'entries', a dictionary of tables by the
        first column, or 'values', of bare values; 'groups', a list of lists with an item in each
        cell; 'items', a list with an item in each row.
    columns : tuple of Column
        In order. The one column of an `open` grid is repeated: 'market 1', 'market 2', ...
    inner : tuple of Key
        What a row holds that has a sheet of its own.
    """

    holds: Literal["tables", "entries", "values", "groups", "items"]
    columns: tuple[Column, ...]
    open: bool = False
    inner: tuple[Key, ...] = ()

    def widen(self, width: int) -> tuple[Column, ...]:
        """The columns, those of an open grid repeated until there are `width`."""
        if not self.open:
            return self.columns
        (column,) = self.columns
        return tuple(
            Column(f"{column.name} {i + 1}", column.form, False, column.meaning)
            for i in range(width)
        )


@dataclass(frozen=True)
class Key:
    """A key of the schema by its dotted path: in a cell, on a sheet, or in either."""

    path: str
    meaning: str
    required: bool
    default: Any
    cell: Form | None
    grid: Grid | None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Group:
    """A table of the case, its heading and what it is about."""

    title: str
    meaning: str
    keys: tuple[Key, ...]


@cache
def read_layout() -> tuple[Group, ...]:
    """The tables of a case with their keys, in the order of the schema."""
    schema = Case.model_json_schema()
    return tuple(_groups(schema, schema["$defs"], ()))


def list_sheets() -> dict[str, tuple[Key, Key | None]]:
    """Each sheet beside 'Case': its key, and the key of the rows to which it belongs, if any."""
    return {
        inner.path: (inner, owner)
        for group in read_layout()
        for key in group.keys
        for inner, owner in _nest(key, None)
    }


def _nest(key: Key, owner: Key | None) -> Iterator[tuple[Key, Key | None]]:
    if key.grid:
        yield key, owner
        for inner in key.grid.inner:
            yield from _nest(inner, key)


def _groups(table: Node, defs: Node, path: tuple[str, ...]) -> Iterator[Group]:
    keys: list[Key] = []
    inner: list[Group] = []
    for name, node in table["properties"].items():
        here = (*path, name)
        branches = list(_branches(node, defs))
        if nested := [branch for branch in branches if "properties" in branch]:
            inner += _groups(nested[0], defs, here)
        else:
            keys.append(_key(here, node, branches, name in table.get("required", ()), defs))
    title = ".".join(path).capitalize() or "Question"
    yield Group(title, table.get("description", "").partition("\n")[0], tuple(keys))
    yield from inner


def _key(
    path: tuple[str, ...], node: Node, branches: list[Node], required: bool, defs: Node
) -> Key:
    cells = [branch for branch in branches if not _has_rows(branch, defs)]
    grids = [_grid(branch, defs, path) for branch in branches if _has_rows(branch, defs)]
    return Key(
        ".".join(path),
        node.get("description", ""),
        required,
        node.get("default"),
        _form(cells, defs) if cells else None,
        grids[0] if grids else None,
    )


def _branches(node: Node, defs: Node) -> Iterator[Node]:
    """What may stand in a place: the parts of a union, each with what is said of the whole."""
    if "$ref" in node:
        node = defs[node["$ref"].rpartition("/")[2]] | {k: node[k] for k in node if k != "$ref"}
    parts = node.get("anyOf") or node.get("oneOf")
    if parts is None:
        if node["type"] != "null":
            yield node
        return
    whole = {key: node[key] for key in ("unit", "format", "description") if key in node}
    for part in parts:
        yield from ({**branch, **whole} for branch in _branches(part, defs))


def _has_rows(node: Node, defs: Node) -> bool:
    if node["type"] != "array":
        return node["type"] == "object"
    if "items" not in node:
        return False
    items = list(_branches(node["items"], defs))
    return any(item["type"] in ("array", "object") or _is_prose(item) for item in items)


def _is_prose(item: Node) -> bool:
    """Whether it is text of any kind, which may hold the signs that part the words of a list."""
    return item["type"] == "string" and not item.keys() & {"enum", "const", "format", "pattern"}


def _form(branches: list[Node], defs: Node) -> Form:
    """The form of a cell that may hold any of the branches."""
    closed = [branch for branch in branches if branch.keys() & {"enum", "const"}]
    rest = [branch for branch in branches if branch not in closed]
    if rest and closed:
        return replace(_form(rest, defs), words=tuple(w for b in closed for w in _choices(b)))
    (node,) = branches
    if node["type"] == "array":
        return replace(_form(list(_branches(node["items"], defs)), defs), many=True)
    choices = _choices(node)
    kind = node["type"]
    if kind == "string":
        kind = "date" if node.get("format") == "date" else "text"
    return Form(
        kind,
        format=node.get("format", ""),
        choices=choices,
        unit=node.get("unit", ""),
        low=node.get("minimum", node.get("exclusiveMinimum")),
        high=node.get("maximum"),
        above="exclusiveMinimum" in node,
    )


def _choices(node: Node) -> tuple[str, ...]:
    return tuple(node.get("enum", [node["const"]] if "const" in node else []))


def _grid(node: Node, defs: Node, path: tuple[str, ...]) -> Grid:
    if node["type"] == "object":
        name = node.get("propertyNames", {}).get("format", "name")
        key = Column(name, Form("text", format="" if name == "name" else name), True)
        values = list(_branches(node["additionalProperties"], defs))
        tables = [branch for branch in values if "properties" in branch]
        if tables:
            parts, inner = _parts(tables[0], defs, path)
            return Grid("entries", (key, *parts), inner=inner)
        form = _form(values, defs)
        return Grid("values", (key, Column(form.format or "value", form, True)))
    (item,) = _branches(node["items"], defs)
    if item["type"] == "object":
        parts, inner = _parts(item, defs, path)
        return Grid("tables", parts, inner=inner)
    if item["type"] != "array":
        return Grid("items", (Column("text", _form([item], defs), True),))
    if "prefixItems" in item:
        columns = [Column(part["title"], _form([part], defs), True) for part in item["prefixItems"]]
        return Grid("groups", tuple(columns))
    form = _form(list(_branches(item["items"], defs)), defs)
    return Grid("groups", (Column(form.format or "item", form, False),), open=True)


def _parts(
    table: Node, defs: Node, path: tuple[str, ...], within: tuple[str, ...] = ()
) -> tuple[tuple[Column, ...], tuple[Key, ...]]:
    """Columns of a table's rows, and what has a sheet of its own.

    `path` is that of the rows, `within` that of a table inside each of them.
    """
    columns: list[Column] = []
    inner: list[Key] = []
    for name, node in table["properties"].items():
        here = (*within, name)
        branches = list(_branches(node, defs))
        required = name in table.get("required", ())
        if nested := [branch for branch in branches if "properties" in branch]:
            more, deeper = _parts(nested[0], defs, path, here)
            columns += more
            inner += deeper
            continue
        key = _key((*path, *here), node, branches, required, defs)
        if key.grid:
            inner.append(key)
        if key.cell:
            # A table within the row may be left out, and its columns with it.
            missed = required and not within
            columns.append(Column(".".join(here), key.cell, missed, key.meaning))
    return tuple(columns), tuple(inner)
