"""A case as TOML."""

from __future__ import annotations

from typing import Any

import tomlkit

from beachhead.cases.case import Case


def write_toml(case: Case) -> str:
    """Every key of `case`, in the order of the schema, with names of a table's entries sorted."""
    data = case.model_dump(by_alias=True)
    for market, entry in data["limits"]["fixed"].items():
        if entry == {"quarter": entry["quarter"], "mode": None, "localisation": None,
                     "begun": False}:  # fmt: skip
            data["limits"]["fixed"][market] = entry["quarter"]
    tables = {key: value for key, value in data.items() if isinstance(value, dict)}
    lines = [_line(key, value) for key, value in data.items() if key not in tables]
    for name, table in tables.items():
        is_open = isinstance(getattr(case, name), dict)  # its keys have no order of the schema
        entries = sorted(table.items()) if is_open else table.items()
        lines += ["", f"[{name}]", *(_line(key, value) for key, value in entries)]
    return "\n".join(lines) + "\n"


def _line(key: str, value: Any) -> str:
    if value is None:
        return f"# {key} is not set"
    return f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return tomlkit.key(key).as_string()


def _value(value: Any) -> str:
    if isinstance(value, dict):
        pairs = [f"{_key(k)} = {_value(v)}" for k, v in sorted(value.items()) if v is not None]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        items = [_value(item) for item in value]
        if any(isinstance(item, dict) for item in value) or len(", ".join(items)) > 80:
            return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
        return f"[{', '.join(items)}]"
    return tomlkit.item(value).as_string()
