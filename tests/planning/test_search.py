"""The search finds what can be worked out otherwise, and the bound is never passed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from numpy.typing import NDArray
from scipy.stats import norm

from beachhead.mechanisms.measures import Levers
from beachhead.planning.bound import relax, survey
from beachhead.planning.limits import Setting
from beachhead.planning.polish import Proposals, Tried
from beachhead.planning.search import MORE, MOVES, Chains, _favour, _propose, search
from beachhead.planning.valuation import Valuer
from beachhead.simulation.state import NEVER, Gates, Measures, Rules, Supply

Toy = Callable[..., Valuer]
Integers = NDArray[np.int32]


def _everything(valuer: Valuer) -> tuple[Integers, Integers]:
    """Every schedule there is, axes (schedule, row)."""
    quarters = valuer.setting.problem.teams.shape[0]
    first, last = np.asarray(valuer.setting.limits.first), np.asarray(valuer.setting.limits.last)
    ways = [
        [(NEVER, 0)]
        + [
            (quarter, option)
            for option in range(first.shape[1])
            for quarter in range(quarters)
            if first[row, option] <= quarter <= last[row]
        ]
        for row in range(1, first.shape[0])
    ]
    rows = [((NEVER, 0), *combination) for combination in itertools.product(*ways)]
    array = np.array(rows, dtype=np.int32)
    return array[:, :, 0], array[:, :, 1]


def _brute(valuer: Valuer) -> tuple[float, Integers, Integers]:
    enter, option = _everything(valuer)
    scores = valuer.scores(enter, option)
    keeps = (scores.excess <= 1e-6) & (scores.ruin <= float(valuer.setting.limits.ruin))
    keeps &= scores.short <= 1e-9
    worth = np.where(keeps, scores.objective, -np.inf)
    best = int(np.argmax(worth))
    return float(worth[best]), enter[best], option[best]


def flat(valuer: Valuer) -> Proposals:
    """All that is allowed is proposed as often."""
    allowed = jnp.asarray(valuer.setting.limits.first) < NEVER
    rows, quarters = allowed.shape[0], valuer.setting.problem.teams.shape[0]
    way = jnp.where(allowed.T, 0.0, -jnp.inf)
    return Proposals(
        jnp.where(allowed.any(axis=1), 0.0, -jnp.inf),
        jnp.broadcast_to(way, (quarters, *way.shape)),
        jnp.zeros(rows, int),
        jnp.zeros((quarters, *valuer.setting.problem.options.allowed.T.shape)),
    )


def _search(valuer: Valuer, budget: int = 3_000, seed: int = 3) -> tuple[float, Integers, Integers]:
    rows = np.asarray(valuer.setting.limits.first).shape[0]
    never = np.full(rows, NEVER, np.int32)
    start = (never, np.zeros(rows, np.int32))
    scale = float(np.abs(np.asarray(valuer.setting.problem.options.estimate)).sum()) / 4.0
    enter, option, _, whole = search(
        Tried(valuer), flat(valuer), [start], budget=budget, seed=seed, spread=scale
    )
    assert whole
    scores = valuer.scores(enter[None], option[None])
    assert scores.excess[0] <= 1e-6
    return float(scores.objective[0]), enter, option


def _bound(valuer: Valuer, enter: Integers, option: Integers, *, gates: bool = False) -> float:
    """Bound from a known schedule, which any will do for; a poor one leaves nothing out."""
    setting, risk = valuer.setting, (float(valuer.setting.aversion), valuer.tail)
    columns = survey(setting, enter, option)
    return relax(setting, columns, enter, option, *risk, gates=gates).bound


def test_moves_that_improve_are_made_more_often(toy: Toy) -> None:
    """Weights by what improved of late, within bounds, and moves drawn by them."""
    none = jnp.zeros(MOVES)
    chains = Chains(none, none, none, none, none, none, none, none, jax.random.key(0))
    assert np.allclose(_favour(chains), 1.0)
    made = jnp.full(MOVES, 400.0)
    alike = _favour(chains._replace(made=made, improved=made / 20.0))
    assert np.allclose(alike, 1.0, atol=0.01)
    one = _favour(chains._replace(made=made, improved=20.0 * (jnp.arange(MOVES) == 2)))
    assert one[2] == MORE
    assert np.all(np.isclose(np.delete(np.asarray(one), 2), 1.0 / MORE, rtol=0.5))
    assert np.all(np.delete(np.asarray(one), 2) >= 1.0 / MORE)

    valuer = toy(flow=np.ones(6), cost=np.ones(6))
    enter = jnp.asarray([NEVER, 1, 2, 3, NEVER, NEVER, NEVER])
    option = jnp.zeros_like(enter)

    def drops(favour: Array) -> float:
        """Share of proposals by which one entry less is made."""
        problem = valuer.setting.problem
        made, _, kind, _ = jax.vmap(
            lambda key: _propose(problem, flat(valuer), favour, key, enter, option, enter, option)
        )(jax.random.split(jax.random.key(1), 2_000))
        fewer = (made < NEVER).sum(axis=1) < 3
        assert np.all(np.asarray(fewer)[np.asarray(kind) == 2])
        return float((kind == 2).mean())

    expected = np.array([0.25, 0.2, 0.07, 0.1, 0.1, 0.1, 0.05, 0.05, 0.08])
    for favour in (jnp.ones(MOVES), one):
        share = expected * np.asarray(favour)[:9]
        assert drops(favour) == pytest.approx(share[2] / share.sum(), abs=0.04)


@pytest.mark.parametrize("kappa, threshold", [(0.30, 3.5), (0.69, 6.75), (0.90, 8.5)])
@pytest.mark.parametrize("side", [-0.1, 0.1])
def test_waterfall_or_sprinkler(toy: Toy, kappa: float, threshold: float, side: float) -> None:
    """Check 4: V/I at which the planner stops to wait for the first market's lesson.

    Waterfall beats sprinkler iff V/I < [1 - b^L (1 - kappa)] / (1 - b^L), here at 12 % between two
    steps, which stands for L = 4 quarters at 12 % a year.
    """
    discount, cost = 1.0 / 1.12, 1.0
    worth = (threshold + side) * cost
    flow = worth * (1.0 - discount)
    valuer = toy(
        flow=[flow, flow], cost=[cost, cost], quarters=8, discount=discount, terminal=4_000.0,
        believed={"knowledge.neighbourhood": kappa},
    )  # fmt: skip
    best, enter, _ = _search(valuer)
    assert best == pytest.approx(_brute(valuer)[0], rel=1e-9)
    expected = (0, 0) if side > 0 else (0, 1)
    assert tuple(sorted(enter[1:])) == expected


@pytest.mark.slow
def test_without_ties_the_plan_is_the_sum_of_the_best(toy: Toy) -> None:
    """Check 5: no couplings, no limits: value = sum of independent maxima, gap 0 to 1e-9."""
    flow = np.array([[0.5, 0.8], [0.02, 0.01], [1.0, 1.1]])
    cost = np.array([[1.0, 2.0], [5.0, 5.0], [2.0, 2.5]])
    firm = {"flow": flow, "cost": cost, "quarters": 6, "terminal": 8.0, "preparation": (0, 1),
            "worlds": 16}  # fmt: skip
    valuer = toy(**firm)
    best, enter, option = _search(valuer)
    open_to, alone = np.asarray(valuer.setting.limits.first), 0.0
    for row in range(1, 4):
        only = np.where(np.arange(4)[:, None] == row, open_to, NEVER)
        alone += _brute(toy(**firm, limits={"first": only}))[0]
    assert best == pytest.approx(alone, rel=1e-9)
    assert (enter[[1, 3]] < NEVER).all() and enter[2] == NEVER
    assert _bound(valuer, np.full_like(enter, NEVER), option) == pytest.approx(best, rel=1e-9)


@pytest.mark.slow
def test_order_on_one_team(toy: Toy) -> None:
    """Check 6: one team, durations d: in the order of V b^d / (1 - b^d); bound over brute force."""
    durations, worth, discount = np.array([1, 2, 3]), np.array([3.0, 7.0, 9.0]), 0.9
    flow = np.tile((worth * (1.0 - discount))[:, None], (1, 3))
    first = np.full((4, 3), NEVER, np.int32)
    first[[1, 2, 3], [0, 1, 2]] = durations
    valuer = toy(
        flow=flow, cost=np.full((3, 3), 0.01), quarters=12, discount=discount, terminal=4_000.0,
        preparation=durations, teams=1.0, limits={"first": first},
    )  # fmt: skip
    best, enter, option = _search(valuer, budget=6_000)
    index = worth * discount**durations / (1.0 - discount**durations)
    assert list(np.argsort(enter[1:])) == list(np.argsort(-index))
    exact = _brute(valuer)[0]
    assert best == pytest.approx(exact, rel=1e-9)
    assert _bound(valuer, np.full_like(enter, NEVER), option) >= exact - 1e-9


@pytest.mark.parametrize("seed", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in (1, 2))])
def test_search_agrees_with_brute_force(toy: Toy, seed: int) -> None:
    """All mechanisms on, uncertain worlds, aversion, tight teams: best <= brute force <= bound."""
    rng = np.random.default_rng(seed)
    markets, quarters = 3, 6
    flow = rng.uniform(0.02, 0.5, (markets, 2))
    # The first-step reach cannot exceed one, so a market loses money through its cost instead.
    cost = rng.uniform(0.1, 1.5, (markets, 2))
    valuer = toy(
        flow=flow, cost=cost, quarters=quarters, terminal=rng.uniform(0, 12),
        preparation=(0, 1), teams=1.0, need=rng.uniform(0.4, 0.9), capital=rng.uniform(0.5, 4.0),
        worlds=16, aversion=rng.uniform(0, 1), spread=True, seed=seed,
        believed={"category.replacement_years": 1.0, "acceptance.p0": 0.8},
    )  # fmt: skip
    exact, _, _ = _brute(valuer)
    best, enter, option = _search(valuer, budget=4_000)
    assert best == pytest.approx(exact, rel=1e-6, abs=1e-9)
    assert _bound(valuer, np.full_like(enter, NEVER), option) >= exact - 1e-9 * max(1.0, abs(exact))


@pytest.mark.slow
def test_bound_needs_no_good_incumbent(toy: Toy) -> None:
    """The bound holds whatever schedule is known."""
    valuer = toy(
        flow=[[0.3, 0.3], [0.4, 0.5], [0.1, 0.2]], cost=[[0.5, 0.6], [0.9, 1.0], [0.4, 0.4]],
        quarters=6, worlds=16, aversion=0.7, spread=True, preparation=(0, 1),
        believed={"category.replacement_years": 1.0, "acceptance.p0": 0.8},
    )  # fmt: skip
    exact, _, _ = _brute(valuer)
    enters, options = _everything(valuer)
    for k in (0, 70, 400, 900, len(enters) - 1):
        assert _bound(valuer, enters[k], options[k]) >= exact - 1e-9


@pytest.mark.parametrize(
    "limits",
    [
        {"required": np.array([0.0, 0.0, 0.0, 1.0])},
        pytest.param({"apart": np.array([[0.0, 1.0, 1.0, 0.0]])}, marks=pytest.mark.slow),
        pytest.param(
            {"later": np.array([1], np.int32), "earlier": np.array([3], np.int32)},
            marks=pytest.mark.slow,
        ),
        {"most": np.asarray(1)},
        {"launches": np.asarray(1)},
        {"launches": np.asarray(1), "required": np.array([0.0, 0.0, 1.0, 1.0])},
        {"last": np.array([5, 5, 2, 5], np.int32), "required": np.array([0.0, 0.0, 1.0, 0.0])},
    ],
    ids=["must", "not together", "after", "max markets", "a year", "a year, must", "by"],
)
def test_limits_are_kept(toy: Toy, limits: dict[str, NDArray[np.float64]]) -> None:
    """With each limit the search agrees with brute force under it, and the bound holds."""
    firm = {
        "flow": [[0.30, 0.20], [0.25, 0.25], [0.05, 0.05]], "quarters": 6, "terminal": 2.0,
        "cost": [[0.6, 0.5], [0.5, 0.6], [0.9, 1.0]], "worlds": 16,
    }  # fmt: skip
    valuer = toy(**firm, limits=limits)
    exact, _, _ = _brute(valuer)
    free = _brute(toy(**firm))[0]
    best, enter, option = _search(valuer)
    assert best == pytest.approx(exact, rel=1e-9)
    assert exact <= free + 1e-12
    assert _bound(valuer, np.full_like(enter, NEVER), option) >= exact - 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 106))
def test_bound_is_never_passed(toy: Toy, seed: int) -> None:
    """Everything random, margins that may be negative: no schedule passes the bound."""
    rng = np.random.default_rng(seed)
    markets = 3
    valuer = toy(
        flow=rng.uniform(0.02, 0.5, (markets, 2)), cost=rng.uniform(0.05, 1.5, (markets, 2)),
        quarters=6, terminal=rng.uniform(0, 12), preparation=(0, 1), teams=1.0,
        need=rng.uniform(0.2, 0.9), capital=rng.uniform(0.5, 4.0), worlds=16,
        aversion=rng.uniform(0, 1), spread=True, seed=seed, unit_cost=rng.uniform(0.0, 1.3),
        running=rng.uniform(0.0, 0.3),
        believed={"category.replacement_years": 1.0, "acceptance.p0": rng.uniform(0.1, 2.0),
                  "cashflow.fx_sd": rng.uniform(0.0, 0.4)},
    )  # fmt: skip
    exact, enter, option = _brute(valuer)
    assert _bound(valuer, np.full_like(enter, NEVER), option) >= exact - 1e-9 * max(1.0, abs(exact))


def _first_is_quick(names: Iterable[str]) -> list[Any]:
    """One case for every day, the others in the slow suite: each takes a brute force."""
    first, *others = names
    return [first, *(pytest.param(name, marks=pytest.mark.slow) for name in others)]


FIELDS = [name for name in Levers._fields if name != "teams"]


def _measure(markets: int, **fields: Any) -> Measures:
    """One measure that reaches every market, of two sizes so that all are of one shape."""
    plain = {
        "covers": np.ones(markets), "change": np.zeros(len(FIELDS)), "teams": 0.0, "lead": 0,
        "lasts": NEVER, "once": 0.0, "yearly": 0.0, "size": [1.0, 1.0],
    } | fields  # fmt: skip
    whole = ("lead", "lasts")
    return Measures(
        **{k: np.array([v], np.int32 if k in whole else float) for k, v in plain.items()}
    )


def _lever(field: str, value: float) -> list[float]:
    return [value if name == field else 0.0 for name in FIELDS]


# What each measure is worth here follows from the figures: entry costs of 3 and of 4 that an office
# halves for 1; a home market that does not sell, so that nothing else is changed; a team for two.
MEASURES = {
    "an office halves entry costs": (
        {"change": _lever("entry", np.log(0.5)), "once": 1.0, "lead": 1}, True,
    ),
    "an office too dear": ({"change": _lever("entry", np.log(0.5)), "once": 6.0}, False),
    "upkeep of an office that lasts": (
        {"change": _lever("entry", np.log(0.5)), "yearly": 1.0, "lasts": 2}, True,
    ),
    "services bring a margin": (
        {"change": _lever("attach", 0.2), "once": 0.5, "size": [0.5, 1.0]}, True,
    ),
    "a team is hired": ({"teams": 1.0, "once": 0.3, "lead": 1, "size": [1.0, 2.0]}, True),
}  # fmt: skip


@pytest.mark.parametrize("name", _first_is_quick(MEASURES))
def test_measures_are_begun_where_that_pays(toy: Toy, name: str) -> None:
    """Brute force over dates, options and measures; never above the bound."""
    fields, begun = MEASURES[name]
    tight = {"teams": 1.0, "preparation": (2,)} if "team" in name else {}
    valuer = toy(
        flow=[1.0, 1.2], cost=[3.0, 4.0], quarters=6, terminal=8.0,
        believed={"measures.effect": 1.0, "knowledge.neighbourhood": 0.2},
        measures=_measure(3, **fields), **tight,
    )  # fmt: skip
    exact, enter, option = _brute(valuer)
    assert (enter[3] < NEVER) == begun
    found = _search(valuer)[0]
    assert found == pytest.approx(exact, rel=1e-9)
    assert exact <= _bound(valuer, np.full_like(enter, NEVER), option) + 1e-9
    without, _, _ = _brute(replace(valuer, setting=_closed(valuer)))
    assert (exact > without + 1e-9) == begun


@pytest.mark.slow
@pytest.mark.parametrize(
    "rate, aversion, begun", [(2.0, 0.0, True), (2.0, 0.9, True), (0.02, 0.0, False)]
)
def test_a_part_is_sourced_otherwise_where_it_fails_often(
    toy: Toy, rate: float, aversion: float, begun: bool
) -> None:
    """A second source at a premium against one that fails: taken where that is likely enough."""
    supply = Supply(
        shares=np.array([[1.0, 0.0], [0.5, 0.5]]), of=np.ones((2, 1)), measure=np.array([-1, 0]),
        premium=np.array([0.0, 0.1]), progress=np.array([1.0, 0.9]), mature=np.ones(2),
        spare=np.array([0.8]), needed=np.ones(1), weight=np.array([0.5]), risk=np.ones(2),
        capacity=np.asarray(np.inf),
    )  # fmt: skip
    valuer = toy(
        flow=[1.0, 1.5], cost=[2.0, 3.0], quarters=6, terminal=8.0, unit_cost=0.5, worlds=64,
        believed={"supply.rate": rate, "supply.years": 0.25}, aversion=aversion,
        measures=_measure(3, once=0.05, size=[1.0]), supply=supply,
    )  # fmt: skip
    exact, enter, option = _brute(valuer)
    assert (enter[3] < NEVER) == begun
    assert _search(valuer)[0] == pytest.approx(exact, rel=1e-9)
    assert exact <= _bound(valuer, np.full_like(enter, NEVER), option) + 1e-9


def _gate(noise: float = 0.0, wait: tuple[int, ...] = (1, 2), units: float = 0.15) -> Gates:
    """Market 1 is looked at, market 2 waits."""
    row = np.eye(3)
    return Gates(
        pilot=row[1:2], waits=row[2:3], wait=np.array([wait], np.int32),
        threshold=np.full((1, len(wait)), units), noise=np.array([noise]),
    )  # fmt: skip


def _in_worlds(valuer: Valuer, first: Any, second: Any) -> Valuer:
    """The same in as many worlds, with the sizes of markets 1 and 2 given, axis world."""
    setting = valuer.setting
    category = setting.worlds.parameters.category
    sizes = jnp.asarray(np.stack([np.ones(len(first)), first, second], axis=1))
    parameters = setting.worlds.parameters._replace(category=replace(category, size_factor=sizes))
    worlds = setting.worlds._replace(parameters=parameters)
    return replace(valuer, setting=setting._replace(worlds=worlds))


def _pilot(toy: Toy, first: Any, second: Any, *, aversion: float = 0.0, **fields: Any) -> Valuer:
    """A small market and one that loses or makes much, with a gate between them."""
    valuer = toy(
        flow=[0.1, 1.0], cost=[0.2, 4.0], quarters=8, discount=DISCOUNT, worlds=len(first),
        gates=_gate(**fields), aversion=aversion,
    )  # fmt: skip
    return _in_worlds(valuer, first, second)


DISCOUNT = 0.97
GOOD, BAD = 2.0, 0.25


def _worth(flow: float, cost: float, begin: int) -> float:
    """Of a market entered in a quarter."""
    dates = np.arange(begin, 8)
    return float((flow * DISCOUNT**dates).sum() - cost * DISCOUNT**begin)


@pytest.mark.parametrize("aversion", [0.0, pytest.param(0.6, marks=pytest.mark.slow)])
def test_a_pilot_that_shares_the_luck_of_the_others(toy: Toy, aversion: float) -> None:
    """Perfect correlation and no noise: the other market is entered where the pilot sold well."""
    luck = np.array([GOOD, BAD, BAD, BAD])
    valuer = _pilot(toy, luck, luck, aversion=aversion)
    exact, enter, option = _brute(valuer)
    assert list(enter[1:]) == [0, 1, 0] and option[3] == 0
    if not aversion:
        tried = sum(_worth(0.1 * size, 0.2, 0) for size in luck) / 4
        assert exact == pytest.approx(tried + _worth(GOOD, 4.0, 1) / 4, rel=1e-12)
    opened = valuer.opening(enter, option)[:, 0]
    np.testing.assert_array_equal(opened, luck == GOOD)
    assert _search(valuer)[0] == pytest.approx(exact, rel=1e-9)
    # A plan without the gate is worth less than the bound over such plans, and this one more.
    without = _brute(replace(valuer, setting=_closed(valuer)))[0]
    assert exact > without + 0.1
    # From a schedule that enters nowhere: what is known is no part of these numbers.
    never = np.full_like(enter, NEVER)
    bounds = [_bound(valuer, never, option, gates=gates) for gates in (False, True)]
    assert without <= bounds[0] + 1e-9
    assert exact <= bounds[1] + 1e-9


def test_a_pilot_teaches_nothing_about_luck_that_it_does_not_share(toy: Toy) -> None:
    """Every pair of sizes alike: whoever waits for the pilot only loses time."""
    first, second = np.repeat([GOOD, BAD], 2), np.tile([GOOD, 1.0], 2)
    valuer = _pilot(toy, first, second)
    exact, enter, _ = _brute(valuer)
    assert list(enter[1:]) == [0, 0, NEVER]
    assert _search(valuer)[0] == pytest.approx(exact, rel=1e-9)


def test_black_and_scholes_1973_is_what_a_pilot_without_noise_saves(toy: Toy) -> None:
    """Entry where the log-normal worth at the decision passes the cost: a European call."""
    sd, worlds = 0.6, 2001
    luck = np.exp(sd * norm.ppf((np.arange(worlds) + 0.5) / worlds))
    flow, cost = (DISCOUNT ** np.arange(1, 8)).sum(), 4.0 * DISCOUNT
    valuer = _pilot(toy, luck, luck, units=0.1 * cost / flow)
    none = np.zeros(4, np.int32)
    with_it, alone = (
        valuer.judge(np.array([NEVER, 0, *dates], np.int32), none).values
        for dates in ((1, 0), (NEVER, NEVER))
    )
    d2 = np.log(flow / cost) / sd
    call = flow * np.exp(sd**2 / 2) * norm.cdf(d2 + sd) - cost * norm.cdf(d2)
    assert (with_it - alone).mean() == pytest.approx(call, rel=1e-3)
    # Without the look the same entry is a forward, and worth less.
    blind = valuer.judge(np.array([NEVER, 0, 1, NEVER], np.int32), none).values
    assert (blind - alone).mean() == pytest.approx(flow * np.exp(sd**2 / 2) - cost, rel=1e-3)


def test_a_gate_that_is_not_worth_the_wait(toy: Toy) -> None:
    """Where the other market pays in every world, nobody waits."""
    luck = np.array([GOOD, 1.0, 1.0, 1.0])
    valuer = _pilot(toy, luck, luck)
    exact, enter, _ = _brute(valuer)
    assert list(enter[1:]) == [0, 0, NEVER]
    assert _search(valuer)[0] == pytest.approx(exact, rel=1e-9)


def test_a_gate_that_always_opens_at_once_changes_nothing(toy: Toy) -> None:
    """Neutral: threshold 0, no wait, the schedule as without."""
    luck = np.array([GOOD, 1.0, 0.7, BAD])
    valuer = _pilot(toy, luck, luck, wait=(0, 1), units=0.0)
    for dates in ([0, 0], [1, 2], [2, 7]):
        with_it, without = (
            valuer.judge(np.array([NEVER, *dates, gate], np.int32), np.zeros(4, np.int32))
            for gate in (0, NEVER)
        )
        np.testing.assert_allclose(with_it.values, without.values, rtol=1e-12)
        assert with_it.score.excess == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_gates_under_everything_else(toy: Toy, seed: int) -> None:
    """Mechanisms on, noise, tight teams, aversion: search == brute force <= wait-and-see bound."""
    rng = np.random.default_rng(seed + 50)
    gates = _gate(wait=(1, 2), units=rng.uniform(0.02, 0.2), noise=rng.uniform(0.0, 0.5))
    valuer = toy(
        flow=rng.uniform(0.1, 0.5, (2, 2)), cost=rng.uniform(0.3, 1.5, (2, 2)), quarters=6,
        terminal=rng.uniform(2, 12), preparation=(0, 1), teams=1.0, need=rng.uniform(0.4, 0.9),
        capital=rng.uniform(0.5, 4.0), worlds=16, aversion=rng.uniform(0, 1), spread=True,
        seed=seed, gates=gates,
        believed={"category.replacement_years": 1.0, "acceptance.p0": 0.8},
    )  # fmt: skip
    exact, enter, option = _brute(valuer)
    assert _search(valuer, budget=4_000)[0] == pytest.approx(exact, rel=1e-6, abs=1e-9)
    bound = _bound(valuer, np.full_like(enter, NEVER), option, gates=True)
    assert exact <= bound + 1e-9 * max(1.0, abs(exact))


def _closed(valuer: Valuer) -> Setting:
    """The setting with no measure to be had, and no gate."""
    limits = valuer.setting.limits
    markets = valuer.setting.problem.people.shape[0]
    return valuer.setting._replace(
        limits=limits._replace(first=limits.first.at[markets:].set(NEVER))
    )


def _rules(opens: Any = 0, opening: Any = 1.0, unit: Any = 0.0) -> Rules:
    """Rules of the first of two markets with two ways each, over six quarters; home has none.

    `opens`: axis way; `opening`, `unit`: axes (quarter, way).
    """
    first = np.arange(3)[:, None] == 1
    return Rules(
        opens=np.where(first, opens, 0).astype(np.int32),
        opening=np.where(first, np.broadcast_to(opening, (6, 2))[:, None], 1.0),
        unit=np.where(first, np.broadcast_to(unit, (6, 2))[:, None], 0.0),
    )


# The first market brings 1.0 a quarter by its first way, 0.8 by the other; opening costs 1.0.
UNRULED = (0, 0)
RULES = {
    "a way is forbidden": (_rules(opens=[NEVER, 0]), (0, 1)),
    "a rule ends": (_rules(opens=[1, NEVER]), (1, 0)),
    "the market is closed": (_rules(opens=NEVER), (NEVER, 0)),
    "admission is dear": (_rules(opening=np.array([[2.5, 1.0]])), (0, 1)),
    "admission is dear for now": (
        _rules(opening=np.array([[3.0], [3.0], [1.0], [1.0], [1.0], [1.0]])), (2, 0),
    ),
    "keeping it is dear": (_rules(unit=np.array([[0.6, 0.0]])), (0, 1)),
    "keeping it is cheap": (_rules(unit=np.array([[0.1, 0.0]])), (0, 0)),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", RULES)
def test_rules_move_what_they_bear_on(toy: Toy, name: str) -> None:
    """Way and date of the best plan under a rule: brute force, search, and bound above both."""
    rules, best = RULES[name]
    firm = {
        "flow": [[1.0, 0.8], [0.9, 0.7]], "cost": [[1.0, 1.0], [1.0, 1.0]], "quarters": 6,
        "terminal": 4.0, "unit_cost": 0.5, "worlds": 16, "agreed_loss": np.inf,
    }  # fmt: skip
    free, enter, option = _brute(toy(**firm, rules=_rules()))
    assert (enter[1], option[1]) == UNRULED
    valuer = toy(**firm, rules=rules)
    exact, enter, option = _brute(valuer)
    assert (enter[1], option[1]) == best
    assert (enter[2], option[2]) == UNRULED
    assert exact <= free
    assert _search(valuer)[0] == pytest.approx(exact, rel=1e-9)
    assert exact <= _bound(valuer, np.full_like(enter, NEVER), option) + 1e-9


def test_rules_that_ask_nothing_change_nothing(toy: Toy) -> None:
    """Neutral value: the same numbers as without any rules."""
    firm = {
        "flow": [[0.3, 0.2], [0.4, 0.1]], "cost": [[0.5, 0.2], [0.9, 0.1]], "quarters": 6,
        "spread": True, "worlds": 16, "unit_cost": 0.4, "agreed_loss": np.inf,
    }  # fmt: skip
    without, ruled = toy(**firm), toy(**firm, rules=_rules())
    enter, option = _everything(without)
    np.testing.assert_allclose(
        ruled.scores(enter[::7], option[::7]).objective,
        without.scores(enter[::7], option[::7]).objective, rtol=1e-12, atol=1e-12,
    )  # fmt: skip


@pytest.mark.slow
def test_each_market_has_its_own_preparation(toy: Toy) -> None:
    """An approval in one market takes its team longer: the other one is opened first."""
    firm = {
        "flow": [[1.0, 0.1], [0.9, 0.1]], "cost": np.ones((2, 2)), "quarters": 6, "terminal": 8.0,
        "teams": 1.0, "worlds": 16, "agreed_loss": np.inf, "rules": _rules(),
    }  # fmt: skip
    plain = toy(**firm, preparation=(1, 1))
    assert list(_brute(plain)[1][1:]) == [1, 2]
    valuer = toy(**firm, preparation=np.array([[1, 1], [3, 3], [1, 1]]))
    exact, enter, option = _brute(valuer)
    assert list(enter[1:]) == [4, 1]
    assert _search(valuer)[0] == pytest.approx(exact, rel=1e-9)
    assert exact <= _bound(valuer, np.full_like(enter, NEVER), option) + 1e-9


def test_an_agreed_loss_limits_what_is_lost(toy: Toy) -> None:
    """A market that loses .5 a quarter is left once the losses pass an entry cost of 1."""
    firm = {
        "flow": np.ones((2, 2)) * [[0.0], [1.0]], "cost": np.ones((2, 2)), "quarters": 6,
        "discount": 1.0, "running": 2.0, "worlds": 16, "rules": _rules(),
    }  # fmt: skip
    enter, option = np.array([[NEVER, 0, NEVER]], np.int32), np.zeros((1, 3), np.int32)
    stays = float(toy(**firm, agreed_loss=np.inf).scores(enter, option).objective[0])
    leaves = float(toy(**firm, agreed_loss=1.0).scores(enter, option).objective[0])
    assert stays == pytest.approx(-1.0 - 6 * 0.5)
    assert leaves == pytest.approx(-1.0 - 3 * 0.5 + 0.2)  # with a fifth of the entry cost back


def _random_firm(toy: Toy, seed: int) -> Valuer:
    """Everything random: margins that may be negative, exits by an agreed loss, rules."""
    rng = np.random.default_rng([seed, 7])
    markets, quarters = 2, 6
    shape = (markets + 1, 2)
    rules = Rules(
        opens=np.where(rng.random(shape) < 0.3, rng.integers(0, quarters, shape), 0).astype(
            np.int32
        ),
        opening=rng.uniform(1.0, 1.5, (quarters, *shape)),
        unit=rng.uniform(0.0, 0.4, (quarters, *shape)) * (rng.random(shape) < 0.5),
    )
    return toy(
        flow=rng.uniform(0.02, 0.5, (markets, 2)), cost=rng.uniform(0.05, 0.8, (markets, 2)),
        quarters=quarters, terminal=rng.uniform(0, 12),
        preparation=rng.integers(0, 3, shape), teams=1.0,
        need=rng.uniform(0.2, 0.9), capital=rng.uniform(0.5, 4.0), worlds=16,
        aversion=rng.uniform(0, 1), spread=True, seed=seed, unit_cost=rng.uniform(0.4, 1.3),
        running=rng.uniform(0.0, 0.3), agreed_loss=rng.choice([0.02, 0.1, 0.3, 1.0]), rules=rules,
        believed={"category.replacement_years": 1.0, "acceptance.p0": rng.uniform(0.1, 2.0),
                  "cashflow.fx_sd": rng.uniform(0.0, 0.4)},
    )  # fmt: skip


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in range(1, 8))]
)
def test_bound_holds_with_agreed_exits(toy: Toy, seed: int) -> None:
    """Better ties can mean larger losses, so that a firm that keeps its word leaves sooner."""
    valuer = _random_firm(toy, seed)
    exact, enter, option = _brute(valuer)
    slack = 1e-9 * max(1.0, abs(exact))
    assert _bound(valuer, np.full_like(enter, NEVER), option) >= exact - slack
    for rows in ((enter, option), tuple(part[-1] for part in _everything(valuer))):
        bound = _bound(valuer, *rows)
        enters, options = _everything(valuer)
        scores = valuer.scores(enters, options)
        keeps = np.asarray(scores.excess) <= 1e-6
        # The relaxation leaves when it likes, so that what was agreed is nothing to it.
        free = valuer.setting.problem._replace(agreed_loss=jnp.asarray(np.inf))
        loose = replace(valuer, setting=valuer.setting._replace(problem=free))
        assert bound == pytest.approx(_bound(loose, *rows), rel=1e-9)
        # Cash is not limited in the relaxation, so that no schedule at all may pass.
        assert np.asarray(scores.objective)[keeps].max() <= bound + slack
