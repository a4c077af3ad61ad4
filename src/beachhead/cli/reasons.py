"""The command that says why a plan is as it is."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from beachhead.cli.options import Json
from beachhead.cli.progress import show_progress


def why(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    market: Annotated[
        str | None, typer.Argument(help="Name or ISO code of a market; the plan if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say why a market is in the plan or not, or what every market brings."""
    from beachhead.reporting.folder import REPORT, WHY, read_stamp

    stamp = read_stamp(run)
    iso3 = ""
    if market is not None:
        from beachhead.data import load_panel

        iso3 = load_panel(as_of=stamp["panel_as_of"]).find(market)

    from beachhead.files import write_atomic
    from beachhead.planning.planner import FRESH_WORLDS, SEARCH_WORLDS
    from beachhead.planning.why import explain_market, explain_plan
    from beachhead.reporting.run import read_run, read_why, write_report_again
    from beachhead.reporting.why import describe_market, describe_plan

    read = read_run(run)
    case, panel, plan = read.case, read.panel, read.plan
    names = dict(panel.markets.select("iso3", "name").iter_rows())
    if iso3:
        answer = explain_market(case, panel, plan, iso3)
        if as_json:
            print(json.dumps(asdict(answer), indent=2, ensure_ascii=False))
        else:
            print(describe_market(case, answer, names, FRESH_WORLDS, SEARCH_WORLDS))
        return
    found = read_why(run)
    if found is None or found.status == "partial":
        with show_progress("what has been found") as show:
            found = explain_plan(
                case, panel, plan, progress=lambda at: show(at.words, at.done, at.steps)
            )
        if found.status == "partial":
            print("Interrupted: keeping what has been found so far.", file=sys.stderr)
        write_atomic(run / WHY, found.to_json())
        write_report_again(read)
    if as_json:
        print((run / WHY).read_text("utf-8"), end="")
    else:
        print(describe_plan(case, plan, found, names))
        print(f"\nReport: {run / REPORT}")
