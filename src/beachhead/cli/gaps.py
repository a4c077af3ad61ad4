"""The command that says how far a plan may be from the best on other futures than its own."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from beachhead.cli.options import Json
from beachhead.cli.progress import show_progress


def gap(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    replications: Annotated[
        int, typer.Option(min=2, help="Sets of futures, independent of each other.")
    ] = 5,
    as_json: Json = False,
) -> None:
    """Say how much more the best schedule may be worth, on futures that the search did not see.

    Ctrl-C ends it early and keeps what has been found.
    """
    from beachhead.reporting.folder import read_stamp

    read_stamp(run)

    from beachhead.planning.replications import replicate
    from beachhead.reporting.run import read_run
    from beachhead.reporting.words import money, percent

    read = read_run(run)
    with show_progress("what has been found") as show:
        found = replicate(
            read.case, read.panel, read.plan, count=replications,
            progress=lambda done, count: show("proving", done, count),
        )  # fmt: skip
    if found.status == "partial":
        print("Interrupted: keeping what has been found so far.", file=sys.stderr)
    if as_json:
        print(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    unit = read.case.currency
    over = f", {percent(found.upper / found.adds)} of what expansion adds there" * (found.adds > 0)
    print(
        f"{found.case}: on {len(found.replications)} sets of {found.worlds} fresh futures the best "
        f"schedule is worth\nat most {money(found.mean, unit)} more than the plan on average; with "
        f"95 % confidence at most {money(found.upper, unit)} more\non all futures{over}.\n"
    )
    print(f"{'set':>5}{'J':>16}{'at home':>16}{'any other at most':>20}{'gap':>8}")
    for k, one in enumerate(found.replications, start=1):
        adds = one.objective - one.stay_home
        share = percent((one.bound - one.objective) / adds) if adds > 0 else "-"
        cells = (money(x, "") for x in (one.objective, one.stay_home))
        print(f"{k:>5}{''.join(f'{c:>16}' for c in cells)}{money(one.bound, ''):>20}{share:>8}")
