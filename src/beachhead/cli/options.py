"""Arguments and options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class EffortName(StrEnum):
    """How many schedules the search may evaluate."""

    quick = "quick"
    standard = "standard"
    thorough = "thorough"


CaseName = Annotated[
    str,
    typer.Argument(metavar="CASE", help="A case file or workbook, or the name of a bundled case."),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a key of the case: limits.teams=2. May be repeated.",
    ),
]
RunFolder = Annotated[
    Path | None,
    typer.Option("-o", "--out", metavar="RUN", help="Run folder; runs/NAME if left out."),
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same answer.")]
EffortOption = Annotated[
    EffortName, typer.Option(help="How many schedules the search may evaluate.")
]
BeliefsFile = Annotated[
    Path | None,
    typer.Option(
        "--beliefs",
        metavar="FILE",
        help="Beliefs that 'calibrate' made of the firm's records; the priors if left out.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
