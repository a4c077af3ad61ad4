"""What a schema has against some data, as problems that a reader of the file can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from beachhead.cases import quarters
from beachhead.cases.case import COLUMN_KEY, CURRENCY
from beachhead.errors import Problem, nearest, suggest

_PATTERNS = {
    quarters.LABEL: "a quarter such as 2014Q3",
    COLUMN_KEY: "lower-case letters, digits and underscores, such as dealers_asking",
    CURRENCY: "three capital letters such as EUR",
}

# Keys that are looked for where they are not.
_ELSEWHERE = {"limits.goals": "Write [[targets]] with a probability instead."}


@dataclass(frozen=True)
class Fault:
    """One thing that a schema has against some data.

    Attributes
    ----------
    path : tuple
        Keys and numbers of rows that lead to it.
    what, fix : str
        As in `Problem`.
    kind : {'unknown', 'missing', 'value'}
        A key that the schema does not know, one that it misses, or a value that it refuses.
    meant : tuple of str
        Of an unknown key: the known ones near it, the nearest first.
    """

    path: tuple[str | int, ...]
    what: str
    fix: str
    kind: Literal["unknown", "missing", "value"]
    meant: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The path in the words of a problem, such as `firm.served[0].mode`."""
        return write_path(self.path)


def explain(
    error: ValidationError, model: type[BaseModel], data: Any, place: Callable[[str], str]
) -> list[Problem]:
    """A problem for each fault that pydantic found.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    model : type[BaseModel]
        The class that the data should have made.
    data : dict
        The data as read.
    place : callable
        Turns a dotted key into the words that say where it stands.
    """
    faults = find_faults(error, model, data)
    # A key that is missing because it is spelt wrong is one fault, not two.
    misspelt = {(*f.path[:-1], *f.meant[:1]) for f in faults if f.kind == "unknown"}
    return [
        Problem(fault.what, place(fault.key), fault.fix)
        for fault in faults
        if fault.kind != "missing" or fault.path not in misspelt
    ]


def find_faults(error: ValidationError, model: type[BaseModel], data: Any) -> list[Fault]:
    """Everything that pydantic found, with the path at which it stands in the data."""
    faults = []
    for fault in error.errors(include_url=False):
        if fault["type"] == "too_short" and len(fault["input"]) >= fault["ctx"]["min_length"]:
            continue  # said of a list that is short only because its faulty items were taken out
        path, field, known = _follow(fault["loc"], data, model)
        name = write_path(path).rpartition(".")[2]
        meaning = f"Meaning: {field.description}." if field and field.description else ""
        value = json.dumps(fault["input"], ensure_ascii=False, default=str)
        value = value if len(value) <= 60 else f"{value[:57]}..."
        if fault["type"] == "extra_forbidden":
            fix = suggest(name, known) or f"Known here are {', '.join(known)}."
            fix = _ELSEWHERE.get(write_path(path), fix)
            meant = tuple(nearest(name, known))
            faults.append(Fault(path, f"unknown key {name!r}", fix, "unknown", meant))
        elif fault["type"] != "missing":
            fix = f"{_rule(fault)}. {meaning}".rstrip()
            faults.append(Fault(path, f"{name} is {value}", fix, "value"))
        elif isinstance(fault["loc"][-1], int):
            what = f"{name} is {value}, which is too short"
            faults.append(Fault(path, what, meaning, "value"))
        else:
            faults.append(Fault(path, f"{name!r} is missing", meaning, "missing"))
    return faults


def write_path(path: Iterable[str | int]) -> str:
    """A path as a dotted key: `firm.served[0].mode`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def _rule(fault: ErrorDetails) -> str:
    """The rule that a value breaks, in the words of the file format."""
    if rule := _PATTERNS.get(fault.get("ctx", {}).get("pattern", "")):
        return f"It should be {rule}"
    if fault["type"].startswith("date"):
        return "It should be a date such as 2014-06-30"
    rule = re.sub(r"^\w+ should", "It should", fault["msg"])
    return rule.replace("valid array", "list").replace("an object", "a table")


def _follow(
    loc: tuple[int | str, ...], data: Any, annotation: Any
) -> tuple[tuple[str | int, ...], FieldInfo | None, list[str]]:
    """Path of a fault, its field if it has one, and the keys known in its table.

    A location also names branches of unions, which stand in no file: only steps that lead on in
    the data, or name a key that is missing there, are kept.
    """
    path, field, known = list[str | int](), None, list[str]()
    for step in loc:
        holder = _holder(annotation)
        fields: dict[str, FieldInfo] = {}
        is_model = isinstance(holder, type)
        if is_model:
            fields = {info.alias or name: info for name, info in holder.model_fields.items()}
        if isinstance(step, int) and isinstance(data, list) and step < len(data):
            path, data = [*path, step], data[step]
        elif isinstance(data, dict) and (step in data or step in fields):
            path, data = [*path, step], data.get(step)
            if is_model:
                field, known = fields.get(str(step)), list(fields)
                annotation = field.annotation if field else None
            elif holder is not None:
                annotation = get_args(holder)[1]
    return tuple(path), field, known


def _holder(annotation: Any) -> Any:
    """The model, or the `dict[str, ...]`, that a table of this type holds; None if neither."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is dict:
        return annotation
    return next(filter(None, map(_holder, get_args(annotation))), None)
