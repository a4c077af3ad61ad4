"""What was announced, in words and in the report."""

from dataclasses import replace

import pytest

from beachhead.cases import Target
from beachhead.planning import Plan, TargetUse
from beachhead.reporting import tables
from beachhead.reporting.sentences import odds, tell_targets
from beachhead.reporting.text import describe
from beachhead.reporting.words import GLUE

TARGETS = (
    Target(metric="units", value=1e8, by="2027Q4", made="2024-07-10", basis="hindsight",
           words="100 million a year"),
    Target(metric="share_abroad", value=0.25, by="2026Q2", period="quarter"),
    Target(metric="share", market="DEU", value=0.1, by="2026Q2", source="a speech",
           probability=0.9),
)  # fmt: skip
USES = (
    TargetUse(0, "units", 1e8, "2027Q4", "2024-07-10", None, None, 0.0, 0.0, 1000, 1e6, 2e6, 3e6),
    TargetUse(1, "share_abroad", 0.25, "2026Q2", "2024-06-30", None, None, 0.62, 0.01, 1000, 0.1,
              0.3, 0.5),
    TargetUse(2, "share", 0.1, "2026Q2", "2024-06-30", 0.9, True, 1.0, 0.5, 1000, 0.1, 0.12, 0.15),
)  # fmt: skip


@pytest.fixture
def announced(answer):
    case = answer.case.model_copy(update={"targets": TARGETS})
    return replace(answer, case=case, plan=replace(answer.plan, targets=USES))


def test_they_are_told_with_their_chance(announced):
    names = {"DEU": "Germany"}
    told = [said.replace(GLUE, " ") for said in tell_targets(announced.case, announced.plan, names)]
    assert told[0] == (
        "Target, demanded in 90 % of futures: 10 % of all units sold in Germany in the year to "
        "2026Q2. Chance over 99.7 % with this plan, 50 % at home; nine futures of ten bring 10 % "
        "to 15 %."
    )
    assert told[1] == (
        "Announced 2024-07-10, hindsight: 100 million a year. Chance under 0.30 % with this plan, "
        "under 0.30 % at home; nine futures of ten bring 1.00 m to 3.00 m."
    )
    assert "Target: 25 % of revenue from abroad in 2026Q2. Chance 62 % with" in told[2]


def test_they_come_back_from_the_file(announced):
    labels = [announced.case.quarter_label(t) for t in range(announced.case.quarters)]
    names = {entry.iso3: entry.iso3 for entry in announced.plan.schedule.entries}
    assert Plan.from_json(announced.plan.to_json(names, labels), labels).targets == USES


def test_they_stand_in_the_printed_plan_and_in_the_report(announced):
    text = describe(announced.case, announced.panel, announced.plan, announced.futures)
    assert "100 million a year. Chance under 0.30 %" in text
    assert "... and 1 more target, see the report" in text
    assert len(text.splitlines()) <= 58 and max(map(len, text.splitlines())) <= 100
    table = tables.list_targets(announced.case, announced.plan, {"DEU": "Germany"})
    assert [row[0].replace(GLUE, " ") for row in table.rows][2].endswith("in the year to 2026Q2")
    assert [row[3].replace(GLUE, " ") for row in table.rows] == ["", "", "90 %"]


def test_none_of_all_worlds_is_not_never():
    assert odds(0.0, 1000).replace(GLUE, " ") == "under 0.30 %"
    assert odds(1.0, 100).replace(GLUE, " ") == "over 97.0 %"
    assert odds(0.5, 100).replace(GLUE, " ") == "50 %"
