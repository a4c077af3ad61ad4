"""Commands about cases: list them, write one, check one."""

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


def load_checked(name: str) -> tuple[Case, Panel]:
    """A case without faults, and the figures published by its date.

    Raises
    ------
    InputError
        With everything that is wrong with the case.
    """
    from beachhead.cases import Case, check_case
    from beachhead.data import load_panel
    from beachhead.screening import check_screening

    case = Case.load(name)
    panel = load_panel(as_of=case.as_of)
    found = [*check_case(case, panel, where=name), *check_screening(case, panel, where=name)]
    if problems := dict.fromkeys(found):  # both say so where a name is not known
        raise InputError(*problems)
    return case, panel
