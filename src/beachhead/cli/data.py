"""Commands about the country figures: build or refresh the panel, show what it holds."""

from __future__ import annotations

import json
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beachhead.cli.options import Json
from beachhead.cli.progress import show_progress
from beachhead.errors import InputError, Problem

if TYPE_CHECKING:
    from beachhead.data import Figure, Panel, Series, Update

app = typer.Typer(help="Country figures: build, refresh and show them.", no_args_is_help=True)
_WIDTH = 100


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


@app.command("update")
def update(
    address: Annotated[
        str | None,
        typer.Option("--from", metavar="URL", help="Base address; the World Bank's if left out."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Where to; your data folder if left out."),
    ] = None,
) -> None:
    """Refresh the panel from the World Bank; if it fails, the old one stays as it was."""
    from beachhead import data
    from beachhead.data.location import find_folder
    from beachhead.data.worldbank import ADDRESS

    try:
        with show_progress("the old panel") as show:
            done = data.update(
                address or ADDRESS, out,
                progress=lambda asked, of, words: show(f"asking for {words}", asked, of),
            )  # fmt: skip
    except KeyboardInterrupt:
        print("Interrupted: the panel stays as it was.", file=sys.stderr)
        raise
    print(_summarise(done, data.load_panel(folder=done.folder)))
    print(f"\nWrote {done.folder}")
    if find_folder().resolve() == done.folder.resolve():
        print("It is in use from now on. To go back to the figures as shipped, delete that folder,")
        print("or set BEACHHEAD_PANEL=shipped in the environment.")
    else:
        print("To use it, set BEACHHEAD_PANEL in the environment to that folder.")


@app.command("show")
def show(
    market: Annotated[
        str | None, typer.Argument(help="Name or ISO code of a market; the panel if left out.")
    ] = None,
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
    if market is None:
        _show_panel(panel, as_json)
        return
    iso3 = panel.find(market)
    figures = [panel.figure(iso3, series.key, fallback=True) for series in panel.series]
    if as_json:
        print(json.dumps([vars(figure) for figure in figures], indent=2, ensure_ascii=False))
        return
    print(textwrap.fill(f"{panel.name(iso3)} ({iso3}). {panel.note}", _WIDTH) + "\n")
    for series, figure in zip(panel.series, figures, strict=True):
        print(_describe(series, figure))


def _describe(series: Series, figure: Figure) -> str:
    """Two lines: what and how much; year, status, and what there is to know, wrapped if long."""
    digits = ",.0f" if abs(figure.value or 0) >= 1e5 else ",.5g"
    value = "-" if figure.value is None else f"{figure.value:{digits}}"
    notes = "; ".join(filter(None, [figure.note, figure.source]))
    head = f"  {figure.year or '-':>4}  {figure.status:<8}  "
    below = textwrap.fill(
        f"[{series.key}] {notes}", _WIDTH, initial_indent=head, subsequent_indent=" " * len(head)
    )
    return f"{series.words:<43}{value:>18} {series.unit}\n{below}"


def _show_panel(panel: Panel, as_json: bool) -> None:
    """Which panel is in use, and how far each series goes."""
    from beachhead.data import measure
    from beachhead.data.location import find_folder

    folder = find_folder()
    reaches = {
        series.key: measure(panel.figures.filter(series=series.key)) for series in panel.series
    }
    if as_json:
        rows = [{"series": key, **vars(reach)} for key, reach in reaches.items()]
        told = {"folder": str(folder), "origin": panel.origin, "note": panel.note, "series": rows}
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    print(textwrap.fill(str(panel), _WIDTH))
    print(f"Folder: {folder}\n")
    print(f"{'series':<30}{'figures':>9}{'economies':>11}{'newest':>8}{'most have':>11}")
    for key, reach in reaches.items():
        years = f"{reach.newest or '-':>8}{reach.usual or '-':>11}"
        print(f"{key:<30}{reach.figures:>9,}{reach.economies:>11}{years}")
    print("\n`beachhead data show MARKET` shows the figures of a market.")


def _summarise(done: Update, panel: Panel) -> str:
    """What a refresh changed: a line a series, and what stays as it was."""
    from beachhead.data.update import group_kept

    fresh = [change for change in done.changes if not change.kept]
    lines = [
        f"Refreshed {len(fresh)} of {len(done.changes)} series from the World Bank. Before > now:",
        f"{'':<29}{'figures':>16}{'newest':>14}{'economies':>12}{'new':>8}{'changed':>9}{'gone':>7}",
    ]
    for change in fresh:
        old, now = change.before, change.after
        lines.append(
            f"{change.series:<29}{f'{old.figures:,} > {now.figures:,}':>16}"
            f"{f'{old.newest} > {now.newest}':>14}{f'{old.economies} > {now.economies}':>12}"
            f"{change.new:>8,}{change.changed:>9,}{change.gone:>7,}"
        )
    untouched = Counter(iso3 for change in fresh for iso3 in change.untouched)
    if untouched:
        named = [f"{panel.name(iso3)} ({n} series)" for iso3, n in untouched.most_common(8)]
        more = f" and {len(untouched) - 8} more" if len(untouched) > 8 else ""
        lines += _wrap(f"Not in the answers, so as before: {', '.join(named)}{more}.")
    for reason, keys in group_kept(done.changes):
        lines += _wrap(f"As before: {', '.join(keys)} ({reason}).")
    return "\n".join(lines)


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent="  ")


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
