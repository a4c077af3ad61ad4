"""Speed of the kernel against NumPy: `python bench/kernel.py`.

Both value the same random schedules on the same worlds in the same precision. The kernel is called
as the search calls it: compiled, a batch of schedules over all worlds. NumPy takes one schedule at
a time over all worlds. Rounds alternate, and medians are compared. A second kernel values the same
markets with every mechanism at work, which NumPy's side does not know.
"""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy_model import columns, grow, simulate

from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.planning.valuation import round_up
from beachhead.process import set_up
from beachhead.simulation import Beliefs
from beachhead.simulation.compiling import compile_for_search
from beachhead.simulation.narrow import narrow
from beachhead.simulation.pack import HOME, Packed, draw_worlds, pack
from beachhead.simulation.rollout import Worlds, over_worlds
from beachhead.simulation.state import NEVER, Problem

# Value of the firm, value abroad (axes schedule, world) and change in cash by quarter.
type Worth = tuple[jax.Array, jax.Array, jax.Array]

MARKETS, WORLDS, SCHEDULES, BATCH, ROUNDS, NUMPY_SCHEDULES = 60, 128, 128, 32, 9, 4


# What the bundled case does not have, so that every mechanism is at work.
REST = """
[[components]]
name = "chipset"
share = 0.25
sources = [{country = "USA", share = 0.8}, {country = "TWN", share = 0.2}]

[[components]]
name = "display"
share = 0.2
sources = [{country = "KOR", share = 0.5}, {country = "JPN", share = 0.5}]

[[measures]]
name = "hiring"
changes = {teams = 1}

[[measures]]
name = "research"
markets = ["all", "home"]
changes = {"share.quality" = 0.1}

[[measures]]
name = "offices"
markets = ["IND", "RUS", "BRA"]
changes = {"entry.cost_factor" = 0.8, distance = 0.8}

[[measures]]
name = "second source"
sourcing = {component = "chipset", sources = [{country = "CHN", share = 1.0}]}

[[gates]]
name = "Spain first"
pilot = "ESP"
markets = ["DEU", "FRA", "ITA"]
units = [1e4, 1e5]
"""


def prepare(*, everything: bool = False) -> tuple[Case, Packed]:
    """The bundled case with its home and the most populous of its candidates.

    Without rules of markets and rivals by name, which NumPy's side does not know, or with these,
    components, measures and a gate.
    """
    case = Case.load("xiaomi-2013")
    if everything:
        text = case.to_toml()
        for empty in ("components", "measures", "gates"):
            text = text.replace(f"{empty} = []\n", "")
        case = Case.loads(text + REST)
    panel = load_panel(as_of=case.as_of)
    packed = pack(case, panel)
    order = np.argsort(-packed.problem.people[1:], kind="stable")[: MARKETS - 1]
    chosen = tuple(sorted(packed.markets[1 + row] for row in order))
    markets = case.markets.model_copy(
        update={"candidates": chosen, "regions": (), "blocs": (), "exclude": ()}
    )
    case = case.model_copy(update={"markets": markets})
    if not everything:
        firm = case.firm.model_copy(update={"rivals": ()})
        limits = case.limits.model_copy(update={"waived": ("all",)})
        case = case.model_copy(update={"firm": firm, "limits": limits})
    return case, pack(case, panel)


def random_schedules(packed: Packed) -> tuple[np.ndarray, np.ndarray]:
    """Entry quarters and options, axes (schedule, row); two rows in three are entered or begun."""
    chance = np.random.default_rng(1)
    quarters, markets = packed.problem.teams.shape[0], len(packed.markets)
    ways = sum(mode != HOME for mode, _ in packed.options)
    option = np.zeros((SCHEDULES, packed.rows), np.int32)
    option[:, :markets] = chance.integers(0, ways, (SCHEDULES, markets))
    ready = np.zeros(option.shape, np.int32)
    ready[:, :markets] = packed.problem.options.preparation[np.arange(markets), option[:, :markets]]
    enter = chance.integers(ready, quarters, dtype=np.int32)
    return np.where(chance.random(enter.shape) < 2 / 3, enter, NEVER).astype(np.int32), option


def make_kernel(case: Case, packed: Packed) -> tuple[Problem, Worlds, Callable[..., Worth]]:
    """The kernel as the search calls it, on worlds of a case: (enter, option) to what they bring.

    Markets are filled up to whole vectors, the widest of the processor.
    """
    worlds = draw_worlds(packed, Beliefs.from_prior(case), WORLDS, 1, jnp.float32)
    problem = packed.cast(jnp.float32)
    count = len(packed.markets)
    rows = jnp.minimum(jnp.arange(round_up(count)), count - 1)
    filled = narrow(problem, worlds, rows)

    def one(problem: Problem, worlds: Worlds, enter: jax.Array, option: jax.Array) -> Worth:
        outcome = over_worlds(problem, worlds, enter, option)
        return outcome.value.sum(axis=1), (outcome.value[:, 1:]).sum(axis=1), outcome.record

    def batch(problem: Problem, worlds: Worlds, enter: jax.Array, option: jax.Array) -> Worth:
        pairs = enter, option
        return jax.lax.map(lambda pair: one(problem, worlds, *pair), pairs, batch_size=BATCH)

    compiled = compile_for_search(batch)

    def many(enter: np.ndarray, option: np.ndarray) -> Worth:
        dates, ways = jnp.asarray(enter), jnp.asarray(option)
        when = jnp.where(jnp.arange(rows.size) < count, dates[:, rows], NEVER)
        when = jnp.concatenate([when, dates[:, count:]], axis=1)
        how = jnp.concatenate([ways[:, rows], ways[:, count:]], axis=1)
        return jax.block_until_ready(compiled(*filled, when, how))

    return problem, worlds, many


def compare(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Stop unless both give the same values abroad, axes (schedule, world), to float32's precision.

    A draw within rounding of its threshold may fall on either side, which moves one exit of a
    world: these worlds may differ, and have to be few.
    """
    apart = np.abs(ours - theirs) / np.abs(theirs).mean()
    exits = (apart > 1e-4).mean()
    print(f"same values: median difference {np.median(apart):.0e}, beyond 1e-4 in {exits:.2%}")
    if not (np.median(apart) < 1e-5 and exits < 0.01):
        raise SystemExit("the two do not compute the same")


def seconds(call: Callable[[], Any]) -> float:
    """Wall time of a call, after a pause in which the other side's threads come to rest, and a
    call that is not counted."""
    time.sleep(0.3)
    call()
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    case, packed = prepare()
    problem, worlds, many = make_kernel(case, packed)
    enter, option = random_schedules(packed)
    whole_case, whole = prepare(everything=True)
    _, _, many_whole = make_kernel(whole_case, whole)
    begins, ways = random_schedules(whole)

    arrays = jax.tree.map(np.asarray, problem)
    drawn = jax.tree.map(np.asarray, worlds)
    drawn = drawn._replace(parameters=columns(drawn.parameters))
    category = grow(arrays, drawn.parameters)

    print(
        f"{len(packed.markets)} markets x {problem.teams.shape[0]} quarters x {WORLDS} worlds, "
        f"{len(packed.options)} options, float32, {len(os.sched_getaffinity(0))} cores, "
        f"kernel: {SCHEDULES} schedules a call in batches of {BATCH}"
    )
    began = time.perf_counter()
    many(enter, option)
    compiled = time.perf_counter() - began
    ours = np.asarray(many(enter, option)[1], dtype=float)
    theirs = np.stack(
        [
            simulate(arrays, drawn, *pair)[0][:, 1:].sum(axis=1)
            for pair in zip(enter, option, strict=True)
        ]
    )
    compare(ours, theirs)

    def by_numpy(shared: Any) -> None:
        for row in range(NUMPY_SCHEDULES):
            simulate(arrays, drawn, enter[row], option[row], shared)

    names = ("kernel", "kernel, every mechanism", "NumPy", "NumPy, E1 once for all")
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        took = seconds(lambda: many(enter, option))
        times["kernel"].append(took / SCHEDULES)
        took = seconds(lambda: many_whole(begins, ways))
        times["kernel, every mechanism"].append(took / SCHEDULES)
        times["NumPy"].append(seconds(lambda: by_numpy(None)) / NUMPY_SCHEDULES)
        times["NumPy, E1 once for all"].append(
            seconds(lambda: by_numpy(category)) / NUMPY_SCHEDULES
        )
    kernel = statistics.median(times["kernel"])
    print(f"compiled in {compiled:.1f} s; per schedule, median (least) of {ROUNDS} rounds:")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(
            f"  {name:<24}{1e3 * median:8.2f} ms ({1e3 * min(taken):.2f})"
            f"{median / kernel:8.1f} times the kernel"
        )
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"memory of this process at its highest, NumPy's arrays included: {most:.2f} GiB")


if __name__ == "__main__":
    set_up()
    main()
