"""The bound: its couplings are at least those of any schedule, and no schedule is worth more."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from beachhead.calibration import believe
from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.planning.bound import relax, survey, take_alone
from beachhead.planning.capacity import first_caps
from beachhead.planning.decoupled import tabulate_alone
from beachhead.planning.limits import Setting, keep_limits
from beachhead.planning.ties import _line_above, _logistic, optimistic_couplings
from beachhead.planning.valuation import Valuer
from beachhead.simulation.pack import pack
from beachhead.simulation.rollout import follow
from beachhead.simulation.state import NEVER, Couplings

Toy = Callable[..., Valuer]


def _ties_of(setting: Setting, enter: Array, option: Array) -> Couplings:
    """Couplings that a schedule brings about, leading axes (world, quarter)."""
    return follow(setting.problem, setting.worlds, enter, option).tied


@pytest.fixture
def exporter() -> Valuer:
    """The bundled exporter, which serves two markets already, on few worlds."""
    case = Case.load("small-exporter")
    panel = load_panel(case.as_of)
    case = case.resolve(panel)
    beliefs = believe(case, panel)
    return Valuer.prepare(case, pack(case, panel), beliefs, 8, 1, jnp.float64)


def test_no_schedule_has_better_ties(exporter: Valuer) -> None:
    """Knowledge, spillover, haste and attention of random schedules against the optimistic ones."""
    setting = exporter.setting
    best = optimistic_couplings(setting, setting.limits)
    rng = np.random.default_rng(0)
    markets = setting.problem.people.shape[0]
    options = setting.limits.first.shape[1]
    enter = rng.integers(0, 24, (6, markets)).astype(np.int32)
    enter[3:] = np.where(rng.random((3, markets)) < 0.2, enter[3:], NEVER)
    option = rng.integers(0, options, (6, markets)).astype(np.int32)
    enter, option = keep_limits(setting, enter, option)
    for one, way in zip(enter, option, strict=True):
        true = _ties_of(setting, jnp.asarray(one), jnp.asarray(way))
        for name in ("saving", "familiarity", "heard"):
            room = np.asarray(getattr(best, name)) - np.asarray(getattr(true, name))
            assert room.min() >= -1e-12, name
        assert (np.asarray(true.crowd) >= 0).all() and (np.asarray(true.load) >= 0).all()


@pytest.mark.slow
def test_what_was_in_preparation_before_the_horizon_teaches_early(toy) -> None:
    """One team could have opened nothing by then; what had begun is there all the same."""
    dates = np.array([NEVER, 1, 4, 7], np.int32)
    firm = toy(
        flow=[1.0] * 3, cost=[1.0] * 3, preparation=(3,), teams=1.0, spread=True,
        believed={"staffing.unfamiliar": 0.0},
        limits={
            "first": np.array([[NEVER], [1], [3], [3]], np.int32),
            "last": np.array([7, 1, 7, 7], np.int32),
            "required": np.array([0.0, 1.0, 0.0, 0.0]),
        },
    )  # fmt: skip
    setting, option = firm.setting, np.zeros(4, np.int32)
    assert firm.judge(dates, option).score.excess == 0
    best = optimistic_couplings(setting, setting.limits)
    true = _ties_of(setting, jnp.asarray(dates), jnp.asarray(option))
    assert np.asarray(true.saving)[:, 2].max() > 0  # it teaches from the quarter after its entry
    for name in ("saving", "familiarity", "heard"):
        room = np.asarray(getattr(best, name)) - np.asarray(getattr(true, name))
        assert room.min() >= -1e-12, name


@pytest.mark.slow
@pytest.mark.parametrize("teams", [1.05, 1.6, 3.1])
def test_ties_of_all_that_the_teams_can_open(toy: Toy, teams: float) -> None:
    """Every schedule of three alike markets: knowledge, attention and launches under way.

    Which teams a market takes hangs on how familiar it is, and the longest preparation may be
    either of two.
    """
    firm = toy(
        flow=[[1.0, 1.0]] * 3, cost=[[1.0, 1.0]] * 3, quarters=7, teams=teams, need=0.5,
        preparation=np.array([[1, 2]] * 4), spread=True, seed=3,
        believed={"staffing.unfamiliar": 1.0, "knowledge.phi": 0.6, "home.dilution": 0.2},
    )  # fmt: skip
    setting = firm.setting
    dates = np.array([NEVER, *range(1, 7)], np.int32)
    every = np.stack(np.meshgrid(*[dates] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    enter = np.concatenate([np.full((len(every), 1), NEVER, np.int32), every], axis=1)
    option = np.random.default_rng(1).integers(0, 2, enter.shape).astype(np.int32)
    kept = np.asarray(firm.scores(enter, option).excess) <= 1e-6
    best, caps = optimistic_couplings(setting, setting.limits), first_caps(setting)
    preparation = np.asarray(setting.problem.options.preparation)
    clock = np.arange(7)[:, None]
    assert kept.sum() > 3
    true = jax.lax.map(
        lambda one: _ties_of(setting, *one),
        (jnp.asarray(enter[kept]), jnp.asarray(option[kept])), batch_size=16,
    )  # fmt: skip
    for name in ("saving", "familiarity"):
        room = np.asarray(getattr(best, name)) - np.asarray(getattr(true, name))
        assert room[..., 1:].min() >= -1e-12, name
    load = np.asarray(true.load)
    assert (np.asarray(caps.attention) - load).min() >= -1e-9
    begin = enter[kept] - preparation[np.arange(4), option[kept]]
    begun = ((begin[:, None] <= clock) & (clock < begin[:, None] + 4)).sum(axis=2)
    assert (np.asarray(caps.begun) - begun).min() >= 0


def _random_firm(toy: Toy, seed: int) -> Valuer:
    """Three markets, six quarters, every coupling at work, margins of either sign."""
    rng = np.random.default_rng(seed)
    return toy(
        flow=rng.uniform(0.1, 1.0, 3), cost=rng.uniform(0.01, 0.5, 3), quarters=6,
        terminal=rng.uniform(0, 16), preparation=rng.integers(0, 3, (4, 1)),
        teams=rng.uniform(0.8, 3.0), need=rng.uniform(0.2, 0.8), worlds=16,
        aversion=rng.uniform(0, 1) * (seed % 4 > 0), spread=True, seed=seed,
        unit_cost=rng.uniform(0.1, 1.1), running=rng.uniform(0.0, 0.05),
        at_home=rng.uniform(0.2, 2.0),
        facing={"rivals": np.array([rng.uniform(0.1, 4.0), 0.0, 0.2, 0.5])},
        believed={
            "category.replacement_years": 1.0, "acceptance.p0": rng.uniform(0.1, 2.0),
            "acceptance.spillover": rng.uniform(0.0, 0.5), "cashflow.fx_sd": rng.uniform(0.0, 0.4),
            "home.dilution": rng.uniform(0.0, 0.3), "exit.haste": rng.uniform(0.0, 2.0),
            "entry.haste": rng.uniform(0.0, 2.0), "exit.knowledge": rng.uniform(0.0, 2.0),
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    "seeds", [range(30), pytest.param(range(1_000, 1_600), marks=pytest.mark.slow)]
)
def test_bound_is_never_violated(toy: Toy, seeds: range) -> None:
    """Bound >= brute force on random firms, from a poor, a middling or a good start each.

    From a poor start nothing is left out; from a good one almost everything is, the ties are
    closer, and whatever beats it must still be below the bound.
    """
    dates = np.array([NEVER, *range(6)], np.int32)
    every = np.stack(np.meshgrid(*[dates] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    enter = np.concatenate([np.full((len(every), 1), NEVER, np.int32), every], axis=1)
    option = np.zeros_like(enter)
    closed = []
    for seed in seeds:
        valuer = _random_firm(toy, seed)
        setting, risk = valuer.setting, (float(valuer.setting.aversion), valuer.tail)
        scores = valuer.scores(enter, option)
        worth = np.where(np.asarray(scores.excess) <= 1e-6, scores.objective, -np.inf)
        order = np.argsort(worth, kind="stable")
        order = order[worth[order] > -np.inf]
        best = worth[order[-1]]
        known = order[[0, order.size // 2, -min(3, order.size)][seed % 3]]
        columns = survey(setting, enter[known], option[known])
        bound = relax(setting, columns, enter[known], option[known], *risk).bound
        assert bound >= best - 1e-9 * max(1.0, abs(best)), seed
        if best > worth[0] + 0.1:  # than staying at home
            closed.append((bound - best) / (best - worth[0]))
    # It proves something, too.
    assert np.median(closed) < 0.5


@pytest.mark.parametrize("most", [1, 2, 4])
def test_markets_alone_are_taken_where_they_are_best(toy: Toy, most: int) -> None:
    """Without ties the best of so many, each at its own best date and in its own best way."""
    rng, markets = np.random.default_rng(most), 5
    flow, cost = rng.uniform(0.1, 1.0, (markets, 2)), rng.uniform(0.1, 3.0, (markets, 2))
    flow[-1], cost[-1] = 0.01, 3.0
    limits = {"most": np.asarray(most, np.int32)}
    valuer = toy(flow=flow, cost=cost, preparation=(1, 2), limits=limits)
    alone, _ = tabulate_alone(valuer.setting)
    best = alone[:, :, 1:].max(axis=(0, 1))
    assert (best < 0.0).any()
    enter, option = take_alone(valuer.setting, alone)
    scores = valuer.scores(enter, option)
    assert (scores.excess <= 1e-6).all()
    expected = np.sort(np.maximum(best, 0.0))[::-1][:most].sum()
    assert scores.objective.max() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_the_line_above_what_home_earns_is_above_it(dtype: jnp.dtype) -> None:
    """At every load, and a number where a quarter without parts earns nothing."""
    scale, odds = jnp.asarray([5.0, 0.0], dtype), jnp.asarray([0.5, 1.0], dtype)
    weight, near, most = (jnp.full(2, x, dtype) for x in (0.3, 2.0, 8.0))
    slope, top = _line_above(scale, odds, weight, near, most)
    load = jnp.linspace(0.0, 8.0, 50, dtype=dtype)[:, None]
    above = np.asarray(top - slope * load - _logistic(scale, odds, weight, load))
    assert above.min() >= -1e-6
    assert above[:, 0].min() < 0.01
