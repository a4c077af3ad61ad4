"""Commands that simulate: plan a case, simulate a given schedule, write a report again."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from beachhead.cli.cases import load_checked
from beachhead.cli.options import CaseName, Changes, EffortName, EffortOption, Json, RunFolder, Seed
from beachhead.cli.progress import show_progress
from beachhead.errors import InputError

if TYPE_CHECKING:
    from beachhead.cases import Case
    from beachhead.data import Panel
    from beachhead.planning.resume import Resumed
    from beachhead.planning.study import Stage

LATE = 1.1  # of a time limit, from which on it is said that it was not kept


def demo(effort: EffortOption = EffortName.standard) -> None:
    """Plan the bundled case xiaomi-2013."""
    plan("xiaomi-2013", effort=effort)


def plan(
    case: CaseName,
    changes: Changes = None,
    out: RunFolder = None,
    seed: Seed = 1,
    effort: EffortOption = EffortName.standard,
    as_json: Json = False,
    run: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="Go on from the plan of this run folder."),
    ] = None,
    as_of: Annotated[
        str, typer.Option(metavar="QUARTER", help="Quarter in which RUN is taken up: 2015Q1.")
    ] = "",
    actuals: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What has happened since, as a table.")
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(min=1.0, metavar="SECONDS", help="End the search in time for the command."),
    ] = None,
) -> None:
    """Find a schedule of entries, print it, and write the run folder.

    Ctrl-C ends the search early and keeps the best plan found so far.
    """
    began = perf_counter()
    from beachhead.cases.actuals import read_quarter
    from beachhead.reporting.folder import PLAN, REPORT, claim_folder, read_stamp

    if (run is None) is (as_of != "") or (run is None and actuals):
        raise typer.BadParameter("--from RUN and --as-of QUARTER belong together")
    label = read_quarter(as_of, "--as-of") if as_of else ""
    loaded, panel = load_checked(case, changes or ())
    name = "-".join(filter(None, [loaded.name, label]))
    folder = Path("runs") / name if out is None else out
    resumed = None
    if run is not None:
        read_stamp(run)
        resumed, panel = _take_up(loaded, panel, run, label, actuals)
        loaded = resumed.case
    claim_folder(folder)

    # Only now: what can be at fault is said before the wait for the libraries of the search.
    from beachhead import planning
    from beachhead.calibration import believe
    from beachhead.planning.planner import FRESH_SEED
    from beachhead.planning.why import explain_plan
    from beachhead.reporting.run import write_run
    from beachhead.reporting.text import describe
    from beachhead.screening import screen
    from beachhead.simulation import simulate

    ranking = screen(loaded, panel)
    beliefs = believe(loaded, panel)
    costs: list[planning.Effort] = []
    deadline = None if time_limit is None else planning.Deadline(began + time_limit)
    why = None
    with show_progress("the best plan so far") as show:
        found = planning.plan(
            loaded, panel, beliefs, effort=effort.value, seed=seed, record=costs.append,
            progress=lambda at: show(
                f"searching, J {at.best:.4g} of at most {at.bound:.4g}, gap {at.gap:.0%}",
                at.done, at.budget,
            ),
            also=resumed.rest if resumed and not resumed.rest.gates else None,
            deadline=deadline,
        )  # fmt: skip

        def look_into(at: Stage) -> None:
            show(at.words, at.done, at.steps)
            if deadline is not None:
                deadline.step()

        # Who breaks the search off does not wait for its grounds either.
        if found.status == "complete" and (deadline is None or deadline.allows(deadline.after)):
            why = explain_plan(loaded, panel, found, progress=look_into)
    if found.status == "partial":
        ended = "Out of time" if found.ended_by == planning.TIME_LIMIT else "Interrupted"
        print(f"{ended}: keeping the best plan found so far.", file=sys.stderr)
    # The worlds on which the plan was valued: every figure that is shown is of the same futures.
    futures = simulate(loaded, panel, beliefs, found.schedule, seed=seed + FRESH_SEED)
    against = None
    if resumed is not None:
        from beachhead.planning.against import weigh_changes

        against = weigh_changes(panel, found, resumed, str(run))
    write_run(folder, loaded, panel, ranking, found, futures, costs[0], against, why)
    if as_json:
        print((folder / PLAN).read_text("utf-8"), end="")
    else:
        print(describe(loaded, panel, found, futures, why))
        if against is not None:
            from beachhead.reporting.against import describe_against

            print(f"\n{describe_against(loaded, panel, against)}")
        print(f"\nReport: {folder / REPORT}")
    if time_limit is not None and (took := perf_counter() - began) > LATE * time_limit:
        what = f"It took {took:.0f} s: preparing and valuing a plan of this case takes that long."
        print(what, file=sys.stderr)


def _take_up(
    case: Case, panel: Panel, run: Path, label: str, actuals: Path | None
) -> tuple[Resumed, Panel]:
    """The case as it stands at a later date, and the figures published by then.

    Raises
    ------
    InputError
        With all that is wrong with run, date and actuals, or with the case that they make.
    """
    from beachhead.cases import Case, check_case
    from beachhead.cases.actuals import read_actuals
    from beachhead.data import load_panel
    from beachhead.planning.resume import resume
    from beachhead.reporting.run import read_run

    rows = () if actuals is None else read_actuals(actuals, case, panel)
    seen = [row for row in rows if row.quarter < label]
    if later := len(rows) - len(seen):
        print(f"Not looked at: {later} rows of {label} or later.", file=sys.stderr)
    old = read_run(run)
    resumed = resume(case, panel, old.case, old.plan.schedule, old.futures, seen, label)
    there = load_panel(as_of=resumed.case.as_of)
    made = Case.loads(resumed.case.to_toml(), f"{case.name} in {label}")
    if problems := check_case(made, there):
        raise InputError(*problems)
    return replace(resumed, case=made), there


def simulate(
    case: CaseName,
    schedule: Annotated[
        Path, typer.Option(metavar="FILE", help="Schedule as CSV, such as a run's schedule.csv.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="RUN", help="Folder to write; none if left out."),
    ] = None,
    changes: Changes = None,
    seed: Seed = 2,
    worlds: Annotated[int, typer.Option(min=1, help="Number of sampled futures.")] = 1024,
) -> None:
    """Print what a schedule of your own would bring."""
    from beachhead.cases import Schedule
    from beachhead.reporting.folder import claim_folder

    loaded, panel = load_checked(case, changes or ())
    given = Schedule.from_csv(schedule, loaded, panel)
    if out is not None:
        claim_folder(out)

    from beachhead import simulation
    from beachhead.calibration import believe
    from beachhead.planning import Effort
    from beachhead.reporting.run import write_simulation
    from beachhead.reporting.text import describe_futures

    begin = perf_counter()
    beliefs = believe(loaded, panel)
    futures = simulation.simulate(loaded, panel, beliefs, given, worlds=worlds, seed=seed)
    effort = Effort({"simulation": perf_counter() - begin}, evaluations=1)
    print(describe_futures(loaded, panel, given, futures))
    if out is not None:
        write_simulation(out, loaded, panel, given, futures, effort)
        print(f"\nWrote {out}")


def report(run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]) -> None:
    """Write the report of a run again, without planning; with what was asked of it since."""
    from beachhead.reporting.folder import REPORT, read_stamp

    read_stamp(run)

    from beachhead.reporting.run import read_run, write_report_again

    write_report_again(read_run(run))
    print(f"Wrote {run / REPORT}")
