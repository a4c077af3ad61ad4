"""Commands that plan a case many times."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beachhead.cli.cases import load_beliefs, load_checked
from beachhead.cli.options import (
    BeliefsFile,
    CaseName,
    Changes,
    EffortName,
    EffortOption,
    Json,
    Seed,
)
from beachhead.cli.progress import show_progress

if TYPE_CHECKING:
    from beachhead.planning.many import Open, Report
    from beachhead.planning.pool import Answer

OutFile = Annotated[
    Path | None,
    typer.Option("-o", "--out", metavar="FILE", help="JSON file to write; none if left out."),
]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Plans made at once; the number of cores if left out."),
]
Cluster = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Scheduler of a Dask cluster that makes the plans."),
]


def pace(
    case: CaseName,
    launches: Annotated[
        str,
        typer.Option(metavar="N,N,...", help="Launches a year to allow, beside no limit."),
    ] = "",
    changes: Changes = None,
    out: OutFile = None,
    seed: Seed = 1,
    believed: BeliefsFile = None,
    effort: EffortOption = EffortName.quick,
    jobs: Jobs = None,
    cluster: Cluster = None,
    as_json: Json = False,
) -> None:
    """Say how many launches a year are worth making, and what haste costs.

    Ctrl-C ends it early and keeps what has been found.
    """
    from beachhead.reporting.folder import claim_file

    numbers = [int(n) for n in read_numbers("--launches", launches, whole=True)]
    loaded, panel = load_checked(case, changes or ())
    claim_file(out)
    beliefs = load_beliefs(believed, loaded, panel)

    from beachhead.planning.pace import find_pace
    from beachhead.reporting.many import describe_pace

    with _at_work(jobs, cluster) as (workers, report):
        found = find_pace(
            loaded, panel, beliefs, launches=numbers, effort=effort.value, seed=seed,
            workers=workers, progress=report,
        )  # fmt: skip
    _answer(found, out, as_json, lambda: describe_pace(loaded, found))


class ByName(StrEnum):
    """What a frontier is drawn against."""

    risk = "risk"
    capital = "capital"


def frontier(
    case: CaseName,
    by: Annotated[ByName, typer.Option(help="What to hold value against.")] = ByName.risk,
    at: Annotated[
        str,
        typer.Option(
            metavar="X,X,...", help="Aversions from 0 to 1, or multiples of the case's capital."
        ),
    ] = "",
    changes: Changes = None,
    out: OutFile = None,
    seed: Seed = 1,
    believed: BeliefsFile = None,
    effort: EffortOption = EffortName.quick,
    jobs: Jobs = None,
    cluster: Cluster = None,
    as_json: Json = False,
) -> None:
    """Say what value more or less risk, or capital, brings.

    Ctrl-C ends it early and keeps what has been found.
    """
    from beachhead.reporting.folder import claim_file

    places = read_numbers("--at", at, most=1.0 if by is ByName.risk else 1e9)
    loaded, panel = load_checked(case, changes or ())
    claim_file(out)
    beliefs = load_beliefs(believed, loaded, panel)

    from beachhead.planning.frontier import find_frontier
    from beachhead.reporting.many import describe_frontier

    with _at_work(jobs, cluster) as (workers, report):
        found = find_frontier(
            loaded, panel, beliefs, by=by.value, at=places, effort=effort.value, seed=seed,
            workers=workers, progress=report,
        )  # fmt: skip
    _answer(found, out, as_json, lambda: describe_frontier(loaded, found))


def robust(
    case: CaseName,
    draws: Annotated[int, typer.Option(min=2, help="Draws of the parameters.")] = 20,
    changes: Changes = None,
    out: OutFile = None,
    seed: Seed = 1,
    believed: BeliefsFile = None,
    effort: EffortOption = EffortName.quick,
    jobs: Jobs = None,
    cluster: Cluster = None,
    as_json: Json = False,
) -> None:
    """Say which plan suits whatever the parameters turn out to be.

    Ctrl-C ends it early and keeps what has been found.
    """
    from beachhead.reporting.folder import claim_file

    loaded, panel = load_checked(case, changes or ())
    claim_file(out)
    beliefs = load_beliefs(believed, loaded, panel)

    from beachhead.planning.robust import find_robust
    from beachhead.reporting.many import describe_robust

    with _at_work(jobs, cluster) as (workers, report):
        found = find_robust(
            loaded, panel, beliefs, draws=draws, effort=effort.value, seed=seed, workers=workers,
            progress=report,
        )  # fmt: skip
    _answer(found, out, as_json, lambda: describe_robust(loaded, panel, found))


class What(StrEnum):
    """Limits of which the least can be asked."""

    capital = "capital"
    teams = "teams"


def least(
    case: CaseName,
    what: Annotated[What, typer.Option("--for", help="The limit of which the least is asked.")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="File for the schedule, as CSV."),
    ] = None,
    changes: Changes = None,
    seed: Seed = 1,
    believed: BeliefsFile = None,
    effort: EffortOption = EffortName.quick,
    as_json: Json = False,
) -> None:
    """Find the least capital, or launch teams, with which what a case demands can be met.

    Ctrl-C ends it early and keeps the least that has been found.
    """
    loaded, panel = load_checked(case, changes or ())
    beliefs = load_beliefs(believed, loaded, panel)

    # Only now: what is at fault is said before the wait for the libraries of the search.
    from beachhead.files import write_atomic
    from beachhead.planning.least import find_least
    from beachhead.reporting.limits import describe_least

    with show_progress("the least that has been found") as show:
        found = find_least(
            loaded, panel, what.value, beliefs, effort=effort.value, seed=seed,
            progress=lambda at: show(at.words, at.done, at.steps),
        )  # fmt: skip
    if found.status == "partial":
        print("Interrupted: keeping the least that has been found so far.", file=sys.stderr)
    if out is not None:
        write_atomic(out, found.schedule.to_csv(loaded, panel))
    print(found.to_json(loaded, panel) if as_json else describe_least(loaded, panel, found), end="")


def read_numbers(option: str, text: str, *, whole: bool = False, most: float = 1e9) -> list[float]:
    """Numbers from 0 to `most` with commas between them.

    Raises
    ------
    InputError
        With each that is none.
    """
    from beachhead.errors import InputError, Problem

    numbers, problems = [], []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            number = float(part)
        except ValueError:
            number = -1.0
        if not 0.0 <= number <= most or (whole and number != int(number)):
            fix = f"Write {'whole numbers' if whole else 'numbers'} from 0 on, such as 1,2,4."
            fix = fix if most >= 1e9 else f"Write numbers from 0 to {most:g}, such as 0,0.5,1."
            problems.append(Problem(f"{part!r} is no such number", option, fix))
        numbers.append(number)
    if problems:
        raise InputError(*problems)
    return numbers


@contextmanager
def _at_work(jobs: int | None, cluster: str | None) -> Iterator[tuple[Open | None, Report]]:
    """Workers, and a bar that tells of the plans that they have made."""
    from beachhead.planning.many import open_workers

    with open_workers(jobs, cluster) as workers, show_progress("what has been found") as show:
        yield workers, lambda done, total: show("plans made", done, total)


def _answer(found: Answer, out: Path | None, as_json: bool, words: Callable[[], str]) -> None:
    from beachhead.files import write_atomic

    if found.status == "partial":
        print("Interrupted: keeping what has been found so far.", file=sys.stderr)
    if out is not None:
        write_atomic(out, found.to_json())
    print(found.to_json() if as_json else words(), end="" if as_json else "\n")
    if out is not None and not as_json:
        print(f"\nWrote {out}")
