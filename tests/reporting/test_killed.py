"""A process that is killed while it plans or writes leaves the old run, the new one, or none."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_firm import CASE

from beachhead.reporting.folder import read_stamp
from beachhead.reporting.run import read_run

# Writes one run after another to the same folder; the seed tells them apart.
WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import make_answer
from beachhead.planning import Effort
from beachhead.reporting.run import write_run

made = make_answer()
for seed in range(10_000):
    plan = replace(made.plan, seed=seed)
    write_run(sys.argv[2], made.case, made.panel, made.ranking, plan, made.futures, Effort({}, 1))
    print("written", flush=True)
"""
PROGRAM = "from beachhead.cli import main; main()"


def is_whole(folder: Path) -> bool:
    """Whether there is a run, which then has to be whole; nobody else's folder looks like one."""
    if not folder.exists():
        return False
    stamp, plan = read_stamp(folder), json.loads((folder / "plan.json").read_text("utf-8"))
    assert stamp["case"] == plan["case"]
    assert (folder / "report.html").read_text("utf-8").rstrip().endswith("</html>")
    read_run(folder)
    return True


@pytest.mark.slow
def test_killed_while_it_writes(tmp_path: Path) -> None:
    folder, chance = tmp_path / "runs" / "made", random.Random(1)
    seen = []
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, Path(__file__).parent, folder], stdout=subprocess.PIPE
        )
        assert process.stdout is not None and process.stdout.readline() == b"written\n"
        begin = time.monotonic()
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 1.0) * (time.monotonic() - begin))
        process.kill()
        process.communicate()
        seen.append(is_whole(folder))
        # It is not there only between two renames, and then the one before can be put back.
        assert seen[-1] or folder.with_name(".made.before").is_dir()
    strays = [path.name for path in folder.parent.iterdir() if path.name.startswith(".made.")]
    assert len(strays) <= 2  # of the last one that was killed; the others have been cleared away


@pytest.mark.slow
def test_killed_while_it_plans(tmp_path: Path) -> None:
    case, folder, chance = tmp_path / "tiny.toml", tmp_path / "runs" / "tiny", random.Random(2)
    case.write_text(CASE, "utf-8")
    command = [sys.executable, "-c", PROGRAM, "plan", case, "--effort", "quick", "-o", folder]
    begin = time.monotonic()
    # The first one ends: from then on there is an old run.
    for limit in (chance.uniform(1.0, 10.0), None, chance.uniform(0.2, 0.9)):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        if limit is None:
            begin = time.monotonic()
            assert process.wait() == 0
            takes = time.monotonic() - begin
        else:
            time.sleep(limit if not folder.exists() else limit * takes)
            process.kill()
            process.wait()
        assert is_whole(folder) == (folder.exists())
    assert folder.exists()
