"""Planning from the command line: the run folder, the same answer again, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import xarray as xr

PROGRAM = "from beachhead.cli import main; main()"
FILES = {
    "case.toml", "plan.json", "schedule.csv", "futures.nc", "ranking.parquet", "report.html",
    "run.json", "why.json",
}  # fmt: skip


def test_plan_prints_and_writes_the_run_folder(planned: Path) -> None:
    assert {path.name for path in planned.iterdir()} == FILES
    lines = (planned.parents[1] / "said.txt").read_text("utf-8").splitlines()
    assert lines[0].startswith("tiny: entering ")
    assert lines[-1] == "Report: runs/tiny/report.html"
    assert len(lines) <= 60 and max(map(len, lines)) <= 100


def test_plan_json_and_schedule_agree(planned: Path) -> None:
    plan = json.loads((planned / "plan.json").read_text("utf-8"))
    assert (plan["case"], plan["seed"], plan["effort"]) == ("tiny", 1, "quick")
    assert plan["status"] == "complete"
    rows = (planned / "schedule.csv").read_text("utf-8").splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == [entry["iso3"] for entry in plan["schedule"]]
    assert "DEU" in [entry["iso3"] for entry in plan["schedule"]]
    stamp = json.loads((planned / "run.json").read_text("utf-8"))
    assert stamp["evaluations"] > 0 and stamp["worlds"] == 1024


def test_futures_are_those_on_which_the_plan_was_valued(planned: Path) -> None:
    value = json.loads((planned / "plan.json").read_text("utf-8"))["value"]
    totals = xr.load_dataset(planned / "futures.nc", engine="h5netcdf")["value"].sum("market")
    assert float(totals.mean()) == pytest.approx(value["mean"], rel=1e-9)
    assert float(totals.quantile(0.05)) == pytest.approx(value["p05"], rel=1e-9)


def test_report_is_written_again_as_it_was(beachhead, run: Path) -> None:
    before = (run / "report.html").read_bytes()
    (run / "report.html").unlink()
    answer = beachhead("report", run)
    assert answer.status == 0, answer.err
    assert (run / "report.html").read_bytes() == before


def test_planned_schedule_can_be_simulated(
    beachhead, planned: Path, tiny: Path, tmp_path: Path
) -> None:
    done = beachhead(
        "simulate", tiny, "--schedule", planned / "schedule.csv", "--worlds", "50",
        "-o", tmp_path / "mine",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "in 50 worlds" in done.out
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {
        "case.toml", "schedule.csv", "futures.nc", "run.json",
    }  # fmt: skip


@pytest.mark.slow
def test_run_planned_again_from_its_own_case_is_the_same_with_one_core_or_two(
    environment: dict[str, str], planned: Path, tmp_path: Path
) -> None:
    """What was compiled for the threads of this process is not taken."""
    made = subprocess.run(
        [
            sys.executable, "-c", PROGRAM, "plan", planned / "case.toml", "--effort", "quick",
            "--seed", "1", "--json", "-o", tmp_path / "again",
        ],
        check=True, capture_output=True, text=True,
        env={k: v for k, v in environment.items() if not k.startswith("JAX_")} | {
            "NPROC": "2" if environment.get("NPROC") == "1" else "1",
            "XDG_CACHE_HOME": str(tmp_path),
        },
    )  # fmt: skip
    assert made.stdout == (planned / "plan.json").read_text("utf-8")
    assert not made.stderr


def test_ctrl_c_keeps_the_best_plan_so_far(
    environment: dict[str, str], tiny: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    # A search of more than a minute, on a terminal of its own so that its bar can be watched.
    master, slave = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "plan", str(tiny), "--effort", "thorough", "-o", str(run)],
        stdout=subprocess.PIPE, stderr=slave, text=True,
        env={**environment, "TERM": "xterm"},
    )  # fmt: skip
    os.close(slave)
    seen = b""
    deadline = time.monotonic() + 180
    while b"searching" not in seen and time.monotonic() < deadline:
        seen += os.read(master, 4096)
    assert b"searching" in seen
    process.send_signal(signal.SIGINT)
    with suppress(OSError):  # once the other end is closed and all is read
        while piece := os.read(master, 4096):
            seen += piece
    out, _ = process.communicate(timeout=120)
    os.close(master)
    assert process.returncode == 0
    assert b"Interrupted: keeping the best plan found so far." in seen
    assert "PARTIAL" in out
    assert json.loads((run / "plan.json").read_text("utf-8"))["status"] == "partial"
    # Who breaks a search off does not wait for its grounds.
    assert {path.name for path in run.iterdir()} == FILES - {"why.json"}
