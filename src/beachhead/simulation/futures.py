"""Futures: what a schedule brings, quarter by quarter, with labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from beachhead._version import __version__
from beachhead.cases import Case, Schedule
from beachhead.data import Panel
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.compiling import make_room
from beachhead.simulation.pack import Packed, central_parameters, draw_worlds, pack
from beachhead.simulation.people import teams_there, use_of_teams
from beachhead.simulation.rollout import Worlds, everything, over_worlds, take_worlds
from beachhead.simulation.state import Ledger, Problem, Quarter

if TYPE_CHECKING:
    import xarray as xr

    type Futures = xr.Dataset
else:
    Futures = "xarray.Dataset"

CHUNK = 128  # worlds simulated together: bounds memory
LINES = Ledger._fields


def simulate(
    case: Case,
    panel: Panel,
    beliefs: Beliefs,
    schedule: Schedule,
    *,
    worlds: int = 1024,
    seed: int = 2,
) -> Futures:
    """Simulate a schedule on sampled futures, in float64.

    Returns
    -------
    xarray.Dataset
        Dimensions world, quarter (labels), market (ISO3: home, served and entered ones) and line
        (of the ledger). `cash` (world, quarter): balance at the end; `value`, `terminal` (world,
        market): discounted money and the part of it after the horizon; `revenue_home`,
        `revenue_abroad`, `markets` (foreign ones present), `flow_abroad` (change in cash by
        the foreign markets) (world, quarter); `teams_available`, `people` (quarter): teams there
        are and teams at work; `ledger` (line, quarter, market), `category`,
        `units`, `share`, `accepted`, `present`, `saving` (quarter, market) and `load` (quarter):
        means over worlds. Where rivals are named at home, `home_rank` (world, quarter): the firm's
        place there by units, and `standing` (quarter, rival): mean share of each rival of all
        units sold there. Money is in the case's currency, flows per quarter.

    Raises
    ------
    InputError
        If the case or the schedule names what does not exist.
    """
    import xarray as xr

    make_room()
    with jax.enable_x64(True):
        laid = _lay_out(case, panel, beliefs, schedule, worlds, seed)
        case, packed, enter, kept = laid.case, laid.packed, laid.enter, laid.kept
        begins = range(0, worlds, CHUNK)
        weights = [min(CHUNK, worlds - begin) / worlds for begin in begins]
        parts = [jax.tree.map(np.asarray, _run(*laid.part(begin))) for begin in begins]
        by_world = [np.concatenate([part[0][k] for part in parts]) for k in range(len(parts[0][0]))]
        mean = jax.tree.map(
            lambda *leaves: sum(w * leaf for w, leaf in zip(weights, leaves, strict=True)),
            *[part[1] for part in parts],
        )
        people = _people(packed, beliefs, enter, laid.option)
    return _label(case, packed, kept, by_world, mean, people, enter, seed, worlds, xr)


def trace(
    case: Case,
    panel: Panel,
    beliefs: Beliefs,
    schedule: Schedule,
    *,
    worlds: int = 1024,
    seed: int = 2,
) -> Futures:
    """What each market brings in each of the futures of which `simulate` keeps the mean.

    With the same arguments the worlds are the same.

    Returns
    -------
    xarray.Dataset
        Dimensions world, quarter (labels) and market (ISO3: home, served and entered ones).
        `units` sold, `category` (those of all brands), `revenue`, `entry_cost` and `flow` (all
        that a market brings less all that it costs), money in the case's currency a quarter
        (world, quarter, market); `cash`: balance at the end of the quarter, and where rivals are
        named at home `home_rank` (world, quarter).

    Raises
    ------
    InputError
        If the case or the schedule names what does not exist.
    """
    import xarray as xr

    make_room()
    with jax.enable_x64(True):
        laid = _lay_out(case, panel, beliefs, schedule, worlds, seed)
        kept = jnp.asarray(laid.kept)
        parts = [
            [np.asarray(leaf) for leaf in _trace(*laid.part(begin), kept)]
            for begin in range(0, worlds, CHUNK)
        ]
    *by_market, cash, rank = (np.concatenate(leaves) for leaves in zip(*parts, strict=True))
    names = ("units", "category", "revenue", "entry_cost", "flow")
    axes = ("world", "quarter", "market")
    traced: dict[str, Any] = {
        name: (axes, values) for name, values in zip(names, by_market, strict=True)
    }
    traced["cash"] = (axes[:2], cash)
    if laid.packed.problem.named is not None and laid.case.firm.rivals:
        traced["home_rank"] = (axes[:2], rank)
    return xr.Dataset(
        traced,
        coords={
            "world": np.arange(worlds),
            "quarter": [laid.case.quarter_label(t) for t in range(laid.case.quarters)],
            "market": [laid.packed.markets[row] for row in laid.kept],
        },
    )


@dataclass(frozen=True)
class _Laid:
    """A schedule and the worlds drawn for it; `kept`: rows of markets that are ever served."""

    case: Case
    packed: Packed
    problem: Problem
    drawn: Worlds
    enter: np.ndarray
    option: np.ndarray
    kept: np.ndarray

    def part(self, begin: int) -> tuple[Problem, Worlds, Array, Array]:
        """What is simulated together, from world `begin` on."""
        drawn = take_worlds(self.drawn, begin, begin + CHUNK)
        return self.problem, drawn, jnp.asarray(self.enter), jnp.asarray(self.option)


def _lay_out(
    case: Case, panel: Panel, beliefs: Beliefs, schedule: Schedule, worlds: int, seed: int
) -> _Laid:
    case = case.resolve(panel)
    packed = pack(case, panel).following(schedule)
    enter, option = packed.encode(schedule)
    problem = packed.cast(jnp.float64)
    drawn = draw_worlds(packed, beliefs, worlds, seed, jnp.float64)
    dates = enter[: len(packed.markets)]
    entered = [row for row, quarter in enumerate(dates) if quarter < case.quarters]
    kept = np.array(
        sorted({*np.flatnonzero(packed.problem.entered < 0).tolist(), *entered}), dtype=int
    )
    return _Laid(case, packed, problem, drawn, enter, option, kept)


@jax.jit
def _trace(
    problem: Problem, worlds: Worlds, enter: Array, option: Array, kept: Array
) -> tuple[Array, ...]:
    """What `trace` keeps, axes (world, quarter, kept market), then (world, quarter)."""
    quarter: Quarter = over_worlds(problem, worlds, enter, option, record=everything).record
    ledger = quarter.ledger
    flow = ledger.total()
    rank = jnp.zeros(flow.shape[:2])
    if quarter.standing is not None:
        rank = _rank(problem, quarter)
    by_market = (quarter.units, quarter.category, ledger.sales, -ledger.opening, flow)
    return (
        *(leaf[:, :, kept] for leaf in by_market),
        problem.capital + jnp.cumsum(flow.sum(axis=2), axis=1),
        rank,
    )


def _rank(problem: Problem, quarter: Quarter) -> Array:
    """The firm's place at home by units, axes (world, quarter)."""
    ours = (quarter.units / jnp.maximum(quarter.category, 1e-9)) @ problem.home
    return 1 + (quarter.standing > ours[:, :, None]).sum(axis=2)


@jax.jit
def _run(
    problem: Problem, worlds: Worlds, enter: Array, option: Array
) -> tuple[tuple[Array, ...], Any]:
    """What is kept by world, and means over worlds."""
    outcome = over_worlds(problem, worlds, enter, option, record=everything)
    quarter: Quarter = outcome.record
    abroad = 1.0 - problem.home
    ledger = quarter.ledger
    by_world: tuple[Array, ...] = (
        problem.capital + jnp.cumsum(ledger.total().sum(axis=2), axis=1),
        outcome.value,
        outcome.terminal,
        (ledger.sales * problem.home).sum(axis=2),
        (ledger.sales * abroad).sum(axis=2),
        (quarter.present * abroad).sum(axis=2),
        (ledger.total() * abroad).sum(axis=2),
    )
    if quarter.standing is not None:
        by_world = (*by_world, _rank(problem, quarter))
    mean = jax.tree.map(
        lambda leaf: leaf.mean(axis=0),
        (
            tuple(ledger), quarter.category, quarter.units, quarter.share, quarter.accepted,
            quarter.present, quarter.tied.saving, quarter.tied.load,
            quarter.standing,
        ),
    )  # fmt: skip
    return by_world, mean


def _people(
    packed: Packed, beliefs: Beliefs, enter: np.ndarray, option: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Teams at work and teams there are, axis quarter."""
    central = central_parameters(beliefs, len(packed.markets), jnp.float64)
    problem = packed.cast(jnp.float64)
    dates, ways = jnp.asarray(enter), jnp.asarray(option)
    used = use_of_teams(problem, central, dates, ways)[1]
    return np.asarray(used), np.asarray(teams_there(problem, problem.teams, dates, ways))


def _label(
    case: Case, packed: Packed, kept: Any, by_world: list[Any], mean: Any, people: Any,
    enter: Any, seed: int, worlds: int, xr: Any,
) -> Futures:  # fmt: skip
    cash, value, terminal, at_home, abroad, present, flow, *rank = by_world
    lines, category, units, share, accepted, there, saving, load, standing = mean
    used, available = people
    markets = len(packed.markets)
    when = np.where(packed.problem.entered < 0, packed.problem.entered, enter[:markets])
    ranked: dict[str, Any] = {}
    rivals: list[str] = []
    named = packed.problem.named
    if named is not None and case.firm.rivals:
        inside = np.flatnonzero(named.weight[:, 0])
        rivals = [packed.rivals[k] for k in inside]
        ranked["home_rank"] = (("world", "quarter"), rank[0])
        ranked["standing"] = (("quarter", "rival"), standing[:, inside])
    return xr.Dataset(
        {
            "cash": (("world", "quarter"), cash),
            "value": (("world", "market"), value[:, kept]),
            "terminal": (("world", "market"), terminal[:, kept]),
            "revenue_home": (("world", "quarter"), at_home),
            "revenue_abroad": (("world", "quarter"), abroad),
            "flow_abroad": (("world", "quarter"), flow),
            "markets": (("world", "quarter"), present),
            "people": ("quarter", used),
            "teams_available": ("quarter", available),
            "ledger": (("line", "quarter", "market"), np.stack(lines)[:, :, kept]),
            "category": (("quarter", "market"), category[:, kept]),
            "units": (("quarter", "market"), units[:, kept]),
            "share": (("quarter", "market"), share[:, kept]),
            "accepted": (("quarter", "market"), accepted[:, kept]),
            "present": (("quarter", "market"), there[:, kept]),
            "saving": (("quarter", "market"), saving[:, kept]),
            "load": ("quarter", load),
            **ranked,
        },
        coords={
            "world": np.arange(worlds),
            "quarter": [case.quarter_label(t) for t in range(case.quarters)],
            "market": [packed.markets[row] for row in kept],
            "line": list(LINES),
            "name": ("market", [packed.facts.names[row] for row in kept]),
            "enter": ("market", when[kept].astype(np.int32)),
            **({"rival": rivals} if ranked else {}),
        },
        attrs={
            "case": case.name,
            "currency": case.currency,
            "seed": seed,
            "worlds": worlds,
            "version": __version__,
        },
    )
