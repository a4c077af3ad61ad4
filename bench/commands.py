"""Whole commands as a user runs them: `python bench/commands.py`.

Wall time and peak memory of a fresh process: `--help`, `screen` of the bundled case with all 216
candidates (217 markets with home), and its plan at effort standard, on as many cores as there are.
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


def run(arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    """Run a command to its end."""
    command = [BEACHHEAD, *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)


def measure(*arguments: str, times: int) -> None:
    """Print the median and least wall time of a command, and the peak memory of all so far."""
    walls = []
    # As on a user's machine, where Python keeps what it compiled once.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    if times > 1:
        run(arguments, environment)
    for _ in range(times):
        began = time.perf_counter()
        run(arguments, environment)
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
