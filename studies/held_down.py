"""What keeps a brand's growth down in the bundled case, one belief or figure changed at a time.

For studies/fortunes.py: shares at home and in India of Xiaomi as of 2013, entered where and when it
was, under the beliefs as they are and under each change. A look at the one firm that the priors
must not be fitted to: it says which of them matter, and nothing of what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead.calibration import believe
from beachhead.cases import Case, Entry, Schedule
from beachhead.data import load_panel
from beachhead.quantities import Sure
from beachhead.simulation import Beliefs
from beachhead.simulation.pack import Packed, draw_worlds, pack
from beachhead.simulation.rollout import over_worlds
from beachhead.simulation.state import Problem

WORLDS, SEED = 512, 1
ENTRIES = {"HKG": 2, "TWN": 2, "SGP": 4, "IND": 5, "IDN": 5, "MYS": 5, "PHL": 5}  # quarters
TOLD = (("CHN", 2014), ("CHN", 2015), ("CHN", 2016), ("IND", 2016), ("IND", 2018))
# Shares by units, of xiaomi_facts.csv: China's of 2014 is that of the second quarter.
TRUE = ("14", "15.1", "8.9", "6.6", "29.9")

Turn = Callable[[Beliefs], Beliefs]
Face = Callable[[Problem], Problem]


class Change(NamedTuple):
    """A row: what is changed in the beliefs or in the figures."""

    words: str
    turn: Turn = lambda beliefs: beliefs
    face: Face = lambda problem: problem


def _set(name: str, value: float, *, sure: bool = False) -> Turn:
    def turn(beliefs: Beliefs) -> Beliefs:
        parameter = replace(beliefs.parameters[name], default=value)
        if sure:
            parameter = replace(parameter, prior=Sure())
        return replace(beliefs, parameters=beliefs.parameters | {name: parameter})

    return turn


def _options(**fields: Callable[[jax.Array], jax.Array]) -> Face:
    def face(problem: Problem) -> Problem:
        ways = problem.options
        made = {name: change(getattr(ways, name)) for name, change in fields.items()}
        return problem._replace(options=ways._replace(**made))

    return face


CHANGES = (
    Change("as it is"),
    Change("p0 three times as high", _set("acceptance.p0", 0.06)),
    Change("q 2.5 instead of 1.5", _set("acceptance.q", 2.5)),
    Change("distance of no matter", _set("acceptance.distance", 0.0, sure=True)),
    Change("richer customers no slower", _set("acceptance.development", 0.0, sure=True)),
    Change("no ceiling by rivals (eta 0)", _set("acceptance.rivals", 0.0, sure=True)),
    Change("attention abroad free", _set("home.dilution", 0.0, sure=True)),
    Change("five times the advertising", face=_options(spend=lambda x: 5.0 * x)),
    Change("all sales within reach", face=_options(reach=jnp.ones_like, reach_full=jnp.ones_like)),
    Change("half as many rivals", face=lambda p: p._replace(rivals=0.5 * p.rivals)),
    Change("no handicap of coming late", _set("share.order", 0.0, sure=True)),
    Change("rivals do not grow", _set("share.rivals_growth", 0.0)),
    Change("quality higher by 1", _set("share.quality", 0.5)),
    Change("quality higher by 2", _set("share.quality", 1.5)),
)


def measure() -> list[list[str]]:
    """A row for each change: 50 % and 95 % point of the share of all units, per cent."""
    case = Case.load("xiaomi-2013")
    panel = load_panel(case.as_of)
    markets = case.markets.model_copy(update={"candidates": tuple(ENTRIES)})
    case = case.model_copy(update={"markets": markets}).resolve(panel)
    packed, beliefs = pack(case, panel), believe(case, panel)
    enter, option = packed.encode(
        Schedule(
            entries=tuple(
                Entry(iso3=iso3, quarter=quarter, mode="online", localisation=0.5)
                for iso3, quarter in ENTRIES.items()
            )
        )
    )

    @jax.jit
    def run(worlds: object, problem: Problem) -> object:
        return over_worlds(
            problem, worlds, jnp.asarray(enter), jnp.asarray(option),
            record=lambda quarter: (quarter.units, quarter.category),
        ).record  # fmt: skip

    body = [["*what came*", *TRUE]]
    for change in CHANGES:
        worlds = draw_worlds(packed, change.turn(beliefs), WORLDS, SEED, jnp.float32)
        sold, bought = run(worlds, change.face(packed.cast(jnp.float32)))
        body.append([change.words, *(_read(packed, sold, bought, *at) for at in TOLD)])
    return body


def _read(
    packed: Packed, sold: NDArray[np.float64], bought: NDArray[np.float64], iso3: str, year: int
) -> str:
    row, first = packed.markets.index(iso3), 4 * (year - 2013) - 1  # the case begins in April
    when = slice(first, first + 4)
    share = np.asarray(sold)[:, when, row].sum(1) / np.asarray(bought)[:, when, row].sum(1)
    middle, high = np.quantile(100 * share, [0.5, 0.95])
    return f"{middle:.1f}, {high:.1f}"
