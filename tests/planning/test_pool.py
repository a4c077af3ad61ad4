"""Plans in one pool: what pace, frontier and robust plan make of schedules that are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from beachhead.calibration import believe
from beachhead.cases import Case, Entry, Gated, Schedule
from beachhead.data import load_panel
from beachhead.errors import InputError, Problem
from beachhead.mechanisms.value import cvar
from beachhead.planning import frontier, pace, robust
from beachhead.planning.many import Made
from beachhead.planning.pool import Pool
from beachhead.planning.study import fix
from beachhead.reporting.many import describe_frontier, describe_pace, describe_robust
from beachhead.simulation import simulate

CASE = """
name = "tiny"
as_of = 2024-06-30
quarters = 20
currency = "EUR"
dollars = 1.07

[firm]
name = "Tiny"
home = "SVN"
units = 120000
revenue = 12e6

[product]
category = "generic"
price = 60.0
unit_cost = 18.0

[markets]
candidates = ["DEU", "CZE", "AUT", "ITA"]

[modes]
allowed = ["online"]
localisation = [0.0]

[limits]
teams = 4
capital = 3e7
"""
WORLDS = {"worlds": 64, "fresh_worlds": 128}
FEW = {"worlds": 64, "seed": 5}


def entering(**dates: int) -> Schedule:
    entries = [Entry(iso3=m, quarter=t, mode="online", localisation=0.0) for m, t in dates.items()]
    return Schedule(entries=tuple(entries))


# What plans may be: one at a time, all at once, and some that are dominated.
SLOW, FAST = entering(DEU=2, CZE=6, AUT=10), entering(DEU=2, CZE=2, AUT=3, ITA=3)
OTHERS = entering(DEU=4), entering(AUT=2), entering(CZE=2, ITA=4), entering(DEU=2, ITA=2)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """As the program runs: in double precision only where it says so."""
    with jax.enable_x64(False):
        yield


@pytest.fixture(scope="module")
def case() -> Case:
    return Case.loads(CASE)


@pytest.fixture(scope="module")
def panel(case: Case) -> Any:
    return load_panel(case.as_of)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Let the plans be these, in the order of the jobs: a schedule, a problem, or none."""

    def given(module: Any, *answers: Any, whole: bool = True) -> None:
        def make(jobs: Any, *_: Any) -> tuple[list[Made | None], bool]:
            made = [
                Made(None, (answer,)) if isinstance(answer, Problem)
                else answer and Made(SimpleNamespace(schedule=answer))  # type: ignore[arg-type]
                for answer in answers
            ]  # fmt: skip
            return [*made, *[made[-1]] * (len(jobs) - len(made))], whole

        monkeypatch.setattr(module, "plan_many", make)

    yield given


def test_what_haste_costs_is_what_entries_cost_less_without_it(case: Case, panel: Any) -> None:
    beliefs = believe(case, panel)
    pool = Pool.gather(case, panel, [("fast", Made(SimpleNamespace(schedule=FAST)))])  # type: ignore[arg-type]
    costs: list[tuple[float, float]] = []

    def weigh(*plan: Any) -> None:
        costs.append(pace._weigh_opening(*plan))

    for view in (beliefs, fix(beliefs, {"entry.haste": 0.0})):
        pool.value(view, **FEW, also=weigh)
    (_, _), (paid, haste), (_, nothing), (calm, none) = costs
    assert nothing == none == 0.0 < haste
    assert paid - haste == pytest.approx(calm, rel=1e-12)


@pytest.mark.slow
def test_plans_with_gates_of_other_thresholds_stand_side_by_side(panel: Any) -> None:
    """Each is worth what a simulation of it alone says."""
    gated = Case.loads(
        CASE + '[[gates]]\nname = "first"\npilot = "DEU"\nmarkets = ["ITA"]\nwait = [2, 4]\n'
    )
    beliefs = believe(gated, panel)
    schedules = [
        Schedule(
            entries=entering(DEU=2, ITA=8).entries,
            gates=(Gated(gate=0, wait=wait, threshold=threshold),),
        )
        for wait, threshold in ((2, 0.0), (2, 700.0), (4, 3000.0))
    ]
    made = [(f"{k}", Made(SimpleNamespace(schedule=s))) for k, s in enumerate(schedules)]  # type: ignore[arg-type]
    accounts = Pool.gather(gated, panel, made).value(beliefs, **FEW)[1:]
    means = [account.values.mean() for account in accounts]
    assert len(set(means)) == 3
    for schedule, mean in zip(schedules, means, strict=True):
        futures = simulate(gated, panel, beliefs, schedule, **FEW)
        assert float(futures["value"].sum("market").mean()) == pytest.approx(mean, rel=1e-9)


def test_pace(case: Case, panel: Any, plans: Any) -> None:
    """Numbers take the best plan that they allow, wherever it was found."""
    plans(pace, *OTHERS[:2], SLOW, FAST, OTHERS[2])
    found = pace.find_pace(case, panel, launches=[1, 2, 3], **WORLDS)
    assert [rate.launches for rate in found.rates] == [1, 2, 3, None]
    objective = [rate.objective for rate in found.rates]
    assert objective == sorted(objective)
    for rate in found.rates:
        assert rate.busiest <= (rate.launches or 99)
        assert rate.entries == len(rate.schedule)
        assert 0.0 <= rate.haste <= rate.opening
    for before, rate in zip(found.rates, found.rates[1:], strict=False):
        assert rate.gain == pytest.approx(rate.adds - before.adds, abs=1.0)
    # A fast plan was slowed down where that is better than the plans that were given.
    assert any("slowed to" in rate.found for rate in found.rates)
    # Without haste the same pool can only be worth more, and so can its best.
    for rate, free in zip(found.rates, found.without, strict=True):
        assert free.objective >= rate.objective - 1.0
        assert free.haste == 0.0
    text = describe_pace(case, found)
    assert max(map(len, text.splitlines())) <= 100
    assert found.to_json() == pace.find_pace(case, panel, launches=[1, 2, 3], **WORLDS).to_json()


def test_enough_is_where_no_step_gains_more_than_chance() -> None:
    rng = np.random.default_rng(0)
    chance = rng.standard_normal((4, 400))
    values = [chance[0], chance[0] + 5.0 + 0.1 * chance[1]]
    values += [values[1] + 0.1 * chance[2], values[1] + 0.1 * chance[3] - 1.0]
    rates: Any = [SimpleNamespace(launches=n) for n in (1, 2, 3, None)]
    assert pace._find_enough(rates, values) == 2
    assert pace._find_enough(rates, [values[1], *values[1:]]) == 1


def test_numbers_without_a_plan_say_why(case: Case, panel: Any, plans: Any) -> None:
    must = case.model_copy(
        update={"limits": case.limits.model_copy(update={"must": ("DEU", "CZE", "AUT", "ITA")})}
    )
    plans(pace, Problem("no room"), FAST, FAST, Problem("no room"), FAST)
    found = pace.find_pace(must, panel, launches=[0, 4], **WORLDS)
    assert [rate.launches for rate in found.rates] == [4, None]
    assert found.impossible == ((0, "no room"),)
    assert "0 a year: no room" in describe_pace(must, found)
    plans(pace, Problem("no room"))
    with pytest.raises(InputError, match="no room"):
        pace.find_pace(must, panel, launches=[1], **WORLDS)
    plans(pace, None, whole=False)
    with pytest.raises(KeyboardInterrupt):
        pace.find_pace(must, panel, launches=[1], **WORLDS)


def test_frontier_of_risk_agrees_with_trying_every_plan(case: Case, panel: Any, plans: Any) -> None:
    plans(frontier, *OTHERS, SLOW, FAST)
    case = case.model_copy(update={"limits": case.limits.model_copy(update={"capital": 1e9})})
    at = [0.0, 0.1, 0.3, 0.7, 0.9, 1.0]
    found = frontier.find_frontier(case, panel, at=at, **WORLDS)
    assert [point.at for point in found.points] == at
    beliefs = believe(case, panel)
    everything = (Schedule(), *OTHERS, SLOW, FAST)
    pool = Pool.gather(case, panel, [("", Made(SimpleNamespace(schedule=s))) for s in everything])  # type: ignore[arg-type]
    values = [account.values for account in pool.value(beliefs, 64, 1)]
    with jax.enable_x64(True):
        figures = [(v.mean(), float(cvar(jnp.asarray(v), 0.1))) for v in values]
    for point in found.points:
        best = max((1.0 - point.at) * mean + point.at * tail for mean, tail in figures)
        assert point.objective == pytest.approx(best, rel=1e-12)
        assert (point.mean, point.cvar) in [pytest.approx(figure) for figure in figures]
    mean, tail = ([getattr(p, what) for p in found.points] for what in ("mean", "cvar"))
    assert mean == sorted(mean, reverse=True) and tail == sorted(tail)
    assert max(map(len, describe_frontier(case, found).splitlines())) <= 100


def test_frontier_of_capital_never_falls_and_keeps_the_floor(
    case: Case, panel: Any, plans: Any
) -> None:
    plans(frontier, *OTHERS, SLOW, FAST, SLOW)
    at = [0.001, 0.003, 0.01, 0.03, 0.1, 2.0]
    found = frontier.find_frontier(case, panel, by="capital", at=at, **WORLDS)
    objective = [point.objective for point in found.points]
    assert objective == sorted(objective)
    assert len({point.entries for point in found.points}) > 1
    for point in found.points:
        # The chance of ruin is that of the same plan where the case has that capital.
        limits = case.limits.model_copy(update={"capital": point.at})
        there = case.model_copy(update={"limits": limits})
        schedule = next(s for s in (Schedule(), *OTHERS, SLOW, FAST) if _same(s, point))
        pool = Pool.gather(there, panel, [("", Made(SimpleNamespace(schedule=schedule)))])  # type: ignore[arg-type]
        account = pool.value(believe(there, panel), 128, 1 + frontier.FRESH_SEED)[-1]
        assert point.ruin == account.score.ruin <= 0.05 + 2.0 * (0.05 * 0.95 / 128) ** 0.5
    assert max(map(len, describe_frontier(case, found).splitlines())) <= 100


def _same(schedule: Schedule, point: frontier.Point) -> bool:
    return {e.iso3 for e in schedule.entries} == {row["iso3"] for row in point.schedule} and [
        e.quarter for e in schedule.entries
    ] == [int(row["enter"][:4]) * 4 + int(row["enter"][5]) - 8099 for row in point.schedule]


def test_a_draw_is_one_world_of_the_beliefs(case: Case, panel: Any) -> None:
    beliefs = believe(case, panel)
    markets, regions = ("DEU", "CZE", "BRA"), ("E", "E", "A")
    whole = beliefs.draw(7, 6, markets, regions)
    one = robust.take_draw(beliefs, 7, 4)
    drawn = one.draw(99, 3, markets, regions)
    for name, values in drawn.items():
        assert values.shape == (3, *whole[name].shape[1:])
        assert (values == whole[name][4]).all(), name


def test_robust(case: Case, panel: Any, plans: Any) -> None:
    """Regret is never negative, is 0 where a plan is the best, and the choices are the best."""
    plans(robust, SLOW, *OTHERS, FAST)
    found = robust.find_robust(case, panel, draws=5, **WORLDS)
    assert found.draws == found.planned == 5
    for choice in (found.base, found.best, found.safest):
        assert len(choice.regrets) == 5 and min(choice.regrets) >= 0.0
        assert choice.worst == max(choice.regrets)
        # Of the same optimum in each draw: what the mean lacks is the mean regret.
        lacks = choice.mean + np.mean(choice.regrets)
        assert lacks == pytest.approx(found.base.mean + np.mean(found.base.regrets), rel=1e-12)
    assert found.best.mean >= max(found.base.mean, found.safest.mean)
    assert found.safest.worst <= min(found.base.worst, found.best.worst)
    assert found.base.costs == 0.0
    shares = {market.iso3: market for market in found.markets}
    assert shares["DEU"].base == "2025Q1" and shares["AUT"].base == "2027Q1"
    for market in found.markets:
        assert market.share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
        assert market.early <= market.middle <= market.late
    assert max(map(len, describe_robust(case, panel, found).splitlines())) <= 100


def test_draws_that_ctrl_c_left_undone_are_none(case: Case, panel: Any, plans: Any) -> None:
    plans(robust, SLOW, FAST, Problem("broke"), None, whole=False)
    found = robust.find_robust(case, panel, draws=4, **WORLDS)
    assert (found.status, found.draws, found.planned) == ("partial", 2, 1)
    assert "PARTIAL" in describe_robust(case, panel, found)
    plans(robust, SLOW, None, whole=False)
    with pytest.raises(KeyboardInterrupt):
        robust.find_robust(case, panel, draws=4, **WORLDS)
