"""The folder of the page: cases, jobs and runs by their names, and nothing outside it.

FOLDER/NAME/                    a run, as `beachhead plan -o FOLDER/NAME` writes it
FOLDER/.page/cases/NAME/        a case: NAME.toml and the tables it reads
FOLDER/.page/jobs/NAME/         a job: what was asked, how far it is, how it ended
FOLDER/.page/index.sqlite       what the lists are read from; made again where it is missing
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import threading
import tomllib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from beachhead.cases import bundled_cases, new_case, read_draft
from beachhead.cases.reading import BUNDLED, list_tables
from beachhead.errors import InputError, Problem
from beachhead.files import read_bytes, write_atomic
from beachhead.sheets import SUFFIXES

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\Z"
TABLE = r"^[A-Za-z0-9][A-Za-z0-9_ -]{0,99}\.(csv|xlsx)\Z"


class MissingError(Exception):
    """There is no case, job or run of this name."""


class ConflictError(Exception):
    """Somebody else has changed it since."""


@dataclass(frozen=True)
class CaseText:
    """A case as it stands in the folder; `version` changes with its text."""

    name: str
    text: str
    version: str


class Workspace:
    """The folder, by names."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.own = self.root / ".page"
        self.cases, self.jobs = self.own / "cases", self.own / "jobs"
        self._lock = threading.Lock()  # of what is read and then written
        for folder in (self.cases, self.jobs):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                what = f"cannot write: {error.strerror}"
                fix = "Choose a folder that you may write to."
                raise InputError(Problem(what, str(self.root), fix)) from error

    def run(self, name: str) -> Path:
        """Folder of a run.

        Raises
        ------
        MissingError
            If there is none.
        """
        return self._inside(self.root, name)

    def job(self, name: str) -> Path:
        """Folder of a job; see `run`."""
        return self._inside(self.jobs, name)

    def case_file(self, name: str) -> Path:
        """File of a case; see `run`."""
        return self._inside(self.cases, name) / f"{name}.toml"

    def _inside(self, folder: Path, name: str) -> Path:
        path = folder / name
        # A link may lead anywhere: only what stands here itself is read.
        if not re.match(NAME, name) or path.is_symlink() or not path.is_dir():
            raise MissingError(name)
        return path

    def claim(self, stem: str) -> Path:
        """A new folder for a job, whose name is that of its run to be: stem-1, stem-2 ..."""
        return _claim(self.jobs, stem, "-1", lambda name: (self.root / name).exists())

    def list_cases(self) -> list[dict[str, Any]]:
        """Cases in the folder, the latest first, then those that come with the program."""
        own = []
        for path in self.cases.iterdir():
            file = path / f"{path.name}.toml"
            if re.match(NAME, path.name) and not path.is_symlink() and file.is_file():
                changed = file.stat().st_mtime
                own.append((changed, {
                    "name": path.name, "title": _read_title(file), "bundled": False,
                    "changed": datetime.fromtimestamp(changed, UTC).isoformat(timespec="seconds"),
                }))  # fmt: skip
        own.sort(key=lambda pair: (-pair[0], pair[1]["name"]))
        bundled = [
            {"name": name, "title": title, "bundled": True, "changed": None}
            for name, title in bundled_cases().items()
        ]
        return [case for _, case in own] + bundled

    def read_case(self, name: str) -> CaseText:
        """Text of a case.

        Raises
        ------
        MissingError
            If there is none.
        """
        try:
            text = self.case_file(name).read_text("utf-8")
        except FileNotFoundError as error:
            raise MissingError(name) from error
        return CaseText(name, text, _version(text))

    def save_case(self, name: str, text: str, was: str) -> CaseText:
        """Put a text in place of the one with the version `was`.

        Raises
        ------
        ConflictError
            If the text there is another one by now.
        MissingError
            If there is no such case.
        """
        with self._lock:
            if self.read_case(name).version not in (was, _version(text)):
                raise ConflictError("somebody else has changed this case since")
            write_atomic(self.case_file(name), text)
        return CaseText(name, text, _version(text))

    def make_case(self, stem: str, source: str | None = None) -> CaseText:
        """A new case: a draft with comments, or a copy of a bundled case with its tables."""
        with self._lock:
            folder = self._new_case(stem)
            text = new_case(folder.name)
            if source is not None:
                if source not in bundled_cases():
                    folder.rmdir()
                    raise MissingError(source)
                text = (BUNDLED / f"{source}.toml").read_text("utf-8")
                for table in list_tables(source):
                    shutil.copyfile(BUNDLED / table, folder / table)
            write_atomic(folder / f"{folder.name}.toml", text)
        return self.read_case(folder.name)

    def take_case(self, file: str, content: bytes) -> CaseText:
        """A case that somebody has: the text of a case file as it is, or a workbook as text.

        Raises
        ------
        InputError
            If it is no text, or the workbook is at fault.
        """
        stem, suffix = Path(file).stem, Path(file).suffix.lower()
        if suffix in SUFFIXES:
            text = _read_workbook(content, stem, suffix)
        elif suffix == ".toml":
            try:
                text = content.decode("utf-8-sig").replace("\r\n", "\n")
            except UnicodeDecodeError as error:
                raise InputError(Problem("no text in UTF-8", file, "Save it as UTF-8.")) from error
        else:
            fix = "A case is a .toml file or an .xlsx workbook."
            raise InputError(Problem(f"no case: {suffix or 'no ending'}", file, fix))
        with self._lock:
            folder = self._new_case(stem)
            write_atomic(folder / f"{folder.name}.toml", text)
        return self.read_case(folder.name)

    def put_table(self, name: str, file: str, content: bytes) -> None:
        """A table of own figures beside a case."""
        if not re.match(TABLE, file):
            fix = "Tables are .csv or .xlsx files, with letters, digits, spaces, - and _."
            raise InputError(Problem("no name of a table", file[:120], fix))
        write_atomic(self._inside(self.cases, name) / file, content)

    def list_tables(self, name: str) -> list[str]:
        """Tables beside a case."""
        folder = self._inside(self.cases, name)
        return sorted(
            path.name for path in folder.iterdir()
            if re.match(TABLE, path.name) and path.is_file() and not path.is_symlink()
        )  # fmt: skip

    def copy_case(self, name: str, folder: Path) -> Path:
        """Copy a case with its tables, so that a job is not changed under way."""
        text = self.read_case(name).text
        for table in self.list_tables(name):
            write_atomic(folder / table, read_bytes(self.cases / name / table))
        write_atomic(folder / f"{name}.toml", text)
        return folder / f"{name}.toml"

    def _new_case(self, stem: str) -> Path:
        return _claim(self.cases, stem, "")


def _claim(
    parent: Path, stem: str, first: str, taken: Callable[[str], bool] = lambda name: False
) -> Path:
    """A new folder there: stem + `first`, stem-2, stem-3 ..., the first that nobody else has."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:80] or "case"
    for number in range(1, 100_000):
        name = stem + (first if number == 1 else f"-{number}")
        if taken(name):
            continue
        with suppress(FileExistsError):
            (parent / name).mkdir()
            return parent / name
    raise ConflictError(stem)


def find_strange_tables(names: Iterable[str]) -> list[Problem]:
    """Tables that lie elsewhere than beside the case."""
    fix = "Name a .csv or .xlsx file, and upload it to the case."
    return [
        Problem(f"{name!r} is no table beside the case", "markets.table", fix)
        for name in names
        if not re.match(TABLE, name)
    ]


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read_title(file: Path) -> str:
    try:
        title = tomllib.loads(file.read_text("utf-8")).get("title", "")
    except (OSError, ValueError, RecursionError):
        return ""
    return title if isinstance(title, str) else ""


def _read_workbook(content: bytes, stem: str, suffix: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{re.sub(r'[^A-Za-z0-9_-]+', '-', stem)[:80] or 'case'}{suffix}"
        path.write_bytes(content)
        try:
            if strange := find_strange_tables(list_tables(path)):
                raise InputError(*strange)
            draft = read_draft(path)
            problems = draft.problems
        except InputError as error:
            problems = error.problems
        if problems:
            raise InputError(
                *(Problem(p.what, p.where.replace(str(path), "workbook"), p.fix) for p in problems)
            )
        return draft.case.to_toml()
