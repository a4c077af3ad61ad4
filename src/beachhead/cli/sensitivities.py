"""The command that says what a plan hangs on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beachhead.cli.options import EffortName, EffortOption, Json

if TYPE_CHECKING:
    from beachhead.planning.sensitivity import Stage


def sensitivity(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    effort: EffortOption = EffortName.quick,
    as_json: Json = False,
) -> None:
    """Say what a plan hangs on: parameters, mechanisms, entry costs and margins.

    Ctrl-C ends it early and keeps what has been found.
    """
    from beachhead.reporting.folder import PICTURE, SENSITIVITY, read_stamp

    read_stamp(run)

    from beachhead.planning.sensitivity import probe
    from beachhead.reporting.run import read_run
    from beachhead.reporting.sensitivity import describe_sensitivity, write_sensitivity

    read = read_run(run)
    with _show_progress() as progress:
        found = probe(read.case, read.panel, read.plan, effort=effort.value, progress=progress)
    if found.status == "partial":
        print("Interrupted: keeping what has been found so far.", file=sys.stderr)
    write_sensitivity(run, read.case, found)
    if as_json:
        print((run / SENSITIVITY).read_text("utf-8"), end="")
    else:
        print(describe_sensitivity(read.case, read.panel, found))
        print(f"\nPicture: {run / PICTURE}")


@contextmanager
def _show_progress() -> Iterator[Callable[[Stage], None] | None]:
    """A bar on the terminal; nothing where nobody is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("step {task.completed} of at most {task.total}"),
        TextColumn("Ctrl-C keeps what has been found"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("preparing", total=1)
        yield lambda stage: bar.update(
            task, description=stage.words, total=stage.steps, completed=stage.done
        )
