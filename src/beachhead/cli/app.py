"""The program `beachhead`: its commands in the order in which a user meets them."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated

import typer

from beachhead._version import __version__
from beachhead.cli import (
    asking,
    calibrating,
    cases,
    data,
    distances,
    evidence,
    explaining,
    many,
    plans,
    precedents,
    replays,
    screening,
    serving,
    tracking,
)
from beachhead.errors import InputError
from beachhead.files import FULL
from beachhead.process import set_up

app = typer.Typer(
    name="beachhead",
    help="Which markets to enter, in what order, how fast and how.",
    epilog="Exit status: 0 done, 1 the input is at fault, 2 wrong usage, 3 a check says FAIL.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help appears twice as fast
)


def _show_version(asked: bool) -> None:
    if asked:
        print(f"beachhead {__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Which markets to enter, in what order, how fast and how."""


app.command("demo")(plans.demo)
app.command("cases")(cases.list_cases)
app.command("new")(cases.new)
app.command("check")(cases.check)
app.command("screen")(screening.screen)
app.command("calibrate")(calibrating.calibrate)
app.command("plan")(plans.plan)
app.command("simulate")(plans.simulate)
app.command("report")(plans.report)
app.command("sensitivity")(asking.sensitivity)
app.command("gap")(asking.gap)
app.command("limits")(asking.limits)
app.command("least")(many.least)
app.command("why")(asking.why)
app.command("track")(tracking.track)
app.command("pace")(many.pace)
app.command("frontier")(many.frontier)
app.command("robust")(many.robust)
app.command("replay")(replays.replay)
app.command("serve")(serving.serve)
app.command("explain")(explaining.explain)
data.app.command("distance")(distances.distance)
app.add_typer(precedents.app, name="precedents")
app.add_typer(data.app, name="data")
app.add_typer(evidence.app, name="evidence")


def main() -> None:
    """Run the program on the command line's arguments, and exit."""
    set_up()
    if hasattr(signal, "SIGPIPE"):  # a reader that has seen enough, such as head, is no fault
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except InputError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.errno not in FULL:
            raise
        print(f"error: the output cannot be written: {error.strerror}", file=sys.stderr)
        # What is still held back cannot be written either, and must not be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
