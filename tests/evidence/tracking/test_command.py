"""`beachhead track` on a run that was written without a search."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from beachhead.cli.app import app
from beachhead.errors import InputError
from beachhead.planning import Effort
from beachhead.reporting.run import read_run, read_track, write_run
from beachhead.screening import screen

ACTUALS = """market,quarter,metric,value
home,2023Q4,units,100500
home,2024Q1,units,100500
home,2024Q2,units,100500
home,2024Q3,units,90000
DEU,2024Q2,entered,1
DEU,2024Q2,units,1e9
CZE,2024Q3,entered,0
,2024Q3,cash,3.9e7
"""


@pytest.fixture(scope="module")
def run(made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "small"
    write_run(
        folder, made.case, made.panel, screen(made.case, made.panel), made.plan, made.futures,
        Effort({"search": 1.0}, evaluations=1),
    )  # fmt: skip
    return folder


def track(run: Path, actuals: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["track", str(run), "--actuals", str(actuals), *options])


def test_a_plan_is_tracked(run: Path, tmp_path: Path) -> None:
    table, ledger = tmp_path / "actuals.csv", tmp_path / "targets.csv"
    table.write_text(ACTUALS)
    answer = track(run, table, "--ledger", str(ledger))
    assert answer.exit_code == 0, answer.output
    said = " ".join(answer.stdout.split())
    for words in (
        "small as of 2024Q4: REVIEW: look at what is said below",
        "REVIEW: Czechia was not entered, 1 quarter after its date 2024Q3.",
        f"beachhead plan {run / 'case.toml'} --from {run} --actuals {table} --as-of 2024Q4",
        "figures of what was done as planned", "missed, 392 k",
        "Brier score 0.14 over 2 targets that are due",  # (0.5^2 + 0.2^2) / 2 = 0.145
    ):  # fmt: skip
        assert words in said, words
    assert max(len(x) for x in answer.stdout.splitlines() if str(tmp_path) not in x) <= 100
    found = read_track(run)
    assert found is not None and found.answer == "REVIEW"
    report = (run / "report.html").read_text("utf-8")
    assert "Against what happened" in report and 'id="spec-track-0"' in report
    first, written = ledger.read_text("utf-8"), (run / "track.json").read_bytes()
    # What is later changes nothing but the count of it, and the same look is the same line.
    table.write_text(ACTUALS + "home,2024Q4,units,1e12\nDEU,2025Q1,exited,1\n")
    answer = track(run, table, "--as-of", "2024-Q4", "--ledger", str(ledger), "--json")
    assert answer.exit_code == 0 and "Not looked at: 2 rows of 2024Q4 or later." in answer.stderr
    assert ledger.read_text("utf-8") == first
    told = json.loads(answer.stdout)
    assert told["later"] == 2 and told["answer"] == "REVIEW"
    assert json.loads(written) == {**told, "later": 0}
    read_run(run)  # still a whole run


def test_to_plan_again_is_a_failed_check(run: Path, tmp_path: Path) -> None:
    table = tmp_path / "actuals.csv"
    table.write_text("market,quarter,metric,value\nDEU,2025Q1,entered,1\nDEU,2025Q1,units,50\n")
    answer = track(run, table)
    assert answer.exit_code == 3 and "small as of 2025Q2: RE-PLAN: plan again" in answer.stdout
    assert "Less than a year is left to plan." in answer.stdout
    assert (run / "targets.csv").is_file()


def test_faults_are_said_before_anything_is_written(run: Path, tmp_path: Path) -> None:
    table = tmp_path / "actuals.csv"
    table.write_text("market,quarter,metric,value\nDEU,2024Q4,shares,1\n,2024Q4,home_rank,0.5\n")
    ledger = tmp_path / "new.csv"
    answer = track(run, table, "--ledger", str(ledger))
    assert isinstance(answer.exception, InputError) and not ledger.exists()
    text = str(answer.exception)
    assert "no metric 'shares'" in text and "home_rank is 0.5" in text
    answer = track(run, table, "--ledger", str(run / "plan.json"))
    assert answer.exit_code == 2 and "is a file of the run" in answer.output
    answer = track(tmp_path / "nowhere", table)
    assert "no such run folder" in str(answer.exception)
