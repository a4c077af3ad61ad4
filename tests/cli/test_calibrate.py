"""Calibrating from the command line, and what is done with the beliefs since."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from beachhead.cases import Case
from beachhead.reporting.run import read_run
from beachhead.simulation import Beliefs
from beachhead.simulation.learned import Finding, Learned, say_prior

NAME = "acceptance.q"


@pytest.fixture
def beliefs(tiny: Path, tmp_path: Path) -> Path:
    """Beliefs made by hand: word of mouth is strong everywhere, and a check says FAIL."""
    path, case = tmp_path / "hand.nc", Case.load(tiny)
    Learned(
        labels=((NAME, "common"),),
        scores=np.full((4, 5, 1), 3.0, np.float32),
        priors={NAME: say_prior(Beliefs.from_prior(case).parameters[NAME])},
        regions={"AUT": "western_europe"},
        home="AUT",
        category="generic",
        case="tiny",
        since="2022Q1",
        until="2024Q1",
        version="0",
        seed=1,
        divergences=0,
        records="0",
        findings=(Finding("FAIL", "noise", "", "much noise"),),
    ).write(path)
    return path


def test_simulation_under_beliefs(beachhead, tiny: Path, tmp_path: Path, beliefs: Path) -> None:
    plan = tmp_path / "mine.csv"
    plan.write_text("iso3,name,enter,mode,localisation\nDEU,Germany,2025Q1,online,0\n")
    run = tmp_path / "run"
    given = "simulate", tiny, "--schedule", plan, "--worlds", "50", "-o", run
    done = beachhead(*given, "--beliefs", beliefs)
    assert done.status == 0, done.err
    assert done.err == f"{beliefs}: a check of these beliefs says FAIL.\n"
    stamp = json.loads((run / "run.json").read_text())
    digest = hashlib.sha256((run / "beliefs.nc").read_bytes()).hexdigest()
    assert stamp["files"]["beliefs.nc"] == stamp["beliefs"]["sha256"] == digest
    assert stamp["beliefs"]["until"] == "2024Q1" and stamp["beliefs"]["verdict"] == "FAIL"
    assert (run / "beliefs.nc").read_bytes() == beliefs.read_bytes()
    plain = beachhead(*given)
    assert plain.out != done.out
    assert json.loads((run / "run.json").read_text())["beliefs"] is None
    assert not (run / "beliefs.nc").exists()


def test_beliefs_that_are_not_there(beachhead, tiny: Path) -> None:
    done = beachhead("plan", tiny, "--beliefs", "nowhere.nc")
    assert done.status == 1 and "nowhere.nc: no such file" in done.err


@pytest.mark.slow
def test_from_records_to_a_plan_and_on(beachhead, tiny: Path, tmp_path: Path) -> None:
    """Calibrate, plan, ask, track and plan on: one set of beliefs from end to end."""
    sold = [2_000 + 150 * t for t in range(10)]
    rows = [f"home,{2022 + t // 4}Q{t % 4 + 1},units,{units}" for t, units in enumerate(sold)]
    history = tmp_path / "history.csv"
    history.write_text("\n".join(["market,quarter,metric,value", *rows, "home,2024Q3,units,9"]))
    own, run, on = tmp_path / "own.nc", tmp_path / "run", tmp_path / "on"
    small = "firm.units=12000"
    asked = "calibrate", tiny, "--history", history, "-o", own, "--effort", "quick", "--set", small
    done = beachhead(*asked)
    assert done.status in (0, 3), done.err
    assert "Not looked at: 1 rows" in done.err
    assert "To be planned with?" in done.out and f"Beliefs: {own}" in done.out
    assert max(map(len, done.out.splitlines()[:-1])) <= 100
    planned = beachhead(
        "plan", tiny, "--set", small, "--set", "limits.capital=1e8",  # what is learned costs cash
        "--beliefs", own, "-o", run, "--effort", "quick",
    )  # fmt: skip
    assert planned.status == 0, planned.err
    digest = json.loads((run / "run.json").read_text())["beliefs"]["sha256"]
    assert digest == hashlib.sha256(own.read_bytes()).hexdigest()
    assert read_run(run).beliefs.learned is not None
    # The plan's value is found again, which it is not under other beliefs.
    assert beachhead("why", run, "DEU").status == 0
    actuals = tmp_path / "actuals.csv"
    actuals.write_text("market,quarter,metric,value\nhome,2024Q3,units,3600\n")
    assert beachhead("track", run, "--actuals", actuals).status in (0, 3)
    gone = beachhead(
        "plan", run / "case.toml", "--from", run, "--as-of", "2025Q1", "--actuals", actuals,
        "-o", on, "--effort", "quick",
    )  # fmt: skip
    assert gone.status == 0, gone.err
    assert json.loads((on / "run.json").read_text())["beliefs"]["sha256"] == digest
