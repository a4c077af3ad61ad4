"""The command that holds a plan against what has happened."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from beachhead.cli.options import Json


def track(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    actuals: Annotated[
        Path, typer.Option(metavar="FILE", help="What has happened since, as a table.")
    ],
    as_of: Annotated[
        str,
        typer.Option(
            metavar="QUARTER",
            help="Quarter at whose start the firm stands: 2015Q1; the one after the last figure "
            "if left out.",
        ),
    ] = "",
    ledger: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Ledger of targets; targets.csv in RUN if left out."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Hold a plan against what has happened: figures, entries, targets; keep it or plan again.

    Exit status 3 where the answer is RE-PLAN.
    """
    from beachhead.cases.actuals import read_actuals, read_quarter
    from beachhead.reporting.folder import (
        CASE,
        FILES,
        LEDGER,
        REPORT,
        STAMP,
        TRACK,
        claim_file,
        read_stamp,
    )

    label = read_quarter(as_of, "--as-of") if as_of else ""
    read_stamp(run)
    place = run / LEDGER if ledger is None else ledger
    if place.resolve().parent == run.resolve() and place.name in (STAMP, *FILES):
        raise typer.BadParameter(f"{place} is a file of the run", param_hint="--ledger")
    claim_file(place)

    from beachhead.evidence.ledger import enter_look, read_ledger, write_ledger
    from beachhead.evidence.tracking import find_as_of
    from beachhead.evidence.tracking import track as hold
    from beachhead.files import write_atomic
    from beachhead.reporting.run import read_run, write_report_again
    from beachhead.reporting.tracking import describe_track, tell_score

    read = read_run(run)
    lines = read_ledger(place)
    rows = read_actuals(actuals, read.case, read.panel)
    found = hold(
        read.case, read.panel, read.plan, read.futures, rows, label or find_as_of(rows),
        read.beliefs,
    )  # fmt: skip
    if found.later:
        print(f"Not looked at: {found.later} rows of {found.as_of} or later.", file=sys.stderr)
    lines = enter_look(lines, read.case, found)
    write_ledger(place, lines)
    write_atomic(run / TRACK, found.to_json())
    write_report_again(read)
    if as_json:
        print(found.to_json(), end="")
    else:
        command = shlex.join(
            ["beachhead", "plan", str(run / CASE), "--from", str(run), "--actuals", str(actuals),
             "--as-of", found.as_of]
        )  # fmt: skip
        names = read.panel.names
        print(describe_track(read.case, found, names, command, str(place)))
        print("\n".join(filter(None, [tell_score(lines), f"Report: {run / REPORT}"])))
    if found.answer == "RE-PLAN":
        raise typer.Exit(3)
