"""The run folder: everything about one answer, in files that other programs can read.

`run.json` is written last and holds the hash of every other file, so that a folder that was cut
short or changed since is never taken for an answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import xarray as xr

from beachhead._version import __version__
from beachhead.cases import Case, Schedule
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError, Problem
from beachhead.files import write_atomic
from beachhead.planning import Effort, Plan
from beachhead.reporting.html import write_report
from beachhead.screening import CRITERIA, Ranking, weigh

STAMP = "run.json"
REPORT = "report.html"
_CASE, _PLAN, _SCHEDULE, _FUTURES, _RANKING = (
    "case.toml", "plan.json", "schedule.csv", "futures.nc", "ranking.parquet",
)  # fmt: skip
_FILES = (_CASE, _PLAN, _SCHEDULE, _FUTURES, _RANKING, REPORT)
_AGAIN = "Plan the case again."

Content = bytes | str | Callable[[Path], object]


@dataclass(frozen=True, eq=False)
class Run:
    """A run folder as read.

    Attributes
    ----------
    folder : Path
    case : Case
        As resolved when it was planned.
    panel : Panel
        The figures visible then.
    ranking : Ranking
    plan : Plan
    futures : xarray.Dataset
        Of the plan's schedule.
    stamp : dict
        `run.json`: version, hashes, precision, worlds, evaluations, seconds.
    """

    folder: Path
    case: Case
    panel: Panel
    ranking: Ranking
    plan: Plan
    futures: xr.Dataset
    stamp: dict[str, Any]


def claim_folder(folder: Path) -> None:
    """Make sure that a run can be written to `folder`, before hours are spent on it.

    Raises
    ------
    InputError
        If `folder` cannot be made or written to, or holds something that is no run.
    """
    folder = Path(folder)
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if STAMP not in names and (foreign := sorted(names - set(_FILES))):
        what = f"the folder holds {foreign[0]!r} and is no run"
        raise InputError(Problem(what, str(folder), "Name another folder."))
    write_atomic(folder / ".claim", "")
    (folder / ".claim").unlink(missing_ok=True)


def write_run(
    folder: str | Path,
    case: Case,
    panel: Panel,
    ranking: Ranking,
    plan: Plan,
    futures: xr.Dataset,
    effort: Effort,
) -> None:
    """Write everything about a plan: case, plan, schedule, futures, ranking, report, stamp.

    A run that is there already is replaced.

    Raises
    ------
    InputError
        If the folder cannot be written to, or holds something that is no run.
    """
    folder = Path(folder)
    case = case.resolve(panel)
    names = {entry.iso3: panel.name(entry.iso3) for entry in plan.schedule.entries}
    contents: dict[str, Content] = {
        _CASE: case.to_toml(),
        _PLAN: plan.to_json(names, _quarters(case)),
        _SCHEDULE: plan.schedule.to_csv(case, panel),
        _RANKING: ranking.table.write_parquet,
        _FUTURES: lambda path: futures.to_netcdf(path, engine="h5netcdf"),
    }
    _write(
        folder,
        contents,
        case,
        panel,
        futures,
        effort,
        lambda: write_report(folder / REPORT, case, ranking, plan, futures, panel=panel),
    )


def write_simulation(
    folder: str | Path,
    case: Case,
    panel: Panel,
    schedule: Schedule,
    futures: xr.Dataset,
    effort: Effort,
) -> None:
    """Write what a given schedule would bring: case, schedule, futures, stamp; see `write_run`."""
    case = case.resolve(panel)
    contents: dict[str, Content] = {
        _CASE: case.to_toml(),
        _SCHEDULE: schedule.to_csv(case, panel),
        _FUTURES: lambda path: futures.to_netcdf(path, engine="h5netcdf"),
    }
    _write(Path(folder), contents, case, panel, futures, effort, lambda: None)


def _write(
    folder: Path,
    contents: Mapping[str, Content],
    case: Case,
    panel: Panel,
    futures: xr.Dataset,
    effort: Effort,
    report: Callable[[], None],
) -> None:
    claim_folder(folder)
    # Without a stamp the folder is no run: so it stays until the last file is there.
    for old in (STAMP, *_FILES):
        (folder / old).unlink(missing_ok=True)
    for name, content in contents.items():
        write_atomic(folder / name, content)
    report()
    stamp = {
        "version": __version__,
        "case": case.name,
        "case_sha256": _hash((folder / _CASE).read_bytes()),
        "panel_sha256": panel.digest,
        "panel_as_of": None if panel.as_of is None else panel.as_of.isoformat(),
        "precision": str(futures["cash"].dtype),
        "worlds": futures.sizes["world"],
        "evaluations": effort.evaluations,
        "seconds": {stage: round(time, 3) for stage, time in effort.seconds.items()},
        "files": {name: _hash((folder / name).read_bytes()) for name in contents},
    }
    write_atomic(folder / STAMP, json.dumps(stamp, indent=2, ensure_ascii=False) + "\n")


def read_run(folder: str | Path) -> Run:
    """Read what `write_run` wrote.

    Raises
    ------
    InputError
        If there is no such folder, it is no run, it was cut short, or a file is missing, was
        changed since, or cannot be read.
    """
    folder = Path(folder)
    stamp = _read_stamp(folder)
    _check_files(folder, stamp)
    case = Case.load(folder / _CASE)
    panel = load_panel(as_of=stamp["panel_as_of"])
    try:
        plan = Plan.from_json((folder / _PLAN).read_text("utf-8"), _quarters(case))
        table = pl.read_parquet(folder / _RANKING)
        futures = xr.load_dataset(folder / _FUTURES, engine="h5netcdf")
        criteria = weigh(CRITERIA, case.screening.weights)
    except (OSError, ValueError, TypeError, KeyError, pl.exceptions.PolarsError) as error:
        what = f"written by version {stamp['version']}, and not readable by {__version__}: {error}"
        raise InputError(Problem(what, str(folder), _AGAIN)) from error
    ranking = Ranking(case.firm.home, panel.as_of, criteria, table)
    return Run(folder, case, panel, ranking, plan, futures, stamp)


def _quarters(case: Case) -> list[str]:
    return [case.quarter_label(t) for t in range(case.quarters)]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_stamp(folder: Path) -> dict[str, Any]:
    where = str(folder / STAMP)
    if not folder.is_dir():
        fix = "'beachhead plan CASE -o RUN' makes one."
        raise InputError(Problem("no such run folder", str(folder), fix))
    try:
        stamp = json.loads((folder / STAMP).read_bytes())
    except FileNotFoundError as error:
        what = "no run: run.json is missing, which is written last"
        raise InputError(Problem(what, str(folder), _AGAIN)) from error
    except (OSError, ValueError) as error:
        raise InputError(Problem(f"cannot be read: {error}", where, _AGAIN)) from error
    missing = [
        key
        for key in ("version", "panel_as_of", "panel_sha256", "files")
        if not isinstance(stamp, dict) or key not in stamp
    ]
    if missing:
        raise InputError(Problem(f"lacks {', '.join(missing)}", where, _AGAIN))
    return stamp


def _check_files(folder: Path, stamp: Mapping[str, Any]) -> None:
    problems = []
    for name in (_CASE, _PLAN, _SCHEDULE, _FUTURES, _RANKING):
        path = folder / name
        if name not in stamp["files"]:
            what = "the run has no such file: it is no plan but a simulation"
            problems.append(Problem(what, str(path), "Plan the case."))
        elif not path.is_file():
            problems.append(Problem("the file is missing", str(path), _AGAIN))
        elif _hash(path.read_bytes()) != stamp["files"][name]:
            problems.append(Problem("changed since it was written", str(path), _AGAIN))
    if problems:
        raise InputError(*problems)
