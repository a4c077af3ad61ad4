"""Goals: what they count, and that a plan gives up something to reach them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray
from planning.test_search import _bound, _brute, _lever, _measure, _search

from beachhead.cases.case import Goal
from beachhead.errors import InputError
from beachhead.planning.goals import METRICS, Goals, add_up, chances, describe_goal, shortfall
from beachhead.planning.planner import _meet_goals
from beachhead.planning.valuation import Valuer
from beachhead.simulation.state import NEVER, Named

Toy = Callable[..., Valuer]
QUARTERS = 6


def goal(metric: str, value: float, by: int, probability: float = 0.0) -> Goals:
    """One goal; those of a year count the four quarters up to `by`."""
    window = np.zeros((QUARTERS, 1))
    window[by if metric in ("home_rank", "markets") else by - 3 : by + 1] = 1.0
    return Goals(
        np.array([METRICS.index(metric)], np.int32), np.array([value]), np.array([probability]),
        window,
    )  # fmt: skip


def two_rivals(growth: tuple[float, float] = (0.0, 0.0), spread: float = 0.0) -> dict[str, Any]:
    """Home with two named rivals of .4 and .2, the firm at .3, and a fringe of .1."""
    weight = np.zeros((2, 3))
    weight[:, 0] = [0.8, 0.4]
    return {
        "rivals": np.array([1.2, 0.0, 0.0]),
        "units": np.array([4 * 0.3, 0.0, 0.0]),
        "named": Named(
            weight=weight, today=np.ones(2), enters=np.zeros(2, np.int32),
            growth=np.array(growth), spread=np.full(2, spread), usual=np.asarray(0.5),
        ),
    }  # fmt: skip


STILL = {"acceptance.p0": 0.0, "measures.effect": 1.0, "exit.level": -np.inf}
BETTER = {"change": _lever("utility", 0.6), "covers": np.array([1.0, 0.0, 0.0])}


def home_firm(toy: Toy, **given: Any) -> Valuer:
    """A firm whose home counts; all who would accept it at home do so already."""
    believed = STILL | given.pop("believed", {})
    return toy(
        flow=[0.2, 0.3], cost=[0.5, 0.7], quarters=QUARTERS, at_home=1.0, terminal=4.0,
        believed=believed, **given,
    )  # fmt: skip


def test_without_change_shares_at_home_stay_todays(toy: Toy) -> None:
    """.3 against .4 and .2: second; by the share over that of the place's holder."""
    valuer = home_firm(toy, facing=two_rivals(), goals=goal("home_rank", 1, 5))
    never = np.full(3, NEVER, np.int32)
    reached = valuer.judge(never, np.zeros(3, np.int32)).reached
    np.testing.assert_allclose(reached, 0.3 / 0.4)
    second = replace(valuer, setting=valuer.setting._replace(goals=_on(goal("home_rank", 2, 5))))
    np.testing.assert_allclose(second.judge(never, np.zeros(3, np.int32)).reached, 0.3 / 0.2)


def test_growth_of_rivals_moves_the_places_at_home(toy: Toy) -> None:
    """Logit by hand: attractions .4 e^(g t), .2 e^(h t) and the firm's against their sum."""
    growth = (0.5, -0.3)
    valuer = home_firm(toy, facing=two_rivals(growth), goals=goal("home_rank", 1, 4))
    reached = valuer.judge(np.full(3, NEVER, np.int32), np.zeros(3, np.int32)).reached
    grown = np.array([0.4, 0.2]) * np.exp(np.array(growth) * 1.0)
    # Within reach, s / (1 - s) is the firm's pull over B; today s = .3 at B = 1.2.
    pull = 0.3 / 0.7 * 1.2
    rivals = 1.2 * grown.sum() / 0.6
    share = pull / (pull + rivals)
    theirs = (1.0 - share) * grown[0] / (grown.sum() + 0.1)
    calm = home_firm(
        toy, facing=two_rivals(growth), goals=goal("home_rank", 1, 4),
        believed={"acceptance.rivals": 0.0},
    )  # fmt: skip
    still = calm.judge(np.full(3, NEVER, np.int32), np.zeros(3, np.int32)).reached
    np.testing.assert_allclose(still, share / theirs)
    assert (reached <= still + 1e-12).all()


def test_no_one_is_first_for_sure_where_rivals_luck_is_open(toy: Toy) -> None:
    valuer = home_firm(toy, facing=two_rivals(spread=0.5), goals=goal("home_rank", 1, 5), worlds=64)
    reached = valuer.judge(np.full(3, NEVER, np.int32), np.zeros(3, np.int32)).reached
    assert 0.0 < float(chances(jnp.asarray(reached))[0]) < 0.5


@pytest.mark.parametrize(
    ("metric", "value", "expected"),
    [
        ("markets", 2.0, 2 / 2),
        ("units_abroad", 1.0, 3 * 0.2 + 2 * 0.3),
        ("revenue_abroad", 2.0, (3 * 0.2 + 2 * 0.3) / 2),
        ("units", 1.0, 3 * 0.2 + 2 * 0.3 + 4 * 1.0),
        ("revenue", 1.0, 3 * 0.2 + 2 * 0.3 + 4 * 1.0),
    ],
)
def test_what_is_counted(toy: Toy, metric: str, value: float, expected: float) -> None:
    """Two markets of .2 and .3 a quarter, entered two and one quarter before the date."""
    valuer = toy(
        flow=[0.2, 0.3], cost=[0.5, 0.7], quarters=QUARTERS, at_home=1.0,
        facing={"units": np.array([4.0, 0.0, 0.0])}, goals=goal(metric, value, 4),
    )  # fmt: skip
    enter = np.array([NEVER, 2, 3], np.int32)
    reached = valuer.judge(enter, np.zeros(3, np.int32)).reached
    np.testing.assert_allclose(reached, expected, rtol=1e-6)


def test_what_is_missing_falls_as_more_worlds_get_there() -> None:
    demanded = goal("markets", 2, 3, probability=0.6)
    reached = [np.where(np.arange(10) < k, 1.0, 0.5)[:, None] for k in (0, 3, 6, 10)]
    short = [[float(x) for x in shortfall(_on(demanded), jnp.asarray(one))] for one in reached]
    np.testing.assert_allclose(short, [[0.6, 0.5], [0.3, 0.35], [0.0, 0.0], [0.0, 0.0]], atol=1e-12)
    told = goal("markets", 2, 3)
    assert float(shortfall(_on(told), jnp.asarray(reached[0]))[0]) == 0.0


def test_windows_add_up_quarters() -> None:
    followed = np.arange(12.0).reshape(2, QUARTERS, 1)
    assert add_up(_on(goal("units", 1.0, 4)), jnp.asarray(followed))[:, 0].tolist() == [10.0, 34.0]
    assert add_up(_on(goal("markets", 1.0, 4)), jnp.asarray(followed))[:, 0].tolist() == [4.0, 10.0]


@pytest.mark.parametrize("demanded", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_goal_at_home_makes_the_plan_reinvest(toy: Toy, demanded: bool) -> None:
    """Better at home at a price that sales do not bring back: only for the goal to be first."""
    valuer = home_firm(
        toy, facing=two_rivals((0.1, 0.0), 0.1), worlds=32,
        measures=_measure(3, once=3.0, **BETTER),
        goals=goal("home_rank", 1, 5, 0.8 if demanded else 0.0),
    )  # fmt: skip
    exact, enter, option = _brute(valuer)
    assert (enter[3] < NEVER) == demanded
    assert np.isfinite(exact)
    assert _search(valuer, budget=1_600)[0] == pytest.approx(exact, rel=1e-9)
    assert exact <= _bound(valuer, enter, option) + 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("chi", [0.0, 0.5])
def test_attention_abroad_makes_reinvestment_pay(toy: Toy, chi: float) -> None:
    """A home that is safe needs nothing; one whose managers are abroad wins by getting better."""
    strong = two_rivals() | {"units": np.array([4 * 0.9, 0.0, 0.0])}
    valuer = home_firm(
        toy, facing=strong, measures=_measure(3, once=0.5, **BETTER),
        believed={"home.dilution": chi, "home.carries": 1.0, "home.years": 50.0,
                  "acceptance.p0": 1e3},
    )  # fmt: skip
    exact, enter, option = _brute(valuer)
    assert (enter[1:3] < NEVER).any()
    assert (enter[3] < NEVER) == (chi > 0.0)
    assert _search(valuer, budget=1_600)[0] == pytest.approx(exact, rel=1e-9)
    assert exact <= _bound(valuer, enter, option) + 1e-9


@pytest.mark.parametrize(
    "metric", [pytest.param("markets", marks=pytest.mark.slow), "units_abroad"]
)
def test_a_goal_abroad_is_reached_at_a_loss(toy: Toy, metric: str) -> None:
    """The second market loses money and is entered for the goal alone."""
    value = {"markets": 2.0, "units_abroad": 0.7}[metric]
    asked = {"flow": [0.3, 0.02], "cost": [0.5, 0.9], "quarters": QUARTERS, "terminal": 4.0}
    free = toy(**asked)
    valuer = toy(**asked, goals=goal(metric, value, 4, 0.9))
    exact, enter, option = _brute(valuer)
    assert enter[2] < NEVER if metric == "markets" else enter[1] <= 2
    assert exact <= _brute(free)[0] + 1e-12
    assert _search(valuer, budget=1_600)[0] == pytest.approx(exact, rel=1e-9)
    assert exact <= _bound(valuer, enter, option) + 1e-9


def test_goals_in_words() -> None:
    assert describe_goal("home_rank", 1, "2020Q2") == "first at home in 2020Q2"
    assert describe_goal("home_rank", 3, "2020Q2") == "among the first 3 at home in 2020Q2"
    assert describe_goal("markets", 20, "2017Q1") == "20 markets abroad in 2017Q1"
    assert (
        describe_goal("units_abroad", 1.5e7, "2014Q1")
        == "units abroad of 15,000,000 in the year to 2014Q1"
    )


def test_two_standard_errors_are_forgiven_and_the_message_says_how_near_it_is() -> None:
    asked = Goal(metric="markets", value=5, by="2015Q1", probability=0.5)
    told = Goal(metric="units", value=5, by="2015Q1")
    case: Any = SimpleNamespace(limits=SimpleNamespace(goals=(asked, told)))
    worlds = np.arange(100)

    def reached(count: int) -> NDArray[np.float64]:
        return np.stack([worlds < count, worlds < 0], axis=1).astype(float)

    both = np.array([True, True])
    assert _meet_goals(case, [reached(41), reached(39)], both).tolist() == [True, False]
    with pytest.raises(InputError, match="5 markets abroad in 2015Q1 in 50% of futures") as error:
        _meet_goals(case, [reached(41), reached(39)], np.array([False, True]))
    (problem,) = error.value.problems
    assert problem.where == "limits.goals[0]" and problem.what.endswith("at best it is 39%")


def _on(goals: Goals) -> Goals:
    return Goals(*map(jnp.asarray, goals))
