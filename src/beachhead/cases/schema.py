"""The format of a case file as JSON Schema, for editors and other programs."""

from __future__ import annotations

from typing import Any

from beachhead.cases.case import Case


def write_schema() -> dict[str, Any]:
    """The schema of a case file, draft 2020-12, with a description of every table and key."""
    schema = Case.model_json_schema(by_alias=True)
    for part in (schema, *schema["$defs"].values()):
        part["description"] = part["description"].partition("\n")[0]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A case for beachhead",
    }
