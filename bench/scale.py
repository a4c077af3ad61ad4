"""How the cost of an evaluation grows with the case: `python bench/scale.py`.

The bundled case with fewer of its markets, quarters or worlds. Schedules that enter one market in
nine, as its plan does, or every one are valued as the search values them; sizes take turns, and the
least of the rounds counts. On a processor the time is that of all its cores (so that other work
beside it does little harm), elsewhere it is by the clock.

`--plot FILE` draws it; `--plan` also plans the whole case as a user does: seconds and memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.planning.valuation import BATCH, Valuer
from beachhead.process import set_up
from beachhead.simulation import Beliefs
from beachhead.simulation.pack import HOME, Packed, pack
from beachhead.simulation.state import NEVER

ROUNDS, BATCHES = 7, 4
WHOLE = {"markets": 215, "quarters": 40, "worlds": 128}
SIZES = {"markets": (27, 54, 107, 215), "quarters": (10, 20, 40), "worlds": (32, 64, 128, 256)}
ASKED = {"markets": 1.5, "quarters": 1.0, "worlds": 1.0}
ENTERED = {"one in nine": 1 / 9, "every one": 1.0}


class Run(NamedTuple):
    """One size: what varies, its value, who is entered, and how to value the schedules once."""

    what: str
    size: int
    entered: str
    valuer: Valuer
    schedules: tuple[np.ndarray, np.ndarray]


def clock() -> float:
    """Seconds of all cores, or by the clock where the work is done elsewhere."""
    return time.process_time() if jax.default_backend() == "cpu" else time.perf_counter()


def prepare(markets: int, quarters: int, worlds: int) -> Valuer:
    """The bundled case cut to its most populous candidates."""
    case = Case.load("xiaomi-2013").model_copy(update={"quarters": quarters, "targets": ()})
    panel = load_panel(as_of=case.as_of)
    packed = pack(case, panel)
    order = np.argsort(-packed.problem.people[1:], kind="stable")[:markets]
    chosen = tuple(sorted(packed.markets[1 + row] for row in order))
    pool = {"candidates": chosen, "regions": (), "blocs": (), "exclude": ()}
    case = case.model_copy(update={"markets": case.markets.model_copy(update=pool)})
    packed = pack(case, panel)
    beliefs = Beliefs.from_prior(case, panel)
    return Valuer.prepare(case, packed, beliefs, worlds, 1, jnp.float32)


def draw_schedules(packed: Packed, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Schedules at random, axes (schedule, row), each with the same number of entries."""
    chance, count = np.random.default_rng(1), len(packed.markets)
    quarters, shape = packed.problem.teams.shape[0], (BATCH * BATCHES, packed.rows)
    ways = sum(mode != HOME for mode, _ in packed.options)
    option = np.zeros(shape, np.int32)
    option[:, :count] = chance.integers(0, ways, (shape[0], count))
    enter = np.full(shape, NEVER, np.int32)
    for row in enter:
        rows = 1 + chance.permutation(count - 1)[: max(1, round(share * (count - 1)))]
        row[rows] = chance.integers(4, quarters, rows.size)
    return enter, option


def lay_out() -> Iterator[Run]:
    """Every size, one thing varied at a time."""
    for what, sizes in SIZES.items():
        for size in sizes:
            valuer = prepare(**{**WHOLE, what: size})
            for entered, share in ENTERED.items():
                yield Run(what, size, entered, valuer, draw_schedules(valuer.packed, share))


def measure() -> dict[tuple[str, str], dict[int, float]]:
    """Milliseconds of an evaluation, by what varies and who is entered, then by size."""
    runs = list(lay_out())
    for run in runs:
        run.valuer.scores(*run.schedules)  # compiles
    found: dict[tuple[str, str], dict[int, float]] = {}
    for _ in range(ROUNDS):
        for run in runs:
            begin = clock()
            run.valuer.scores(*run.schedules)
            cost = 1e3 * (clock() - begin) / (BATCH * BATCHES)
            there = found.setdefault((run.what, run.entered), {})
            there[run.size] = min(cost, there.get(run.size, np.inf))
    return found


def slope(costs: dict[int, float]) -> float:
    """Power of the size with which the cost grows, by least squares of the logs."""
    return float(np.polyfit(np.log(list(costs)), np.log(list(costs.values())), 1)[0])


def draw(found: dict[tuple[str, str], dict[int, float]], path: Path) -> None:
    """A picture of the table, both axes logarithmic."""
    import altair as alt

    rows = [
        {"what": what, "entered": entered, "size": size, "ms": cost}
        for (what, entered), costs in found.items()
        for size, cost in costs.items()
    ]
    lines = [
        alt.Chart(alt.Data(values=[row for row in rows if row["what"] == what]), title=what)
        .mark_line(point=True)
        .encode(
            x=alt.X("size:Q", scale=alt.Scale(type="log", nice=False), title=what,
                    axis=alt.Axis(values=list(sizes), format="d")),
            y=alt.Y("ms:Q", scale=alt.Scale(type="log"), title="milliseconds an evaluation"),
            color=alt.Color("entered:N", title="markets entered",
                            scale=alt.Scale(range=["#0072b2", "#d55e00"])),
            strokeDash=alt.StrokeDash("entered:N", title="markets entered"),
        )
        .properties(width=220, height=220)
        for what, sizes in SIZES.items()
    ]  # fmt: skip
    alt.hconcat(*lines).configure(background="white").save(str(path))


def plan_whole() -> None:
    """Plan the bundled case as a user does; prints seconds by the clock and peak memory."""
    beachhead = Path(sys.executable).with_name("beachhead")
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [beachhead, "plan", "xiaomi-2013", "-o", f"{folder}/run"], stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
    if status:
        raise SystemExit("the plan failed")
    print(
        f"plan xiaomi-2013, standard: {seconds:.0f} s by the clock, "
        f"{used.ru_utime + used.ru_stime:.0f} s of all cores, {used.ru_maxrss / 2**20:.2f} GiB"
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--plot", type=Path, metavar="FILE")
    asked.add_argument("--plan", action="store_true")
    options = asked.parse_args()
    device = jax.devices()[0]
    print(f"{device.platform} {device.device_kind}, {os.cpu_count()} cores; {WHOLE}, one varied:")
    found = measure()
    for (what, entered), costs in found.items():
        told = "  ".join(f"{size}: {cost:.2f} ms" for size, cost in costs.items())
        print(f"{what:<9}{entered:<12}{told:<56} grows with the power {slope(costs):.2f}, "
              f"asked at most {ASKED[what]}")  # fmt: skip
    if options.plot:
        draw(found, options.plot)
    if options.plan:
        plan_whole()


if __name__ == "__main__":
    set_up()
    main()
