"""The format of a case file as JSON Schema, for editors and other programs."""

from __future__ import annotations

from typing import Any

from beachhead.cases.case import Case


def write_schema() -> dict[str, Any]:
    """The schema of a case file, draft 2020-12, with a description of every table and key."""
    schema = Case.model_json_schema(by_alias=True)
    tables = schema["$defs"]
    # An entry of limits.fixed may be a bare quarter too: its table stands inside.
    for table in (schema, *(t["anyOf"][-1] if "anyOf" in t else t for t in tables.values())):
        table["description"] = table["description"].partition("\n")[0]
    for key in schema["properties"].values():
        if "$ref" in key:
            key["description"] = tables[key["$ref"].rpartition("/")[2]]["description"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A case for beachhead",
    }
