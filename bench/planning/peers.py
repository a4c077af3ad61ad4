"""Optimisers of others on the same problem: see the README for why these and how they are set.

Each takes a problem, a meter that values schedules until its budgets are spent, schedules to start
from (none: it finds its own), and a seed; what it found is in the meter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from milp import solve_relaxation
from numpy.typing import NDArray
from problem import Meter, Problem, Schedule, Spent

from beachhead.simulation.state import NEVER

BATCH = 16  # schedules that nevergrad is asked for at once
POPULATION = 64
CHANGES, ADDITIONS = 0.7, 0.5  # of a schedule by a mutation of pymoo's, on average


class Genes:
    """Schedules as vectors of integers: the dates of all free rows, then their options.

    A date of `quarters` or later is never. Options are numbers among those that the row allows.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem, self.never = problem, problem.quarters
        self.counts = np.array([ways.size for ways in problem.ways])
        self.widest = int(self.counts.max())
        self.table = np.stack([np.resize(ways, self.widest) for ways in problem.ways])

    def decode(self, genes: NDArray[np.integer]) -> Schedule:
        """Schedules, axes (schedule, row), from vectors, axes (schedule, gene)."""
        free, rows = self.problem.free, self.problem.valuer.packed.rows
        date, way = np.split(np.asarray(genes, dtype=np.int64), 2, axis=1)
        enter = np.full((len(date), rows), NEVER, dtype=np.int32)
        option = np.zeros_like(enter)
        enter[:, free] = np.where(date < self.never, date, NEVER)
        option[:, free] = self.table[np.arange(free.size), way]
        return enter, option

    def encode(self, enter: NDArray[np.int32], option: NDArray[np.int32]) -> NDArray[np.int64]:
        """Vectors, axes (schedule, gene), from schedules, axes (schedule, row)."""
        date = np.minimum(enter[:, self.problem.free], self.never)
        way = option[:, self.problem.free]
        found = (self.table[None] == way[:, :, None]).argmax(axis=2)
        return np.concatenate([date, found], axis=1).astype(np.int64)

    def sow(
        self, starts: list[Schedule], count: int, chance: np.random.Generator
    ) -> NDArray[np.int64]:
        """The starts, entering nowhere, and sparse schedules at random; axes (schedule, gene).

        Few entries and many are as likely. In half of them markets are chosen by their size.
        """
        free, rows = self.problem.free.size, self.problem.valuer.packed.rows
        clout = np.zeros(rows)
        markets = len(self.problem.valuer.packed.markets)
        clout[:markets] = np.asarray(self.problem.valuer.setting.problem.clout)[:markets]
        clout[markets:] = clout.max(initial=0.0)
        size = np.log(clout[self.problem.free] + 1e-9 * clout.max())
        date = np.full((count, free), self.never)
        way = chance.integers(0, self.counts, (count, free))
        for k in range(1, count):
            entries = int(np.exp(chance.uniform(0.0, np.log(free + 1.0))))
            weight = chance.gumbel(size=free) + (size if k % 2 else 0.0)
            chosen = np.argsort(-weight)[:entries]
            date[k, chosen] = chance.integers(0, self.never, chosen.size)
        sown = np.concatenate([date, way], axis=1)
        if starts:
            enter, option = (np.stack(part) for part in zip(*starts, strict=True))
            sown[: len(starts)] = self.encode(enter, option)
        return sown


def pymoo(problem: Problem, meter: Meter, starts: list[Schedule], seed: int) -> None:
    """The genetic algorithm of pymoo: markets change hands whole, and schedules stay sparse."""
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.core.mutation import Mutation
    from pymoo.core.problem import Problem as Minimised
    from pymoo.core.repair import Repair
    from pymoo.core.termination import NoTermination
    from pymoo.operators.crossover.ux import UniformCrossover
    from pymoo.optimize import minimize

    genes = Genes(problem)
    top = np.concatenate([np.full(genes.counts.size, genes.never), genes.counts - 1])

    class Schedules(Minimised):
        def __init__(self) -> None:
            super().__init__(n_var=top.size, n_obj=1, xl=0, xu=top, vtype=int)

        def _evaluate(self, x: Any, out: Any, *args: Any, **kwargs: Any) -> None:
            out["F"] = -meter(*genes.decode(x))

    class Keep(Repair):
        def _do(self, problem_: Any, x: Any, **kwargs: Any) -> Any:
            return genes.encode(*problem.repair(*genes.decode(x)))

    half = genes.counts.size

    class Exchange(UniformCrossover):
        """A market's date and option come from the same parent."""

        def _do(self, problem_: Any, x: Any, *args: Any, random_state: Any, **kwargs: Any) -> Any:
            other = np.tile(random_state.random((x.shape[1], half)) < 0.5, 2)
            return np.stack([np.where(other, x[1], x[0]), np.where(other, x[0], x[1])])

    class Redraw(Mutation):
        """Of a date: moved, drawn anew, or never; of an option: drawn anew."""

        def _do(self, problem_: Any, x: Any, *args: Any, random_state: Any, **kwargs: Any) -> Any:
            date, way = x[:, :half], x[:, half:]
            here = date < genes.never
            entries = np.maximum(here.sum(axis=1, keepdims=True), 1)
            rate = np.where(here, CHANGES / entries, ADDITIONS / half)
            moved = np.clip(date + random_state.integers(-4, 5, date.shape), 0, genes.never - 1)
            anew = random_state.integers(0, genes.never, date.shape)
            kind = random_state.random(date.shape)
            changed = np.where(kind < 0.4, moved, np.where(kind < 0.7, anew, genes.never))
            hit = random_state.random(date.shape) < rate
            date = np.where(hit, np.where(here, changed, anew), date)
            hit = random_state.random(way.shape) < rate
            way = np.where(hit, random_state.integers(0, genes.counts, way.shape), way)
            return np.concatenate([date, way], axis=1)

    chance = np.random.default_rng(seed)
    while True:  # where no new schedule is found the algorithm ends before its budget
        algorithm = GA(
            pop_size=POPULATION, sampling=genes.sow(starts, POPULATION, chance),
            crossover=Exchange(), mutation=Redraw(), repair=Keep(),
            eliminate_duplicates=True,
        )  # fmt: skip
        minimize(Schedules(), algorithm, NoTermination(), seed=int(chance.integers(2**31)))


def _nevergrad(name: str) -> Callable[[Problem, Meter, list[Schedule], int], None]:
    def run(problem: Problem, meter: Meter, starts: list[Schedule], seed: int) -> None:
        import nevergrad as ng

        genes = Genes(problem)
        count = genes.counts.size
        # Never is half of the scale, so that a schedule drawn at random is not full.
        space = ng.p.Tuple(
            ng.p.TransitionChoice(range(2 * genes.never), repetitions=count),
            ng.p.TransitionChoice(range(genes.widest), repetitions=count),
        )
        space.random_state.seed(seed)
        optimiser = ng.optimizers.registry[name](space, budget=meter.evaluations, num_workers=BATCH)
        sown = genes.sow(starts, 2 * BATCH, np.random.default_rng(seed))
        sown[:, :count] = np.where(
            sown[:, :count] == genes.never, genes.never + genes.never // 2, sown[:, :count]
        )
        for one in sown:
            optimiser.suggest((tuple(one[:count].tolist()), tuple(one[count:].tolist())))
        while True:
            asked = [optimiser.ask() for _ in range(BATCH)]
            fitness = meter(*genes.decode(np.array([np.concatenate(a.value) for a in asked])))
            for candidate, value in zip(asked, fitness.tolist(), strict=True):
                optimiser.tell(candidate, -value)

    return run


def milp(problem: Problem, meter: Meter, starts: list[Schedule], seed: int) -> None:
    """HiGHS on the markets as if each were alone, then the true value of what it chose."""
    schedules: Iterator[Schedule] = solve_relaxation(problem)
    for enter, option in schedules:
        meter(enter[None], option[None])
    raise Spent


PEERS: dict[str, Callable[[Problem, Meter, list[Schedule], int], None]] = {
    "pymoo": pymoo,
    "NGOpt": _nevergrad("NGOpt"),
    "DiscreteLenglerOnePlusOne": _nevergrad("DiscreteLenglerOnePlusOne"),
    "TwoPointsDE": _nevergrad("TwoPointsDE"),
    "milp": milp,
}
