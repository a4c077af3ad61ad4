"""The command that holds a plan of a past date against what happened."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beachhead.cli.cases import load_checked
from beachhead.cli.options import Changes, EffortName, EffortOption, Json, Seed
from beachhead.cli.progress import show_progress
from beachhead.errors import InputError, Problem

if TYPE_CHECKING:
    from beachhead.cases import Case
    from beachhead.data import Panel
    from beachhead.planning import Plan


def replay(
    case: Annotated[
        str | None,
        typer.Argument(
            metavar="CASE",
            help="A case of a past date; without one, --firm is planned from presets alone.",
        ),
    ] = None,
    entries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Which firm entered which market when, as a table."),
    ] = None,
    firms: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What the entries cover; firms.csv beside them if left out."
        ),
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What became of the firm: dated figures, as a table."),
    ] = None,
    firm: Annotated[
        str, typer.Option(help="Name of the firm in the entries; the case's if left out.")
    ] = "",
    as_of: Annotated[
        str,
        typer.Option(metavar="DATE", help="Without a CASE: last day of the year to plan from."),
    ] = "",
    run: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Take the plan of this run instead of planning."),
    ] = None,
    presets: Annotated[
        bool, typer.Option("--presets", help="Of the case only what is known in the first hour.")
    ] = False,
    sourced: Annotated[
        bool,
        typer.Option("--sourced", help="Of the case's own figures only those read in a source."),
    ] = False,
    largest: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Keep the N largest economies of the candidates."),
    ] = None,
    mechanisms: Annotated[
        bool, typer.Option("--mechanisms", help="Plan again with each mechanism off.")
    ] = False,
    changes: Changes = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FOLDER", help="Folder for replay.json and replay.md."),
    ] = None,
    seed: Seed = 1,
    effort: EffortOption = EffortName.quick,
    as_json: Json = False,
) -> None:
    """Plan a past date with what was known then, and hold the plan against what happened."""
    from beachhead.data import load_panel
    from beachhead.reporting.folder import claim_file

    if entries is None:
        raise typer.BadParameter("name the table of entries", param_hint="--entries")
    if (case is None) is not (as_of != ""):
        raise typer.BadParameter("name a CASE, or --firm and --as-of", param_hint="CASE")
    if case is None and (not firm or presets or sourced or run or changes):
        what = "without a CASE there are --firm and --as-of alone"
        raise typer.BadParameter(what, param_hint="CASE")
    if run is not None and (presets or sourced or largest or changes):
        raise typer.BadParameter("the plan of a run is made already", param_hint="--run")
    beside = entries.parent / "firms.csv"
    if firms is None and beside.is_file():
        firms = beside
    day = _read_day(as_of) if as_of else None
    loaded = None if case is None else load_checked(case, changes or ())
    panel = load_panel(as_of=day) if loaded is None else loaded[1]
    if out is not None:
        claim_file(out / "replay.json")

    from beachhead import evidence

    histories = evidence.read_histories(entries, panel, firms)
    told = () if facts is None else evidence.read_facts(facts)
    notes = tuple[str, ...]()
    if loaded is None:
        history = evidence.choose(histories, firm)
        drafted = evidence.draft(history, day or date.max, panel)
        asked, notes = drafted.case, drafted.guessed
    else:
        asked = loaded[0]
        history = evidence.choose(histories, firm or asked.firm.name)
        if presets:
            asked = evidence.strip(asked)
            notes = (
                "Of the case only firm, home, served markets, product, candidates, horizon, teams "
                "and capital were kept; all else is the preset's.",
            )
        elif sourced:
            before, asked = asked, evidence.keep_sourced(asked)
            left = len(before.markets.inputs) - len(asked.markets.inputs)
            notes = (f"Without {left} own figures of markets that are judgement or hindsight.",)
    if largest is not None:
        asked = evidence.narrow(asked, panel, largest)
        notes = (*notes, f"Candidates are the {largest} largest economies as published then.")

    # Only now: what can be at fault is said before the wait for the libraries of the search.
    from beachhead.evidence.replay import replay as hold
    from beachhead.files import write_atomic
    from beachhead.reporting.replay import describe_replay, write_markdown

    plan = None
    if run is not None:
        asked, panel, plan = _read_plan(run, asked)
    with show_progress("the best plan so far") as show:
        found = hold(
            asked, panel, history, told, plan=plan, effort=effort.value, seed=seed,
            mechanisms=mechanisms, notes=notes, progress=show,
        )  # fmt: skip
    if out is not None:
        write_atomic(out / "replay.json", found.to_json())
        write_atomic(out / "replay.md", write_markdown(found))
    print(found.to_json() if as_json else describe_replay(found), end="" if as_json else "\n")
    if out is not None and not as_json:
        print(f"\nWrote {out}")


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        fix = "Write it as in 2012-12-31."
        raise InputError(Problem(f"{text!r} is no day", "--as-of", fix)) from error


def _read_plan(run: Path, case: Case) -> tuple[Case, Panel, Plan]:
    """Case, figures and plan of a run.

    Raises
    ------
    InputError
        If it is no run, or one of another case.
    """
    from beachhead.reporting.run import read_run

    read = read_run(run)
    if read.case.name != case.name:
        what = f"a run of case {read.case.name!r}, not of {case.name!r}"
        raise InputError(Problem(what, str(run), "Name a run of this case."))
    return read.case, read.panel, read.plan
