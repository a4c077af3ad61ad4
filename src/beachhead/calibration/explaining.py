"""What the kernel says the records should be, as a function of the scores behind its parameters.

The one rollout of the product, in one world: nothing is fitted with a second model. It is smooth in
the parameters that move units and entry costs. What is not is not sampled: exits happen when the
records say, there are no gates, and chance that moves neither figure is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from beachhead.calibration.outlook import believe
from beachhead.calibration.records import Records
from beachhead.quantities import LogNormal, Parameter, Sure
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.correlation import COMMON, REGIONAL
from beachhead.simulation.pack import arrange
from beachhead.simulation.rollout import rollout
from beachhead.simulation.state import Problem, Quarter, Shocks

type Floats = NDArray[np.float64]

NOISE = Parameter(
    "records.noise",
    "spread of a quarter's units about what the model says, season and luck together",
    "log",
    default=0.15,
    neutral=0.0,
    bounds=(0.005, 5.0),
    prior=LogNormal(0.7),
    level="world",
    tag="J",
    source="forecasts of a quarter's sales miss by a tenth to a quarter",
)
COST_NOISE = 0.1  # of the log of a known entry cost: what is booked to which market is not sharp
START = "records.start"
SEEN = 0.01  # a parameter of which one sd moves no figure by this much is left as it is believed
ENDS, CELLS = 6.0, 64  # of the table of a prior: scores from -ENDS to ENDS, CELLS to each
GAP = 0.1  # of the range of a prior, in one cell of its table
NEVER_FATE = 1e9


@dataclass(frozen=True, eq=False)
class Unknowns:
    """What is sampled, all of it standard normal under the prior.

    Attributes
    ----------
    shared : tuple of str
        Parameters with one value in a world.
    own : tuple of str
        Parameters with one value in each market.
    tables : dict of str to array
        Value of every parameter by score, from -ENDS to ENDS: the prior's own function, so that
        no prior is written twice.
    central : dict of str to array
        Values of all parameters at their defaults.
    rows : array
        Places of the markets with figures; in the others every parameter stays at its default.
    factor : array
        Cholesky factor of the correlation of a parameter's scores in these, axes (row, row).
    begins : array
        Places of the markets that begin from a figure.
    """

    shared: tuple[str, ...]
    own: tuple[str, ...]
    tables: dict[str, Floats]
    central: dict[str, Floats]
    rows: NDArray[np.intp]
    factor: Floats
    begins: NDArray[np.intp]

    @property
    def size(self) -> int:
        """Length of a vector of scores: noise, starts, shared and own."""
        return 1 + len(self.begins) + len(self.shared) + len(self.own) * len(self.rows)

    def take(self, vector: Array) -> tuple[Array, Array, Array, Array]:
        """Scores of noise and of starts, of shared parameters, and of own ones by row.

        `vector` may have leading axes; those of a parameter in the markets are correlated.
        """
        starts, markets = 1 + len(self.begins), len(self.rows)
        shared = starts + len(self.shared)
        free = vector[..., shared:].reshape(*vector.shape[:-1], len(self.own), markets)
        own = free @ self.factor.T
        return vector[..., 0], vector[..., 1:starts], vector[..., starts:shared], own


def look_up(table: Floats, score: Array) -> Array:
    """Value of a prior at a score, between the points of its table."""
    place = jnp.clip((score + ENDS) * CELLS, 0.0, table.size - 1 - 1e-9)
    below = jnp.floor(place)
    cell = below.astype(int)
    values = jnp.asarray(table)
    return values[cell] + (place - below) * (values[cell + 1] - values[cell])


def tabulate(parameter: Parameter) -> Floats:
    """Values of a parameter by score, within its bounds."""
    scores = np.linspace(-ENDS, ENDS, int(2 * ENDS * CELLS) + 1)
    return np.clip(parameter.prior.values(parameter.default, scores), *parameter.bounds)


def jumps(parameter: Parameter) -> bool:
    """Whether its prior leaves a gap, as where an effect is none or large: no slope leads over."""
    table = tabulate(parameter)
    return bool(np.abs(np.diff(table)).max() > GAP * np.ptp(table))


@dataclass(frozen=True, eq=False)
class Setting:
    """Records as arrays of the kernel; needs `jax.enable_x64()` around every use."""

    problem: Problem
    shocks: Shocks
    enter: Array
    option: Array
    start: Array
    rows: NDArray[np.intp]
    begins: NDArray[np.intp]


def lay_out(records: Records) -> Setting:
    """Arrays of the kernel: exits when they happened, money at par, nothing else by chance.

    People online are those that were forecast then.
    """
    quarters, markets = records.units.shape
    when = np.arange(quarters)[:, None] == records.left[None, :]
    fate = np.where(when, -NEVER_FATE, NEVER_FATE)
    enter, option = map(jnp.asarray, records.schedule)
    told = ~np.isnan(records.units).all(axis=0) | ~np.isnan(records.costs)
    online = None
    if (outlook := believe(records.case, records.panel).outlook) is not None:
        places, now = (records.markets, records.packed.regions), records.packed.facts.connected
        online = jnp.asarray(outlook.certain().sample(0, 1, *places, now, quarters)[0])
    return Setting(
        problem=records.packed.cast(jnp.float64),
        shocks=Shocks(jnp.asarray(fate), jnp.ones((quarters, markets)), online=online),
        enter=enter,
        option=option,
        start=jnp.asarray(records.start),
        rows=np.flatnonzero(told),
        begins=np.flatnonzero(told & ~np.isnan(records.start)),
    )


def explain(
    setting: Setting, values: Mapping[str, Array], noise: Array, start: Array
) -> tuple[Array, Array]:
    """Units, axes (quarter, market), and entry costs, axis market, that the kernel expects.

    Parameters
    ----------
    values : mapping of str to Array
        Of every parameter of the model.
    noise, start : Array
        Spread of a quarter's units, and score of each first figure about what stood behind it.
    """
    stood = jnp.asarray(setting.problem.units)
    rows = setting.begins
    first = jnp.maximum(setting.start[rows], 1.0)
    problem = setting.problem._replace(units=stood.at[rows].set(first * jnp.exp(-noise * start)))

    def keep(quarter: Quarter) -> tuple[Array, Array]:
        return quarter.units, -quarter.ledger.opening

    outcome = rollout(
        problem, arrange(values, jnp.float64), setting.shocks, setting.enter, setting.option,
        record=keep,
    )  # fmt: skip
    units, opening = outcome.record
    return jnp.maximum(units, 1e-3), jnp.maximum(opening.sum(axis=0), 1e-3)


def expect(setting: Setting, unknowns: Unknowns, vector: Array) -> tuple[Array, Array, Array]:
    """Units and entry costs as `explain`, and the noise, where the unknowns have these scores."""
    noise, start, shared, own = unknowns.take(vector)
    spread = look_up(unknowns.tables[NOISE.name], noise)
    values = {name: jnp.asarray(value) for name, value in unknowns.central.items()}
    for k, name in enumerate(unknowns.shared):
        values[name] = look_up(unknowns.tables[name], shared[k])
    for k, name in enumerate(unknowns.own):
        found = look_up(unknowns.tables[name], own[k])
        values[name] = values[name].at[unknowns.rows].set(found)
    return *explain(setting, values, spread, start), spread


def find_unknowns(records: Records, setting: Setting, beliefs: Beliefs) -> Unknowns:
    """Parameters of which the records can say something: those that move a figure."""
    markets, regions = len(setting.rows), np.array(records.packed.regions)[setting.rows]
    alike = REGIONAL * (regions[:, None] == regions[None, :])
    correlation = COMMON + alike + (1.0 - COMMON - REGIONAL) * np.eye(markets)
    open_ = [
        p for p in beliefs.parameters.values() if not isinstance(p.prior, Sure) and not jumps(p)
    ]
    every = Unknowns(
        shared=tuple(p.name for p in open_ if p.level == "world"),
        own=tuple(p.name for p in open_ if p.level == "market"),
        tables={p.name: tabulate(p) for p in (*open_, NOISE)},
        central={
            p.name: np.full((len(records.markets),) if p.level == "market" else (), p.default)
            for p in beliefs.parameters.values()
        },
        rows=setting.rows,
        factor=np.linalg.cholesky(correlation),
        begins=setting.begins,
    )
    # Each at both sides of its middle, in all markets at once.
    count, first = len(every.shared) + len(every.own), every.size
    same = np.linalg.solve(every.factor, np.ones(markets))
    one = np.zeros((count, first))
    first -= len(every.own) * markets
    for k in range(count):
        at = k - len(every.shared)
        if at < 0:
            one[k, first + at] = 1.0
        else:
            one[k, first + at * markets : first + (at + 1) * markets] = same
    tried = np.concatenate([np.zeros((1, every.size)), one, -one])
    known = find_known(records.units, records.costs)
    base, *there = np.asarray(jax.jit(jax.vmap(partial(list_logs, setting, every, known)))(tried))
    moves = np.abs(np.array(there) - base).max(axis=1).reshape(2, count).max(axis=0)
    moved = {n for n, m in zip((*every.shared, *every.own), moves, strict=True) if m > SEEN}
    return replace(
        every,
        shared=tuple(n for n in every.shared if n in moved),
        own=tuple(n for n in every.own if n in moved),
        tables={n: t for n, t in every.tables.items() if n in moved or n == NOISE.name},
    )


def find_known(units: Floats, costs: Floats) -> NDArray[np.intp]:
    """Places of the figures there are, in units by quarter and market and then entry costs."""
    return np.flatnonzero(~np.isnan(np.concatenate([units.ravel(), costs])))


def list_logs(
    setting: Setting, unknowns: Unknowns, known: NDArray[np.intp], vector: Array
) -> Array:
    """Logs of the figures there are, as the kernel expects them."""
    units, costs, _ = expect(setting, unknowns, vector)
    return jnp.log(jnp.concatenate([units.ravel(), costs])[known])
