"""Commands about cases: list them, write one, check one, screen its markets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beachhead.cli.options import CaseName, Json
from beachhead.errors import InputError, Problem

if TYPE_CHECKING:
    from beachhead.cases import Case
    from beachhead.data import Panel
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
) -> None:
    """Write a new case file to start from."""
    from beachhead.cases import new_case
    from beachhead.files import write_atomic

    text, path = new_case(name), Path(f"{name}.toml")
    if path.exists():
        raise InputError(Problem("the file is there already", str(path), "Choose another name."))
    write_atomic(path, text)
    print(f"Wrote {path}. Put your figures in it, then: beachhead plan {path}")


def check(case: CaseName) -> None:
    """Say everything that is wrong with a case, if anything."""
    loaded, panel = load_checked(case)
    candidates = loaded.candidate_iso3(panel)
    first, last = loaded.quarter_label(0), loaded.quarter_label(loaded.quarters - 1)
    print(f"{loaded.name}: in order. {len(candidates)} candidates, {first} to {last}.")
    print(panel.note)


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
    from beachhead.cases import Case, check_case
    from beachhead.data import load_panel

    case = Case.load(name)
    panel = load_panel(as_of=case.as_of)
    if problems := check_case(case, panel, where=name):
        raise InputError(*problems)
    return case, panel


def _print_ranking(ranking: Ranking, top: int) -> None:
    keys = [criterion.key for criterion in ranking.criteria]
    width = max(6, *(len(key) + 1 for key in keys)) if len(keys) < 5 else 7
    print(
        f"{'rank':>4}  {'market':<22}{'score':>6}{'cover':>7}"
        + "".join(f"{key[: width - 1]:>{width}}" for key in keys)
    )
    holes = []
    for row in ranking.table.head(top).iter_rows(named=True):
        rank = "-" if row["rank"] is None else row["rank"]
        score = "-" if row["score"] is None else f"{row['score']:.3f}"
        parts = ("-" if row[key] is None else f"{row[key]:.3f}" for key in keys)
        print(
            f"{rank:>4}  {row['name'][:21]:<22}{score:>6}{row['coverage']:>7.0%}"
            + "".join(f"{part:>{width}}" for part in parts)
        )
        if row["holes"]:
            holes.append(f"  {row['name']}: {row['holes']}")
    print(f"{ranking.table.height} candidates; a contribution is weight x worth, '-' no figure.")
    if holes:
        print("Holes:", *holes, sep="\n")
