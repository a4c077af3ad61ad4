"""Commands about cases: list them, write one, check one, screen its markets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beachhead.cli.options import CaseName, Json
from beachhead.errors import InputError, Problem

if TYPE_CHECKING:
    from beachhead.cases import Case
    from beachhead.data import Panel
    from beachhead.planning.plausibility import Plausibility
    from beachhead.screening import Ranking


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
        loaded, panel = load_checked(case)
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
        print(overlay(loaded, panel).note, flush=True)

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


def _print_check(problems: Iterable[Problem], answer: Plausibility | None) -> None:
    found = {} if answer is None else {"verdict": answer.verdict, **asdict(answer)}
    listed = {"problems": [asdict(problem) for problem in problems]}
    print(json.dumps(listed | found, indent=2, ensure_ascii=False))


def screen(
    case: CaseName,
    top: Annotated[
        int | None, typer.Option(min=1, help="How many to show; 25 if left out, all in JSON.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Rank the candidates by criteria, and show every hole."""
    from beachhead.screening import screen

    ranking = screen(*load_checked(case))
    if as_json:
        table = ranking.table if top is None else ranking.table.head(top)
        print(json.dumps(table.to_dicts(), indent=2, ensure_ascii=False))
        return
    _print_ranking(ranking, top or 25)


def load_checked(name: str) -> tuple[Case, Panel]:
    """A case without faults, and the figures published by its date.

    Raises
    ------
    InputError
        With everything that is wrong with the case.
    """
    from beachhead.cases import check_draft, read_draft
    from beachhead.data import load_panel
    from beachhead.screening import check_weights

    draft = read_draft(name)
    panel = load_panel(as_of=draft.as_of)
    if problems := check_draft(draft, panel, check_weights):
        raise InputError(*problems)
    return draft.case, panel


def _print_ranking(ranking: Ranking, top: int) -> None:
    keys = [criterion.key for criterion in ranking.criteria]
    # A narrow column holds a name in two lines: at its underscore, or after six letters.
    heads = [key.split("_", 1) if "_" in key else (key[:6], key[6:]) for key in keys]
    print(" " * 37 + "".join(f"{first[:6]:>7}" for first, _ in heads))
    print(
        f"{'rank':>4}  {'market':<19}{'score':>6}{'cover':>6}"
        + "".join(f"{second[:6]:>7}" for _, second in heads)
    )
    shown = ranking.table.head(top).to_dicts()
    for row in shown:
        rank = "-" if row["rank"] is None else row["rank"]
        cells = ["-" if row[key] is None else f"{row[key]:.3f}" for key in ("score", *keys)]
        score, *parts = cells
        print(
            f"{rank:>4}  {row['name'][:18]:<19}{score:>6}{row['coverage']:>6.0%}"
            + "".join(f"{part:>7}" for part in parts)
        )
    print(f"{ranking.table.height} candidates; a contribution is weight x worth, '-' no figure.")
    holes = [f"  {row['name']}: {row['holes']}" for row in shown if row["holes"]]
    if holes:
        print("Holes:", *holes, sep="\n")
    own = [f"  {row['name']}: {row['own']}" for row in shown if row["own"]]
    if own:
        print("Own figures:", *own, sep="\n")
