"""Small made-up firms whose best plan can be worked out otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from beachhead.mechanisms import table
from beachhead.mechanisms.knowledge import Likeness
from beachhead.planning.limits import Limits
from beachhead.planning.valuation import Setting, Valuer
from beachhead.quantities import Parameter, Sure
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.facts import Facts
from beachhead.simulation.pack import Packed, central_parameters, draw_worlds
from beachhead.simulation.state import (
    NEVER,
    Gates,
    Measures,
    Options,
    Problem,
    Rules,
    Supply,
)

NEUTRAL = {
    "category.p": 0.0, "category.q": 0.0, "category.replacement_years": 1.0,
    "category.addressable": 1.0, "category.budget_share": 1e9, "category.price_fall": 0.0,
    "acceptance.p0": 1e3, "acceptance.q": 0.0, "acceptance.localisation": 0.0,
    "acceptance.distance": 0.0, "acceptance.development": 0.0, "acceptance.talk": 0.0,
    "acceptance.spillover": 0.0, "experience.years": 0.0, "experience.forgetting": 0.0,
    "knowledge.phi": 1.0 - 1e-12, "knowledge.neighbourhood": 0.0, "knowledge.language": 0.0,
    "knowledge.income": 0.0, "knowledge.institutions": 0.0, "entry.distance": 0.0,
    "entry.localisation": 0.0, "entry.haste": 0.0, "reach.catch_up": 0.0, "share.price": 0.0,
    "share.localisation": 0.0, "share.order": 0.0, "share.advertising": 0.0,
    "exit.level": -np.inf, "cashflow.distance": 0.0, "cashflow.fx_sd": 0.0, "home.dilution": 0.0,
    "staffing.unfamiliar": 0.0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """Everything here is exact, so in double precision."""
    with jax.enable_x64(True):
        yield


@pytest.fixture
def toy() -> Callable[..., Valuer]:
    """Build a valuer of a made-up firm; see `_toy`."""
    return _toy


def _toy(
    *,
    flow: Any,
    cost: Any,
    quarters: int = 8,
    discount: float = 0.97,
    terminal: float = 0.0,
    preparation: Any = (0,),
    teams: float = 1e6,
    need: float = 1.0,
    capital: float = 1e12,
    unit_cost: float = 0.0,
    running: float = 0.0,
    worlds: int = 4,
    believed: dict[str, float] | None = None,
    spread: bool = False,
    aversion: float = 0.0,
    seed: int = 1,
    limits: dict[str, Any] | None = None,
    measures: Measures | None = None,
    supply: Supply | None = None,
    rules: Rules | None = None,
    agreed_loss: float | None = None,
    at_home: float = 0.0,
    facing: dict[str, Any] | None = None,
    gates: Gates | None = None,
) -> Valuer:
    """A firm with a home market of no business and one market for each entry of `flow`.

    `flow` is the money that a market brings in each quarter from entry on, less `unit_cost` times
    as much and a quarter of `running`; `cost` is its entry cost; axes (market,) or (market,
    option). With `spread` the priors of `table()` apply but for those that `believed` sets.
    `limits` replaces fields of the limits, `facing` of the problem. `measures` may be begun from
    the first quarter on. `agreed_loss` in entry costs. Home brings `at_home` a quarter to a firm
    that wins everybody there. `gates` may be used.
    """
    flow, cost = np.asarray(flow, float), np.asarray(cost, float)
    if flow.ndim == 1:
        flow, cost = flow[:, None], cost[:, None]
    flow, cost = (
        np.vstack([np.full(flow.shape[1], at_home), flow]),
        np.vstack([np.zeros(cost.shape[1]), cost]),
    )
    markets, options = flow.shape
    names = ("HOM", *(f"M{k:02d}" for k in range(1, markets)))
    ones, row = np.ones(markets), np.arange(markets)
    # Every owner renews a quarter's worth: units = people (1 - exp(-1/4)) a quarter, price 1.
    renewal = -np.expm1(-0.25)
    entered = np.where(row == 0, -4, NEVER).astype(np.int32)
    prepare = np.broadcast_to(np.asarray(preparation, np.int32), (markets, options)).copy()
    likeness = Likeness(np.ones((markets, 1)), np.ones((markets, 1)), np.zeros(1, dtype=np.int32))
    home = (row == 0).astype(float)
    problem = Problem(
        people=ones / renewal, people_growth=0 * ones, income=1e6 * ones, income_growth=0 * ones,
        richer=0 * ones, distance=row * 0.5, connected=0.5 * ones, landed=ones, rivals=0 * ones,
        price_ratio=0 * ones, usual_spend=ones, clout=ones, audience=ones * (markets - 1),
        home=home, entered=entered,
        option=np.zeros(markets, np.int32), units=0 * ones, owners_share=ones, likeness=likeness,
        near=np.ones((markets, 1)), teams=np.full(quarters, teams),
        options=Options(
            estimate=cost,
            fixed=np.where(row[:, None] > 0, running, np.zeros((markets, options))),
            spend=np.zeros((markets, options)), reach=flow, reach_full=flow,
            allowed=np.repeat(entered[:, None] == NEVER, options, axis=1),
            fee=np.zeros(options), localisation=np.zeros(options), intensity=np.ones(options),
            load=np.ones(options), teams=np.full(options, need), preparation=prepare,
            alpha=np.full(options, np.log(-np.log1p(-0.2) * 0.25)),
            salvage=np.full(options, 0.2),
        ),
        price=np.asarray(1.0), cost=np.asarray(unit_cost), entry_price=np.asarray(1.0),
        category_age=np.asarray(0.0), discount=np.asarray(discount),
        terminal=np.asarray(terminal),
        agreed_loss=None if agreed_loss is None else np.asarray(agreed_loss),
        capital=np.asarray(capital), measures=measures, supply=supply, rules=rules, gates=gates,
    )  # fmt: skip
    problem = problem._replace(**(facing or {}))
    beliefs = _beliefs(believed or {}, spread)
    packed = Packed(problem, names, ("r",) * markets, tuple((f"mode{k}", 0.0)
                    for k in range(options)), _facts(names))  # fmt: skip
    sizes = np.zeros((0, 1)) if measures is None else measures.size
    places = () if supply is None else tuple(("part", str(k)) for k in range(supply.risk.size))
    choices = (
        ()
        if gates is None
        else tuple(
            tuple(zip(*row, strict=True))
            for row in zip(gates.wait.tolist(), gates.threshold.tolist(), strict=True)
        )
    )
    packed = replace(
        packed, measures=tuple(map(tuple, sizes.tolist())), sources=places, gates=choices
    )
    if problem.named is not None:
        packed = replace(packed, rivals=tuple(f"R{k}" for k in range(problem.named.today.size)))
    rows, width = packed.rows, packed.width
    first = np.full((rows, width), NEVER, np.int32)
    first[:markets, :options] = packed.soonest
    first[markets : markets + len(sizes), : sizes.shape[1]] = 0
    last = np.full(rows, quarters - 1, np.int32)
    for row, choice in enumerate(choices, start=markets + len(sizes)):
        first[row, : len(choice)] = last[row] = 0
    kept = Limits(
        first=first, last=last, required=np.zeros(rows),
        apart=np.zeros((0, rows)), later=np.zeros(0, np.int32), earlier=np.zeros(0, np.int32),
        most=np.asarray(NEVER), launches=np.asarray(NEVER), teams=problem.teams,
        floor=np.asarray(0.0), ruin=np.asarray(0.05),
    )._replace(**(limits or {}))  # fmt: skip
    setting = Setting(
        packed.cast(jnp.float64),
        draw_worlds(packed, beliefs, worlds, seed, jnp.float64),
        Limits(*[jnp.asarray(value) for value in kept]),
        central_parameters(beliefs, markets, jnp.float64),
        jnp.asarray(aversion),
    )
    return Valuer(packed, setting, 0.1)


def _beliefs(believed: dict[str, float], spread: bool) -> Beliefs:
    def belief(name: str, parameter: Parameter) -> Parameter:
        if name in believed:
            return replace(
                parameter, default=believed[name], prior=Sure(), bounds=(-np.inf, np.inf)
            )
        if spread:
            return parameter
        value = NEUTRAL.get(name, parameter.default)
        return replace(parameter, default=value, prior=Sure(), bounds=(-np.inf, np.inf))

    return Beliefs({name: belief(name, p) for name, p in table().items()})


def _facts(names: tuple[str, ...]) -> Facts:
    blank = np.zeros(len(names))
    texts = ("",) * len(names)
    return Facts(
        markets=names, names=names, regions=texts, subregions=texts,
        languages=tuple(() for _ in names), income_classes=texts, legal_origins=texts,
        home_money=(True,) * len(names), people=blank, people_growth=blank, income=blank,
        income_growth=blank, richer=blank, distance=blank, connected=blank, readiness=blank,
        tariff=blank, freight=blank, closed=blank, rivals=blank, price_index=blank,
        owners_share=blank, potential=blank, units=blank, entered=np.zeros(len(names), np.int32),
        category_age=0.0, notes=(),
    )  # fmt: skip
