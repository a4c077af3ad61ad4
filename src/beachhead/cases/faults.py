"""What a schema has against some data, as problems that a reader of the file can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from beachhead.cases import quarters
from beachhead.cases.case import CRITERION, CURRENCY
from beachhead.errors import Problem, suggest

_PATTERNS = {
    quarters.LABEL: "a quarter such as 2014Q3",
    CURRENCY: "three capital letters such as EUR",
    CRITERION: "small letters, digits and underscores, such as dealers_asked",
}


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
    problems = []
    for fault in error.errors(include_url=False):
        if fault["type"] == "too_short" and len(fault["input"]) >= fault["ctx"]["min_length"]:
            continue  # said of a list that is short only because its faulty items were taken out
        key, field, known = _follow(fault["loc"], data, model)
        name = key.rpartition(".")[2]
        meaning = f"Meaning: {field.description}." if field and field.description else ""
        value = json.dumps(fault["input"], ensure_ascii=False, default=str)
        value = value if len(value) <= 60 else f"{value[:57]}..."
        if fault["type"] == "extra_forbidden":
            what, fix = f"unknown key {name!r}", suggest(name, known).capitalize()
            fix = fix or f"Known here are {', '.join(known)}."
        elif fault["type"] != "missing":
            what, fix = f"{name} is {value}", f"{_rule(fault)}. {meaning}"
        elif isinstance(fault["loc"][-1], int):
            what, fix = f"{name} is {value}, which is too short", meaning
        else:
            what, fix = f"{name!r} is missing", meaning
        problems.append(Problem(what, place(key), fix.rstrip()))
    return problems


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
) -> tuple[str, FieldInfo | None, list[str]]:
    """Dotted key of a fault, its field if it has one, and the keys known in its table.

    A location also names branches of unions, which stand in no file: only steps that lead on in
    the data, or name a key that is missing there, are kept.
    """
    key, field, known = "", None, list[str]()
    for step in loc:
        holder = _holder(annotation)
        fields: dict[str, FieldInfo] = {}
        is_model = isinstance(holder, type)
        if is_model:
            fields = {info.alias or name: info for name, info in holder.model_fields.items()}
        if isinstance(step, int) and isinstance(data, list) and step < len(data):
            key, data = f"{key}[{step}]", data[step]
        elif isinstance(data, dict) and (step in data or step in fields):
            key, data = f"{key}.{step}" if key else str(step), data.get(step)
            if is_model:
                field, known = fields.get(str(step)), list(fields)
                annotation = field.annotation if field else None
            elif holder is not None:
                annotation = get_args(holder)[1]
    return key, field, known


def _holder(annotation: Any) -> Any:
    """The model, or the `dict[str, ...]`, that a table of this type holds; None if neither."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is dict:
        return annotation
    return next(filter(None, map(_holder, get_args(annotation))), None)


def find_lines(text: str) -> dict[str, int]:
    """Line of each key of a TOML text that stands at the start of a line, by dotted path."""
    # Text over several lines may look like keys: only its line ends are kept.
    text = re.sub(r"(\"\"\"|''').*?\1", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.\"'-]+)\s*\]", line):
            table = re.sub(r"[\"']", "", header.group(2))
            if header.group(1) == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}[{counts[table]}]"
            lines.setdefault(table, number)
            table += "."
        elif key := re.match(r"\s*([\w.-]+|\"[^\"]*\"|'[^']*')\s*=", line):
            lines.setdefault(table + key.group(1).strip("\"'"), number)
    return lines


def line_of(key: str, lines: dict[str, int]) -> str:
    """The words `line N` for a dotted key, or for the nearest key around it; else nothing."""
    while key and key not in lines:
        key = re.sub(r"(\[\d+\]|\.?[^.\[\]]*)$", "", key, count=1)
    return f"line {lines[key]}" if key else ""
