"""The command that says what a plan hangs on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from beachhead.cli.options import EffortName, EffortOption, Json
from beachhead.cli.progress import show_progress


def sensitivity(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    effort: EffortOption = EffortName.quick,
    as_json: Json = False,
) -> None:
    """Say what a plan hangs on: parameters, mechanisms, entry costs and margins.

    Ctrl-C ends it early and keeps what has been found.
    """
    from beachhead.reporting.folder import REPORT, SENSITIVITY, read_stamp

    read_stamp(run)

    from beachhead.files import write_atomic
    from beachhead.planning.sensitivity import probe
    from beachhead.reporting.run import read_run, write_report_again
    from beachhead.reporting.sensitivity import describe_sensitivity

    read = read_run(run)
    case, panel, plan = read.case, read.panel, read.plan
    with show_progress("what has been found") as show:
        found = probe(
            case, panel, plan, effort=effort.value,
            progress=lambda at: show(at.words, at.done, at.steps),
        )  # fmt: skip
    if found.status == "partial":
        print("Interrupted: keeping what has been found so far.", file=sys.stderr)
    write_atomic(run / SENSITIVITY, found.to_json())
    write_report_again(read)
    if as_json:
        print((run / SENSITIVITY).read_text("utf-8"), end="")
    else:
        print(describe_sensitivity(case, panel, found))
        print(f"\nReport: {run / REPORT}")
