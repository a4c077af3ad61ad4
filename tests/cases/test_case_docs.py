"""docs/case.md names every key of the schema, with its default and meaning."""

import re
from pathlib import Path
from typing import get_args

import pytest
import tomlkit
from pydantic_core import PydanticUndefined

from beachhead.cases import Case, check_case
from beachhead.cases.case import (
    Column,
    Component,
    Distance,
    Entrant,
    Firm,
    FixedEntry,
    Gate,
    Input,
    InputKey,
    Limits,
    Markets,
    Measure,
    Modes,
    Override,
    OwnCriterion,
    Product,
    Risk,
    Rival,
    Rule,
    Screening,
    Served,
    Source,
    Sourcing,
    Target,
    TeamStep,
)
from beachhead.data import load_panel
from beachhead.mechanisms.measures import LEVERS

PAGE = (Path(__file__).parents[2] / "docs" / "case.md").read_text("utf-8")
SECTIONS = {
    "The question": Case,
    "[firm]": Firm,
    "served": Served,
    "rivals": Rival,
    "[product]": Product,
    "[markets]": Markets,
    "markets.rivals": Entrant,
    "columns": Column,
    "inputs": Input,
    "[modes]": Modes,
    "[[components]]": Component,
    "sources": Source,
    "[[measures]]": Measure,
    "sourcing": Sourcing,
    "[limits]": Limits,
    "rules": Rule,
    "gates": Gate,
    "teams": TeamStep,
    "fixed": FixedEntry,
    "[[targets]]": Target,
    "[risk]": Risk,
    "[screening]": Screening,
    "criteria": OwnCriterion,
    "overrides": Override,
    "[distance]": Distance,
}


def row(key, field):
    if field.default is PydanticUndefined:
        default = "required"
    elif field.default is None:
        default = "not set"
    else:
        value = list(field.default) if isinstance(field.default, tuple) else field.default
        default = f"`{tomlkit.item(value).as_string() if value != {} else '{}'}`"
    return f"| `{key}` | {default} | {field.description} |"


def section(title):
    parts = re.split(r"^#+ `?(.*?)`?$", PAGE, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[title]


@pytest.mark.parametrize("title", SECTIONS)
def test_every_key_is_documented_as_it_is(title):
    text = section(title)
    fields = {f.alias or name: f for name, f in SECTIONS[title].model_fields.items()}
    rows = [row(key, field) for key, field in fields.items() if field.description]
    assert [line for line in text.splitlines() if line.startswith("| `")] == rows


def test_every_key_of_a_row_is_documented():
    for key in get_args(InputKey):
        assert f"\n| {key} | " in section("inputs")


def test_the_table_of_what_a_measure_changes_is_that_of_the_levers():
    rows = [
        f"| `{name}` | {lever.kind} | {lever.least:g} to {lever.most:g} | {lever.words} |"
        for name, lever in LEVERS.items()
    ]
    assert [line for line in section("changes").splitlines() if line.startswith("| `")] == rows


def test_the_example_is_a_case_in_order():
    example = re.search(r"```toml\n(.*?)```", PAGE, re.S).group(1)
    case = Case.loads(example, "example.toml")
    assert check_case(case, load_panel(case.as_of)) == []
    keys = [line for line in example.splitlines() if re.match(r"\w+ =", line)]
    assert len(keys) == 12
