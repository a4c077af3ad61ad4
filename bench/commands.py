"""Whole commands as a user runs them: `python bench/commands.py`.

Wall time and peak memory of a fresh process: the start-up of `--help` and `screen`, and the plan of
the bundled case with all candidates at effort standard, on as many cores as there are.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BEACHHEAD = Path(sys.executable).with_name("beachhead")


def measure(*arguments: str, times: int) -> None:
    """Print the median and least wall time of a command, and the peak memory of all so far."""
    walls = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([BEACHHEAD, *arguments], check=True, stdout=subprocess.DEVNULL)
        walls.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(
        f"beachhead {' '.join(arguments[:2]):<24}{statistics.median(walls):8.2f} s "
        f"({min(walls):.2f}), peak so far {peak:.2f} GB, {times} runs"
    )


def main() -> None:
    print(f"{len(os.sched_getaffinity(0))} cores; median (least) wall time")
    measure("--help", times=7)
    measure("screen", "xiaomi-2013", times=5)
    with tempfile.TemporaryDirectory() as place:
        run = str(Path(place) / "run")
        measure("plan", "xiaomi-2013", "--effort", "standard", "-o", run, times=1)


if __name__ == "__main__":
    main()
