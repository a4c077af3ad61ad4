"""One value and its cell: what a cell says beyond doubt is read, the rest is left to the schema."""

import datetime
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beachhead.cases.cells import from_cell, split_list, to_cell
from beachhead.cases.layout import Form

NUMBER, INTEGER, TEXT, DATE, BOOLEAN = map(Form, ("number", "integer", "text", "date", "boolean"))
WORDS = Form("text", many=True, format="market", words=("all",))
SHARES = Form("number", many=True)
words = st.text(st.sampled_from('aé ;"\n='), min_size=1, max_size=6).map(str.strip).filter(bool)


@given(st.lists(words, max_size=4))
def test_a_list_of_words_comes_back(items):
    assert from_cell(to_cell(items, WORDS, "all"), WORDS) == items


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=4))
def test_a_list_of_numbers_comes_back_exactly(items):
    assert from_cell(to_cell(items, SHARES), SHARES) == items


def test_a_word_in_place_of_a_list_is_not_the_list_of_that_word():
    assert to_cell("all", WORDS) == "all"
    assert from_cell("all", WORDS) == "all"
    assert to_cell(["all"], WORDS) == "all;"
    assert from_cell("all;", WORDS) == ["all"]


def test_an_empty_list_is_written_unless_it_is_the_default():
    assert to_cell([], WORDS, "all") == ";"
    assert from_cell(";", WORDS) == []
    assert to_cell([], WORDS, []) is None


def test_words_are_parted_as_people_write_them():
    assert split_list(' DEU;Italy ;; "a; ""b""" ; 5" disk;"open') == [
        "DEU", "Italy", 'a; "b"', '5" disk', '"open',
    ]  # fmt: skip


def test_a_long_cell_takes_no_time():
    for text in ('"' * 32_000, '";' * 16_000, " " * 32_000 + "a", '""' * 16_000 + "a"):
        start = time.process_time()
        split_list(text)
        assert time.process_time() - start < 5  # quadratic would be minutes


@pytest.mark.parametrize(
    ("cell", "form", "value"),
    [
        ("250", NUMBER, 250),
        ("-3", INTEGER, -3),
        ("250,5", NUMBER, "250,5"),  # or is it 2505?
        ("1.250", NUMBER, "1.250"),  # or is it 1250?
        ("1e3", NUMBER, "1e3"),
        ("٣", NUMBER, "٣"),
        (24.0, INTEGER, 24),
        (24.5, INTEGER, 24.5),
        (True, NUMBER, True),
        (datetime.date(2024, 1, 1), NUMBER, datetime.date(2024, 1, 1)),
        (360, TEXT, "360"),
        (3.6, TEXT, 3.6),
        (True, TEXT, True),
        (41364, DATE, 41364),
        ("41364", DATE, 41364),  # never a time in seconds
        ("2014-06-30", DATE, "2014-06-30"),
        ("Yes", BOOLEAN, True),
        ("FALSE", BOOLEAN, False),
        (False, BOOLEAN, False),
        ("perhaps", BOOLEAN, "perhaps"),
        (1, BOOLEAN, 1),
        (0.5, SHARES, [0.5]),
        ("0.5; 1", SHARES, [0.5, 1.0]),
        ("0,5; 1", SHARES, ["0,5", 1.0]),
        (360, WORDS, ["360"]),
    ],
)
def test_only_what_is_beyond_doubt_is_converted(cell, form, value):
    found = from_cell(cell, form)
    assert found == value
    assert type(found) is type(value)


def test_days_that_spreadsheets_count_wrongly_are_text():
    assert to_cell(datetime.date(1871, 5, 1), DATE) == "1871-05-01"
    assert to_cell(datetime.date(1900, 3, 1), DATE) == datetime.date(1900, 3, 1)
