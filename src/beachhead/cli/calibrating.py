"""The command that makes beliefs of a firm's own records."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from beachhead.cli.cases import load_checked
from beachhead.cli.options import CaseName, Changes, EffortName, Json, Seed
from beachhead.cli.progress import show_progress


def calibrate(
    case: CaseName,
    history: Annotated[
        Path, typer.Option(metavar="FILE", help="What has happened so far, as a table of actuals.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FILE", help="File for the beliefs; CASE.beliefs.nc if left out."
        ),
    ] = None,
    since: Annotated[
        str,
        typer.Option(
            metavar="QUARTER",
            help="Quarter in which the records begin; the first with units at home if left out.",
        ),
    ] = "",
    changes: Changes = None,
    seed: Seed = 1,
    effort: Annotated[EffortName, typer.Option(help="How many draws the sampler makes.")] = (
        EffortName.standard
    ),
    as_json: Json = False,
) -> None:
    """Learn the model's parameters from the firm's own records, and check what was learned.

    Exit status 3 where a check says FAIL.
    """
    from beachhead.cases.actuals import read_actuals, read_quarter
    from beachhead.reporting.folder import claim_file

    begin = read_quarter(since, "--since") if since else ""
    loaded, panel = load_checked(case, changes or ())
    path = Path(f"{loaded.name}.beliefs.nc") if out is None else out
    rows = read_actuals(history, loaded, panel)
    claim_file(path)

    from beachhead.calibration.calibrating import calibrate as learn
    from beachhead.calibration.checks import list_unknowns
    from beachhead.calibration.records import read_records
    from beachhead.reporting.calibration import describe_beliefs

    records = read_records(loaded, panel, rows, begin)
    if records.later:
        label = "not over on the case's date"
        print(f"Not looked at: {records.later} rows of quarters {label}.", file=sys.stderr)
    for note in records.notes:
        print(f"Note: {note}.", file=sys.stderr)
    with show_progress("nothing") as show:
        steps = iter(range(3))
        beliefs = learn(
            loaded, panel, records, effort=effort.value, seed=seed,
            progress=lambda words: show(words, next(steps), 3),
        )  # fmt: skip
    learned = beliefs.learned
    assert learned is not None
    learned.write(path)
    unknowns = list_unknowns(learned, beliefs.parameters)
    if as_json:
        told = {
            "verdict": learned.verdict, "since": learned.since, "until": learned.until,
            "findings": [asdict(finding) for finding in learned.findings],
            "parameters": [asdict(unknown) for unknown in unknowns],
        }  # fmt: skip
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        print(describe_beliefs(learned, unknowns, panel.names))
        print(f"\nBeliefs: {path}. Plan with them: beachhead plan {case} --beliefs {path}")
    if learned.verdict == "FAIL":
        raise typer.Exit(3)
