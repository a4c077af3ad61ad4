"""Commands about the limits of a case: what each costs, and the least with which it can be met."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from beachhead.cli.cases import load_checked
from beachhead.cli.options import CaseName, Changes, EffortName, EffortOption, Json, Seed
from beachhead.cli.progress import show_progress


class What(StrEnum):
    """Limits of which the least can be asked."""

    capital = "capital"
    teams = "teams"


def limits(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    effort: EffortOption = EffortName.quick,
    as_json: Json = False,
) -> None:
    """Say what each limit of a plan costs: what the plan could bring without it, or with more.

    Ctrl-C ends it early and keeps what has been found.
    """
    from beachhead.reporting.folder import PRICES, REPORT, read_stamp

    read_stamp(run)

    from beachhead.files import write_atomic
    from beachhead.planning.prices import price_limits
    from beachhead.reporting.limits import describe_prices
    from beachhead.reporting.run import read_run, write_report_again

    read = read_run(run)
    with show_progress("what has been found") as show:
        found = price_limits(
            read.case, read.panel, read.plan, effort=effort.value,
            progress=lambda at: show(at.words, at.done, at.steps),
        )  # fmt: skip
    if found.status == "partial":
        print("Interrupted: keeping what has been found so far.", file=sys.stderr)
    write_atomic(run / PRICES, found.to_json())
    write_report_again(read)
    if as_json:
        print((run / PRICES).read_text("utf-8"), end="")
    else:
        print(describe_prices(read.case, found))
        print(f"\nReport: {run / REPORT}")


def least(
    case: CaseName,
    what: Annotated[What, typer.Option("--for", help="The limit of which the least is asked.")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="File for the schedule, as CSV."),
    ] = None,
    changes: Changes = None,
    seed: Seed = 1,
    effort: EffortOption = EffortName.quick,
    as_json: Json = False,
) -> None:
    """Find the least capital, or launch teams, with which what a case demands can be met.

    Ctrl-C ends it early and keeps the least that has been found.
    """
    loaded, panel = load_checked(case, changes or ())

    # Only now: what is at fault is said before the wait for the libraries of the search.
    from beachhead.files import write_atomic
    from beachhead.planning.least import find_least
    from beachhead.reporting.limits import describe_least

    with show_progress("the least that has been found") as show:
        found = find_least(
            loaded, panel, what.value, effort=effort.value, seed=seed,
            progress=lambda at: show(at.words, at.done, at.steps),
        )  # fmt: skip
    if found.status == "partial":
        print("Interrupted: keeping the least that has been found so far.", file=sys.stderr)
    if out is not None:
        write_atomic(out, found.schedule.to_csv(loaded, panel))
    print(found.to_json(loaded, panel) if as_json else describe_least(loaded, panel, found), end="")
