"""Targets: what they count, their chances, and that a plan gives up something for demanded ones."""

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

from beachhead.cases import Case, Target
from beachhead.errors import InputError
from beachhead.planning.answer import _meet_targets
from beachhead.planning.reasons import weigh_targets
from beachhead.planning.targets import (
    Targets,
    add_up,
    chances,
    describe_target,
    read_targets,
    shortfall,
)
from beachhead.planning.valuation import Valuer
from beachhead.simulation.state import NEVER, Ledger, Named

Toy = Callable[..., Valuer]
QUARTERS = 6
BY = [f"20{20 + t // 4}Q{t % 4 + 1}" for t in range(8)]
CASE = """
as_of = 2020-01-01
quarters = 8

[firm]
name = "A"
home = "AUT"
units = 1
revenue = 1

[product]
category = "generic"
price = 1
unit_cost = 0.5

[limits]
teams = 1
capital = 1
"""


def asks(*targets: Target, quarters: int = QUARTERS) -> Case:
    return Case.loads(CASE).model_copy(update={"targets": targets, "quarters": quarters})


def target(metric: str, value: float, by: int, **more: Any) -> Target:
    return Target.model_validate({"metric": metric, "value": value, "by": BY[by], **more})


def follow(valuer: Valuer, *targets: Target) -> Valuer:
    """The same firm, with an eye on these targets."""
    read = read_targets(asks(*targets), valuer.packed)
    assert read is not None
    return replace(valuer, setting=valuer.setting._replace(targets=_on(read)))


def _on(targets: Targets) -> Targets:
    return Targets(*map(jnp.asarray, targets))


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
NOWHERE = np.full(3, NEVER, np.int32), np.zeros(3, np.int32)


def home_firm(toy: Toy, **given: Any) -> Valuer:
    """A firm whose home counts; all who would accept it at home do so already."""
    believed = STILL | given.pop("believed", {})
    return toy(
        flow=[0.2, 0.3], cost=[0.5, 0.7], quarters=QUARTERS, at_home=1.0, terminal=4.0,
        believed=believed, **given,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"metric": "units"}, [1.5 * 26, 3 * 26]),  # 5 + 6 + 7 + 8
        ({"metric": "units", "period": "quarter"}, [12, 24]),
        ({"metric": "units", "market": "M01"}, [13, 26]),
        ({"metric": "units", "market": "home"}, [26, 52]),
        ({"metric": "units", "market": "M09"}, [0, 0]),
        ({"metric": "units", "by": BY[1], "so_far": 10}, [14.5, 19]),
        ({"metric": "units_abroad"}, [13, 26]),
        ({"metric": "revenue", "market": "HOM"}, [78, 156]),
        ({"metric": "revenue_abroad"}, [39, 78]),
        ({"metric": "share_abroad"}, [1 / 3, 1 / 3]),
        ({"metric": "share", "market": "M01"}, [13 / 40, 26 / 40]),
        ({"metric": "share", "market": "M09"}, [0, 0]),
        ({"metric": "markets"}, [1, 1]),
    ],
)
def test_metrics(fields: dict[str, Any], expected: list[float]) -> None:
    """Home and two markets, of which the first is there: the second world sells twice as much."""
    asked = Target.model_validate({"value": 2, "by": BY[7], **fields})
    packed: Any = SimpleNamespace(
        problem=SimpleNamespace(home=np.array([1.0, 0.0, 0.0])), markets=("HOM", "M01", "M02")
    )
    read = read_targets(asks(asked, quarters=8), packed)
    assert read is not None
    looked = np.array([
        [
            _look(read, world * (quarter + 1) * np.array([1.0, 0.5, 0.0]))
            for quarter in range(8)
        ]
        for world in (1.0, 2.0)
    ])  # fmt: skip
    measured, reached = add_up(_on(read), jnp.asarray(looked))
    np.testing.assert_allclose(measured[:, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(reached[:, 0], np.array(expected) / 2, rtol=1e-6)


def _look(read: Targets, units: NDArray[np.float64]) -> Any:
    from beachhead.planning.targets import look

    ledger: Any = dict.fromkeys(Ledger._fields, jnp.zeros(3))
    quarter: Any = SimpleNamespace(
        units=jnp.asarray(units), category=jnp.array([100.0, 10.0, 1.0]), standing=None,
        present=jnp.array([1.0, 1.0, 0.0]), ledger=Ledger(**ledger)._replace(sales=3 * units),
    )  # fmt: skip
    return look(_on(read), quarter)


def test_without_change_shares_at_home_stay_todays(toy: Toy) -> None:
    """.3 against .4 and .2: second; by the share over that of the place's holder."""
    valuer = home_firm(toy, facing=two_rivals())
    account = follow(valuer, *(target("home_rank", k, 5) for k in (1, 2))).judge(*NOWHERE)
    np.testing.assert_allclose(account.reached, [[0.3 / 0.4, 0.3 / 0.2]] * len(account.reached))
    assert (account.measured == 2.0).all()


def test_growth_of_rivals_moves_the_places_at_home(toy: Toy) -> None:
    """Logit by hand: attractions .4 e^(g t), .2 e^(h t) and the firm's against their sum."""
    growth, first = (0.5, -0.3), target("home_rank", 1, 4)
    reached = follow(home_firm(toy, facing=two_rivals(growth)), first).judge(*NOWHERE).reached
    grown = np.array([0.4, 0.2]) * np.exp(np.array(growth) * 1.0)
    # Within reach, s / (1 - s) is the firm's pull over B; today s = .3 at B = 1.2.
    pull = 0.3 / 0.7 * 1.2
    rivals = 1.2 * grown.sum() / 0.6
    share = pull / (pull + rivals)
    theirs = (1.0 - share) * grown[0] / (grown.sum() + 0.1)
    calm = home_firm(toy, facing=two_rivals(growth), believed={"acceptance.rivals": 0.0})
    still = follow(calm, first).judge(*NOWHERE).reached
    np.testing.assert_allclose(still, share / theirs)
    assert (reached <= still + 1e-12).all()


def test_no_one_is_first_for_sure_where_rivals_luck_is_open(toy: Toy) -> None:
    valuer = home_firm(toy, facing=two_rivals(spread=0.5), worlds=64)
    account = follow(valuer, target("home_rank", 1, 5)).judge(*NOWHERE)
    first = float(chances(jnp.asarray(account.reached))[0])
    assert 0.0 < first < 0.5
    assert first == (account.measured == 1.0).mean()


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
        facing={"units": np.array([4.0, 0.0, 0.0])},
    )  # fmt: skip
    enter = np.array([NEVER, 2, 3], np.int32)
    reached = follow(valuer, target(metric, value, 4)).judge(enter, np.zeros(3, np.int32)).reached
    np.testing.assert_allclose(reached, expected, rtol=1e-6)


@pytest.mark.parametrize("count", [2, 99])
def test_the_search_sees_of_one_market_what_the_account_sees(toy: Toy, count: int) -> None:
    """It looks at few markets of many, and at some of few more than once, to fill the room."""
    flow, cost = np.full(count, 0.3), np.full(count, 0.5)
    valuer = toy(flow=flow, cost=cost, quarters=QUARTERS, worlds=16, spread=True)
    enter, option = np.full(count + 1, NEVER, np.int32), np.zeros(count + 1, np.int32)
    enter[1:3] = 0, 1
    share = target("share", 1e-6, 5, market="M02")
    middle = float(np.median(follow(valuer, share).judge(enter, option).measured))
    asked = target("share", middle, 5, market="M02", probability=0.9)
    asking = follow(valuer, asked)
    dated = np.stack([enter, np.where(np.arange(count + 1) == 2, NEVER, enter)])
    scores = asking.scores(dated, np.stack([option, option]))
    assert scores.short == pytest.approx([0.4, 0.9])
    assert scores.short[0] == asking.judge(enter, option).score.short


def test_what_is_missing_falls_as_more_worlds_get_there(toy: Toy) -> None:
    packed = toy(flow=[1.0], cost=[0.1], quarters=QUARTERS).packed
    demanded, told = (
        read_targets(asks(target("markets", 2, 3, probability=p)), packed) for p in (0.6, None)
    )
    assert demanded is not None and told is not None
    reached = [np.where(np.arange(10) < k, 1.0, 0.5)[:, None] for k in (0, 3, 6, 10)]
    short = [[float(x) for x in shortfall(_on(demanded), jnp.asarray(one))] for one in reached]
    np.testing.assert_allclose(short, [[0.6, 0.5], [0.3, 0.35], [0.0, 0.0], [0.0, 0.0]], atol=1e-12)
    assert float(shortfall(_on(told), jnp.asarray(reached[0]))[0]) == 0.0


def test_the_search_does_not_see_what_is_only_told(toy: Toy) -> None:
    packed = toy(flow=[1.0], cost=[0.1], quarters=QUARTERS).packed
    told, demanded = target("markets", 1, 3), target("units", 2, 4, probability=0.5)
    assert read_targets(asks(told), packed, told=False) is None
    seen = read_targets(asks(told, demanded), packed, told=False)
    assert seen is not None and seen.value.tolist() == [2.0]


@pytest.mark.slow
@pytest.mark.parametrize("demanded", [False, True])
def test_a_target_at_home_makes_the_plan_reinvest(toy: Toy, demanded: bool) -> None:
    """Better at home at a price that sales do not bring back: only for the target to be first."""
    valuer = home_firm(
        toy, facing=two_rivals((0.1, 0.0), 0.1), worlds=32,
        measures=_measure(3, once=3.0, **BETTER),
    )  # fmt: skip
    valuer = follow(valuer, target("home_rank", 1, 5, probability=0.8 if demanded else None))
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
    ("metric", "value", "market"),
    [
        pytest.param("markets", 2.0, None, marks=pytest.mark.slow),
        ("units_abroad", 0.7, None),
        pytest.param("share", 0.01, "M02", marks=pytest.mark.slow),
    ],
)
def test_a_target_abroad_is_reached_at_a_loss(
    toy: Toy, metric: str, value: float, market: str | None
) -> None:
    """The second market loses money and is entered for the target alone, or the first sooner."""
    free = toy(flow=[0.3, 0.02], cost=[0.5, 0.9], quarters=QUARTERS, terminal=4.0)
    valuer = follow(free, target(metric, value, 4, market=market, probability=0.9))
    exact, enter, option = _brute(valuer)
    assert enter[1] <= 2 if metric == "units_abroad" else enter[2] < NEVER
    assert exact <= _brute(free)[0] + 1e-12
    assert _search(valuer, budget=1_600)[0] == pytest.approx(exact, rel=1e-9)
    assert exact <= _bound(valuer, enter, option) + 1e-9


def test_a_chance_lies_between_those_of_lower_and_higher_targets(toy: Toy) -> None:
    """Entered at the start, a market brings units in every world; at home there are none."""
    valuer = toy(flow=[1.0, 2.0], cost=[0.1, 0.1], quarters=QUARTERS, worlds=64, spread=True)
    enter, option = np.array([NEVER, 0, NEVER], np.int32), np.zeros(3, np.int32)

    def weigh(*targets: Target) -> Any:
        firm = follow(valuer, *targets)
        accounts = firm.judge(enter, option), firm.judge(np.full_like(enter, NEVER), option)
        return weigh_targets(asks(*targets), *accounts)

    spread = weigh(target("units", 1e-9, 5, market="M01"))[0]
    assert 0 <= spread.low < spread.middle < spread.high
    assert spread.met is None and spread.made == "2020-01-01"
    uses = weigh(
        target("units", spread.middle, 5, market="M01", probability=0.4),
        target("units", spread.high, 5, market="M01", probability=0.4),
    )
    assert [use.chance for use in uses] == pytest.approx([0.5, 0.05], abs=1.5 / 64)
    assert [use.met for use in uses] == [True, False]
    assert [use.at_home for use in uses] == [0.0, 0.0]


def test_targets_in_words() -> None:
    assert describe_target(Target(metric="home_rank", value=1, by="2020Q2")) == (
        "first at home in 2020Q2"
    )
    assert describe_target(Target(metric="home_rank", value=3, by="2020Q2")) == (
        "among the first 3 at home in 2020Q2"
    )
    assert describe_target(Target(metric="markets", value=20, by="2017Q1")) == (
        "20 markets abroad by the end of 2017Q1"
    )
    assert describe_target(Target(metric="units_abroad", value=1.5e7, by="2014Q1")) == (
        "15,000,000 units abroad in the year to 2014Q1"
    )
    share = Target(metric="share", market="IND", value=0.1, by="2014Q1", period="quarter")
    assert describe_target(share) == "10% of all units sold in IND in 2014Q1"
    assert describe_target(share, "a tenth", "India") == (
        "a tenth of all units sold in India in 2014Q1"
    )


def test_two_standard_errors_are_forgiven_and_the_message_says_how_near_it_is() -> None:
    case: Any = SimpleNamespace(targets=(target("markets", 5, 4, probability=0.5),
                                         target("units", 5, 4)))  # fmt: skip
    worlds = np.arange(100)

    def reached(count: int) -> NDArray[np.float64]:
        return np.stack([worlds < count, worlds < 0], axis=1).astype(float)

    both = np.array([True, True])
    assert _meet_targets(case, [reached(41), reached(39)], both).tolist() == [True, False]
    with pytest.raises(InputError, match="by the end of 2021Q1 in 50% of futures") as error:
        _meet_targets(case, [reached(41), reached(39)], np.array([False, True]))
    (problem,) = error.value.problems
    assert problem.where == "targets[0]" and problem.what.endswith("at best it is 39%")
