"""Why a plan is as it is, and a plan that goes on from another, from the command line."""

import json
from pathlib import Path

import pytest


def test_what_is_no_run_is_refused(beachhead, tiny: Path, tmp_path: Path) -> None:
    for arguments in (
        ("why", tmp_path / "nowhere"), ("why", tmp_path / "nowhere", "Germany"),
        ("plan", tiny, "--from", tmp_path / "nowhere", "--as-of", "2025Q1"),
    ):  # fmt: skip
        answer = beachhead(*arguments, folder=tmp_path)
        assert answer.status == 1
        assert answer.err.startswith("error: ") and "no such run folder" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_going_on_takes_a_run_and_a_quarter(beachhead, tiny: Path) -> None:
    for arguments in (("--as-of", "2025Q1"), ("--from", "runs/tiny"), ("--actuals", "x.csv")):
        answer = beachhead("plan", tiny, *arguments)
        assert answer.status == 2 and "belong together" in answer.err


@pytest.mark.slow
def test_a_plan_is_explained_and_gone_on_from(
    beachhead, tiny: Path, run: Path, tmp_path: Path
) -> None:
    value = json.loads((run / "plan.json").read_text("utf-8"))["value"]["mean"]
    answer = beachhead("why", run, "--json")
    assert answer.status == 0, answer.err
    found = json.loads(answer.out)
    assert sum(worth["own"] for worth in found["worths"]) == pytest.approx(value, rel=1e-9)
    report = (run / "report.html").read_bytes()
    assert b"Why these and not others" in report
    assert beachhead("report", run).status == 0
    assert (run / "report.html").read_bytes() == report
    answer = beachhead("why", run, "Germnay")
    assert answer.status == 1 and "Did you mean 'Germany'" in answer.err
    answer = beachhead("why", run, "Germany")
    assert (
        answer.out.startswith("Germany: entered in 20") and "limits.must demands it" in answer.out
    )
    assert max(map(len, answer.out.splitlines())) <= 100
    answer = beachhead("why", run, "France")
    assert "[markets] does not name it as a candidate." in answer.out

    again = ("--effort", "quick", "--from", run, "--as-of")
    answer = beachhead("plan", tiny, *again, "2024Q3", "-o", tmp_path / "same")
    assert answer.status == 0 and "Nothing changes against the rest of the old plan." in answer.out
    for name in ("plan.json", "case.toml", "schedule.csv", "futures.nc", "why.json"):
        assert (run / name).read_bytes() == (tmp_path / "same" / name).read_bytes(), name

    (tmp_path / "actuals.csv").write_text(
        "market,quarter,metric,value\nhome,2024Q3,units,99000\n,2024Q4,cash,3500000\n"
        "DEU,2025Q1,units,1\n"
    )
    answer = beachhead(
        "plan", tiny, *again, "2025-Q1", "--actuals", tmp_path / "actuals.csv", folder=tmp_path
    )
    assert answer.status == 0, answer.err
    assert answer.err == "Not looked at: 1 rows of 2025Q1 or later.\n"
    assert "Taken up in 2025Q1 from" in answer.out
    folder = tmp_path / "runs" / "tiny-2025Q1"
    assert "capital = 3500000.0" in (folder / "case.toml").read_text("utf-8")
    assert b"Against the old plan" in (folder / "report.html").read_bytes()
    assert json.loads((folder / "against.json").read_text("utf-8"))["as_of"] == "2025Q1"
