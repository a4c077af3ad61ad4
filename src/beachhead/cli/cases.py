"""Commands about cases: list them, write one, check one."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beachhead.cli.options import Changes, Json
from beachhead.errors import InputError, Problem

if TYPE_CHECKING:
    from beachhead.cases import Case
    from beachhead.data import Panel
    from beachhead.planning.plausibility import Plausibility


def list_cases(as_json: Json = False) -> None:
    """List the cases that come with the program."""
    from beachhead.cases import bundled_cases

    known = bundled_cases()
    if as_json:
        print(json.dumps(known, indent=2, ensure_ascii=False))
        return
    for name, title in known.items():
        print(f"{name:<16} {title}")


def new(
    name: Annotated[str, typer.Argument(help="Name of the case; the file is NAME.toml.")],
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Write a workbook, NAME.xlsx.")] = False,
) -> None:
    """Write a new case file to start from."""
    from beachhead.cases import Case, new_case, write_workbook
    from beachhead.files import write_atomic

    text, path = new_case(name), Path(f"{name}.xlsx" if xlsx else f"{name}.toml")
    if path.exists():
        raise InputError(Problem("the file is there already", str(path), "Choose another name."))
    if xlsx:
        write_workbook(Case.loads(text, path), path)
    else:
        write_atomic(path, text)
    print(f"Wrote {path}. Put your figures in it, then: beachhead plan {path}")


def check(
    case: Annotated[
        str | None,
        typer.Argument(metavar="CASE", help="A case file, or the name of a bundled case."),
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the format of a case as JSON Schema.")
    ] = False,
    changes: Changes = None,
    as_json: Json = False,
) -> None:
    """Say everything that is wrong with a case, and whether it is plausible."""
    if schema:
        from beachhead.cases.schema import write_schema

        print(json.dumps(write_schema(), indent=2, ensure_ascii=False))
        return
    if case is None:
        raise typer.BadParameter("name a CASE, or ask for --schema", param_hint="CASE")
    from beachhead.cases import overlay
    from beachhead.cases.reading import list_tables

    try:
        loaded, panel = load_checked(case, changes or ())
        _refuse_conflicts(loaded, panel)
    except InputError as error:
        if as_json:
            _print_check(error.problems, None)
        raise
    if not as_json:
        candidates = loaded.candidate_iso3(panel)
        first, last = loaded.quarter_label(0), loaded.quarter_label(loaded.quarters - 1)
        print(f"{loaded.name}: in order. {len(candidates)} candidates, {first} to {last}.")
        if own := len(loaded.markets.inputs):
            tables = list_tables(case)
            print(f"{own:,} own figures{f' (tables: {", ".join(tables)})' if tables else ''}.")
        print(textwrap.fill(overlay(loaded, panel).note, 100), flush=True)

    # Only now: what is at fault is said before the wait for the libraries of the simulation.
    from beachhead.planning.plausibility import gauge
    from beachhead.reporting.plausible import describe_plausibility

    answer = gauge(loaded, panel)
    if as_json:
        _print_check((), answer)
    else:
        print(f"\n{describe_plausibility(answer)}")
    if answer.verdict == "FAIL":
        raise typer.Exit(3)


def _refuse_conflicts(case: Case, panel: Panel) -> None:
    """Limits that cannot be kept together for want of people or time are an input at fault."""
    limits = case.limits
    if not (limits.must or limits.by or limits.fixed or case.targets or case.measures):
        return
    # Only where something is demanded is there anything to wait for.
    from beachhead.calibration import believe
    from beachhead.planning.conflicts import check_limits
    from beachhead.simulation.pack import pack

    beliefs = believe(case, panel)
    if problems := check_limits(case.resolve(panel), pack(case, panel), beliefs):
        raise InputError(*problems)


def _print_check(problems: Iterable[Problem], answer: Plausibility | None) -> None:
    found = {} if answer is None else {"verdict": answer.verdict, **asdict(answer)}
    listed = {"problems": [asdict(problem) for problem in problems]}
    print(json.dumps(listed | found, indent=2, ensure_ascii=False))


def load_checked(name: str, changes: Sequence[str] = ()) -> tuple[Case, Panel]:
    """A case without faults, changed as asked, and the figures published by its date.

    Raises
    ------
    InputError
        With everything that is wrong with the case.
    """
    from beachhead.cases import check_draft, read_draft
    from beachhead.data import load_panel
    from beachhead.screening import check_screening

    draft = read_draft(name, changes)
    panel = load_panel(as_of=draft.as_of)
    if problems := check_draft(draft, panel, check_screening):
        raise InputError(*problems)
    return draft.case, panel
