"""Commands that ask something of the plan in a run folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from beachhead.cli.options import EffortName, EffortOption, Json
from beachhead.cli.progress import show_progress

if TYPE_CHECKING:
    from beachhead.planning.study import Stage
    from beachhead.reporting.run import Run

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]


class Found(Protocol):
    """What has been found about a plan; a file of its folder holds it."""

    @property
    def status(self) -> str:
        """'partial' where Ctrl-C ended it."""

    def to_json(self) -> str:
        """Text of the file."""


def sensitivity(
    run: RunFolder, effort: EffortOption = EffortName.quick, as_json: Json = False
) -> None:
    """Say what a plan hangs on: parameters, mechanisms, entry costs and margins.

    Ctrl-C ends it early and keeps what has been found.
    """
    from beachhead.reporting.folder import SENSITIVITY, read_stamp

    read_stamp(run)

    from beachhead.planning.sensitivity import probe
    from beachhead.reporting.sensitivity import describe_sensitivity

    _ask(
        run, SENSITIVITY,
        lambda of, report: probe(
            of.case, of.panel, of.plan, of.beliefs, effort=effort.value, progress=report
        ),
        lambda of, found: describe_sensitivity(of.case, of.panel, found),
        as_json,
    )  # fmt: skip


def limits(run: RunFolder, effort: EffortOption = EffortName.quick, as_json: Json = False) -> None:
    """Say what each limit of a plan costs: what the plan could bring without it, or with more.

    Ctrl-C ends it early and keeps what has been found.
    """
    from beachhead.reporting.folder import PRICES, read_stamp

    read_stamp(run)

    from beachhead.planning.prices import price_limits
    from beachhead.reporting.limits import describe_prices

    _ask(
        run, PRICES,
        lambda of, report: price_limits(
            of.case, of.panel, of.plan, of.beliefs, effort=effort.value, progress=report
        ),
        lambda of, found: describe_prices(of.case, found),
        as_json,
    )  # fmt: skip


def why(
    run: RunFolder,
    market: Annotated[
        str | None, typer.Argument(help="Name or ISO code of a market; the plan if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say why a market is in the plan or not, or what every market brings."""
    from beachhead.reporting.folder import WHY, read_stamp

    stamp = read_stamp(run)
    iso3 = ""
    if market is not None:
        from beachhead.data import load_panel

        iso3 = load_panel(as_of=stamp["panel_as_of"]).find(market)

    from beachhead.planning.planner import FRESH_WORLDS, SEARCH_WORLDS
    from beachhead.planning.why import explain_market, explain_plan
    from beachhead.reporting.run import read_run, read_why
    from beachhead.reporting.why import describe_market, describe_plan

    if not iso3:
        known = read_why(run)
        _ask(
            run, WHY,
            lambda of, report: explain_plan(
                of.case, of.panel, of.plan, of.beliefs, progress=report
            ),
            lambda of, found: describe_plan(of.case, of.plan, found, of.panel.names),
            as_json, known if known and known.status == "complete" else None,
        )  # fmt: skip
        return
    read = read_run(run)
    answer = explain_market(read.case, read.panel, read.plan, iso3, read.beliefs)
    if as_json:
        print(json.dumps(asdict(answer), indent=2, ensure_ascii=False))
    else:
        print(describe_market(read.case, answer, read.panel.names, FRESH_WORLDS, SEARCH_WORLDS))


def gap(
    run: RunFolder,
    replications: Annotated[
        int, typer.Option(min=2, help="Sets of futures, independent of each other.")
    ] = 5,
    as_json: Json = False,
) -> None:
    """Say how much more the best schedule may be worth, on futures that the search did not see.

    Ctrl-C ends it early and keeps what has been found.
    """
    from beachhead.reporting.folder import read_stamp

    read_stamp(run)

    from beachhead.planning.replications import replicate
    from beachhead.reporting.run import read_run
    from beachhead.reporting.words import money, percent

    read = read_run(run)
    with show_progress("what has been found") as show:
        found = replicate(
            read.case, read.panel, read.plan, read.beliefs, count=replications,
            progress=lambda done, count: show("proving", done, count),
        )  # fmt: skip
    if found.status == "partial":
        print("Interrupted: keeping what has been found so far.", file=sys.stderr)
    if as_json:
        print(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    unit = read.case.currency
    over = f", {percent(found.upper / found.adds)} of what expansion adds there" * (found.adds > 0)
    print(
        f"{found.case}: on {len(found.replications)} sets of {found.worlds} fresh futures the best "
        f"schedule is worth\nat most {money(found.mean, unit)} more than the plan on average; with "
        f"95 % confidence at most {money(found.upper, unit)} more\non all futures{over}.\n"
    )
    print(f"{'set':>5}{'J':>16}{'at home':>16}{'any other at most':>20}{'gap':>8}")
    for k, one in enumerate(found.replications, start=1):
        adds = one.objective - one.stay_home
        share = percent((one.bound - one.objective) / adds) if adds > 0 else "-"
        cells = (money(x, "") for x in (one.objective, one.stay_home))
        print(f"{k:>5}{''.join(f'{c:>16}' for c in cells)}{money(one.bound, ''):>20}{share:>8}")


def _ask[F: Found](
    run: Path,
    file: str,
    ask: Callable[[Run, Callable[[Stage], None]], F],
    describe: Callable[[Run, F], str],
    as_json: bool,
    known: F | None = None,
) -> None:
    """Ask, write what was found into the folder and its report, and print it.

    `known`: what the folder holds already, if that is all that there is to know.
    """
    from beachhead.files import write_atomic
    from beachhead.reporting.folder import REPORT
    from beachhead.reporting.run import read_run, write_report_again

    read, found = read_run(run), known
    if found is None:
        with show_progress("what has been found") as show:
            found = ask(read, lambda at: show(at.words, at.done, at.steps))
        if found.status == "partial":
            print("Interrupted: keeping what has been found so far.", file=sys.stderr)
        write_atomic(run / file, found.to_json())
        write_report_again(read)
    if as_json:
        print(found.to_json(), end="")
    else:
        print(describe(read, found))
        print(f"\nReport: {run / REPORT}")
