"""A firm small enough to reason about, for tests that go through the kernel."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from instances import invent
from numpy.typing import ArrayLike, NDArray

from beachhead.mechanisms import MECHANISMS, Parameters, table
from beachhead.mechanisms.knowledge import KINDS, Likeness
from beachhead.simulation.rollout import Outcome, Worlds, everything, over_worlds, rollout
from beachhead.simulation.state import NEVER, Options, Problem, Shocks

_one_world = jax.jit(partial(rollout, record=everything))
_all_worlds = jax.jit(partial(over_worlds, record=everything))


@dataclass(frozen=True)
class Firm:
    """A problem, one world and one schedule; arrays are NumPy's, in float64."""

    problem: Problem
    parameters: Parameters
    shocks: Shocks
    enter: NDArray[np.int32]
    option: NDArray[np.int32]

    def having(self, values: Mapping[str, ArrayLike]) -> Firm:
        """The same with these parameters, by full name; a number holds in every market."""
        parameters = self.parameters
        for name, value in values.items():
            mechanism, field = name.split(".")
            group = getattr(parameters, mechanism)
            filled = np.broadcast_to(np.asarray(value, float), np.shape(getattr(group, field)))
            changed = dataclasses.replace(group, **{field: filled})
            parameters = parameters._replace(**{mechanism: changed})
        return dataclasses.replace(self, parameters=parameters)

    def facing(self, figures: Mapping[str, ArrayLike | None]) -> Firm:
        """The same with these figures of the problem; 'options.fee' is one of the options."""
        problem = self.problem
        for name, figure in figures.items():
            part, _, field = name.rpartition(".")
            group = getattr(problem, part) if part else problem
            changed = group._replace(**{field: _like(getattr(group, field), figure)})
            problem = problem._replace(**{part: changed}) if part else changed
        return dataclasses.replace(self, problem=problem)

    def meeting(self, shocks: Mapping[str, ArrayLike]) -> Firm:
        """The same with these shocks, axes (quarter, market)."""
        changed = {name: _like(getattr(self.shocks, name), it) for name, it in shocks.items()}
        return dataclasses.replace(self, shocks=self.shocks._replace(**changed))

    def entering(self, quarters: Mapping[int, int], options: Mapping[int, int]) -> Firm:
        """The same with entries by market, and by market the option where it is not the first."""
        enter = np.full_like(self.enter, NEVER)
        option = np.zeros_like(self.option)
        for market, quarter in quarters.items():
            enter[market] = quarter
        for market, number in options.items():
            option[market] = number
        return dataclasses.replace(self, enter=enter, option=option)

    def run(self) -> Outcome:
        """What the kernel makes of it, every quarter kept."""
        # The kernel multiplies by conditions and counts quarters in integers.
        with jax.numpy_dtype_promotion("standard"):
            return _one_world(self.problem, self.parameters, self.shocks, self.enter, self.option)

    def run_in(self, worlds: Worlds) -> Outcome:
        """What the kernel makes of it in other worlds, leading axis world."""
        with jax.numpy_dtype_promotion("standard"):
            return _all_worlds(self.problem, worlds, self.enter, self.option)


def _like(old: ArrayLike | None, new: ArrayLike | None) -> NDArray[np.float64] | None:
    if old is None or new is None:
        return None if new is None else np.asarray(new, float)
    return np.array(np.broadcast_to(np.asarray(new, np.asarray(old).dtype), np.shape(old)))


def _parameters(values: Mapping[str, float], markets: int) -> Parameters:
    levels = {name: parameter.level for name, parameter in table().items()}
    return Parameters(
        **{
            mechanism: cls(
                **{
                    field.name: np.full(
                        (markets,) if levels[f"{mechanism}.{field.name}"] == "market" else (),
                        values[f"{mechanism}.{field.name}"],
                    )
                    for field in dataclasses.fields(cls)
                }
            )
            for mechanism, cls in MECHANISMS.items()
        }
    )


def plain_firm() -> Firm:
    """Home without people and three equal markets over 80 quarters, every mechanism at neutral.

    Money is units: a price of 1, no costs. Customers who are entered by option 0 accept the brand
    at the pace of `acceptance.p0` and `acceptance.q`, by option 1 at once. All markets are alike
    and neighbours. No rivals. Nobody owns the product, which is new.
    """
    markets, options, quarters = 4, 2, 80
    everywhere = np.ones(markets)
    by_way = np.ones((markets, options))
    home = np.array([1.0, 0.0, 0.0, 0.0])
    alike = np.ones((markets, len(KINDS)))
    problem = Problem(
        people=1.0 - home,
        people_growth=0.0 * everywhere,
        income=everywhere,
        income_growth=0.0 * everywhere,
        richer=0.0 * everywhere,
        distance=0.0 * everywhere,
        connected=0.5 * everywhere,
        landed=everywhere,
        rivals=0.0 * everywhere,
        price_ratio=0.0 * everywhere,
        usual_spend=everywhere,
        clout=1.0 - home,
        audience=2.0 * (1.0 - home),
        home=home,
        entered=np.array([-400, NEVER, NEVER, NEVER], np.int32),
        option=np.zeros(markets, np.int32),
        units=0.0 * everywhere,
        owners_share=0.0 * everywhere,
        likeness=Likeness(alike, alike, np.arange(len(KINDS), dtype=np.int32)),
        near=(1.0 - home)[:, None],
        teams=np.ones(quarters),
        options=Options(
            estimate=0.0 * by_way,
            fixed=0.0 * by_way,
            spend=0.0 * by_way,
            reach=by_way,
            reach_full=by_way,
            allowed=np.ones((markets, options), bool),
            fee=np.zeros(options),
            localisation=np.zeros(options),
            intensity=np.array([1.0, 1e12]),
            load=np.zeros(options),
            teams=np.ones(options),
            preparation=np.zeros((markets, options), np.int32),
            alpha=np.full(options, -np.inf),
            salvage=np.zeros(options),
        ),
        price=np.asarray(1.0),
        cost=np.asarray(0.0),
        entry_price=np.asarray(1.0),
        category_age=None,
        discount=np.asarray(1.12**-0.25),
        terminal=np.asarray(0.0),
        agreed_loss=np.asarray(np.inf),
        capital=np.asarray(0.0),
    )
    neutral = {
        name: parameter.default if parameter.neutral is None else parameter.neutral
        for name, parameter in table().items()
    }
    firm = Firm(
        problem,
        _parameters(neutral, markets),
        Shocks(fate=np.full((quarters, markets), np.inf), fx=np.ones((quarters, markets))),
        np.full(markets, NEVER, np.int32),
        np.zeros(markets, np.int32),
    )
    return firm.entering({1: 0}, {1: 1})


def lively_firm() -> Firm:
    """An invented firm over 12 quarters in which every mechanism is at work.

    Home and two more markets are served, three entered, one of them late; the last of them is left
    again by fate, which spares the others. There are rivals everywhere.
    """
    quarters, markets = 12, 6
    invented = invent(
        1,
        markets=markets,
        options=2,
        quarters=quarters,
        worlds=1,
        measures=0,
        sources=0,
        rules=False,
        rivals=0,
        gates=0,
    )
    fate = np.full((quarters, markets), 10.0)
    fate[8, 5] = -30.0
    parameters, shocks = jax.tree.map(lambda leaf: leaf[0], invented.worlds)
    firm = Firm(invented.problem, parameters, shocks, invented.enter[0], invented.option[0])
    rivals = np.maximum(firm.problem.rivals, 1.0)
    return (
        firm.meeting({"fate": fate})
        .facing({"agreed_loss": np.inf, "rivals": rivals, "options.preparation": [1, 2]})
        .entering({3: 5, 4: 10, 5: 3}, {3: 1, 5: 1})
    )
