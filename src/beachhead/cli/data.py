"""Commands about the country figures: build the panel, show what it holds of a market."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beachhead.cli.options import Json
from beachhead.errors import InputError, Problem

if TYPE_CHECKING:
    from beachhead.data import Panel

app = typer.Typer(help="Country figures: build the panel, show it.", no_args_is_help=True)


@app.command("build")
def build(
    source: Annotated[
        Path, typer.Option("--from", metavar="DIR", help="Folder with the source tables.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Where to; the package if left out."),
    ] = None,
) -> None:
    """Write the panel from source tables; the same tables give the same bytes."""
    from beachhead.data import build as build_panel
    from beachhead.data import load_panel

    folder = build_panel(source, out)
    print(f"Wrote {folder}")
    print(load_panel(folder=folder))


@app.command("show")
def show(
    market: Annotated[str, typer.Argument(help="Name or ISO code of a market.")],
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Only what was published by then, as YYYY-MM-DD."),
    ] = None,
    case: Annotated[
        str | None,
        typer.Option(metavar="CASE", help="As a case sees it: on its date, with its own figures."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show every figure of a market with its year, source and what stands in for holes."""
    from beachhead.data import load_panel

    panel = load_panel(as_of=as_of) if case is None else _load_seen(case, as_of)
    iso3 = panel.find(market)
    figures = [panel.figure(iso3, series.key, fallback=True) for series in panel.series]
    if as_json:
        print(json.dumps([vars(figure) for figure in figures], indent=2, ensure_ascii=False))
        return
    print(f"{panel.name(iso3)} ({iso3}). {panel.note}")
    for series, figure in zip(panel.series, figures, strict=True):
        digits = ",.0f" if abs(figure.value or 0) >= 1e5 else ",.5g"
        value = "no figure" if figure.value is None else f"{figure.value:{digits}} {series.unit}"
        print(f"\n{series.words} [{series.key}]\n  {value}")
        notes = [str(figure.year or ""), figure.status, figure.note, figure.source]
        print(f"  {'; '.join(filter(None, notes))}")


def _load_seen(case: str, as_of: str | None) -> Panel:
    """The panel as a case sees it.

    Raises
    ------
    InputError
        If the case is at fault, or another day is asked for than its own.
    """
    from beachhead.cases import overlay
    from beachhead.cli.cases import load_checked

    loaded, panel = load_checked(case)
    if as_of not in (None, loaded.as_of.isoformat()):
        what = f"as_of is {as_of}, but case {loaded.name!r} is of {loaded.as_of}"
        raise InputError(Problem(what, "--as-of", "Leave one of them out."))
    return overlay(loaded, panel)
