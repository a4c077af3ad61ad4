"""The run folder: everything about one answer, in files that other programs can read.

A folder is written whole under another name and then takes the place of the old one, and
`run.json` holds the hash of every other file, so that one that was cut short or changed since is
never taken for an answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl
import xarray as xr

from beachhead._version import __version__
from beachhead.calibration import believe, read_beliefs
from beachhead.cases import Case, Schedule, overlay
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError, Problem
from beachhead.evidence.tracking import Track
from beachhead.files import write_atomic
from beachhead.planning import Effort, Plan
from beachhead.planning.against import Against
from beachhead.planning.grounds import Why
from beachhead.planning.prices import Prices
from beachhead.planning.sensitivity import Sensitivity
from beachhead.reporting.book import write_book
from beachhead.reporting.folder import (
    AGAIN,
    AGAINST,
    BELIEFS,
    CASE,
    FILES,
    FUTURES,
    PICTURES,
    PLAN,
    PRICES,
    RANKING,
    REPORT,
    SCHEDULE,
    SENSITIVITY,
    STAMP,
    TRACK,
    WHY,
    WORKBOOK,
    hash_file,
    read_stamp,
    replace_folder,
)
from beachhead.reporting.html import draw_plan, write_report
from beachhead.reporting.pictures import write_pictures
from beachhead.reporting.sensitivity import draw_sensitivity
from beachhead.reporting.summary import summarise
from beachhead.reporting.tracking import draw_track
from beachhead.screening import Ranking, complete, read_settings
from beachhead.simulation import Beliefs
from beachhead.simulation.learned import Learned


@dataclass(frozen=True, eq=False)
class Run:
    """A run folder as read.

    Attributes
    ----------
    folder : Path
    case : Case
        As resolved when it was planned.
    panel : Panel
        The figures visible then, the case's own among them.
    ranking : Ranking
    plan : Plan
    futures : xarray.Dataset
        Of the plan's schedule.
    beliefs : Beliefs
        With which it was made.
    stamp : dict
        `run.json`: version, hashes, precision, worlds, evaluations, seconds.
    """

    folder: Path
    case: Case
    panel: Panel
    ranking: Ranking
    plan: Plan
    futures: xr.Dataset
    beliefs: Beliefs
    stamp: dict[str, Any]


def write_run(
    folder: str | Path,
    case: Case,
    panel: Panel,
    ranking: Ranking,
    plan: Plan,
    futures: xr.Dataset,
    effort: Effort,
    against: Against | None = None,
    why: Why | None = None,
    beliefs: Beliefs | None = None,
) -> None:
    """Write everything about a plan: case, plan, schedule, futures, ranking, report, stamp.

    `against`: the plan beside the old one that it goes on from; `why`: the grounds of its entries;
    `beliefs`: with which it was made, by default the case's priors.

    A run that is there already is replaced at once when all has been written.

    Raises
    ------
    InputError
        If the folder cannot be written to, or holds something that is no run.
    """
    case = case.resolve(panel)
    names = {entry.iso3: panel.name(entry.iso3) for entry in plan.schedule.entries}

    def write(new: Path) -> None:
        write_atomic(new / PLAN, plan.to_json(names, _quarters(case)))
        write_atomic(new / RANKING, ranking.table.write_parquet)
        write_report(
            new / REPORT, case, ranking, plan, futures, panel=panel, why=why, against=against,
            beliefs=beliefs,
        )  # fmt: skip
        if why is not None:
            write_atomic(new / WHY, why.to_json())
        if against is not None:
            write_atomic(new / AGAINST, against.to_json())
        _write_futures(new, case, panel, plan.schedule, futures, effort, beliefs)

    replace_folder(Path(folder), write)


def write_simulation(
    folder: str | Path,
    case: Case,
    panel: Panel,
    schedule: Schedule,
    futures: xr.Dataset,
    effort: Effort,
    beliefs: Beliefs | None = None,
) -> None:
    """Write what a given schedule would bring: case, schedule, futures, stamp; see `write_run`."""
    case = case.resolve(panel)
    replace_folder(
        Path(folder),
        lambda new: _write_futures(new, case, panel, schedule, futures, effort, beliefs),
    )


def _write_futures(
    folder: Path,
    case: Case,
    panel: Panel,
    schedule: Schedule,
    futures: xr.Dataset,
    effort: Effort,
    beliefs: Beliefs | None,
) -> None:
    """What every run holds, and last of all the stamp."""
    write_atomic(folder / CASE, case.to_toml())
    write_atomic(folder / SCHEDULE, schedule.to_csv(case, panel))
    write_atomic(folder / FUTURES, lambda file: futures.to_netcdf(file, engine="h5netcdf"))
    learned = None if beliefs is None else beliefs.learned
    if learned is not None:
        learned.write(folder / BELIEFS)
    # The report may be written again at any time, by a later version too.
    kept = [name for name in FILES if name != REPORT and (folder / name).exists()]
    stamp = {
        "version": __version__,
        "case": case.name,
        "case_sha256": hash_file(folder / CASE),
        "panel_sha256": overlay(case, panel).digest,
        "panel_as_of": None if panel.as_of is None else panel.as_of.isoformat(),
        "overridden": dict(sorted((case.parameters | case.economics).items())),
        "beliefs": _name_beliefs(folder, learned),
        "precision": str(futures["cash"].dtype),
        "worlds": futures.sizes["world"],
        "evaluations": effort.evaluations,
        "ended_by": effort.ended_by,
        "seconds": {stage: round(time, 3) for stage, time in effort.seconds.items()},
        "files": {name: hash_file(folder / name) for name in kept},
    }
    write_atomic(folder / STAMP, json.dumps(stamp, indent=2, ensure_ascii=False) + "\n")


def _name_beliefs(folder: Path, learned: Learned | None) -> dict[str, Any] | None:
    """Of `run.json`, which beliefs the run was made with; None: the case's priors."""
    if learned is None:
        return None
    return {
        "sha256": hash_file(folder / BELIEFS), "case": learned.case, "since": learned.since,
        "until": learned.until, "verdict": learned.verdict,
    }  # fmt: skip


def read_run(folder: str | Path) -> Run:
    """Read what `write_run` wrote.

    Raises
    ------
    InputError
        If there is no such folder, it is no run, it was cut short, or a file is missing, was
        changed since, or cannot be read, or the country figures are no longer the same.
    """
    folder = Path(folder)
    stamp = read_stamp(folder)
    case = Case.load(folder / CASE)
    panel = overlay(case, load_panel(as_of=stamp["panel_as_of"]))
    if panel.digest != stamp["panel_sha256"]:
        in_use = f", which are {panel.origin}" if panel.origin else ""
        what = f"planned on other country figures than those in use{in_use}"
        fix = (
            f"{AGAIN} Or set BEACHHEAD_PANEL to the panel that it was planned on, see docs/data.md."
        )
        raise InputError(Problem(what, str(folder), fix))
    try:
        plan = Plan.from_json((folder / PLAN).read_text("utf-8"), _quarters(case))
        table = pl.read_parquet(folder / RANKING)
        futures = xr.load_dataset(folder / FUTURES, engine="h5netcdf")
        settings = read_settings(case, panel)
        ranking = complete(case.firm.home, panel.as_of, settings.method, settings.criteria, table)
    except (OSError, ValueError, TypeError, KeyError, pl.exceptions.PolarsError) as error:
        what = f"written by version {stamp['version']}, and not readable by {__version__}: {error}"
        raise InputError(Problem(what, str(folder), AGAIN)) from error
    known = BELIEFS in stamp["files"]
    beliefs = read_beliefs(folder / BELIEFS, case, panel) if known else believe(case, panel)
    return Run(folder, case, panel, ranking, plan, futures, beliefs, stamp)


def read_sensitivity(folder: str | Path) -> Sensitivity | None:
    """What `beachhead sensitivity` found about the plan of a run; None where it was not asked.

    Raises
    ------
    InputError
        If it is of another version.
    """
    return _read_found(Path(folder) / SENSITIVITY, Sensitivity.from_json, "sensitivity")


def read_prices(folder: str | Path) -> Prices | None:
    """What `beachhead limits` found about the plan of a run; see `read_sensitivity`."""
    return _read_found(Path(folder) / PRICES, Prices.from_json, "limits")


def read_why(folder: str | Path) -> Why | None:
    """What `beachhead why` found about the plan of a run; see `read_sensitivity`."""
    return _read_found(Path(folder) / WHY, Why.from_json, "why")


def read_against(folder: str | Path) -> Against | None:
    """How the plan of a run changed from an older one; see `read_sensitivity`."""
    return _read_found(Path(folder) / AGAINST, Against.from_json, "plan --from")


def read_track(folder: str | Path) -> Track | None:
    """What `beachhead track` last found about the plan of a run; see `read_sensitivity`."""
    return _read_found(Path(folder) / TRACK, Track.from_json, "track")


def _read_found[Found](path: Path, read: Callable[[str], Found], command: str) -> Found | None:
    try:
        return read(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        what = f"not readable by version {__version__}"
        fix = f"Delete it, or let 'beachhead {command}' write it again."
        raise InputError(Problem(what, str(path), fix)) from error


def write_report_again(run: Run) -> None:
    """Write the report of a run, with all that has been found about its plan since."""
    write_report(
        run.folder / REPORT, run.case, run.ranking, run.plan, run.futures, panel=run.panel,
        sensitivity=read_sensitivity(run.folder), prices=read_prices(run.folder),
        why=read_why(run.folder), against=read_against(run.folder), track=read_track(run.folder),
        beliefs=run.beliefs,
    )  # fmt: skip


def write_report_book(run: Run) -> Path:
    """Write the figures of a run's report as a workbook; its path.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    path = run.folder / WORKBOOK
    write_book(
        path, run.case, run.panel, run.ranking, run.plan, run.futures, read_why(run.folder),
        run.beliefs,
    )  # fmt: skip
    return path


def write_report_pictures(run: Run, kind: Literal["png", "svg"]) -> tuple[Path, int]:
    """Write the pictures of a run's report as files; their folder, and how many there are.

    Raises
    ------
    InputError
        If they cannot be written.
    """
    summary, why = summarise(run.case, run.plan.schedule, run.futures), read_why(run.folder)
    drawn = draw_plan(run.case, run.panel, run.plan, summary, run.futures, why)
    if (found := read_sensitivity(run.folder)) is not None:
        drawn |= draw_sensitivity(run.case, found, run.panel.names)
    if (track := read_track(run.folder)) is not None:
        drawn |= draw_track(run.case, track, run.panel.names)
    folder = run.folder / PICTURES
    return folder, len(write_pictures(folder, drawn, kind))


def _quarters(case: Case) -> list[str]:
    return [case.quarter_label(t) for t in range(case.quarters)]
