"""Futures: what a schedule brings, quarter by quarter, with labels."""

from __future__ import annotations

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
        begins = range(0, worlds, CHUNK)
        weights = [min(CHUNK, worlds - begin) / worlds for begin in begins]
        parts = [
            jax.tree.map(
                np.asarray,
                _run(
                    problem,
                    take_worlds(drawn, begin, begin + CHUNK),
                    jnp.asarray(enter),
                    jnp.asarray(option),
                ),
            )
            for begin in begins
        ]
        by_world = [np.concatenate([part[0][k] for part in parts]) for k in range(len(parts[0][0]))]
        mean = jax.tree.map(
            lambda *leaves: sum(w * leaf for w, leaf in zip(weights, leaves, strict=True)),
            *[part[1] for part in parts],
        )
        people = _people(packed, beliefs, enter, option)
    return _label(case, packed, kept, by_world, mean, people, enter, seed, worlds, xr)


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
        ours = (quarter.units / jnp.maximum(quarter.category, 1e-9)) @ problem.home
        by_world = (*by_world, 1 + (quarter.standing > ours[:, :, None]).sum(axis=2))
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
