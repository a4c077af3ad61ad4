"""What single markets would bring if each were the only one to be entered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.mechanisms.value import objective
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.narrow import narrow
from beachhead.simulation.pack import Packed, draw_worlds, pack
from beachhead.simulation.rollout import Worlds, over_worlds
from beachhead.simulation.state import NEVER, Problem, Quarter

HORIZON = 40  # quarters, whatever the case's own horizon: long enough to see the money come back
YEARS = (1, 3, 5)
BATCH = 8  # schedules simulated together

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Present:
    """A market in which the firm sells already: its units of the last year, and the category's.

    `category` is what the model makes the whole category sell there in the coming year.
    """

    iso3: str
    name: str
    units: float
    category: float


@dataclass(frozen=True)
class AloneYear:
    """A market in one year after its entry, means over worlds, money of the case.

    `category` units of all brands in that year, `per_100` the same for 100 people of today;
    `units`, `share` ours; `cost` all that opening, running and advertising have taken by its end;
    `part` of the firm's sales of that year that are made there.
    """

    year: int
    category: float
    per_100: float
    units: float
    share: float
    cost: float
    part: float


@dataclass(frozen=True)
class Newcomer:
    """A market entered alone, as early as its mode allows, in the way that is best for it.

    `enter` label of the quarter; `opening` cost of opening, over all worlds; `payback` years from
    entry until all money spent there has come back, mean over worlds, or None if not within
    `within` years; `gain` what the entry adds to the objective; `ruin` share of worlds in which
    cash falls below the floor.
    """

    iso3: str
    name: str
    mode: str
    localisation: float
    enter: str
    opening: float
    payback: float | None
    within: float
    gain: float
    ruin: float
    years: tuple[AloneYear, ...]


class Flows(NamedTuple):
    """What is kept of a quarter, axis market."""

    category: Array
    units: Array
    sales: Array
    opening: Array
    presence: Array
    change: Array


def _flows(quarter: Quarter) -> Flows:
    ledger = quarter.ledger
    return Flows(
        quarter.category,
        quarter.units,
        ledger.sales,
        ledger.opening,
        ledger.running + ledger.advertising,
        quarter.change,
    )


def enter_alone(
    case: Case, panel: Panel, beliefs: Beliefs, *, most: int = 5, worlds: int = 128, seed: int = 1
) -> tuple[tuple[Present, ...], tuple[Newcomer, ...]]:
    """Simulate the largest candidates one by one, nothing else entered, over ten years.

    Every mode and level of localisation that the case allows is tried, each at the earliest
    quarter that its preparation and the rules there allow. Best is the largest objective among
    those that keep the accepted ruin, or the least ruin where none does.

    Parameters
    ----------
    case, panel, beliefs : Case, Panel, Beliefs
        The question, country data as of its date, and what is believed of the parameters.
    most : int
        Number of candidates, by the people who could use and afford the product.
    worlds, seed : int
        Sampled futures.

    Returns
    -------
    present : tuple of Present
        Home and served markets.
    newcomers : tuple of Newcomer
        The largest first.

    Raises
    ------
    InputError
        If the case names what does not exist.
    """
    case = case.resolve(panel).model_copy(update={"quarters": HORIZON})
    packed = pack(case, panel)
    potential = packed.facts.potential
    open_to = np.flatnonzero(packed.problem.options.allowed.any(axis=1))
    largest = open_to[np.argsort(-potential[open_to], kind="stable")][:most]
    rows = np.concatenate([np.flatnonzero(packed.problem.entered < 0), largest])
    with jax.enable_x64(True):
        drawn = draw_worlds(packed, beliefs, worlds, seed, jnp.float64)
        problem, drawn = narrow(packed.cast(jnp.float64), drawn, jnp.asarray(rows))
        enter, option = _each_way(packed, rows, largest.size)
        worth, low, flows = jax.tree.map(
            np.asarray,
            _run(
                problem, drawn, jnp.asarray(enter), jnp.asarray(option), case.risk.aversion,
                case.risk.tail,
            ),
        )  # fmt: skip
    ruin = (low < case.limits.cash_floor).mean(axis=1)
    # The first schedule enters nowhere.
    present = _list_present(packed, rows, jax.tree.map(lambda leaf: leaf[0], flows))
    newcomers = []
    tried = np.flatnonzero(enter.min(axis=1) < HORIZON)
    for place in range(rows.size - largest.size, rows.size):
        own = tried[enter[tried, place] < HORIZON]
        kept = own[ruin[own] <= case.limits.ruin]
        best = kept[worth[kept].argmax()] if kept.size else own[ruin[own].argmin()]
        newcomers.append(
            _follow(
                case, packed, int(rows[place]), place, int(enter[best, place]),
                int(option[best, place]), jax.tree.map(lambda leaf, k=best: leaf[k], flows),
                worth[best] - worth[0], ruin[best],
            )
        )  # fmt: skip
    return present, tuple(newcomers)


def _each_way(
    packed: Packed, rows: NDArray[np.intp], candidates: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Schedules, axes (schedule, row): none, then each candidate in each way open to it."""
    ways = packed.problem.options
    schedules = [(-1, 0, NEVER)]
    for place in range(rows.size - candidates, rows.size):
        for way in np.flatnonzero(ways.allowed[rows[place]]).tolist():
            schedules.append((place, way, int(packed.soonest[rows[place], way])))
    # Whole batches, so that no second program is compiled for what is left over.
    schedules += [(-1, 0, NEVER)] * (-len(schedules) % BATCH)
    enter = np.full((len(schedules), rows.size), NEVER, dtype=np.int32)
    option = np.zeros_like(enter)
    for number, (place, way, quarter) in enumerate(schedules):
        if place >= 0:
            enter[number, place], option[number, place] = quarter, way
    return enter, option


@partial(jax.jit, static_argnames="tail")
def _run(
    problem: Problem, worlds: Worlds, enter: Array, option: Array, aversion: float, tail: float
) -> tuple[Array, Array, Flows]:
    """Of each schedule: objective, lowest cash by world, and mean flows by quarter and row."""

    def one(schedule: tuple[Array, Array]) -> Any:
        outcome = over_worlds(problem, worlds, *schedule, record=_flows)
        flows: Flows = outcome.record
        cash = problem.capital + jnp.cumsum(flows.change.sum(axis=2), axis=1)
        return (
            objective(outcome.value.sum(axis=1), aversion, tail),
            cash.min(axis=1),
            jax.tree.map(lambda leaf: leaf.mean(axis=0), flows),
        )

    return jax.lax.map(one, (enter, option), batch_size=BATCH)


def _list_present(packed: Packed, rows: NDArray[np.intp], flows: Flows) -> tuple[Present, ...]:
    facts = packed.facts
    return tuple(
        Present(
            facts.markets[row],
            facts.names[row],
            float(facts.units[row]),
            float(np.asarray(flows.category)[:4, place].sum()),
        )
        for place, row in enumerate(rows)
        if facts.entered[row] < 0
    )


def _follow(
    case: Case, packed: Packed, row: int, place: int, enter: int, option: int, flows: Flows,
    gain: float, ruin: float,
) -> Newcomer:  # fmt: skip
    mode, localisation = packed.options[option]
    category, units, sales, opening, presence, change = map(np.asarray, flows)
    years = []
    for year in YEARS:
        until = enter + 4 * year
        of_year = slice(until - 4, until)
        whole = float(category[of_year, place].sum())
        sold = float(units[of_year, place].sum())
        taken = float(sales[of_year].sum())
        years.append(
            AloneYear(
                year,
                whole,
                100.0 * whole / float(packed.facts.people[row]),
                sold,
                sold / whole if whole > 0 else 0.0,
                -float((opening + presence)[:until, place].sum()),
                float(sales[of_year, place].sum()) / taken if taken > 0 else 0.0,
            )
        )
    short = np.flatnonzero(np.cumsum(change[:, place]) < 0)
    back = int(short[-1]) + 1 if short.size else enter
    return Newcomer(
        packed.facts.markets[row],
        packed.facts.names[row],
        mode,
        localisation,
        case.quarter_label(enter),
        -float(opening[:, place].sum()),
        max(back - enter, 0) / 4 if back < HORIZON else None,
        (HORIZON - enter) / 4,
        float(gain),
        float(ruin),
        tuple(years),
    )
