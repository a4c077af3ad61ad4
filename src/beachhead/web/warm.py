"""Plans held ready to be changed: a worker process each, the least lately used given up first."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Literal

from beachhead.errors import InputError, Problem
from beachhead.web.folder import ConflictError

PATIENCE = 60.0  # seconds for an answer, after which the worker is taken for lost
IDLE = 900.0  # seconds after which a plan that nobody changes is given up

type Reply = dict[str, Any]


class _Worker:
    """One plan. Its first answer is waited for in the background."""

    def __init__(self, folder: Path) -> None:
        self.used = time.monotonic()
        self.first: Reply | None = None
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "beachhead.web.worker", str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )  # fmt: skip
        threading.Thread(target=self._begin, daemon=True).start()

    def _begin(self) -> None:
        with self._lock:
            self.first = self._read()

    def _read(self) -> Reply:
        assert self._process.stdout is not None
        try:
            return dict(json.loads(self._process.stdout.readline()))
        except ValueError:
            lost = {"what": "the simulation has ended", "where": "", "fix": "Try it again."}
            return {"problems": [lost], "lost": True}

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, entries: list[dict[str, Any]]) -> Reply:
        self.used = time.monotonic()
        with self._lock:
            assert self._process.stdin is not None
            timer = threading.Timer(PATIENCE, self._process.kill)
            timer.start()
            try:
                self._process.stdin.write(json.dumps(entries) + "\n")
                self._process.stdin.flush()
                return self._read()
            except OSError:
                return {"problems": [{"what": "the simulation has ended", "where": "",
                                      "fix": "Try it again."}]}  # fmt: skip
            finally:
                timer.cancel()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


class Warm:
    """At most so many plans at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._workers: dict[tuple[str, float], _Worker] = {}
        self._lock = threading.Lock()

    def prepare(self, folder: Path, stamp: float) -> tuple[Literal["warming", "ready"], Reply]:
        """Get a plan ready; what it is worth itself once it is.

        `stamp`: when the run was written, so that one that was replaced is read anew.

        Raises
        ------
        InputError
            If the run cannot be read.
        """
        worker = self._find((str(folder), stamp), folder)
        if worker.first is None:
            return "warming", {}
        _refuse(worker.first)
        return "ready", dict(worker.first["ready"])

    def weigh(self, folder: Path, stamp: float, entries: list[dict[str, Any]]) -> Reply:
        """What a plan that is ready would be worth with these entries.

        Raises
        ------
        ConflictError
            If it is not ready yet.
        InputError
            If the entries are at fault.
        """
        worker = self._find((str(folder), stamp), folder)
        if worker.first is None:
            raise ConflictError("the simulation is being prepared")
        _refuse(worker.first)
        reply = worker.ask(entries)
        _refuse(reply)
        return dict(reply["found"])

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            for worker in self._workers.values():
                worker.end()
            self._workers.clear()

    def _find(self, key: tuple[str, float], folder: Path) -> _Worker:
        if self.most < 1:
            raise ConflictError("this server holds no plans ready")
        with self._lock:
            now = time.monotonic()
            for other, worker in list(self._workers.items()):
                if not worker.alive or (other != key and now - worker.used > IDLE):
                    worker.end()
                    # What the run was found to lack is told once; then it is tried again.
                    if other != key or worker.first is None or "lost" in worker.first:
                        del self._workers[other]
            if key not in self._workers:
                while len(self._workers) >= self.most:
                    oldest = min(self._workers, key=lambda k: self._workers[k].used)
                    self._workers.pop(oldest).end()
                self._workers[key] = _Worker(folder)
            worker = self._workers[key]
            worker.used = now
            return worker


def _refuse(reply: Reply) -> None:
    if "problems" in reply:
        raise InputError(*(Problem(**problem) for problem in reply["problems"]))
