"""Jobs: plans and looks at plans that run by themselves, each in a folder that says all of it.

A job is a process of its own that runs the ordinary command; the server starts it and looks at its
folder, and so does the next server after this one was killed.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal

from beachhead.errors import InputError, Problem
from beachhead.files import write_atomic
from beachhead.reporting.folder import STAMP
from beachhead.web.folder import ConflictError, MissingError, Workspace
from beachhead.web.settings import Settings
from beachhead.web.work import ALIVE, ASKED, ENDED, LOG, PROCESS, PROGRESS, STOP

type State = Literal["waiting", "running", "ending", "done", "failed", "died", "withdrawn"]

STARTED = "started"
LOOK = 0.5  # seconds between two looks at the jobs
LEFT = 4_000  # signs of the log that are told
MOST_STEPS = 300  # that are told: a picture has no room for more
REPLAN = 3  # exit status of `track` that is an answer


@dataclass(frozen=True)
class Asked:
    """The content of `job.json`.

    `kind` 'plan' or 'track'; `run` the run that it makes or looks at; `case` by name, `by` whom;
    `made` seconds since 1970; `arguments` of the command; `seconds` that it may take; `effort`,
    `seed`, `old` (the run that is taken up) as asked.
    """

    name: str
    kind: str
    run: str
    case: str
    by: str
    made: float
    arguments: tuple[str, ...]
    seconds: float
    effort: str = ""
    seed: int = 1
    old: str = ""


class Jobs:
    """The jobs of a folder. `begin` starts looking at them, `close` ends that and no job."""

    def __init__(self, space: Workspace, settings: Settings) -> None:
        self.space, self.settings = space, settings
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._children: list[subprocess.Popen[bytes]] = []
        self._watch: threading.Thread | None = None
        self._held: IO[str] | None = None

    def begin(self) -> None:
        """Start what waits, for as long as this lasts.

        Raises
        ------
        InputError
            If another server does so in this folder already.
        """
        held = (self.space.own / "served").open("w")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            held.close()
            what = "another server serves this folder"
            fix = "End that one, or choose another folder."
            raise InputError(Problem(what, str(self.space.root), fix)) from error
        self._held = held
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def close(self) -> None:
        """Look no more; what runs goes on running."""
        self._over.set()
        if self._watch is not None:
            self._watch.join()
        if self._held is not None:
            self._held.close()

    def ask(
        self, folder: Path, kind: str, run: str, case: str, by: str, arguments: list[str], *,
        effort: str = "", seed: int = 1, old: str = "",
    ) -> Asked:  # fmt: skip
        """Put a job into its folder; it starts when its turn has come.

        Raises
        ------
        ConflictError
            If too many wait already.
        """
        asked = Asked(
            folder.name, kind, run, case, by, time.time(), tuple(arguments),
            self.settings.seconds, effort, seed, old,
        )  # fmt: skip
        with self._lock:
            if sum(self.state(name) == "waiting" for name in self.names()) >= self.settings.queue:
                shutil.rmtree(folder)
                raise ConflictError("too many jobs wait already: wait until one of them has begun")
            write_atomic(folder / ASKED, json.dumps(asdict(asked), indent=2))
        return asked

    def names(self) -> list[str]:
        """Names of all jobs, the latest first."""
        made = []
        for path in self.space.jobs.iterdir():
            with suppress(OSError, MissingError):
                self.space.job(path.name)
                made.append((-(path / ASKED).stat().st_mtime, path.name))
        return [name for _, name in sorted(made)]

    def read(self, name: str) -> Asked:
        """What was asked.

        Raises
        ------
        MissingError
            If there is no such job.
        """
        try:
            content = json.loads((self.space.job(name) / ASKED).read_text("utf-8"))
            return Asked(**{**content, "arguments": tuple(content["arguments"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise MissingError(name) from error

    def state(self, name: str) -> State:
        """How a job stands, by its folder alone."""
        folder = self.space.job(name)
        if _is_locked(folder / ALIVE):
            return "ending" if (folder / STOP).exists() else "running"
        try:
            status = json.loads((folder / ENDED).read_text("utf-8"))["status"]
        except (OSError, ValueError, KeyError):
            if (self.space.root / name / STAMP).is_file():
                return "done"  # only the note of its end is lost
            return "died" if (folder / STARTED).exists() else "waiting"
        if status is None:
            return "withdrawn"
        if status in (0, REPLAN):
            return "done"
        return "died" if status < 0 else "failed"

    def show(self, name: str) -> dict[str, Any]:
        """A job with its state, its progress and, where it failed, what it said."""
        asked, state, folder = self.read(name), self.state(name), self.space.job(name)
        shown = {k: v for k, v in asdict(asked).items() if k != "arguments"}
        shown |= {"state": state, "place": self._place(name) if state == "waiting" else 0}
        shown |= {"steps": _read_steps(folder / PROGRESS), "problems": []}
        if state in ("failed", "died"):
            shown["problems"] = _read_problems(folder / LOG)
        return shown

    def stop(self, name: str) -> None:
        """End a search and keep what it has found, or withdraw what has not begun."""
        with self._lock:
            if (state := self.state(name)) == "waiting":
                write_atomic(self.space.job(name) / ENDED, json.dumps({"status": None}))
            elif state == "running":
                write_atomic(self.space.job(name) / STOP, "")

    def kill(self, name: str) -> None:
        """End a job without an answer."""
        with self._lock:
            folder = self.space.job(name)
            if not _is_locked(folder / ALIVE):
                return
            with suppress(OSError, ValueError):
                # While the lock is held the number is that of this job's process.
                os.killpg(int((folder / PROCESS).read_text()), signal.SIGKILL)

    def again(self, name: str) -> None:
        """Let a job that died, failed or was withdrawn wait for its turn again.

        Raises
        ------
        ConflictError
            If it has not ended, or has been done.
        """
        with self._lock:
            if self.state(name) not in ("died", "failed", "withdrawn"):
                raise ConflictError("it has not ended, or has been done")
            for file in (ENDED, STARTED, STOP, PROGRESS, LOG, PROCESS):
                (self.space.job(name) / file).unlink(missing_ok=True)

    def _place(self, name: str) -> int:
        """Place in the queue, from 1."""
        waiting = [other for other in reversed(self.names()) if self.state(other) == "waiting"]
        return waiting.index(name) + 1 if name in waiting else 0

    def _look(self) -> None:
        while not self._over.wait(LOOK):
            self._children = [child for child in self._children if child.poll() is None]
            # A full disk or a folder that is gone is for the next look: waiting jobs stay so.
            with suppress(OSError, MissingError, InputError), self._lock:
                states = [(name, self.state(name)) for name in reversed(self.names())]
                running = sum(state in ("running", "ending") for _, state in states)
                for name, state in states:
                    if state == "waiting" and running < self.settings.at_once:
                        self._start(name)
                        running += 1

    def _start(self, name: str) -> None:
        folder = self.space.job(name)
        with (folder / ALIVE).open("w") as alive:
            fcntl.flock(alive, fcntl.LOCK_EX)  # who looks holds it for a moment
            write_atomic(folder / STARTED, "")
            child = subprocess.Popen(
                [sys.executable, "-m", "beachhead.web.work", str(folder)],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, pass_fds=[alive.fileno()], start_new_session=True,
            )  # fmt: skip
        write_atomic(folder / PROCESS, str(child.pid))
        self._children.append(child)


def _is_locked(path: Path) -> bool:
    try:
        with path.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _read_steps(path: Path) -> list[dict[str, Any]]:
    """Steps so far; the last line may be half written."""
    steps = []
    with suppress(OSError):
        for line in path.read_text("utf-8").splitlines():
            with suppress(ValueError):
                steps.append(json.loads(line))
    every = -(-len(steps) // MOST_STEPS)
    return steps[:: every or 1] + (steps[-1:] if every > 1 else [])


def _read_problems(path: Path) -> list[dict[str, str]]:
    """What a command has said against its input, or its last words."""
    try:
        text = path.read_text("utf-8", errors="replace")
    except OSError:
        return []
    found = re.findall(r"^error: (.*)$", text, re.MULTILINE)
    return [{"what": said, "where": "", "fix": ""} for said in found] or [
        {"what": text[-LEFT:].strip() or "It ended without a word.", "where": "", "fix": ""}
    ]
