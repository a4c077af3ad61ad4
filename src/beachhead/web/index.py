"""What the lists are read from: an index of runs and jobs, made from their folders alone."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

from beachhead.reporting.folder import CASE, PLAN, STAMP
from beachhead.web.folder import NAME, MissingError, Workspace
from beachhead.web.jobs import Jobs

FORM = 1  # of the tables below: an index of another form is made again
RUNS = (
    "name", "stamp", "made", "case_name", "title", "currency", "status", "effort", "seed", "mean",
    "adds", "objective", "bound", "gap", "entries",
)  # fmt: skip
JOBS = ("name", "kind", "run", "case_name", "by", "made", "effort", "state")
ENDED = ("done", "failed", "died", "withdrawn")


class Index:
    """The index of a folder."""

    def __init__(self, space: Workspace, jobs: Jobs) -> None:
        self.space, self.jobs = space, jobs
        self.file = space.own / "index.sqlite"
        self._lock = threading.Lock()

    def list_runs(self, text: str = "") -> list[dict[str, Any]]:
        """Runs, the latest first; those whose name, case or title holds `text`."""
        return [
            run for run in self._read("runs", RUNS, self._refresh_runs)
            if text.lower() in f"{run['name']} {run['case_name']} {run['title']}".lower()
        ]  # fmt: skip

    def list_jobs(self) -> list[dict[str, Any]]:
        """Jobs with their states, the latest first."""
        return self._read("jobs", JOBS, self._refresh_jobs)

    def _read(self, table: str, columns: tuple[str, ...], refresh: Any) -> list[dict[str, Any]]:
        with self._lock:
            for last in (False, True):
                try:
                    with closing(self._open()) as index, index:
                        refresh(index)
                        rows = index.execute(
                            f"SELECT {', '.join(columns)} FROM {table} ORDER BY made DESC, name"
                        ).fetchall()
                    return [dict(zip(columns, row, strict=True)) for row in rows]
                except sqlite3.DatabaseError:
                    if last:
                        raise
                    self.file.unlink(missing_ok=True)  # the folders say it all again
        return []

    def _open(self) -> sqlite3.Connection:
        index = sqlite3.connect(self.file, timeout=10.0)
        if index.execute("PRAGMA user_version").fetchone()[0] != FORM:
            for table, columns in (("runs", RUNS), ("jobs", JOBS)):
                index.execute(f"DROP TABLE IF EXISTS {table}")
                index.execute(f"CREATE TABLE {table} ({', '.join(columns)}, PRIMARY KEY (name))")
            index.execute(f"PRAGMA user_version = {FORM}")
        return index

    def _refresh_runs(self, index: sqlite3.Connection) -> None:
        known = dict(index.execute("SELECT name, stamp FROM runs").fetchall())
        there = {}
        for path in self.space.root.iterdir():
            stamp = path / STAMP
            if re.match(NAME, path.name) and not path.is_symlink() and stamp.is_file():
                there[path.name] = stamp.stat().st_mtime
        gone = [(name,) for name in known if name not in there]
        index.executemany("DELETE FROM runs WHERE name = ?", gone)
        for name, made in there.items():
            if known.get(name) != made:
                row = _read_run(self.space.root / name, made)
                if row is None:  # a simulation, or what cannot be read: no plan to show
                    index.execute("DELETE FROM runs WHERE name = ?", (name,))
                    continue
                places = ", ".join("?" * len(RUNS))
                index.execute(f"INSERT OR REPLACE INTO runs VALUES ({places})",
                              [row[column] for column in RUNS])  # fmt: skip

    def _refresh_jobs(self, index: sqlite3.Connection) -> None:
        known = dict(index.execute("SELECT name, state FROM jobs").fetchall())
        there = self.jobs.names()
        gone = [(name,) for name in known if name not in there]
        index.executemany("DELETE FROM jobs WHERE name = ?", gone)
        for name in there:
            try:
                asked, state = self.jobs.read(name), self.jobs.state(name)
            except MissingError:
                continue
            if known.get(name) != state:
                row = (name, asked.kind, asked.run, asked.case, asked.by, asked.made,
                       asked.effort, state)  # fmt: skip
                places = ", ".join("?" * len(JOBS))
                index.execute(f"INSERT OR REPLACE INTO jobs VALUES ({places})", row)


def _read_run(folder: Path, stamp: float) -> dict[str, Any] | None:
    try:
        plan = json.loads((folder / PLAN).read_text("utf-8"))
        case = tomllib.loads((folder / CASE).read_text("utf-8"))
        return {
            "name": folder.name, "stamp": stamp, "made": stamp, "case_name": plan["case"],
            "title": str(case.get("title", "")), "currency": str(case.get("currency", "")),
            "status": plan["status"], "effort": plan["effort"], "seed": plan["seed"],
            "mean": plan["value"]["mean"], "adds": plan["value"]["adds"],
            "objective": plan["objective"], "bound": plan["bound"], "gap": plan["gap"],
            "entries": len(plan["schedule"]),
        }  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
