"""Runs as the page shows them, and several of them side by side."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tomllib
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from beachhead.cases import Case, overlay
from beachhead.cases.actuals import METRICS, OF_FIRM, Actual, read_actuals
from beachhead.cases.quarters import parse
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError, Problem
from beachhead.files import write_atomic
from beachhead.reporting.folder import (
    AGAINST,
    BELIEFS,
    CASE,
    FUTURES,
    LEDGER,
    PLAN,
    REPORT,
    SCHEDULE,
    STAMP,
    TRACK,
    WHY,
    WORKBOOK,
    read_stamp,
)
from beachhead.web.forms import PlanJob
from beachhead.web.work import PROGRESS

ACTUALS = "actuals.csv"
OFFERED = (
    CASE, PLAN, SCHEDULE, FUTURES, REPORT, WORKBOOK, WHY, AGAINST, TRACK, BELIEFS, LEDGER, ACTUALS,
    STAMP,
)  # fmt: skip
HEADS = ("market", "quarter", "metric", "value", "mode", "localisation", "source")


def show_run(folder: Path) -> dict[str, Any]:
    """Everything about a run that its page needs at once.

    Raises
    ------
    InputError
        If it is no whole run.
    """
    stamp = read_stamp(folder)
    case, panel = _load(folder, (folder / STAMP).stat().st_mtime)
    plan = _read_json(folder / PLAN)
    why = _read_json(folder / WHY)
    known = [case.firm.home, *(m.market for m in case.firm.served), *case.candidate_iso3(panel)]
    return {
        "name": folder.name,
        "case": {
            "name": case.name, "title": case.title, "firm": case.firm.name,
            "home": case.firm.home, "as_of": case.as_of.isoformat(), "currency": case.currency,
            "quarters": [case.quarter_label(t) for t in range(case.quarters)],
            "modes": list(case.modes.allowed), "localisation": list(case.modes.localisation),
            "cash_floor": case.limits.cash_floor, "ruin": case.limits.ruin,
            "served": [market.market for market in case.firm.served],
            "fixed": sorted(case.limits.fixed),
            "targets": [t.words or f"{t.metric} {t.value:,g} by {t.by}" for t in case.targets],
        },
        "names": {iso3: panel.name(iso3) for iso3 in known},
        "candidates": list(case.candidate_iso3(panel)),
        "plan": plan,
        "adds": {w["iso3"]: w["adds"] for w in (why or {}).get("worths", []) if w["adds"]},
        "track": _read_json(folder / TRACK),
        "against": _read_json(folder / AGAINST),
        "files": [name for name in OFFERED if (folder / name).is_file()],
        "worlds": stamp.get("worlds"),
        "metrics": METRICS,
        "of_firm": list(OF_FIRM),
    }  # fmt: skip


@lru_cache(maxsize=8)
def _load(folder: Path, stamp: float) -> tuple[Case, Panel]:
    """Case and figures of a run that was written at `stamp`."""
    case = Case.load(folder / CASE)
    return case, overlay(case, load_panel(as_of=case.as_of))


def _read_json(path: Path) -> Any:
    with suppress(FileNotFoundError, ValueError):
        return json.loads(path.read_text("utf-8"))
    return None


def compare_runs(folders: list[Path]) -> dict[str, Any]:
    """Runs side by side: what they say, where their cases differ, and entry by entry.

    Raises
    ------
    InputError
        If one of them is no whole run.
    """
    shown = [show_run(folder) for folder in folders]
    flat = [_flatten(tomllib.loads((folder / CASE).read_text("utf-8"))) for folder in folders]
    keys = sorted(set().union(*flat))
    differing = [key for key in keys if len({_write(case.get(key)) for case in flat}) > 1]
    entries = [{entry["iso3"]: entry for entry in run["plan"]["schedule"]} for run in shown]
    first = sorted(
        set().union(*entries), key=lambda iso3: min(e[iso3]["enter"] for e in entries if iso3 in e)
    )
    return {
        "runs": [
            {"name": run["name"], "case": run["case"]["name"], "currency": run["case"]["currency"],
             **{key: run["plan"][key] for key in (
                 "status", "objective", "stay_home", "bound", "gap", "value", "seed", "effort",
             )},
             "limits": [limit for limit in run["plan"]["limits"] if limit["binding"]],
             "entries": len(run["plan"]["schedule"])}
            for run in shown
        ],
        "case": [
            {"key": key, "values": [_write(case.get(key)) for case in flat]}
            for key in differing if key not in ("name", "title", "notes")
        ],
        "markets": [
            {"iso3": iso3,
             "name": next(e[iso3]["name"] for e in entries if iso3 in e),
             "entries": [e.get(iso3) for e in entries],
             "adds": [run["adds"].get(iso3) for run in shown]}
            for iso3 in first
        ],
        "quarters": shown[0]["case"]["quarters"],
        "reasons": [_explain(shown[0], other) for other in shown[1:]],
    }  # fmt: skip


def _flatten(table: dict[str, Any], path: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{path}{name}.")
        elif isinstance(value, list) and len(str(value)) > 400:
            mark = hashlib.sha256(repr(value).encode()).hexdigest()[:6]
            flat[f"{path}{name}"] = f"{len(value)} rows ({mark})"
        else:
            flat[f"{path}{name}"] = value
    return flat


def _write(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, list):
        between = "; " if any(isinstance(part, dict) for part in value) else ", "
        return between.join(map(_write, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_write(part)}" for key, part in value.items())
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10_000:
        return f"{value:,}"
    return str(value)


def _explain(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """How the second plan differs from the first, and what each difference is worth in its own."""
    before, after = (
        {entry["iso3"]: entry for entry in run["plan"]["schedule"]} for run in (one, other)
    )
    names = one["names"] | other["names"]

    def tell(iso3: str, run: dict[str, Any]) -> dict[str, Any]:
        return {"iso3": iso3, "name": names[iso3], "adds": run["adds"].get(iso3)}

    same = [iso3 for iso3 in before if iso3 in after]
    return {
        "run": other["name"],
        "beside": one["name"],
        "added": [tell(iso3, other) for iso3 in after if iso3 not in before],
        "dropped": [tell(iso3, one) for iso3 in before if iso3 not in after],
        "moved": [
            {**tell(iso3, other), "before": before[iso3]["enter"], "after": after[iso3]["enter"],
             "quarters": parse(after[iso3]["enter"]) - parse(before[iso3]["enter"])}
            for iso3 in same if before[iso3]["enter"] != after[iso3]["enter"]
        ],
        "otherwise": [
            {**tell(iso3, other), "before": old, "after": new}
            for iso3 in same
            if (old := _name_way(before[iso3])) != (new := _name_way(after[iso3]))
        ],
        "unchanged": sum(before[iso3] == after[iso3] for iso3 in same),
    }  # fmt: skip


def _name_way(entry: dict[str, Any]) -> str:
    level = f", localised {entry['localisation']:g}" if entry["localisation"] else ""
    return f"{entry['mode'].replace('_', ' ')}{level}"


def read_own_actuals(folder: Path) -> tuple[Actual, ...]:
    """Actuals that have been entered for a run.

    Raises
    ------
    InputError
        With every cell at fault, and if the run is not whole.
    """
    if not (folder / ACTUALS).is_file():
        return ()
    case, panel = _load(folder, (folder / STAMP).stat().st_mtime)
    return read_actuals(folder / ACTUALS, case, panel)


def write_actuals(folder: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put rows in place of the actuals of a run, if they are in order.

    Raises
    ------
    InputError
        With every cell at fault; what was there stays.
    """
    read_stamp(folder)
    case, panel = _load(folder, (folder / STAMP).stat().st_mtime)
    if not rows:
        (folder / ACTUALS).unlink(missing_ok=True)
        return []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows([row[name] for name in HEADS] for row in rows)
    new = folder / ".new.csv"  # read as it will be, before it takes the place of the other
    try:
        write_atomic(new, text.getvalue())
        found = read_actuals(new, case, panel)
        new.replace(folder / ACTUALS)
    except InputError as error:
        raise InputError(
            *(Problem(p.what, p.where.replace(f"{new}, ", ""), p.fix) for p in error.problems)
        ) from error
    finally:
        new.unlink(missing_ok=True)
    return [asdict(row) for row in found]


def name_case(folder: Path) -> str:
    """Name of the case of a run.

    Raises
    ------
    InputError
        If it is no run.
    """
    return Case.load(folder / CASE).name or folder.name


def plan_arguments(file: Path, run: Path, job: Path, form: PlanJob, old: Path | None) -> list[str]:
    """Arguments of the command that plans what a form asks for, into the folder `run`."""
    arguments = ["plan", str(file), "-o", str(run), "--effort", form.effort]
    arguments += ["--seed", str(form.seed), "--progress", str(job / PROGRESS)]
    if old is not None and form.as_of is not None:
        arguments += ["--from", str(old), "--as-of", form.as_of]
        if (old / ACTUALS).is_file():
            arguments += ["--actuals", str(old / ACTUALS)]
    return arguments
