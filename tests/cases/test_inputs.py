"""The table of extra inputs beside a case."""

import pytest

from beachhead.cases import Case
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
