"""Keys changed on the way in: the same case as if its file said so."""

import datetime

import pytest

from beachhead.cases import Case, read_draft
from beachhead.cases.changes import change_data

OFFICES = """
[[measures]]
name = "office"
cost = 1e5

[[measures]]
name = "law, by region"
cost = 2e5
begin = "never"
"""


@pytest.fixture
def file(tmp_path, text):
    path = tmp_path / "acme.toml"
    path.write_text(text + OFFICES, "utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "lines", "by"),
    [
        ("limits.teams=2", "teams = 3", "teams = 2"),
        ("limits.teams = 2", "teams = 3", "teams = 2"),
        ("firm.home=India", '"China"', '"India"'),
        ('firm.home="India"', '"China"', '"India"'),
        ("as_of=2014-03-31", "2013-03-31", "2014-03-31"),
        ("measures[0].cost=3e5", "1e5", "3e5"),
        ("measures[law, by region].begin=free", '"never"', '"free"'),
        ("measures=[]", OFFICES, ""),
    ],
)
def test_a_change_is_what_an_edit_of_the_file_is(file, change, lines, by) -> None:
    text = file.read_text("utf-8")
    assert lines in text
    edited = Case.loads(text.replace(lines, by), file)
    assert read_draft(str(file), [change]).case == edited
    assert edited != Case.load(str(file))


def test_names_of_parameters_keep_their_dots() -> None:
    data = {}
    changes = ["parameters.entry.haste=0", "economics.online.entry=0.1", "parameters.home.years=3"]
    places, problems = change_data(data, changes)
    assert data == {
        "parameters": {"entry.haste": 0, "home.years": 3},
        "economics": {"online.entry": 0.1},
    }
    assert list(places.values()) == [f"--set {change}" for change in changes]
    assert not problems


def test_a_table_that_is_not_there_is_made_and_later_changes_win() -> None:
    data = {}
    change_data(data, ["risk.aversion=0.1", "risk.aversion=0.2", "as_of=2013-03-31"])
    assert data == {"risk": {"aversion": 0.2}, "as_of": datetime.date(2013, 3, 31)}


@pytest.mark.parametrize(
    ("change", "what", "fix"),
    [
        ("limits.teams", "not KEY=VALUE", "limits.teams=2"),
        ("=2", "not KEY=VALUE", ""),
        ("limits.never=[AUT", "not a value: '[AUT'", "quotes"),
        ("limits.teams=", "not a value: ''", ""),
        ("limits.teams.x=2", "limits.teams is no table", ""),
        ("measures.cost=2", "measures is no table", "measures[0]"),
        ("measures[offise].cost=2", "measures has no row 'offise'", "office"),
        ("measures[7].cost=2", "measures has no row '7'", "there are 2"),
        ("gates[0].use=never", "gates has no row '0'", "there are 0"),
        ("firm[0].name=X", "firm has no rows", ""),
    ],
)
def test_what_cannot_be_changed_is_said_with_the_change(file, change, what, fix) -> None:
    before = Case.load(str(file))
    draft = read_draft(str(file), [change, "limits.capital=1"])
    [problem] = draft.problems
    assert problem.what == what
    assert problem.where == f"--set {change}"
    assert fix in problem.fix
    assert draft.case.measures == before.measures
    assert draft.case.limits.capital == 1


def test_a_value_at_fault_is_told_at_the_change(file) -> None:
    [problem] = read_draft(str(file), ["limits.teem=2"]).problems
    assert problem.where.endswith("acme.toml, --set limits.teem=2, limits.teem")
    assert "teams" in problem.fix
