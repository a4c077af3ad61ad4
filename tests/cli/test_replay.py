"""The command that replays a past date: what it asks for, and what it refuses."""

import subprocess
import sys
from pathlib import Path

ENTRIES = """firm,home_iso3,iso3,year,month,event
Tunes,SWE,NOR,2008,10,entry
Tunes,SWE,ITA,2013,2,entry
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "entries.csv").write_text(ENTRIES)
    program = "from beachhead.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "replay", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_belongs_together_is_asked_for(tmp_path: Path) -> None:
    for arguments in (
        ("xiaomi-2013",),
        ("--entries", "entries.csv"),
        ("--entries", "entries.csv", "--firm", "Tunes"),
        ("xiaomi-2013", "--entries", "entries.csv", "--as-of", "2012-12-31"),
        ("xiaomi-2013", "--entries", "entries.csv", "--run", "runs/x", "--presets"),
    ):
        assert run(tmp_path, *arguments).returncode == 2, arguments


def test_faults_are_said_before_the_wait(tmp_path: Path) -> None:
    unknown = run(tmp_path, "xiaomi-2013", "--entries", "entries.csv")
    assert unknown.returncode == 1
    assert "no history of 'Xiaomi'" in unknown.stderr and "Traceback" not in unknown.stderr
    day = run(tmp_path, "--entries", "entries.csv", "--firm", "Tunes", "--as-of", "2012-06")
    assert day.returncode == 1 and "'2012-06' is no day" in day.stderr
    missing = run(tmp_path, "xiaomi-2013", "--entries", "nothing.csv")
    assert missing.returncode == 1 and "no such file" in missing.stderr
