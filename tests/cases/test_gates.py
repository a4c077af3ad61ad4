"""Gates in the case file and in schedules."""

import pytest

from beachhead.cases import Case, Entry, Gated, Schedule, check_case
from beachhead.errors import InputError

GATE = """
[[gates]]
name = "Spain first"
pilot = "Spain"
markets = ["EU", "GBR", "ESP"]
wait = [2, 4]
"""


def gated(text, **changes):
    case = Case.loads(text + GATE.replace(', "ESP"', ""))
    gate = case.gates[0].model_copy(update=changes)
    return case.model_copy(update={"gates": (gate,)})


def entry(iso3, quarter):
    return Entry(iso3=iso3, quarter=quarter, mode="online", localisation=0.0)


def test_waiting_are_the_candidates_that_nobody_demands(text, panel):
    case = gated(text)
    assert check_case(case, panel) == []
    case = case.resolve(panel)
    assert case.gates[0].pilot == "ESP"
    waiting = case.waiting(case.gates[0], panel)
    assert {"DEU", "FRA", "GBR"} <= set(waiting)
    assert "ESP" not in waiting
    limits = case.limits.model_copy(update={"must": ("DEU",), "never": ("FRA",)})
    fewer = case.model_copy(update={"limits": limits}).waiting(case.gates[0], panel)
    assert set(waiting) - set(fewer) == {"DEU", "FRA"}


@pytest.mark.parametrize(
    "changes, what, where",
    [
        ({"pilot": "China"}, "CHN is neither a candidate nor served", "gates[0].pilot"),
        ({"pilot": "Spane"}, "Spane", "gates[0].pilot"),
        ({"markets": ("GBR", "ESP")}, "ESP waits for itself", "gates[0].markets"),
        ({"markets": ("ESP",)}, "nothing waits for 'Spain first'", "gates[0].markets"),
        ({"markets": ("Yurop",)}, "no market, region or bloc 'Yurop'", "gates[0].markets[0]"),
        ({"quantiles": ()}, "'Spain first' has no threshold", "gates[0].quantiles"),
        ({"wait": (2, 2)}, "the same choice twice in [2, 2]", "gates[0].wait"),
        ({"wait": (24,)}, "a wait of 24 quarters ends after the horizon", "gates[0].wait"),
    ],
)
def test_what_is_wrong_is_said(text, panel, changes, what, where):
    problems = check_case(gated(text, **changes), panel)
    assert any(what in p.what and p.where.endswith(where) for p in problems), problems


def test_who_is_demanded_cannot_wait(text, panel):
    case = gated(text)
    limits = case.limits.model_copy(update={"must": ("GBR",)})
    problems = check_case(case.model_copy(update={"limits": limits}), panel)
    assert [p.what for p in problems] == ["GBR cannot wait: limits.must demands it"]


def test_a_case_with_gates_reads_back_equal(text):
    case = gated(text, units=(100.0, 5e3), noise=0.4)
    assert Case.loads(case.to_toml()) == case


def test_a_schedule_with_a_gate_reads_back_equal(text, panel, tmp_path):
    case = gated(text)
    schedule = Schedule(
        entries=(entry("ESP", 3), entry("DEU", 9), entry("IND", 4)),
        gates=(Gated(gate=0, wait=4, threshold=1230.0),),
    )
    written = schedule.to_csv(case, panel)
    assert written == (
        "iso3,name,enter,mode,localisation,gate\n"
        "ESP,Spain,2014Q1,online,0.0,\n"
        "IND,India,2014Q2,online,0.0,\n"
        "DEU,Germany,2015Q3,online,0.0,Spain first\n"
        "ESP,Spain first,2015Q1,gate,1230.0,\n"
    )
    path = tmp_path / "schedule.csv"
    path.write_text(written, "utf-8")
    assert Schedule.from_csv(path, case, panel) == schedule


@pytest.mark.parametrize(
    "row, what, where",
    [
        ("ESP,Spain frist,2015Q1,gate,10", "no gate 'Spain frist'", "line 3, name"),
        ("ESP,Spain first,2013Q4,gate,10", "'2013Q4' is no quarter in which", "line 3, enter"),
        ("ESP,Spain first,2015Q1,gate,-1", "'-1' is no number of units", "line 3, localisation"),
        (
            "ESP,Spain first,2015Q1,gate,1\nESP,Spain first,2015Q2,gate,1",
            "Spain first is used twice",
            "line 4, name",
        ),
    ],
)
def test_rows_of_gates_at_fault(text, panel, tmp_path, row, what, where):
    path = tmp_path / "schedule.csv"
    head = "iso3,name,enter,mode,localisation\nESP,Spain,2014Q1,online,0.0\n"
    path.write_text(f"{head}{row}\n", "utf-8")
    with pytest.raises(InputError) as error:
        Schedule.from_csv(path, gated(text), panel)
    (problem,) = error.value.problems
    assert what in problem.what
    assert problem.where.endswith(where)


def test_a_gate_needs_its_pilot(text, panel, tmp_path):
    path = tmp_path / "schedule.csv"
    head = "iso3,name,enter,mode,localisation\nDEU,Germany,2016Q1,online,0.0\n"
    path.write_text(f"{head}ESP,Spain first,2015Q1,gate,10\n", "utf-8")
    with pytest.raises(InputError, match="ESP, the pilot of Spain first, is not entered"):
        Schedule.from_csv(path, gated(text), panel)
