"""What a run folder is made of, and whether one is whole."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from beachhead.errors import InputError, Problem
from beachhead.files import put_in_place, standing, write_atomic

CASE, PLAN, SCHEDULE, FUTURES, RANKING, REPORT, STAMP = (
    "case.toml", "plan.json", "schedule.csv", "futures.nc", "ranking.parquet", "report.html",
    "run.json",
)  # fmt: skip
# Of a plan in the folder; may lack.
SENSITIVITY, PRICES, WHY, AGAINST, TRACK = (
    "sensitivity.json", "limits.json", "why.json", "against.json", "track.json",
)  # fmt: skip
BELIEFS = "beliefs.nc"  # where the plan was made with those of the firm's records
FILES = (
    CASE, PLAN, SCHEDULE, FUTURES, RANKING, REPORT, SENSITIVITY, PRICES, WHY, AGAINST, TRACK,
    BELIEFS,
)  # fmt: skip
# Made of the others on demand, so that a new plan does not take them along.
WORKBOOK, PICTURES = "report.xlsx", "pictures"
MADE = (REPORT, WORKBOOK, PICTURES)
LEDGER = "targets.csv"  # of many looks, so that it outlives the plan that it stands beside
AGAIN = "Plan the case again."


def claim_folder(folder: Path) -> Path:
    """Make sure that a run can be written to `folder`, before hours are spent on it.

    An old run that was to be replaced when a process was killed is put back.

    Returns
    -------
    Path
        The folder, without links on the way.

    Raises
    ------
    InputError
        If `folder` cannot be made or replaced, or holds something that is no run.
    """
    folder = Path(folder).resolve()
    if Path.cwd().is_relative_to(folder):
        what = "a run takes the place of its folder, and this one is in use"
        raise InputError(Problem(what, str(folder), "Name another folder, such as runs/NAME."))
    if (old := standing(folder)) != folder:
        old.rename(folder)
    try:
        names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise InputError(Problem(what, str(folder), "Name another folder.")) from error
    if STAMP not in names and (foreign := sorted(names - {*FILES, *MADE})):
        what = f"the folder holds {foreign[0]!r} and is no run"
        raise InputError(Problem(what, str(folder), "Name another folder."))
    claim = folder.with_name(f".{folder.name}.claim")
    try:
        write_atomic(claim, "")
    except InputError as error:  # which names the claim, that nobody has heard of
        found = (Problem(p.what, str(folder), p.fix) for p in error.problems)
        raise InputError(*found) from error
    claim.unlink(missing_ok=True)
    return folder


def replace_folder(folder: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a run's folder, which takes the place of an older run when it is whole.

    Files beside those of a run are taken along.

    Raises
    ------
    InputError
        As `claim_folder`, and if the disk is full.
    """
    folder = claim_folder(folder)

    def fill(new: Path) -> None:
        write(new)
        for path in folder.iterdir() if folder.exists() else ():
            if path.name not in (STAMP, *FILES, *MADE):
                (shutil.copytree if path.is_dir() else shutil.copy2)(path, new / path.name)

    put_in_place(folder, fill, "Choose a folder that you may write to.")


def claim_file(path: Path | None) -> None:
    """Make sure that a file can be written, before hours are spent on it; None: none is asked for.

    Raises
    ------
    InputError
        If it is a folder, or its folder cannot be made or written to.
    """
    if path is None:
        return
    if path.is_dir():
        raise InputError(Problem("this is a folder, not a file", str(path), "Name a file in it."))
    write_atomic(path.parent / ".claim", "")
    (path.parent / ".claim").unlink(missing_ok=True)


def hash_file(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_stamp(folder: Path) -> dict[str, Any]:
    """`run.json` of a folder that holds a whole plan.

    Raises
    ------
    InputError
        If there is no such folder, it is no run, it was cut short, or a file is missing or was
        changed since.
    """
    where = str(folder / STAMP)
    if not folder.is_dir():
        fix = "'beachhead plan CASE -o RUN' makes one."
        raise InputError(Problem("no such run folder", str(folder), fix))
    try:
        stamp = json.loads((folder / STAMP).read_bytes())
    except FileNotFoundError as error:
        what = "no run: run.json is missing"
        raise InputError(Problem(what, str(folder), AGAIN)) from error
    except (OSError, ValueError) as error:
        raise InputError(Problem(f"cannot be read: {error}", where, AGAIN)) from error
    missing = [
        key
        for key in ("version", "panel_as_of", "panel_sha256", "files")
        if not isinstance(stamp, dict) or key not in stamp
    ]
    if missing:
        raise InputError(Problem(f"lacks {', '.join(missing)}", where, AGAIN))
    _check_files(folder, stamp)
    return dict(stamp)


def _check_files(folder: Path, stamp: Mapping[str, Any]) -> None:
    problems = []
    known = (BELIEFS,) if BELIEFS in stamp["files"] else ()
    for name in (CASE, PLAN, SCHEDULE, FUTURES, RANKING, *known):
        path = folder / name
        if name not in stamp["files"]:
            what = "the run has no such file: it is no plan but a simulation"
            problems.append(Problem(what, str(path), "Plan the case."))
        elif not path.is_file():
            problems.append(Problem("the file is missing", str(path), AGAIN))
        elif hash_file(path) != stamp["files"][name]:
            problems.append(Problem("changed since it was written", str(path), AGAIN))
    if problems:
        raise InputError(*problems)
