"""The product's search against optimisers of others: `python bench/planning/compare.py`.

All value schedules with the same `Valuer` on the same worlds, after the same repair.
"""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from ours import ours, prepare
from peers import PEERS
from problem import Meter, Problem, Schedule, Spent, now

from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.planning.planner import SEARCH_WORLDS
from beachhead.process import set_up
from beachhead.simulation.compiling import make_room

CASES = Path(__file__).with_name("cases")
OURS = "beachhead"
LARGE = 40  # markets

Record = dict[str, Any]


def main(
    instances: Annotated[
        list[str] | None, typer.Option(help="names of cases/ or bundled ones; all of cases/")
    ] = None,
    seeds: Annotated[int, typer.Option(help="seeds 1, 2, ... of each optimiser")] = 5,
    evaluations: Annotated[int, typer.Option(help="schedules valued")] = 1_600,
    seconds: Annotated[
        float | None,
        typer.Option(help="peers have this time in place of evaluations; 0: as long as ours took"),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help=f"{OURS}, {', '.join(PEERS)}")] = None,
    starts: Annotated[str, typer.Option(help="of the peers: own, ours, or both")] = "both",
    out: Annotated[Path, typer.Option("-o", help="JSON lines; what is there is kept")] = Path(
        "bench.jsonl"
    ),
    table: Annotated[Path | None, typer.Option(help="print the table of this file")] = None,
) -> None:
    """Run optimisers on instances, or print the table of what was run."""
    if table is not None:
        print("\n".join(tabulate(read(table))))
        return
    names = instances or sorted(path.stem for path in CASES.glob("*.toml"))
    wanted = only or [OURS, *PEERS]
    begins = ["own", "ours"] if starts == "both" else [starts]
    there = read(out)
    for name in names:
        own, mine = None, [r for r in there if r["instance"] == name]
        for optimiser in wanted:
            for begin in begins if optimiser not in (OURS, "milp") else ["ours"]:
                for seed in range(1, 2 if optimiser == "milp" else seeds + 1):
                    key = {
                        "instance": name, "optimiser": optimiser, "starts": begin, "seed": seed,
                        "budget": evaluations,
                        "limit": None if optimiser in (OURS, "milp") else seconds,
                    }  # fmt: skip
                    if any(key.items() <= r.items() for r in mine):
                        continue
                    make_room()
                    own = own or load(name)
                    of_ours = [
                        r for r in mine if r["optimiser"] == OURS and r["budget"] == evaluations
                    ]
                    spent = [r["evaluations"] for r in of_ours if optimiser != OURS]
                    took = [r["seconds"] + r["preparing"] for r in of_ours]
                    if seconds == 0 and optimiser != OURS and not took:
                        raise typer.BadParameter(f"{OURS} has to run first, to say how long")
                    found = run(
                        own, optimiser, begin, seed,
                        # The last sweep of our search may overstep: nobody else has less than that.
                        evaluations=max([evaluations, *spent]),
                        seconds=statistics.median(took) if seconds == 0 and took else seconds,
                    )  # fmt: skip
                    mine.append(key | found)
                    with out.open("a") as file:
                        file.write(json.dumps(mine[-1]) + "\n")
                    print(describe(mine[-1]), flush=True)


def load(name: str) -> Problem:
    """An instance by name, made ready."""
    path = CASES / f"{name}.toml"
    case = Case.load(str(path) if path.exists() else name)
    return prepare(case, load_panel(as_of=case.as_of), SEARCH_WORLDS)


def run(
    problem: Problem,
    optimiser: str,
    begin: str,
    seed: int,
    *,
    evaluations: int,
    seconds: float | None,
) -> Record:
    """What one optimiser finds; a peer has `seconds` in place of `evaluations` where given.

    With own starts a peer has as much more of the budget as ours spent on finding its starts.
    """
    began = now()
    if optimiser == OURS:
        best, spent = ours(problem, seed, evaluations)
    else:
        starts: list[Schedule] = problem.starts if begin == "ours" else []
        if seconds is None:
            meter = Meter(problem, evaluations=evaluations + (0 if starts else problem.spent))
        else:
            meter = Meter(problem, seconds=seconds - (problem.seconds if starts else 0.0))
        try:
            PEERS[optimiser](problem, meter, starts, seed)
        except Spent:
            best, spent = meter.best, meter.spent
    took = now() - began
    score = problem.valuer.scores(best[0][None], best[1][None])
    markets = len(problem.valuer.packed.markets)
    return {
        "markets": int((problem.free < markets).sum()),
        "quarters": problem.quarters,
        "adds": float(score.fitness[0]) - problem.stay,
        "stay": problem.stay,
        "entries": problem.count_markets(best[0]),
        "keeps": bool(score.fitness[0] == score.objective[0]),
        "ruin": float(score.ruin[0]),
        "evaluations": spent,
        "preparing_evaluations": problem.spent if begin == "ours" else 0,
        "seconds": round(took, 2),
        "preparing": round(problem.seconds, 2) if begin == "ours" else 0.0,
    }


def describe(record: Record) -> str:
    """A line about one run."""
    return (
        f"{record['instance']:<24} {record['optimiser']:<26} starts {record['starts']:<5}"
        f"seed {record['seed']}  adds {record['adds']:12.5g}  {record['entries']:3d} entries"
        f"  {record['evaluations']:6d} evaluations  {record['seconds']:7.1f} s"
    )


def read(path: Path) -> list[Record]:
    """Records of a file, none where it is not there."""
    return [json.loads(line) for line in path.open()] if path.exists() else []


def tabulate(records: list[Record]) -> Iterator[str]:
    """Lines of the table: medians over seeds of what each optimiser adds to staying at home."""
    found: dict[str, dict[str, dict[str, list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    markets = {}
    for r in records:
        found[r["instance"]][r["optimiser"]][r["starts"]].append(r["adds"])
        markets[r["instance"]] = r["markets"]
    peers = [name for name in PEERS if any(name in by for by in found.values())]
    yield f"{'instance':<24}{'markets':>8}" + "".join(f"{n[:12]:>14}" for n in [OURS, *peers, "%"])
    over = {}
    for name in sorted(found, key=lambda name: markets[name]):
        by = found[name]
        # The better of its own starts and ours counts for a peer.
        medians = {
            optimiser: max(statistics.median(adds) for adds in runs.values())
            for optimiser, runs in by.items()
        }
        best = max((medians[peer] for peer in peers if peer in medians), default=np.nan)
        over[name] = 100.0 * (medians.get(OURS, np.nan) / best - 1.0)
        cells = [medians.get(column, np.nan) for column in [OURS, *peers]]
        yield (
            f"{name:<24}{markets[name]:>8}"
            + "".join(f"{'-' if np.isnan(cell) else f'{cell:.5g}':>14}" for cell in cells)
            + f"{over[name]:>14.2f}"
        )  # fmt: skip
    large = [over[name] for name in over if markets[name] >= LARGE]
    if large:
        yield f"median over {len(large)} instances of {LARGE} markets and more: " + (
            f"{statistics.median(large):+.2f} %"
        )


if __name__ == "__main__":
    set_up()
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
