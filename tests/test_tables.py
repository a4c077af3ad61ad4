"""Tables that a user brings: every spelling of a CSV file and a workbook, or a sentence."""

from __future__ import annotations

import datetime
import functools
import io
import os
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beachhead.errors import InputError
from beachhead.files import MOST_BYTES
from beachhead.tables import MOST_PROBLEMS, Table, read_table

HOLES = '# a comment\n\nmarket,hhi,source\nCôte d\'Ivoire,0.5,"a, b"\n# more\nNA,,x\n'
ROWS = [
    {"market": "Côte d'Ivoire", "hhi": "0.5", "source": "a, b"},
    {"market": "NA", "hhi": "", "source": "x"},
]


def write(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "own.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def fill(path: Path, *rows: tuple, merged: str = "", name: str = "Figures") -> Path:
    book = openpyxl.Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    if merged:
        book.active.merge_cells(merged)
    book.save(path)
    return path


def cells(table: Table) -> list[dict[str, str]]:
    return [dict(row.cells) for row in table.rows]


def refused(path: Path | str) -> str:
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert all(str(path).partition("#")[0] in str(problem) for problem in caught.value.problems)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_however_it_was_saved(tmp_path, encoding, ending, delimiter):
    text = HOLES.replace("a, b", "a%s b").replace(",", delimiter) % ","
    text = text.replace("a, b", f"a{delimiter} b").replace("\n", ending)
    table = read_table(write(tmp_path, text.encode(encoding)))
    assert cells(table) == [ROWS[0] | {"source": f"a{delimiter} b"}, ROWS[1]]
    assert [row.place.rpartition(", ")[2] for row in table.rows] == ["line 4", "line 6"]
    assert table.columns == ("market", "hhi", "source")


@pytest.mark.parametrize(
    ("content", "text", "value"),
    [
        ("market,hhi\nA,{}\n", "12.5", 12.5),
        ("market,hhi\nA,{}\n", "1.234", 1.234),
        ("market,hhi\nA,{}\n", "1e6", 1e6),
        ("market,hhi\nA,{}\n", "-.5E-3", -0.0005),
        ("market,hhi\nA,{}\n", "+7", 7.0),
        ("market,hhi\nA,{}\n", "0.1000000000000000055", 0.1),
        ("market;hhi\nA;{}\n", "12,5", 12.5),
        ("market;hhi\nA;{}\n", "0,123", 0.123),
        ("market;hhi\nA;{}\n", "12.5", 12.5),
        ("market;hhi\nA;{}\nB;0,5\n", "1,234", 1.234),
        ("market\thhi\nA\t{}\nB\t0.5\n", "1.234", 1.234),
    ],
)
def test_numbers_that_can_be_read_in_one_way(tmp_path, content, text, value):
    table = read_table(write(tmp_path, content.format(text)))
    assert table.number(table.rows[0].cells["hhi"]) == value


@pytest.mark.parametrize(
    ("content", "text", "fix"),
    [
        ("market;hhi\nA;{}\n", "1,234", "It may mean 1234 or 1.234: write 1234 or 1.2340."),
        ("market;hhi\nA;{}\n", "1.234", "It may mean 1234 or 1.234: write 1234 or 1.2340."),
        ("market;hhi\nA;{}\nB;0.5\n", "1,234", "It may mean"),
        ("market;hhi\nA;{}\nB;0,5\n", "1.234", "It may mean"),
        ("market;hhi\nA;{}\nB;0,5\nC;0.5\n", "1,234", "It may mean"),
        ("market;hhi\nA;{}\nB;0,5\n", "1.234,5", "Write a number"),
        ('market,hhi\nA,"{}"\n', "1,234", "It may mean"),
        ('market,hhi\nA,"{}"\n', "12,5", "Write 12.5, with a point."),
        ("market,hhi\nA,{}\n", "1 234", "Write a number"),
        ("market,hhi\nA,{}\n", "1_234", "Write a number"),
        ("market,hhi\nA,{}\n", "٣", "Write a number"),
        ("market,hhi\nA,{}\n", "40 %", "Write a number"),
        ("market,hhi\nA,{}\n", "n/a", "nothing where nothing is known"),
        ("market,hhi\nA,{}\n", "nan", "Write a number"),
        ("market,hhi\nA,{}\n", "inf", "Write a number"),
        ("market,hhi\nA,{}\n", ".", "Write a number"),
        ("market,hhi\nA,{}\n", "1e999", "too large"),
    ],
)
def test_numbers_that_are_never_guessed(tmp_path, content, text, fix):
    table = read_table(write(tmp_path, content.format(text)))
    with pytest.raises(ValueError, match=fix.replace(".", r"\.")):
        table.number(table.rows[0].cells["hhi"])


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([",", ";"]))
def test_every_number_reads_back_exactly(value, delimiter):
    table = Table("", ("a",), (), "." if delimiter == "," else "?")
    text = repr(value)
    try:
        assert table.number(text) == value
    except ValueError:  # in a table that shows no sign, three decimals after up to three digits
        assert delimiter == ";"
        assert "." in text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the table is empty"),
        (b"# nothing\n\n,,\n", "the table is empty"),
        (b"\x00\x01\x02\xff" * 50, "not text"),
        (b"PK\x03\x04\x14\x00", "not text"),
        (b"\xff\xfea", "not text"),
        ("market,hhi\n".encode("utf-16-le"), "not text"),
        (b"market,hhi\nA,\x81\n", "not text"),
        ('market,source\nA,"never closed\nB,x\nC,y\n', "line 2: not a line of CSV"),
        ('market,source\nA,"over\ntwo lines"\n', "line 2: not a line of CSV"),
        ('market,source\nA,"x"y\n', "line 2: not a line of CSV"),
        ("market,hhi\nA\n", "line 2: 1 cells where the table has 2 columns"),
        ("market,hhi\nA,1,2\n", "line 2: 3 cells"),
        ("market,hhi,Market\n", "line 1: column 'market' stands there twice"),
        ("market,,hhi\nA,x,1\n", "line 2: 'x' stands in a column without a name"),
    ],
)
def test_what_is_no_table(tmp_path, content, expected):
    assert expected in refused(write(tmp_path, content))


def test_what_spreadsheets_add_does_no_harm(tmp_path):
    table = read_table(write(tmp_path, "market;;hhi;;\nA;;1;;\n;;;;\n;;;;\n"))
    assert cells(table) == [{"market": "A", "hhi": "1"}]


def test_columns_that_are_missing_or_unknown_all_at_once(tmp_path):
    table = read_table(write(tmp_path, "iso3,vlaue,note\n"))
    with pytest.raises(InputError) as caught:
        table.demand(("iso3", "value"), ("source",))
    assert [str(problem).partition(": ")[2] for problem in caught.value.problems] == [
        "column 'value' is missing",
        "unknown column 'vlaue'. Did you mean 'value'?",
        "unknown column 'note'. The columns are iso3, value, source.",
    ]


def test_faults_beyond_the_first_are_counted(tmp_path):
    said = refused(write(tmp_path, "market,hhi\n" + "A\n" * 500)).splitlines()
    assert len(said) == MOST_PROBLEMS + 1
    assert "and 450 more" in said[-1]


def test_a_file_of_200_mb_is_refused_unread(tmp_path):
    path = tmp_path / "large.csv"
    path.touch()
    os.truncate(path, 200 * 2**20)
    assert f"larger than {MOST_BYTES >> 20} MB" in refused(path)


def test_more_cells_than_memory_bears_are_refused(tmp_path):
    assert "cells; at most 1,000,000" in refused(write(tmp_path, "a,b\n" + "," * 1_000_001))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_a_file_without_end_is_refused():
    assert "larger than" in refused("/dev/zero")


def test_no_file_and_a_folder(tmp_path):
    assert "no such file" in refused(tmp_path / "absent.csv")
    assert "this is a folder" in refused(tmp_path)
    assert "no such file" in refused(tmp_path / "absent.xlsx")
    with pytest.raises(InputError, match="cannot be read"):
        read_table("a\0b.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_table("x" * 5000)


def test_a_workbook_reads_as_its_csv(tmp_path):
    path = fill(
        tmp_path / "own.xlsx",
        ("# a comment", "with more"),
        (),
        ("market", "hhi", "date", "Source"),
        ("Côte d'Ivoire", 0.123456789, datetime.date(2013, 3, 31), " a, b "),
        ("NA", None, datetime.datetime(2013, 3, 31, 12), 2013),
        ("X", 1e6, 41364, True),
        ("Y", "12.5"),
    )
    table = read_table(path)
    rows = cells(table)
    assert [row["hhi"] and table.number(row["hhi"]) for row in rows] == [0.123456789, "", 1e6, 12.5]
    assert [row["date"] for row in rows] == ["2013-03-31", "2013-03-31 12:00:00", "41364", ""]
    assert [row["source"] for row in rows] == ["a, b", "2013", "True", ""]
    assert table.rows[0].place == f"{path}, sheet 'Figures', row 4"


def test_a_sheet_is_named_behind_the_file(tmp_path):
    path = fill(tmp_path / "own.xlsx", ("market",), ("A",))
    assert cells(read_table(f"{path}#Figures")) == [{"market": "A"}]
    assert "no sheet 'Figure'. Did you mean 'Figures'?" in refused(f"{path}#Figure")
    assert "no sheet '2013'. It has 'Figures'." in refused(f"{path}#2013")
    odd = fill(tmp_path / "a#b.XLSX", ("market",), ("A",))
    assert cells(read_table(odd)) == [{"market": "A"}]


@pytest.mark.parametrize(
    ("rows", "merged", "expected"),
    [
        ([], "", "the table is empty"),
        ([("market", "hhi"), ("A", 1), (None, 2)], "A2:A3", "the cells A2:A3 are merged"),
        ([("market", "hhi"), ("A", "=1+1")], "", "cell B2: a formula without a stored value"),
        ([("market", "hhi"), ("A", "#REF!")], "", "cell B2: the cell holds the error #REF!"),
        ([("market", None), ("A", 1)], "", "row 2: 2 cells where the table has 1 columns"),
    ],
)
def test_what_is_no_table_in_a_workbook(tmp_path, rows, merged, expected):
    assert expected in refused(fill(tmp_path / "own.xlsx", *rows, merged=merged))


def test_a_merged_title_above_comments_is_let_be(tmp_path):
    path = fill(tmp_path / "own.xlsx", ("# Our figures",), ("market",), ("A",), merged="A1:C1")
    assert cells(read_table(path)) == [{"market": "A"}]


QUIET = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
csv_bytes = st.one_of(
    st.binary(max_size=80),
    st.lists(
        st.sampled_from(
            [b"market", b"hhi", b"key", b"value", b",", b";", b"\t", b"\n", b"\r", b'"', b"#",
             b"0,5", b"1.234", b"NA", b"\xe9", b"\xc3\xa9", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00"]
        ),
        max_size=30,
    ).map(b"".join),
)  # fmt: skip
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(datetime.datetime(1950, 1, 1), datetime.datetime(2100, 1, 1)),
    st.dates(datetime.date(1950, 1, 1)),
    st.times(),
    st.sampled_from(["market", "hhi", "Namibia", "=A1", "=1/0", "#N/A", "# x", "0.5", "", "é"]),
)


@QUIET
@given(csv_bytes)
def test_any_bytes_are_a_table_or_a_sentence(tmp_path, content):
    path = write(tmp_path, content)
    try:
        table = read_table(path)
    except InputError as error:
        assert error.problems
        assert all(str(path) in problem.where for problem in error.problems)
    else:
        assert all(row.cells.keys() == set(table.columns) for row in table.rows)


@QUIET
@given(
    st.lists(st.lists(plain, max_size=4), max_size=4),
    st.sampled_from(["", "A1:B1", "A2:A3", "B2:C4", "F9:G10"]),
)
def test_any_cells_are_a_table_or_a_sentence(tmp_path, rows, merged):
    path = fill(tmp_path / "own.xlsx", *map(tuple, rows), merged=merged)
    try:
        table = read_table(path)
    except InputError as error:
        assert all(str(path) in problem.where for problem in error.problems)
    else:
        assert all(row.cells.keys() == set(table.columns) for row in table.rows)


@functools.cache
def make_book() -> bytes:
    """A workbook; made once, since it holds the time at which it was made."""
    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    return book.getvalue()


def damage(content: bytes, at: int, byte: int) -> bytes:
    return content[:at] + bytes([byte]) + content[at + 1 :]


@QUIET
@given(st.data())
def test_a_damaged_workbook_is_a_table_or_a_sentence(tmp_path, data):
    whole = make_book()
    content = whole[: data.draw(st.integers(0, len(whole)))]
    if data.draw(st.booleans()):
        content = damage(whole, data.draw(st.integers(0, len(whole) - 1)), 255)
    path = tmp_path / "own.xlsx"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert str(path) in str(caught.value)
