"""The commands that hold the program against what happened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from beachhead.cli.options import Json

app = typer.Typer(
    help="Hold the program against what happened.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def start() -> None:
    """Hold the program against what happened."""


@app.command("forecasts")
def forecasts(
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FOLDER", help="Write tables and forecasts there too."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Score forecasts of internet use, mobile phones and broadband from 2012, 2015 and 2018.

    Each uses what was known by then. Takes some minutes.
    """
    from beachhead.data import load_panel
    from beachhead.evidence.forecasts import mean_errors, score_forecasts
    from beachhead.files import write_atomic
    from beachhead.reporting.forecasts import describe_forecasts

    scores = score_forecasts(load_panel())
    told = describe_forecasts(scores)
    if out is not None:
        write_atomic(out / "forecasts.md", told)
        write_atomic(out / "forecasts.parquet", scores.errors.write_parquet)
    if as_json:
        series = scores.errors["series"].unique(maintain_order=True)
        tables = {name: mean_errors(scores, name).to_dicts() for name in series}
        print(json.dumps({"panel": scores.panel, "mean_errors": tables}, indent=2))
        return
    print(told)
