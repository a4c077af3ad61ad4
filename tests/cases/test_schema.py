"""The format as JSON Schema: complete, described, and what the program itself accepts."""

import json
import tomllib

import jsonschema
import pytest

from beachhead.cases import Case, new_case
from beachhead.cases.reading import BUNDLED
from beachhead.cases.schema import write_schema

SCHEMA = write_schema()
FILES = {file.stem: file.read_text("utf-8") for file in BUNDLED.glob("*.toml")}
TEXTS = FILES | {"new": new_case("new"), "written": Case.load("xiaomi-2013").to_toml()}


def errors(text):
    data = json.loads(json.dumps(tomllib.loads(text), default=str))
    return list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(data))


def tables(schema=SCHEMA):
    yield "", schema
    for name, table in schema["$defs"].items():
        yield name, table["anyOf"][-1] if "anyOf" in table else table


def test_it_is_a_schema_of_draft_2020_12():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", TEXTS)
def test_cases_that_come_with_the_program_conform(name):
    assert errors(TEXTS[name]) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("quarters = 40", "quarters = 400"),
        ("quarters = 40", "quater = 40"),
        ('home = "CHN"\n', ""),
        ('category = "smartphone"', 'category = "phone"'),
        ("teams = 3", "teams = [3]"),
        ("must = []", 'fixed = {IND = "2014"}'),
    ],
)
def test_what_the_program_refuses_does_not_conform(old, new):
    text = FILES["xiaomi-2013"]
    assert old in text
    assert errors(text.replace(old, new))


def test_every_table_and_key_is_described():
    for name, table in tables():
        assert table["description"].endswith("."), name
        assert table["additionalProperties"] is False, name
        for key, value in table["properties"].items():
            assert value.get("description"), f"{name}.{key}"


def test_every_key_of_a_written_case_is_in_it():
    data = tomllib.loads(TEXTS["written"])
    properties = SCHEMA["properties"]
    assert data.keys() <= properties.keys()
    for key, value in data.items():
        reference = properties[key].get("$ref")
        if isinstance(value, dict) and reference:
            assert (
                value.keys() <= SCHEMA["$defs"][reference.rpartition("/")[2]]["properties"].keys()
            )
