"""A stochastic search over entry quarter and option of every market.

A few schedules are improved side by side, each by annealed local moves to the best of several
neighbours; moves that have improved some of late are made more often, and now and then the worst
schedules are replaced by the best. What comes of it is polished by single changes, and it all
begins again from there, less hot. Every proposal is made to keep the limits before it is valued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from beachhead.planning.limits import NOBODY, keep_limits
from beachhead.planning.polish import Integers, Proposals, Tried, polish
from beachhead.planning.valuation import BATCH
from beachhead.simulation.state import NEVER, Gates
from beachhead.simulation.state import Problem as Arrays

CHAINS = (4, 8, BATCH)  # as many as there are starts; the more, the fewer neighbours each sees
ROUNDS, REHEAT = 3, 0.03  # of a search, and its later temperatures, of those of the first round
POLISH = 0.3  # part of each round kept for its end, see `search`
MOVES = 10  # kinds of moves, the last one of which needs a gate
MORE, OF_LATE = 4.0, 0.99  # how often a kind is made at most; what an iteration later still counts
UNSURE = 40.0  # moves of a kind, before which it is taken to improve as often as all do
TAKE_OVER = 16  # iterations after which the worst quarter of the chains starts from the best
EFFORT = {"quick": 1_600, "standard": 12_000, "thorough": 60_000}  # evaluations


class Chains(NamedTuple):
    """Schedules under improvement, axis chain, and the best one seen.

    `made` of late, and how many of these `improved` a schedule: moves of each kind, axis move.
    """

    enter: Array
    option: Array
    fitness: Array
    best_enter: Array
    best_option: Array
    best_fitness: Array
    made: Array
    improved: Array
    key: Array


@dataclass(frozen=True)
class Progress:
    """How far a search is: evaluations done and planned, best and stay-at-home objective.

    `bound`: on J of any schedule fixed in advance, as known before the search.
    """

    done: int
    budget: int
    best: float
    stay_home: float
    bound: float

    @property
    def gap(self) -> float:
        """(bound - best) over what expansion adds; infinite where it adds nothing."""
        adds = self.best - self.stay_home
        return (self.bound - self.best) / adds if adds > 0.0 else float("inf")


def search(
    tried: Tried,
    proposals: Proposals,
    starts: list[tuple[Integers, Integers]],
    *,
    budget: int,
    seed: int,
    spread: float,
    polishing: float = POLISH,
    report: Callable[[int, float], None] | None = None,
) -> tuple[Integers, Integers, int, bool]:
    """Improve on `starts` for `budget` evaluations.

    Parameters
    ----------
    tried : Tried
        Of the search's worlds; what the polish values is added.
    proposals : Proposals
        Where to look.
    starts : list of (enter, option)
        Schedules to start from, best first.
    budget : int
        Evaluations to spend, rounded up to whole batches.
    seed : int
        Of the search's own chance.
    spread : float
        Money over which chains differ at the start: the first temperature.
    polishing : float
        Part of the budget kept for trying every single change; without any, none is, and there is
        one round.
    report : callable, optional
        Called before the first batch and after each with evaluations done and the best fitness;
        what it raises as Ctrl-C does ends the search.

    Returns
    -------
    enter, option, evaluations, whole
        The best schedule found; evaluations spent; False where Ctrl-C ended the search.
    """
    rounds = ROUNDS if polishing > 0.0 else 1
    best, reached, total, whole = starts[0], -np.inf, 0, True
    try:
        for number in range(rounds):
            spent = total
            steps = _improve(
                tried, proposals, starts if number == 0 else [best],
                budget=(budget - spent) // (rounds - number),
                key=jax.random.fold_in(jax.random.key(seed), number),
                spread=spread if number == 0 else REHEAT * spread, polishing=polishing,
            )  # fmt: skip
            for enter, option, fitness, done in steps:
                total = spent + done
                if fitness > reached:
                    best, reached = (enter, option), fitness
                if report is not None:
                    report(min(total, budget), reached)
    except KeyboardInterrupt:
        whole = False
    return *best, total, whole


def _improve(
    tried: Tried,
    proposals: Proposals,
    starts: list[tuple[Integers, Integers]],
    *,
    budget: int,
    key: Array,
    spread: float,
    polishing: float,
) -> Iterator[tuple[Integers, Integers, float, int]]:
    """The best schedule so far with its fitness and evaluations spent, of one round of a search."""
    valuer = tried.valuer
    iterations = -(-(budget - int(polishing * budget)) // BATCH)
    chains_there = next((n for n in CHAINS if n >= len(starts)), CHAINS[-1])
    picked = [starts[k % len(starts)] for k in range(chains_there)]
    enter = np.stack([start[0] for start in picked])
    option = np.stack([start[1] for start in picked])
    first = valuer.scores(enter, option).fitness
    top = int(np.argmax(first))
    chains = Chains(
        jnp.asarray(enter), jnp.asarray(option), jnp.asarray(first),
        jnp.asarray(enter[top]), jnp.asarray(option[top]), jnp.asarray(first[top]),
        jnp.zeros(MOVES, first.dtype), jnp.zeros(MOVES, first.dtype), key,
    )  # fmt: skip
    best = enter[top], option[top]
    yield *best, float(first[top]), 0
    drawn = proposals._replace(paths=None)  # these are for the polish
    problem = valuer.setting.problem
    for step in range(iterations):
        turn, temperature = step % TAKE_OVER, spread * _cool(step / iterations)
        made = _look_around(problem, drawn, chains, jnp.asarray(turn))
        dates, ways, kinds, leaders = map(np.asarray, made)
        dates, ways = keep_limits(valuer.setting, dates, ways, leaders=leaders)
        fitness = valuer.scores(dates, ways).fitness
        chains = _go_on(chains, dates, ways, kinds, fitness, jnp.asarray(temperature, first.dtype))
        if turn + 1 == TAKE_OVER or step + 1 == iterations:
            chains = _take_over(chains)
        best = np.asarray(chains.best_enter), np.asarray(chains.best_option)
        yield *best, float(chains.best_fitness), (step + 1) * BATCH
    yield from polish(tried, proposals, *best, iterations * BATCH, budget)


def _cool(progress: float) -> float:
    """Temperature as a part of the first one: from 1 down to 1e-4."""
    return float(10.0 ** (-4.0 * progress))


def _neighbours(count: int) -> Array:
    """Which of `count` chains each of a batch of proposals is a neighbour of."""
    return jnp.arange(BATCH) % count


@jax.jit
def _look_around(
    problem: Arrays, proposals: Proposals, chains: Chains, turn: Array
) -> tuple[Array, Array, Array, Array]:
    """A batch of neighbours of the chains' schedules, as `_propose` makes each, axis proposal."""
    count = chains.fitness.size
    of = _neighbours(count)
    other = (of + 1 + turn % max(count - 1, 1)) % count
    keys = jax.random.split(jax.random.split(chains.key, 3)[1], BATCH)
    return jax.vmap(partial(_propose, problem, proposals, _favour(chains)))(
        keys, chains.enter[of], chains.option[of], chains.enter[other], chains.option[other]
    )


@jax.jit
def _go_on(
    chains: Chains, enter: Array, option: Array, kind: Array, fitness: Array, temperature: Array
) -> Chains:
    """Each chain at one of its neighbours, or where it was, with what came of a batch of them."""
    count = chains.fitness.size
    of = _neighbours(count)
    key, _, accept_key = jax.random.split(chains.key, 3)
    # Each chain looks at several neighbours; the colder it is, the surer it takes the best.
    luck = jax.random.gumbel(jax.random.fold_in(accept_key, 1), fitness.shape, fitness.dtype)
    made = jnp.zeros_like(chains.made).at[kind].add(1.0)
    gained = (fitness > chains.fitness[of]).astype(made.dtype)
    improved = jnp.zeros_like(made).at[kind].add(gained)
    drawn = (fitness + temperature * luck).reshape(-1, count)
    picked = drawn.argmax(axis=0) * count + jnp.arange(count)
    enter, option, fitness = enter[picked], option[picked], fitness[picked]
    chance = jax.random.exponential(accept_key, (count,), fitness.dtype)
    taken = fitness >= chains.fitness - temperature * chance
    moved = chains._replace(
        enter=jnp.where(taken[:, None], enter, chains.enter),
        option=jnp.where(taken[:, None], option, chains.option),
        fitness=jnp.where(taken, fitness, chains.fitness),
        made=OF_LATE * chains.made + made,
        improved=OF_LATE * chains.improved + improved,
        key=key,
    )
    top = moved.fitness.argmax()
    better = moved.fitness[top] > moved.best_fitness
    return moved._replace(
        best_enter=jnp.where(better, moved.enter[top], moved.best_enter),
        best_option=jnp.where(better, moved.option[top], moved.best_option),
        best_fitness=jnp.where(better, moved.fitness[top], moved.best_fitness),
    )


@jax.jit
def _take_over(chains: Chains) -> Chains:
    """The worst quarter of the chains where the best quarter is."""
    order = jnp.argsort(-chains.fitness)
    count = chains.fitness.size
    quarter = max(count // 4, 0 if count < 4 else 1)
    source = jnp.arange(count)
    if quarter:
        source = source.at[order[-quarter:]].set(order[:quarter])
    return chains._replace(
        enter=chains.enter[source],
        option=chains.option[source],
        fitness=chains.fitness[source],
    )


def _favour(chains: Chains) -> Array:
    """How much more often each kind of move is made, by how often it improves, axis move.

    Source: adaptive weights as in Ropke & Pisinger (2006), here of the moves of an annealer.
    """
    all_of_them = (chains.improved.sum() + 1.0) / (chains.made.sum() + 20.0)
    each = (chains.improved + UNSURE * all_of_them) / (chains.made + UNSURE)
    return jnp.clip(each / all_of_them, 1.0 / MORE, MORE)


def _propose(
    problem: Arrays,
    proposals: Proposals,
    favour: Array,
    key: Array,
    enter: Array,
    option: Array,
    other_enter: Array,
    other_option: Array,
) -> tuple[Array, Array, Array, Array]:
    """A neighbour of a schedule, before it is made to keep limits; kind and leader of its move.

    The leader is the market that is moved: it takes the teams that it needs, and the others give
    way.
    """
    quarters, _, count = proposals.way.shape
    rows = jnp.arange(count)
    kinds, entered_key, any_key, when, shift, way, cross = jax.random.split(key, 7)
    here = enter < quarters
    free = jnp.isfinite(proposals.row)
    inside = jnp.where(here & free, 0.0, -jnp.inf)
    # Where nothing is entered yet, what is done to an entered market is done to any.
    inside = jnp.where((here & free).any(), inside, proposals.row)
    one = jax.random.categorical(entered_key, inside)
    two = jax.random.categorical(way, inside)
    new = jax.random.categorical(any_key, proposals.row)
    step = jax.random.randint(shift, (), 1, 5) * jnp.where(
        jax.random.bernoulli(jax.random.fold_in(shift, 1)), 1, -1
    )
    quarter = jax.random.randint(when, (), 0, quarters, enter.dtype)
    chance = jax.random.gumbel(jax.random.fold_in(way, 1), proposals.way.shape[1:2])

    def way_at(quarter: Array, row: Array) -> Array:
        return (proposals.way[quarter, :, row] + chance).argmax().astype(option.dtype)

    def moved(row: Array) -> Array:
        return jnp.where(here, jnp.maximum(enter + step, 0), enter) * (rows == row) + enter * (
            rows != row
        )

    def put(row: Array, quarter: Array) -> tuple[Array, Array]:
        return enter.at[row].set(quarter), option.at[row].set(way_at(quarter, row))

    added = put(new, quarter)
    at_its_quarter = jnp.minimum(enter[one], quarters - 1)
    replaced = put(new, at_its_quarter)
    replaced = (
        jnp.where(rows == one, jnp.where(new == one, enter, NEVER), replaced[0]), replaced[1]
    )  # fmt: skip
    swapped = enter.at[one].set(enter[two]).at[two].set(enter[one])
    together = jnp.where(
        here & (proposals.region == proposals.region[one]), jnp.maximum(enter + step, 0), enter
    )
    take = jax.random.bernoulli(cross, 0.3, (count,))
    moves = [
        (moved(one), option),
        added,
        (jnp.where(rows == one, NEVER, enter), option),
        (enter, option.at[one].set(way_at(at_its_quarter, one))),
        (swapped, option),
        replaced,
        (together, option),
        (jnp.where(take, other_enter, enter), jnp.where(take, other_option, option)),
        put(one, quarter),
    ]
    chances = [0.25, 0.2, 0.07, 0.1, 0.1, 0.1, 0.05, 0.05, 0.08]
    leaders: list[Array | int] = [one, new, NOBODY, one, one, new, NOBODY, NOBODY, one]
    if problem.gates is not None:
        # A gate is used and one of those that wait entered behind it, the pilot before.
        gate, pilot, market = _pick_behind(problem.gates, proposals, jax.random.fold_in(any_key, 1))
        when, how = put(market, quarter)
        missing = when[pilot] >= quarters
        when = when.at[pilot].set(jnp.where(missing, 0, when[pilot])).at[gate].set(0)
        how = how.at[pilot].set(jnp.where(missing, way_at(quarter, pilot), how[pilot]))
        moves.append((when, how.at[gate].set(way_at(quarter, gate))))
        chances.append(0.15)
        leaders.append(NOBODY)
    kind = jax.random.categorical(kinds, jnp.log(jnp.array(chances) * favour[: len(chances)]))
    leader = jnp.stack([jnp.asarray(row) for row in leaders])[kind]
    enter = jnp.stack([e for e, _ in moves])[kind]
    option = jnp.stack([o for _, o in moves])[kind]
    return enter, option, kind, leader


def _pick_behind(gates: Gates, proposals: Proposals, key: Array) -> tuple[Array, Array, Array]:
    """Rows of a gate, of its pilot and of a market that waits for it."""
    count, markets = gates.waits.shape
    gate_key, market_key = jax.random.split(key)
    number = jax.random.categorical(gate_key, proposals.row[-count:])
    likely = jnp.where(gates.waits[number] > 0.0, proposals.row[:markets], -jnp.inf)
    market = jax.random.categorical(market_key, likely)
    return proposals.row.shape[0] - count + number, gates.pilot[number].argmax(), market
