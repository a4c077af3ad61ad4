"""Rows of facts as questions to the futures."""

from pathlib import Path

import pytest

from beachhead.cases import Case
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError
from beachhead.evidence.facts import (
    ask,
    read_announced,
    read_facts,
    read_outcomes,
    read_period,
    read_promises,
)

HEAD = "metric,market,period,value,unit,source,verified\n"


@pytest.fixture(scope="module")
def case() -> Case:
    return Case.load("xiaomi-2013")


@pytest.fixture(scope="module")
def panel(case: Case) -> Panel:
    return load_panel(as_of=case.as_of)


def read(tmp_path: Path, *rows: str):
    path = tmp_path / "facts.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return read_facts(path)


def test_each_kind_of_figure_is_read(tmp_path: Path, case: Case, panel: Panel) -> None:
    facts = read(
        tmp_path,
        "smartphones sold,World,2014,61,million,p,yes",
        "smartphones shipped,CHN,2016,41.5,million (rank 5),p,yes",
        "share by units,IND,2017 Q3,23.5,percent (joint rank 1),p,yes",
        "share by units,IND,2016,6.6,percent (rank 5),p,yes",
        "share of revenue outside mainland China,outside China,2016,13.4,percent,p,derived",
        "markets entered,World,end 2014,7,markets,p,yes",
        "markets entered,outside China,2018 Q2,82,markets,p,yes",
    )
    found, left = read_outcomes(facts, case, panel)
    assert not left
    assert [(o.metric, o.market, o.by, o.period, o.value, o.rank) for o in found] == [
        ("units", None, "2014Q4", "year", 61e6, None),
        ("units", "home", "2016Q4", "year", 41.5e6, 5),
        ("share", "IND", "2017Q3", "quarter", pytest.approx(0.235), None),
        ("share", "IND", "2016Q4", "year", pytest.approx(0.066), 5),
        ("share_abroad", None, "2016Q4", "year", pytest.approx(0.134), None),
        ("markets", None, "2014Q4", "quarter", 6.0, None),
        ("markets", None, "2018Q2", "quarter", 82.0, None),
    ]


def test_what_nobody_verified_or_everybody_knew_is_passed_over(
    tmp_path: Path, case: Case, panel: Panel
) -> None:
    facts = read(
        tmp_path,
        "smartphones sold,World,2016,55,million,memory,no",
        "smartphones sold,World,2012,7.2,million,p,yes",
        "smartphones sold,World,2040,1,million,p,yes",
        "sales target,World,2015,100,million,p,yes",
    )
    assert read_outcomes(facts, case, panel) == ([], [])


def test_what_no_future_tells_is_named(tmp_path: Path, case: Case, panel: Panel) -> None:
    facts = read(
        tmp_path,
        "revenue,World,2016,68.4,RMB billion,p,yes",
        "smartphones sold,Western Europe,2018 Q1,1,million,p,yes",
        "smartphones sold,World,2015 H1,34.7,million,p,yes",
        "plan cut back,World,Nov 2014,scaled back,text,p,yes",
    )
    found, left = read_outcomes(facts, case, panel)
    assert not found
    assert [fact.period for fact in left] == ["2016", "2018 Q1", "2015 H1", "Nov 2014"]


def test_a_year_that_has_begun_needs_what_was_sold(
    tmp_path: Path, case: Case, panel: Panel
) -> None:
    facts = read(
        tmp_path,
        "smartphones sold,World,2013,18.7,million,p,yes",
        "smartphones sold,CHN,2013,18,million,p,yes",
    )
    (world, home), _ = read_outcomes(facts, case, panel)
    asked = ask(world, case)
    assert asked is not None and asked.so_far == 3e6  # as the case's own target for 2013 says
    assert ask(home, case) is None


def test_periods() -> None:
    assert read_period("2016") == ("2016Q4", "year")
    assert read_period("2018 Q1") == ("2018Q1", "quarter")
    assert read_period("end 2017") == ("2017Q4", "quarter")
    assert read_period("mid 2020") is None


def test_announcements_and_promises(tmp_path: Path, case: Case, panel: Panel) -> None:
    facts = read(
        tmp_path,
        "announced new markets for 2014,World,April 2014,3,markets: MYS IND XQZ,p,yes",
        "sales target,World,2015,100,million units,p,yes",
        "sales target,World,2013,15,million units,p,yes",
    )
    (plan,) = read_announced(facts, panel)
    assert (plan.year, plan.said, plan.markets) == (2014, 4 * 2014 + 1, ("MYS", "IND"))
    (promise,) = read_promises(facts, case)  # that for the year that has begun stands in the case
    assert (promise.metric, promise.value, promise.by) == ("units", 100e6, "2015Q4")
    assert promise.probability is None


def test_faults_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, ",World,2014,61,million,p,yes", "units,World,,61,million,p,yes")
    assert len(caught.value.problems) == 2
    assert "line 2" in str(caught.value) and "line 3" in str(caught.value)
