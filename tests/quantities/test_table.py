"""The one table of the model's parameters, and how it is declared."""

import math
from dataclasses import FrozenInstanceError, fields
from typing import get_args

import pytest

from beachhead.mechanisms import MECHANISMS, Parameters, table
from beachhead.quantities import LogNormal, Sure, declared, mechanism, parameter
from beachhead.quantities.parameter import Level, Tag

TABLE = table()


@pytest.mark.parametrize("name", TABLE)
def test_every_parameter_says_what_it_is_and_whence(name):
    belief = TABLE[name]
    assert belief.name == name
    for text in (belief.words, belief.unit, belief.source):
        assert text.strip() == text and text
    assert belief.tag in get_args(Tag)
    assert belief.level in get_args(Level)


@pytest.mark.parametrize("name", TABLE)
def test_default_and_neutral_lie_within_the_bounds(name):
    belief = TABLE[name]
    low, high = belief.bounds
    assert low < high
    assert math.isfinite(belief.default) and low <= belief.default <= high
    assert belief.neutral is None or low <= belief.neutral <= high


def test_names_are_those_of_the_fields_in_order():
    assert list(TABLE) == [
        f"{name}.{field.name}" for name, cls in MECHANISMS.items() for field in fields(cls)
    ]
    assert Parameters._fields == tuple(MECHANISMS)


def test_no_two_parameters_have_the_same_words():
    words = [belief.words for belief in TABLE.values()]
    assert len(set(words)) == len(words)


def test_what_was_not_opened_or_derived_can_be_listed():
    """A user can list all that is judgement or memory."""
    unproved = [name for name, belief in TABLE.items() if belief.tag in ("J", "M")]
    assert "entry.haste" in unproved and "share.price" not in unproved


@mechanism("invented")
class Invented:
    rate: float = parameter(
        "a rate", unit="1/year", default=0.1, neutral=0.0, bounds=(0.0, 1.0), tag="J",
        source="judgement",
    )  # fmt: skip
    size: float = parameter(
        "a size", unit="ratio", default=1.0, neutral=None, bounds=(0.0, 9.0), tag="D",
        source="derived", prior=LogNormal(0.2), level="market",
    )  # fmt: skip


def test_a_declaration_becomes_a_row_of_the_table():
    rows = declared(Invented)
    assert list(rows) == ["invented.rate", "invented.size"]
    assert rows["invented.rate"].prior == Sure()
    assert rows["invented.rate"].level == "world"
    assert rows["invented.size"].prior == LogNormal(0.2)
    assert rows["invented.size"].level == "market"


def test_values_of_a_mechanism_are_frozen():
    values = Invented(rate=0.2, size=1.5)
    assert (values.rate, values.size) == (0.2, 1.5)
    with pytest.raises(FrozenInstanceError):
        values.rate = 0.3
