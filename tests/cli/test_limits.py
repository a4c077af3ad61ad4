"""Conflicts, prices and least levels of limits, from the command line."""

import json
from pathlib import Path

import pytest


def test_limits_that_conflict_are_named_with_what_cures_them(beachhead, changed) -> None:
    """Three at once for two teams: no single key is at fault."""
    case = changed('must = ["DEU"]', 'by = {DEU = "2025Q1", CZE = "2025Q1", SVN = "2025Q1"}')
    case.write_text(case.read_text("utf-8").replace(', "distributor"', ""), "utf-8")
    answer = beachhead("check", case)
    assert answer.status == 1 and not answer.out
    assert answer.err.count("\n") == 1  # one conflict, one line
    for words in (
        "error: case 'tiny', limits: these limits cannot all be kept: 2 launch teams; DEU by",
        "SVN by 2025Q1. Any one of these is enough: ", " more launch team", "SVN by 2025Q3.",
    ):  # fmt: skip
        assert words in answer.err, answer.err
    assert beachhead("plan", case, "-o", case.parent / "run").err == answer.err
    assert not (case.parent / "run" / "run.json").exists()


def test_a_folder_that_is_no_run_is_refused(beachhead, tmp_path: Path) -> None:
    answer = beachhead("limits", tmp_path / "nowhere")
    assert answer.status == 1 and "no such run folder" in answer.err


def test_the_least_needs_something_to_be_for(beachhead, changed) -> None:
    case = changed('must = ["DEU"]', "")
    answer = beachhead("least", case, "--for", "capital")
    assert answer.status == 1 and "the case demands nothing" in answer.err
    assert beachhead("least", case).status == 2


@pytest.mark.slow
def test_prices_are_written_into_the_run(beachhead, run: Path) -> None:
    plan = json.loads((run / "plan.json").read_text("utf-8"))
    answer = beachhead("limits", run, "--json")
    assert answer.status == 0, answer.err
    found = json.loads(answer.out)
    assert found["status"] == "complete"
    assert {p["name"] for p in found["prices"]} == {limit["name"] for limit in plan["limits"]}
    assert all(price["objective"] >= 0.0 for price in found["prices"])
    report = (run / "report.html").read_bytes()
    assert b"What the plan could bring more" in report
    assert beachhead("report", run).status == 0  # the run is whole as before
    assert (run / "report.html").read_bytes() == report


@pytest.mark.slow
def test_the_least_is_enough_and_its_schedule_can_be_simulated(
    beachhead, tiny: Path, tmp_path: Path
) -> None:
    path = tmp_path / "least.csv"
    answer = beachhead("least", tiny, "--for", "teams", "-o", path, "--json")
    assert answer.status == 0, answer.err
    found = json.loads(answer.out)
    assert found["proven"] <= found["level"] <= 2 and found["objective"] <= found["unlimited"]
    assert "DEU" in [entry["iso3"] for entry in found["schedule"]]
    teams = f"limits.teams={found['level']:.0f}"
    assert beachhead("simulate", tiny, "--schedule", path, "--set", teams).status == 0
    run = tmp_path / "run"
    assert beachhead("plan", tiny, "--effort", "quick", "-o", run, "--set", teams).status == 0


@pytest.mark.slow
def test_what_is_short_of_cash_is_told_how_much_is_enough(beachhead, changed) -> None:
    case = changed('must = ["DEU"]', 'fixed = {DEU = {quarter = "2025Q1", mode = "online"}}')
    plan = "plan", case, "--effort", "quick", "-o", case.parent / "run", "--set"
    answer = beachhead(*plan, "limits.capital=1e4")
    assert answer.status == 1
    assert "no schedule was found that keeps cash above 0" in answer.err
    capital = answer.err.partition("a capital of ")[2].partition(" EUR")[0].replace(",", "")
    enough = f"limits.capital={capital}"
    answer = beachhead(
        "plan", case, "--effort", "quick", "-o", case.parent / "run", "--set", enough
    )
    assert answer.status == 0, answer.err
