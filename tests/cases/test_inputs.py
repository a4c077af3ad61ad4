"""Figures of the firm's own: in the case, and in the tables beside it."""

import io

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beachhead.cases import Case, check_case, overlay
from beachhead.cases.reading import list_tables
from beachhead.errors import InputError

HEADER = "iso3,key,value,date,basis,source\n"


def load(tmp_path, text, insert, table):
    (tmp_path / "case.toml").write_text(insert(text, markets='table = "extra.csv"'), "utf-8")
    (tmp_path / "extra.csv").write_text(table, "utf-8")
    return Case.load(tmp_path / "case.toml")


def test_rows_become_inputs(tmp_path, text, insert):
    table = "# a comment\n" + HEADER + 'USA,closed_share,0.9,2013-01-01,judgement,"a, b"\n'
    case = load(tmp_path, text, insert, table)
    (row,) = case.markets.inputs
    assert (row.market, row.key, row.value, row.source) == ("USA", "closed_share", 0.9, "a, b")
    assert case.markets.table == ""
    assert Case.loads(case.to_toml()) == case


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("", "extra.csv: the table is empty"),
        (HEADER + "USA,closed,0.9,2013-01-01,judgement,x\n", "extra.csv, line 2, key"),
        (HEADER + "USA,hhi,much,2013-01-01,judgement,x\n", "extra.csv, line 2, value"),
        (HEADER + "USA,hhi,0.9,2013,judgement,x\n", "extra.csv, line 2, date"),
        (HEADER + "USA,hhi,0.9,2013-01-01,guess,x\n", "extra.csv, line 2, basis"),
        (HEADER + "USA,hhi,0.9,2013-01-01,source,\n", "extra.csv, line 2, source"),
        (HEADER + "USA,hhi,0.9\n", "extra.csv, line 2: 3 cells"),
        ("iso3,ky,value,date,basis,source\n", "Did you mean 'key'?"),
        ("iso3,key,date,basis\n", "column 'value' is missing"),
        ("iso3,iso3,key,value,date,basis,source\n", "stands there twice"),
    ],
)
def test_faults_name_file_line_and_column(tmp_path, text, insert, table, expected):
    with pytest.raises(InputError) as caught:
        load(tmp_path, text, insert, table)
    assert expected in str(caught.value)


def test_a_missing_table_and_a_fault_of_the_case_come_together(tmp_path, text, insert):
    text = insert(text, markets='table = "nothing.csv"').replace("price = 200", "price = -2")
    (tmp_path / "case.toml").write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        Case.load(tmp_path / "case.toml")
    assert len(caught.value.problems) == 2
    assert "nothing.csv: no such file" in str(caught.value)


# A case with own columns, and figures of every kind that a key can be.
COLUMN = 'columns = [{key = "dealers", words = "dealers who asked", unit = "dealers"}]'
FIGURES = {
    "United States": {"closed_share": 0.9, "dealers": 3.0, "hdi": None},
    "NA": {"closed_share": None, "dealers": 0.5, "hdi": 0.625},
    "Cote d'Ivoire": {"closed_share": 0.25, "dealers": -12.125, "hdi": 0.0625},
}


def read(tmp_path, text, insert, tables, columns=COLUMN):
    """The case acme with these tables beside it, each the content of a file."""
    for name, content in tables.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    named = f"table = {list(tables)}".replace("'", '"')
    (tmp_path / "acme.toml").write_text(insert(text, markets=f"{columns}\n{named}"), "utf-8")
    return Case.load(tmp_path / "acme.toml")


def said(tmp_path, text, insert, tables, columns=COLUMN):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, insert, tables, columns)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


def lay_out(figures, layout, about=None):
    """Rows of a table in one of the two layouts; None is a hole."""
    about = about or {}
    if layout == "long":
        return [["country", "key", "value", *about]] + [
            [market, key, value, *about.values()]
            for market, row in figures.items()
            for key, value in row.items()
        ]
    keys = list(next(iter(figures.values())))
    return [["country", *keys, *about]] + [
        [market, *row.values(), *about.values()] for market, row in figures.items()
    ]


def to_csv(rows, delimiter=",", decimal="."):
    def cell(value):
        if value is None:
            return ""
        text = repr(value).replace(".", decimal) if isinstance(value, float) else str(value)
        return f'"{text}"' if delimiter in text else text

    return "\r\n".join(delimiter.join(map(cell, row)) for row in rows)


def to_xlsx(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


eighths = st.none() | st.integers(0, 8).map(lambda k: k / 8)
quarters = st.none() | st.integers(-999, 999).map(lambda k: k / 4)
rows = st.tuples(eighths, quarters, eighths).map(
    lambda row: dict(zip(("closed_share", "dealers", "hdi"), row, strict=True))
)
figures = st.tuples(rows, rows, rows).map(lambda row: dict(zip(FIGURES, row, strict=True)))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(figures)
def test_every_layout_and_form_gives_the_same_case(tmp_path, text, insert, figures):
    about = {"date": "2013-01-31", "basis": "judgement", "source": "survey"}
    inputs = set()
    for layout in ("long", "wide"):
        rows = lay_out(figures, layout, about)
        for name, content in {
            "a.csv": to_csv(rows),
            "b.csv": to_csv(rows, ";", ",").encode("utf-16"),
            "c.csv": to_csv(rows, "\t").encode("cp1252"),
            "d.xlsx": to_xlsx(rows),
        }.items():
            case = read(tmp_path, text, insert, {name: content})
            inputs.add(case.markets.inputs)
            assert Case.loads(case.to_toml()) == case
    (found,) = inputs
    codes = dict(zip(FIGURES, ("USA", "NAM", "CIV"), strict=True))
    assert [(row.market, row.key, row.value) for row in found] == [
        (codes[market], key, value)
        for market, row in figures.items()
        for key, value in row.items()
        if value is not None
    ]


def test_what_is_left_out_has_a_default(tmp_path, text, insert):
    case = read(tmp_path, text, insert, {"mine.csv": to_csv(lay_out(FIGURES, "wide"))})
    assert len(case.markets.inputs) == 7
    for row in case.markets.inputs:
        assert (row.date, row.basis, row.source) == (case.as_of, "source", "mine.csv")
    content = to_xlsx(lay_out(FIGURES, "wide"))
    book = read(tmp_path, text, insert, {"mine.xlsx": content}).markets.inputs
    assert {row.source for row in book} == {"mine.xlsx"}


def test_several_files_and_rows_of_the_case_come_together(tmp_path, text, insert):
    row = "{market='FRA', key='dealers', value=1, date=2013-01-01, basis='source', source='x'}"
    case = read(
        tmp_path, text, insert,
        {"a.csv": "iso2,dealers\nDE,5\n", "b.csv": "name,key,value\nItalia,dealers,7\n"},
        f"{COLUMN}\ninputs = [{row}]",
    )  # fmt: skip
    assert [(row.market, row.value) for row in case.markets.inputs] == [
        ("FRA", 1.0), ("DEU", 5.0), ("ITA", 7.0),
    ]  # fmt: skip


def test_the_faults_of_all_files_come_at_once(tmp_path, text, insert):
    tables = {
        "a.csv": "country,dealers,date\nGermny,5,2013-01-01\nFrance,five,31.1.2013\n",
        "b.csv": "iso3,key,value\nAUT,dealer,1\nAUT,closed_share,40\nAUT,tariff,20\n",
        "c.csv": "iso3,hdi\nAUT,0.8\nNA,70\nAustria,0.9\n",
        "d.csv": "iso3,name,hdi\nAUS,Austria,0.8\n,,0.7\n",
        "e.csv": "land,hid\nAUT,1\n",
        "f.csv": "iso3,hdi,date\nAUT,0.8,41364\nBEL,0.8,2014-01-01\n",
        "g.csv": "iso3,basis,source\nAUT,source,x\n",
        "none.csv": "",
    }
    expected = """\
a.csv, line 2, country: no market 'Germny'. Did you mean 'Germany'?
a.csv, line 3, date: date is '31.1.2013'. Write it as in 2014-06-30.
a.csv, line 3, dealers: dealers is 'five'. Write a number such as 12.5, or nothing where nothing
b.csv, line 2, key: no figure 'dealer'. Did you mean 'dealers'?
b.csv, line 3, value: closed_share of AUT is 40. It is a fraction, from 0 to 1.
b.csv, line 4, value: tariff of AUT is 20. It is a fraction of the value, 20 % being 0.2;
c.csv, line 3, hdi: hdi of NAM is 70. It is in index, 0 to 1: from 0 to 1.
c.csv, line 4, hdi: a second hdi for AUT. It stands in
d.csv, line 2: iso3 'AUS' and name 'Austria' are different markets. Mend one of them.
d.csv, line 3: the market is missing. Give its ISO code or its name.
e.csv, line 1: no column says which market is meant. Name it market, iso3, iso2, country or name.
e.csv, line 1: no figure 'land'. Declare it in markets.columns, or leave it out.
e.csv, line 1: no figure 'hid'. Did you mean 'hhi' or 'hdi'?
f.csv, line 2, date: date is '41364'. Format the cell as a date.
f.csv, line 3, date: hdi of BEL is of 2014-01-01, after as_of 2013-03-31.
g.csv, line 1: the table has no column of figures. Give columns key and value
none.csv: the table is empty.""".splitlines()
    found = said(tmp_path, text, insert, tables)
    for problem, start in zip(found, expected, strict=True):
        assert problem.startswith(start)


def test_a_flood_of_faults_ends(tmp_path, text, insert):
    rows = "".join(f"Atlantis {k},1\n" for k in range(5000))
    found = said(tmp_path, text, insert, {"a.csv": f"name,dealers\n{rows}"})
    assert len(found) < 60
    assert found[-1] == "a.csv, line 53: further rows were not looked at"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("{key='hdi', words='x', unit='x'}", "columns[0].key: hdi is known already"),
        ("{key='tariff', words='x', unit='x'}", "columns[0].key: tariff is known already"),
        ("{key='source', words='x', unit='x'}", "a column cannot have the key source"),
        ("{key='a', words='x', unit='x'}, {key='a', words='y', unit='x'}", "a stands there twice"),
    ],
)
def test_columns_that_cannot_be(text, insert, panel, columns, expected):
    case = Case.loads(insert(text, markets=f"columns = [{columns}]"), "acme.toml")
    (problem,) = check_case(case, panel)
    assert expected in str(problem)


@pytest.mark.parametrize("key", ["Dealers", "2nd", "two words", ""])
def test_keys_of_columns_are_plain_words(text, insert, key):
    with pytest.raises(InputError, match="lower-case letters, digits and underscores"):
        Case.loads(insert(text, markets=f"columns = [{{key='{key}', words='x', unit='x'}}]"))


def give(insert, text, key, value, day="2013-01-01", basis="source"):
    row = f"market='IND', key='{key}', value={value}, date={day}, basis='{basis}', source='s'"
    return insert(text, markets=f"inputs = [{{{row}}}]")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (("hdy", 0.5), "key"),
        (("hdi", 50), "value"),
        (("price_index", 0), "value"),
        (("hdi", 0.5, "2013-04-01"), "date"),
        (("closed_share", 0.5, "2013-04-01"), "date"),
    ],
)
def test_overlay_refuses_what_check_refuses(text, insert, panel, given, field):
    case = Case.loads(give(insert, text, *given), "acme.toml")
    (problem,) = check_case(case, panel)
    assert problem.where.endswith(f"markets.inputs[0].{field}")
    with pytest.raises(InputError, match=f"inputs.0..{field}"):
        overlay(case, panel)


def test_hindsight_says_so(text, insert, panel):
    case = Case.loads(give(insert, text, "hdi", 0.5, "2015-04-01", "hindsight"), "acme.toml")
    assert check_case(case, panel) == []
    found = overlay(case, panel).figure("IND", "hdi")
    assert (found.year, found.status) == (2015, "own")
    assert "own figure of 2015-04-01 (hindsight)" in found.note


def test_overlay_is_the_panel_as_the_case_sees_it(tmp_path, text, insert, panel):
    case = read(tmp_path, text, insert, {"mine.csv": to_csv(lay_out(FIGURES, "wide"))})
    seen = overlay(case, panel)
    assert overlay(case, seen) is seen
    assert [series.key for series in seen.columns] == ["dealers", "closed_share"]
    for market, key, value in (("NAM", "hdi", 0.625), ("USA", "dealers", 3.0),
                               ("CIV", "closed_share", 0.25)):  # fmt: skip
        found = seen.figure(market, key)
        assert (found.value, found.status, found.source) == (value, "own", "mine.csv")
    assert seen.figure("USA", "hdi") == panel.figure("USA", "hdi")
    plain = Case.loads(text, "acme.toml")
    assert overlay(plain, panel) is panel


def test_several_years_of_a_series_but_one_figure_of_an_input(text, insert, panel):
    def rows(key):
        return ", ".join(
            f"{{market='IND', key='{key}', value=0.5, date={year}-01-01, basis='source', "
            "source='s'}"
            for year in (2010, 2012)
        )

    for key, faults in (("hdi", 0), ("hhi", 1)):
        case = Case.loads(insert(text, markets=f"inputs = [{rows(key)}]"), "acme.toml")
        assert len(check_case(case, panel)) == faults


def test_tables_are_listed_as_the_case_names_them(tmp_path, text, insert):
    tables = {"a.csv": "iso2,dealers\nDE,5\n", "b.csv": "name,dealers\nItalia,7\n"}
    read(tmp_path, text, insert, tables)
    assert list_tables(tmp_path / "acme.toml") == ("a.csv", "b.csv")
    assert list_tables("xiaomi-2013") == ("xiaomi-2013.csv",)
    assert list_tables("small-exporter") == ()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["market", "iso3", "name", "key", "value", "date", "basis", "source", "dealers",
                 "hdi", "tariff", "NA", "Namibia", "Nambia", "0.5", "0,5", "1,234", "40", "", "#",
                 "2013-01-01", "2099-01-01", "41364", "judgement", "hindsight", '"', "é"]
            ),
            max_size=5,
        ),
        max_size=5,
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "cp1252", "utf-16"]),
)  # fmt: skip
def test_any_table_gives_a_case_or_sentences(tmp_path, text, insert, rows, delimiter, encoding):
    content = "\n".join(map(delimiter.join, rows)).encode(encoding)
    try:
        case = read(tmp_path, text, insert, {"a.csv": content})
    except InputError as error:
        assert all("a.csv" in problem.where for problem in error.problems)
    else:
        assert Case.loads(case.to_toml()) == case
