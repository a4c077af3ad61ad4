"""The product's search against optimisers of others: `python bench/planning/compare.py`.

All value schedules with the same `Valuer` on the same worlds, after the same repair.
"""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
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
    only: Annotated[list[str] | None, typer.Option(help=f"{OURS}, {', '.join(PEERS)}")] = None,
    starts: Annotated[str, typer.Option(help="of the peers: own, ours, or both")] = "both",
    out: Annotated[Path, typer.Option("-o", help="JSON lines; what is there is kept")] = Path(
        "bench.jsonl"
    ),
    table: Annotated[Path | None, typer.Option(help="print the tables of this file")] = None,
) -> None:
    """Run optimisers on instances, or print the tables of what was run."""
    if table is not None:
        print("\n".join(tabulate(read(table))))
        return
    names = instances or sorted(path.stem for path in CASES.glob("*.toml"))
    wanted = [OURS, *(name for name in only or PEERS if name != OURS)]
    begins = ["own", "ours"] if starts == "both" else [starts]
    once = {OURS: ["ours"], "milp": ["own"]}
    there = read(out)
    for name in names:
        own, mine = None, [r for r in there if r["instance"] == name]
        for optimiser in wanted:
            for begin in once.get(optimiser, begins):
                for seed in range(1, 2 if optimiser == "milp" else seeds + 1):
                    key = {
                        "instance": name, "optimiser": optimiser, "starts": begin, "seed": seed,
                        "budget": evaluations,
                    }  # fmt: skip
                    if any(key.items() <= r.items() for r in mine):
                        continue
                    make_room()
                    own = own or load(name)
                    of_ours = [
                        r for r in mine if r["optimiser"] == OURS and r["budget"] == evaluations
                    ]
                    if optimiser == OURS:
                        found = run_ours(own, seed, evaluations)
                    else:
                        found = run_peer(
                            own, optimiser, begin, seed,
                            # The last sweep of our search may overstep: nobody has less than that.
                            evaluations=max(evaluations, *(r["evaluations"] for r in of_ours)),
                            seconds=statistics.median(
                                r["seconds"] + (r["preparing"] if begin == "own" else 0.0)
                                for r in of_ours
                            ),
                        )  # fmt: skip
                    mine.append(key | found)
                    with out.open("a") as file:
                        file.write(json.dumps(mine[-1]) + "\n")
                    print(describe(mine[-1]), flush=True)


def load(name: str) -> Problem:
    """An instance by name, made ready."""
    path = CASES / f"{name}.toml"
    case = Case.load(str(path) if path.exists() else name)
    panel = load_panel(as_of=case.as_of)
    # Peers find programs traced by what ours prepares: ours is timed once it finds them too.
    prepare(case, panel, SEARCH_WORLDS)
    return prepare(case, panel, SEARCH_WORLDS)


def run_ours(problem: Problem, seed: int, evaluations: int) -> Record:
    """What the product's search finds."""
    began = now()
    best, spent = ours(problem, seed, evaluations)
    took = now() - began
    score = problem.valuer.scores(best[0][None], best[1][None])
    adds = float(score.fitness[0]) - problem.stay
    return {
        "markets": count_candidates(problem), "quarters": problem.quarters, "stay": problem.stay,
        "adds": adds, "adds_timed": adds, "evaluations": spent, "evaluations_timed": spent,
        "entries": problem.count_markets(best[0]), "ruin": float(score.ruin[0]),
        "seconds": round(took, 2), "preparing": round(problem.seconds, 2),
    }  # fmt: skip


def run_peer(
    problem: Problem, optimiser: str, begin: str, seed: int, *, evaluations: int, seconds: float
) -> Record:
    """What a peer finds in so many evaluations, and in so many seconds.

    With own starts it has as many evaluations more as ours spent on finding its starts.
    """
    began = now()
    starts: list[Schedule] = problem.starts if begin == "ours" else []
    meter = Meter(problem, evaluations + (0 if starts else problem.spent), seconds)
    with suppress(Spent):
        PEERS[optimiser](problem, meter, starts, seed)
    return {
        "markets": count_candidates(problem), "quarters": problem.quarters, "stay": problem.stay,
        "adds": meter.best - problem.stay, "adds_timed": meter.best_timed - problem.stay,
        "evaluations": meter.spent, "evaluations_timed": meter.spent_timed,
        "seconds": round(now() - began, 2), "limit": round(meter.seconds, 2),
    }  # fmt: skip


def count_candidates(problem: Problem) -> int:
    """Markets that may be entered."""
    return int((problem.free < len(problem.valuer.packed.markets)).sum())


def describe(record: Record) -> str:
    """A line about one run."""
    return (
        f"{record['instance']:<24} {record['optimiser']:<26} starts {record['starts']:<5}"
        f"seed {record['seed']}  adds {record['adds']:12.5g}, timed {record['adds_timed']:12.5g}"
        f"  {record['evaluations']:6d} evaluations, timed {record['evaluations_timed']:6d}"
        f"  {record['seconds']:7.1f} s"
    )


def read(path: Path) -> list[Record]:
    """Records of a file, none where it is not there."""
    return [json.loads(line) for line in path.open()] if path.exists() else []


def tabulate(records: list[Record]) -> Iterator[str]:
    """Lines of the tables: medians over seeds of what each optimiser adds to staying at home."""
    for title, key in (("at equal evaluations", "adds"), ("at equal time", "adds_timed")):
        yield from [title, *tabulate_one(records, key), ""]


def tabulate_one(records: list[Record], key: str) -> Iterator[str]:
    """Lines of one table."""
    found: dict[str, dict[str, dict[str, list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    markets = {}
    for r in records:
        found[r["instance"]][r["optimiser"]][r["starts"]].append(r[key])
        markets[r["instance"]] = r["markets"]
    peers = [name for name in PEERS if any(name in by for by in found.values())]
    yield f"{'instance':<24}{'markets':>8}" + "".join(f"{n[:12]:>14}" for n in [OURS, *peers, "%"])
    over = {}
    for name in sorted(found, key=lambda name: (markets[name], name)):
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
