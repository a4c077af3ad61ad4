"""What a plan hangs on, from the command line."""

import json
from pathlib import Path

import pytest

from beachhead.planning.search import EFFORT


def test_a_folder_that_is_no_run_is_refused(beachhead, tmp_path: Path) -> None:
    answer = beachhead("sensitivity", tmp_path / "nowhere")
    assert answer.status == 1
    assert answer.err.startswith("error: ") and "no such run folder" in answer.err


@pytest.mark.slow
def test_it_is_written_into_the_run(beachhead, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EFFORT, "quick", 320)  # of each of the plans that are made again
    answer = beachhead("sensitivity", run, "--json")
    assert answer.status == 0, answer.err
    assert json.loads(answer.out)["status"] == "complete"
    report = (run / "report.html").read_bytes()
    assert b"Worth of the first entries" in report or b"Spread of the value" in report
    assert beachhead("report", run).status == 0  # the run is whole as before
    assert (run / "report.html").read_bytes() == report
