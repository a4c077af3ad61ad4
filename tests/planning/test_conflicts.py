"""Limits that cannot be kept together: proven, smallest, and cured by the least slack."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from planning.test_search import _everything

from beachhead.cases import Case
from beachhead.cases.rules import rules_of
from beachhead.data import load_panel
from beachhead.planning.conflicts import _keep, _list_exact, describe_conflict, find_conflicts
from beachhead.planning.easing import (
    Limit,
    add_teams,
    drop,
    ease,
    list_rules,
    refit,
    step_of_capital,
)
from beachhead.planning.feasible import place
from beachhead.planning.limits import Limits, excess, read_limits
from beachhead.planning.valuation import Valuer
from beachhead.simulation.pack import pack
from beachhead.simulation.people import use_of_teams

Toy = Callable[..., Valuer]
QUARTERS = 4
CASE = """
name = "toy"
as_of = 2020-01-01
quarters = 4

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


def label(quarter: int) -> str:
    return f"2020Q{quarter + 1}"


def asks(**limits: Any) -> Case:
    case = Case.loads(CASE)
    given = case.limits.model_dump() | {"teams": 1} | limits
    return case.model_copy(update={"limits": type(case.limits).model_validate(given)})


def firm(toy: Toy, unfamiliar: float = 0.0, **given: Any) -> Valuer:
    return toy(
        flow=[[0.2, 0.2]] * 3, cost=[[0.1, 0.1]] * 3, quarters=QUARTERS, preparation=(1, 2),
        need=np.array([1.0, 0.5]), believed={
            "staffing.unfamiliar": unfamiliar, "knowledge.neighbourhood": 0.5,
        }, **given,
    )  # fmt: skip


def keeping(case: Case, valuer: Valuer) -> np.ndarray[Any, Any]:
    """Which of all schedules keep the limits of a case, by trying each."""
    packed = refit(valuer.packed, case)
    limits = Limits(*map(jnp.asarray, read_limits(case, packed)))
    enter, option = map(jnp.asarray, _everything(valuer))
    over = _overstep(packed.cast(jnp.float64), limits, valuer.setting.central, enter, option)
    return np.asarray(over) <= 1e-6


@jax.jit
def _overstep(problem: Any, limits: Limits, central: Any, enters: Any, options: Any) -> Any:
    def one(enter: Any, option: Any) -> Any:
        _, used = use_of_teams(problem, central, enter, option)
        return excess(problem, limits, used, enter, option)

    return jax.vmap(one)(enters, options)


CASES = [
    {"must": ("M01", "M02", "M03")},
    {"by": {"M01": label(1), "M02": label(1)}},
    {"by": {"M01": label(1), "M02": label(2), "M03": label(3)}},
    {"by": {"M01": label(2), "M02": label(2), "M03": label(2)}},
    {"must": ("M01", "M02"), "max_markets": 1},
    {"must": ("M02",), "not_together": (("M01", "M02"),), "after": (("M02", "M01"),)},
    {"by": {"M01": label(2)}, "after": (("M01", "M02"), ("M02", "M03"))},
    {"by": {"M01": label(2)}, "fixed": {"M02": label(2)}, "after": (("M01", "M02"),)},
    {"fixed": {"M01": label(1), "M02": label(1)}, "must": ("M03",), "max_markets": 2},
    {"by": {"M01": label(0)}},
    {"teams": 0, "must": ("M01",)},
]


@pytest.mark.parametrize("unfamiliar", [0.0, 0.6])
def test_what_is_placed_is_possible_and_what_is_not_is_not(toy: Toy, unfamiliar: float) -> None:
    """Against every schedule: the least need never refuses what is possible, the most never errs.

    Where nobody has to get to know a market, the two are the same, and exact.
    """
    valuer = firm(toy, unfamiliar)
    for limits in CASES:
        case = asks(**limits)
        packed, central = refit(valuer.packed, case), valuer.setting.central
        possible = bool(keeping(case, valuer).any())
        least = place(case, packed, central, least=True)
        most = place(case, packed, central, least=False)
        assert least.possible or not possible, limits
        assert possible or not most.possible, limits
        if unfamiliar == 0.0:
            assert least.possible == most.possible == possible, limits
        if most.possible:
            enters, options = _everything(valuer)
            same = (enters == most.enter).all(axis=1)
            entered = most.enter < QUARTERS
            same &= ((options == most.option) | ~entered).all(axis=1)
            assert keeping(case, valuer)[same].any(), limits


def test_conflicts_are_smallest_and_cured_as_they_say(toy: Toy) -> None:
    """Against every set of limits and every schedule."""
    valuer = firm(toy)
    seen = 0
    for limits in CASES:
        case = asks(**limits)
        found = find_conflicts(case, valuer.packed, valuer.setting.central)
        assert bool(found) != bool(keeping(case, valuer).any())
        if not found:
            continue
        seen += 1
        listed = _list_exact(case, valuer.packed)

        def fits(kept: tuple[Limit, ...], case: Case = case, listed: Any = listed) -> bool:
            return bool(keeping(_keep(case, listed, set(kept)), valuer).any())

        smallest = next(
            size
            for size in range(len(listed) + 1)
            if not all(map(fits, itertools.combinations(listed, size)))
        )
        assert len(found[0].limits) == smallest
        assert not fits(found[0].limits)
        for limit in found[0].limits:
            assert fits(tuple(other for other in found[0].limits if other != limit))
    assert seen == 9


def test_the_slack_that_cures_is_the_least(toy: Toy) -> None:
    """Two markets due at once for one team: one team more, or either a quarter later."""
    valuer = firm(toy)
    case = asks(by={"M01": label(1), "M02": label(1)})
    (found,) = find_conflicts(case, valuer.packed, valuer.setting.central)
    assert [limit.name for limit in found.limits] == ["teams", "by M01", "by M02"]
    assert found.cures == ("1 more launch team", "M01 by 2020Q3", "M02 by 2020Q3")
    for limit in found.limits:
        eased = ease(case, limit, 1)
        assert eased is not None and keeping(eased[0], valuer).any()
    problem = describe_conflict(found, case)
    assert problem.what == (
        "these limits cannot all be kept: 1 launch team; M01 by 2020Q2; M02 by 2020Q2"
    )
    assert problem.fix.startswith("Any one of these is enough: 1 more launch team; M01 by 2020Q3")


def test_conflicts_without_a_member_in_common_are_all_told(toy: Toy) -> None:
    valuer = firm(toy)
    case = asks(by={"M01": label(0), "M02": label(0)})
    found = find_conflicts(case, valuer.packed, valuer.setting.central)
    assert [[limit.name for limit in conflict.limits] for conflict in found] == [
        ["by M01"], ["by M02"],
    ]  # fmt: skip
    assert [conflict.cures for conflict in found] == [("M01 by 2020Q2",), ("M02 by 2020Q2",)]


def test_a_number_of_markets_takes_its_teams(toy: Toy) -> None:
    """Three markets by the third quarter: two teams, since one way takes half a team twice."""
    valuer = firm(toy)
    asked = {"metric": "markets", "value": 3, "by": label(2), "probability": 0.5}
    case = asks()
    target = Case.model_validate(case.model_dump() | {"targets": [asked]}).targets
    case = case.model_copy(update={"targets": target})
    (found,) = find_conflicts(case, valuer.packed, valuer.setting.central)
    assert {limit.kind for limit in found.limits} == {"teams", "count"}
    assert found.cures == ("1 more launch team", "2 markets")
    enters, _ = _everything(valuer)
    by_then = (enters <= 2).sum(axis=1)
    assert by_then[keeping(case, valuer)].max() == 2
    assert by_then[keeping(add_teams(case, 1), valuer)].max() == 3


def test_steps_of_capital_are_round() -> None:
    steps = [step_of_capital(asks(capital=money)) for money in (5e8, 4.4e6, 1.0, 0.0)]
    assert steps == pytest.approx([5e7, 4e5, 0.1, 0.1])


def test_nothing_that_is_eased_is_tighter(toy: Toy) -> None:
    """Whoever kept a limit keeps it when it is eased or gone."""
    valuer = firm(toy)
    case = asks(by={"M01": label(2)}, max_markets=2, not_together=(("M01", "M02"),), teams=1)
    before = keeping(case, valuer)
    for limit in _list_exact(case, valuer.packed):
        step = ease(case, limit, 1)
        for eased in (step[0] if step else case, drop(case, limit)):
            assert keeping(eased, valuer)[before].all(), limit.name


def test_arrays_of_a_case_are_those_that_are_packed_anew() -> None:
    """As it is and without its rules, of which some close ways and some take time."""
    case = Case.load("xiaomi-2013")
    panel = load_panel(case.as_of)
    packed, case = pack(case, panel), case.resolve(panel)
    rules = list_rules(case, set(packed.markets))
    without = _keep(case, rules, set())
    assert rules and not rules_of(without)
    for given in (case, without, add_teams(case, 1)):
        again, anew = refit(packed, given).problem, pack(given, panel).problem
        np.testing.assert_array_equal(again.options.preparation, anew.options.preparation)
        np.testing.assert_array_equal(again.options.allowed, anew.options.allowed)
        np.testing.assert_array_equal(again.teams, anew.teams)
    bound = pack(without, panel).problem.options
    assert (packed.problem.options.preparation > bound.preparation).any()
