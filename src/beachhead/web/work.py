"""The process of a job: runs one ordinary command, and writes down how it ended.

It lives on when the server is killed. A file that it holds locked says that it is at work; the
lock goes with the last of its processes, however they end.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from beachhead.files import write_atomic

COMMAND = (sys.executable, "-c", "from beachhead.cli import main; main()")
ASKED, ENDED, PROCESS, LOG, PROGRESS, ALIVE = (
    "job.json", "ended.json", "process", "log.txt", "progress.jsonl", "alive",
)  # fmt: skip
STOP = f"{PROGRESS}.stop"  # where it stands, the command keeps what it has found
GRACE = 0.5  # of the time that a job may take, in which it has to write what it has found


def work(folder: Path) -> None:
    """Run the command of a job folder."""
    job = json.loads((folder / ASKED).read_text("utf-8"))
    with (folder / LOG).open("wb") as log:
        # What is locked is handed on: a job is at work for as long as its command is.
        command = subprocess.Popen(
            [*COMMAND, *job["arguments"]], stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, close_fds=False,
        )  # fmt: skip
        try:
            status = command.wait(timeout=job["seconds"])
        except subprocess.TimeoutExpired:
            write_atomic(folder / STOP, "")
            try:
                status = command.wait(timeout=GRACE * job["seconds"])
            except subprocess.TimeoutExpired:
                command.kill()
                status = command.wait()
    write_atomic(folder / ENDED, json.dumps({"status": status}))


if __name__ == "__main__":
    work(Path(sys.argv[1]))
