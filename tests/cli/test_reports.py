"""The report of a run in its other forms."""

from pathlib import Path

import numpy as np
import openpyxl
import pytest

from beachhead.reporting.folder import MADE, replace_folder
from beachhead.reporting.run import read_run
from beachhead.reporting.summary import value_so_far


def test_report_as_workbook_and_pictures(beachhead, run: Path) -> None:
    before = {path.name for path in run.iterdir()}
    answer = beachhead("report", run, "--format", "xlsx")
    assert answer.status == 0, answer.err
    assert answer.out == f"Wrote {run / 'report.xlsx'}\n"
    assert {"Answer", "Quarters", "Years", "Schedule", "Parameters", "Figures"} <= set(
        openpyxl.load_workbook(run / "report.xlsx").sheetnames
    )
    answer = beachhead("report", run, "--format", "svg")
    drawn = sorted(path.name for path in (run / "pictures").iterdir())
    assert answer.out == f"Wrote {len(drawn)} pictures to {run / 'pictures'}\n"
    assert {"map.svg", "timeline.svg", "teams.svg", "value.svg", "funding.svg"} <= set(drawn)
    assert {path.name for path in run.iterdir()} == before | {"report.xlsx", "pictures"}
    # Another plan in the same folder does not inherit them, but keeps what is somebody else's.
    (run / "notes.txt").write_text("mine")
    replace_folder(run, lambda new: (new / "run.json").write_text("{}") and None)
    assert {path.name for path in run.iterdir()} == {"run.json", "notes.txt"}
    assert "pictures" in MADE


def test_value_is_what_was_brought_so_far_and_what_lies_beyond(planned: Path) -> None:
    read = read_run(planned)
    so_far = value_so_far(read.case, read.futures)
    assert so_far.shape == (read.futures.sizes["world"], read.case.quarters)
    whole = so_far.isel(quarter=-1) + read.futures["terminal"].sum("market")
    assert np.allclose(whole, read.futures["value"].sum("market"), rtol=1e-9, atol=1e-3)
    assert float(read.futures["terminal"].sum()) == pytest.approx(
        float((read.futures["value"].sum("market") - so_far.isel(quarter=-1)).sum()), rel=1e-6
    )
