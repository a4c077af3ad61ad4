"""What schedules are worth on sampled futures, and whether they keep the limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.cases import Case
from beachhead.mechanisms.value import objective
from beachhead.planning.limits import Limits, Setting, excess, read_limits
from beachhead.planning.targets import Targets, add_up, look, read_targets, shortfall
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.compiling import compile_for_search
from beachhead.simulation.narrow import narrow
from beachhead.simulation.pack import Packed, central_parameters, draw_worlds
from beachhead.simulation.people import use_of_teams
from beachhead.simulation.rollout import Worlds, change_in_cash, over_worlds, take_worlds
from beachhead.simulation.state import NEVER, Problem, Quarter

# Evaluations that share a call: enough to use both cores, few enough to stay in the cache.
BATCH = 16

PART = 128  # worlds that are simulated at a time


class Score(NamedTuple):
    """Worth of a schedule.

    `objective`: J. `ruin`: share of worlds in which cash falls below the floor. `excess`: how far
    limits other than cash are overstepped. `fitness`: J less a penalty for broken limits, by which
    the search compares. `short`: what is missing to the probabilities that targets demand.
    """

    objective: Any
    ruin: Any
    excess: Any
    fitness: Any
    short: Any


@dataclass(frozen=True)
class Account:
    """What a schedule brings on a set of worlds, money of the case.

    `score` as numbers; `values`, `low` (lowest cash) and `sales` within the horizon, axis world;
    `by_market` mean value,
    `paid` mean entry cost and `saved` what experience took off it, axis market. `measured`
    and `reached`: what each target measures and how far it is, see `targets.add_up`, axes (world,
    target).
    """

    score: Score
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    sales: NDArray[np.float64]
    by_market: NDArray[np.float64]
    paid: NDArray[np.float64]
    saved: NDArray[np.float64]
    measured: NDArray[np.float64]
    reached: NDArray[np.float64]


@dataclass(frozen=True)
class Valuer:
    """Values schedules of one case on one set of worlds.

    Attributes
    ----------
    packed : Packed
        The case as arrays with its labels.
    setting : Setting
        The arrays, in the precision of the valuation.
    tail : float
        Share of the worst worlds that CVaR averages.
    """

    packed: Packed
    setting: Setting
    tail: float

    @classmethod
    def prepare(
        cls,
        case: Case,
        packed: Packed,
        beliefs: Beliefs,
        worlds: int,
        seed: int,
        dtype: Any,
        *,
        told: bool = False,
    ) -> Valuer:
        """Draw the worlds and lay out the arrays.

        `dtype` float64 needs `jax.enable_x64()` around this and every use of the valuer. `told`:
        targets that are not demanded are looked at too.
        """
        limits, targets = read_limits(case, packed), read_targets(case, packed, told=told)

        def cast(value: Any) -> Array:
            return jnp.asarray(value, dtype if np.asarray(value).dtype.kind == "f" else None)

        setting = Setting(
            problem=packed.cast(dtype),
            worlds=draw_worlds(packed, beliefs, worlds, seed, dtype),
            limits=Limits(*map(cast, limits)),
            central=central_parameters(beliefs, len(packed.markets), dtype),
            aversion=jnp.asarray(case.risk.aversion, dtype),
            targets=None if targets is None else Targets(*map(cast, targets)),
        )
        return cls(packed, setting, case.risk.tail)

    @cached_property
    def parts(self) -> list[Worlds]:
        """The worlds, `PART` at a time: any number of them stays in the cache of the processor.

        And where it is a multiple of `PART`, one compilation serves all.
        """
        worlds = self.setting.worlds
        count = worlds.shocks.fate.shape[0]
        if count <= PART:
            return [worlds]
        return [take_worlds(worlds, begin, begin + PART) for begin in range(0, count, PART)]

    def scores(self, enter: NDArray[np.int32], option: NDArray[np.int32]) -> Score:
        """Scores of many schedules, axis schedule; `enter`, `option` axes (schedule, row)."""
        # Schedules of like length share a batch, so that the short ones need few slots.
        markets, quarters = len(self.packed.markets), self.setting.problem.teams.shape[0]
        entries = (np.asarray(enter)[:, :markets] < quarters).sum(axis=1)
        served = int((np.asarray(self.setting.problem.entered) < 0).sum())
        order = np.argsort(entries, kind="stable")
        # Weighing looks at no worlds, and would be compiled anew for each number of them.
        judged = self.setting._replace(worlds=None)  # type: ignore[arg-type]
        scored = []
        for batch in _batches(order):
            slots = pick_slots(served + int(entries[batch].max()), markets)
            chosen = jnp.asarray(enter[batch]), jnp.asarray(option[batch])
            found = [
                _simulator()(self.setting.problem, part, *chosen, self.setting.targets, slots)
                for part in self.parts
            ]
            scores = _weigh_many(judged, found, *chosen, self.tail)
            scored.append([np.asarray(field) for field in scores])
        joined = [np.concatenate(fields)[: order.size] for fields in zip(*scored, strict=True)]
        back = np.argsort(order, kind="stable")
        return Score(*[field[back] for field in joined])

    def keeps_chances(self, enter: NDArray[np.int32], option: NDArray[np.int32]) -> bool:
        """Whether a schedule keeps the accepted ruin and reaches the demanded targets here."""
        scores = self.scores(enter[None], option[None])
        ruin, short = float(scores.ruin[0]), float(scores.short[0])
        return ruin <= float(self.setting.limits.ruin) and short <= 0.0

    def judge(self, enter: NDArray[np.int32], option: NDArray[np.int32]) -> Account:
        """Full account of one schedule; `enter`, `option` axis row."""
        chosen = jnp.asarray(enter), jnp.asarray(option)
        parts = [
            _account(self.setting.problem, part, *chosen, self.setting.targets)
            for part in self.parts
        ]
        value, low, sales, paid, saved, measured, reached = (
            np.concatenate([np.asarray(part[k], dtype=np.float64) for part in parts])
            for k in range(7)
        )
        scored = _weigh(
            self.setting, jnp.asarray(value.sum(axis=1)), jnp.asarray(low), *chosen, self.tail,
            jnp.asarray(reached),
        )  # fmt: skip
        return Account(
            score=Score(*[float(field) for field in scored]),
            values=value.sum(axis=1),
            low=low,
            sales=sales,
            by_market=value.mean(axis=0),
            paid=paid.mean(axis=0),
            saved=saved.mean(axis=0),
            measured=measured,
            reached=reached,
        )

    def opening(self, enter: NDArray[np.int32], option: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Whether each gate of a case with gates opens, axes (world, gate)."""
        chosen = jnp.asarray(enter), jnp.asarray(option)
        return np.asarray(_opening(self.setting.problem, self.setting.worlds, *chosen))


def _cleared(quarter: Quarter) -> Array | None:
    return quarter.cleared


@jax.jit
def _opening(problem: Problem, worlds: Worlds, enter: Array, option: Array) -> Array:
    """Whether each gate opens, axes (world, gate)."""
    return over_worlds(problem, worlds, enter, option, record=_cleared).record[:, -1]


def round_up(needed: int) -> int:
    """Slots for so many markets: sixteens fill the processor's vectors."""
    return -(-needed // 16) * 16


def pick_slots(needed: int, markets: int) -> int:
    """Slots for `needed` of the markets: 32, 48, 64, 96 and so on, as each is compiled anew.

    All of them, unless a third is enough: what all schedules share is worked out once for a batch,
    which narrowing to each schedule's own markets forgoes.
    """
    slots = max(32, 1 << (needed - 1).bit_length())
    slots = slots * 3 // 4 if 32 < needed <= slots * 3 // 4 else slots
    return slots if slots * 3 <= markets else markets


class _Found(NamedTuple):
    """What a schedule brings on a part of the worlds.

    `value`, `low` (lowest cash), axis world; `reached` as in `Account`, None without targets;
    `fits`: whether there were slots for all its markets.
    """

    value: Array
    low: Array
    reached: Array | None
    fits: Array


def _simulate(
    problem: Problem,
    worlds: Worlds,
    enter: Array,
    option: Array,
    targets: Targets | None,
    slots: int,
) -> _Found:
    """One schedule; `enter`, `option` axis row.

    Where `slots` are few, only so many markets are simulated, those that are served or entered:
    the same for a fraction of the work.
    """
    markets, quarters = problem.people.shape[0], problem.teams.shape[0]
    here = (problem.entered < 0) | (enter[:markets] < quarters)
    narrows = slots < markets
    width = slots if narrows else round_up(markets)
    order = jnp.argsort(~here) if narrows else jnp.arange(markets)
    # Slots beyond the markets repeat the last one, which is no served one, as never entered.
    rows = order[jnp.minimum(jnp.arange(width), markets - 1)]
    when = jnp.where(jnp.arange(width) < markets, enter[rows], NEVER)
    # Measures are few and come along as they are.
    dates = jnp.concatenate([when, enter[markets:]])
    ways = jnp.concatenate([option[rows], option[markets:]])
    capital = problem.capital
    problem, worlds = narrow(problem, worlds, rows)
    if targets is None:
        outcome = over_worlds(problem, worlds, dates, ways)
        change, reached = outcome.record, None
    else:
        inside = jnp.where(jnp.arange(width) < markets, targets.where[:, rows], 0.0)
        targets = targets._replace(where=inside)
        outcome = over_worlds(problem, worlds, dates, ways, record=_with_targets(targets))
        change, reached = outcome.record[0], add_up(targets, outcome.record[1])[1]
    fits = here.sum() <= slots if narrows else jnp.ones((), bool)
    low = (capital + jnp.cumsum(change, axis=1)).min(axis=1)
    return _Found(outcome.value.sum(axis=1), low, reached, fits)


def _simulate_many(
    problem: Problem,
    worlds: Worlds,
    enter: Array,
    option: Array,
    targets: Targets | None,
    slots: int,
) -> _Found:
    """`_simulate` of many schedules, axis schedule of `enter`, `option` and of what is found."""
    return jax.vmap(lambda e, o: _simulate(problem, worlds, e, o, targets, slots))(enter, option)


@cache
def _simulator() -> Callable[..., _Found]:
    return compile_for_search(_simulate_many, ("slots",))


@partial(jax.jit, static_argnames="tail")
def _weigh_many(
    setting: Setting, parts: Sequence[_Found], enter: Array, option: Array, tail: float
) -> Score:
    """Scores from what was found on each part of the worlds, axis schedule.

    What had too few slots has fitness -inf.
    """

    def weigh(parts: Sequence[_Found], enter: Array, option: Array) -> Score:
        found = [part[:3] for part in parts]
        value, low, reached = jax.tree.map(lambda *of: jnp.concatenate(of), *found)
        worth = _weigh(setting, value, low, enter, option, tail, reached)
        return worth._replace(fitness=jnp.where(parts[0].fits, worth.fitness, -jnp.inf))

    return jax.vmap(weigh)(parts, enter, option)


@partial(jax.jit, static_argnames="tail")
def _weigh(
    setting: Setting,
    value: Array,
    low: Array,
    enter: Array,
    option: Array,
    tail: float,
    reached: Array | None,
) -> Score:
    """Score from the value, the lowest cash and how far targets are reached in each world."""
    short = jnp.maximum(setting.limits.floor - low, 0.0)
    ruin = (short > 0.0).mean()
    _, teams = use_of_teams(setting.problem, setting.central, enter, option)
    over = excess(setting.problem, setting.limits, teams, enter, option)
    worth = objective(value, setting.aversion, tail)
    # The worse, the farther from feasible, so that the search has a slope to follow. Where the
    # accepted ruin is passed, the shortfall counts.
    scale = jnp.abs(value).mean() + setting.problem.capital + 1.0
    too_risky = jnp.maximum(ruin - setting.limits.ruin, 0.0)
    steep = setting.steep
    penalty = scale * (over + steep * too_risky) + 10.0 * (too_risky > 0.0) * short.mean()
    missing = jnp.zeros(())
    if setting.targets is not None and reached is not None:
        missing, far = shortfall(setting.targets, reached)
        penalty += scale * (steep * missing + far)
    return Score(worth, ruin, over, worth - penalty, missing)


def _with_targets(targets: Targets) -> Callable[[Quarter], tuple[Array, Array]]:
    """Record for the search where there are targets."""
    return lambda quarter: (change_in_cash(quarter), look(targets, quarter))


def _entry_money(quarter: Quarter) -> tuple[Array, Array, Array]:
    """Record of the firm's change in cash, of entry costs and of what experience saved of them."""
    paid, saving = -quarter.ledger.opening, quarter.tied.saving
    return quarter.ledger.total().sum(), paid, paid * saving / (1.0 - saving)


@jax.jit
def _account(
    problem: Problem, worlds: Worlds, enter: Array, option: Array, targets: Targets | None
) -> tuple[Array, ...]:
    """By world: value of each market, lowest cash, sales, entry cost of each market and what was
    saved, what targets measure and how far they are reached.
    """

    def record(quarter: Quarter) -> Any:
        nothing = jnp.zeros(0)
        looked = nothing if targets is None else look(targets, quarter)
        return _entry_money(quarter), quarter.ledger.sales.sum(), looked

    outcome = over_worlds(problem, worlds, enter, option, record=record)
    (change, paid, saved), sales, looked = outcome.record
    low = (problem.capital + jnp.cumsum(change, axis=1)).min(axis=1)
    nothing = looked[:, 0]
    followed = (nothing, nothing) if targets is None else add_up(targets, looked)
    return outcome.value, low, sales.sum(axis=1), paid.sum(axis=1), saved.sum(axis=1), *followed


def _batches(order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Parts of equal length, the last one filled up, so that one compilation serves all."""
    filled = np.concatenate([order, np.repeat(order[-1:], -order.size % BATCH)])
    return list(filled.reshape(-1, BATCH))
