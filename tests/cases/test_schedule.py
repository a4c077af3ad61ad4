"""Schedules: order, writing, reading, and what can be wrong with a file."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beachhead.cases import Case, Entry, Schedule
from beachhead.errors import InputError

HEADER = "iso3,name,enter,mode,localisation\n"


def entry(iso3, quarter, mode="online", localisation=0.5):
    return Entry(iso3=iso3, quarter=quarter, mode=mode, localisation=localisation)


def test_entries_stand_in_order_of_time_then_code():
    schedule = Schedule(entries=(entry("IND", 3), entry("BRA", 3), entry("TWN", 1)))
    assert [e.iso3 for e in schedule.entries] == ["TWN", "BRA", "IND"]


def test_a_market_is_entered_once():
    with pytest.raises(ValueError, match="entered more than once: IND"):
        Schedule(entries=(entry("IND", 3), entry("IND", 5)))


def test_written_as_in_the_contract(make, panel):
    schedule = Schedule(entries=(entry("IND", 5, "joint_venture"), entry("TWN", 1)))
    assert schedule.to_csv(make(), panel) == (
        "iso3,name,enter,mode,localisation\n"
        "TWN,Taiwan,2013Q3,online,0.5\n"
        "IND,India,2014Q3,joint_venture,0.5\n"
    )


CASE = Case.load("xiaomi-2013")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_reads_back_equal(data, panel, tmp_path):
    candidates = CASE.candidate_iso3(panel)
    markets = data.draw(st.lists(st.sampled_from(candidates), unique=True, max_size=8))
    schedule = Schedule(
        entries=tuple(
            entry(
                iso3,
                data.draw(st.integers(0, CASE.quarters - 1)),
                data.draw(st.sampled_from(CASE.modes.allowed)),
                data.draw(st.sampled_from(CASE.modes.localisation)),
            )
            for iso3 in markets
        )
    )
    path = tmp_path / "schedule.csv"
    path.write_text(schedule.to_csv(CASE, panel), "utf-8")
    assert Schedule.from_csv(path, CASE, panel) == schedule


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Indai,x,2014Q3,online,0.5", "schedule.csv, line 2, iso3"),
        ("CHN,x,2014Q3,online,0.5", "CHN is no candidate"),
        ("IND,x,2014,online,0.5", "line 2, enter: '2014' is no quarter"),
        ("IND,x,2013Q1,online,0.5", "2013Q1 is outside the horizon"),
        ("IND,x,2019Q2,online,0.5", "It runs 2013Q2 to 2019Q1"),
        ("IND,x,2014Q3,on-line,0.5", "line 2, mode: 'on-line' is no mode of the case"),
        ("IND,x,2014Q3,online,half", "line 2, localisation: 'half'"),
        ("IND,x,2014Q3,online,0.7", "Its levels are 0.0, 0.5, 1.0"),
        ("IND,x,2014Q3,online,nan", "line 2, localisation"),
        ("IND,x,2014Q3,online", "line 2: 4 cells"),
    ],
)
def test_each_fault_names_file_line_and_column(make, panel, tmp_path, row, expected):
    path = tmp_path / "schedule.csv"
    path.write_text(f"{HEADER}{row}\n", "utf-8")
    with pytest.raises(InputError) as caught:
        Schedule.from_csv(path, make(), panel)
    assert len(caught.value.problems) == 1
    assert expected in str(caught.value)


def test_all_faults_at_once(make, panel, tmp_path):
    path = tmp_path / "schedule.csv"
    path.write_text(
        f"{HEADER}IND,x,2014Q3,online,0.5\nIndia,x,2015Q3,online,0.5\nBRA,x,2014,onlin,0\n",
        "utf-8",
    )
    with pytest.raises(InputError) as caught:
        Schedule.from_csv(path, make(), panel)
    assert [str(problem).split(": ")[0].split(", ", 1)[1] for problem in caught.value.problems] == [
        "line 3, iso3",
        "line 4, enter",
        "line 4, mode",
    ]


def test_a_missing_file(make, panel, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        Schedule.from_csv(tmp_path / "none.csv", make(), panel)
