"""The least level of a limit, and what a limit costs, against every schedule there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from planning.test_conflicts import QUARTERS, _overstep, asks, keeping, label
from planning.test_search import _brute, _everything

from beachhead.cases import Case
from beachhead.errors import InputError
from beachhead.planning.easing import (
    Limit,
    add_teams,
    describe_level,
    drop,
    list_limits,
    refit,
    round_up,
    set_level,
)
from beachhead.planning.least import check_demands
from beachhead.planning.levels import Search, descend, under, weigh
from beachhead.planning.limits import Limits, read_limits
from beachhead.planning.polish import Proposals
from beachhead.planning.prices import loosen, pick_best
from beachhead.planning.valuation import Valuer
from beachhead.simulation.state import NEVER

Toy = Callable[..., Valuer]
DEMANDS: dict[str, Any] = {
    "teams": 1, "capital": 3.0, "by": {"M01": label(2)}, "must": ("M02",), "max_markets": 3,
    "ruin": 0.2,
}  # fmt: skip


def firm(toy: Toy, case: Case) -> Valuer:
    """Three markets in two ways, uncertain worlds, the limits of a case."""
    valuer = toy(
        flow=[[0.5, 0.35], [0.4, 0.3], [0.3, 0.2]], cost=[[0.9, 0.5], [0.8, 0.5], [0.5, 0.3]],
        quarters=QUARTERS, preparation=(1, 2), need=np.array([1.0, 0.5]), terminal=6.0, worlds=16,
        spread=True, believed={"staffing.unfamiliar": 0.0, "category.replacement_years": 1.0},
    )  # fmt: skip
    packed = refit(valuer.packed, case)
    limits = Limits(*map(jnp.asarray, read_limits(case, packed)))
    setting = valuer.setting._replace(problem=packed.cast(jnp.float64), limits=limits)
    return replace(valuer, packed=packed, setting=setting)


def search_from(valuer: Valuer, *schedules: Any) -> Search:
    allowed = jnp.asarray(valuer.setting.limits.first) < NEVER
    rows = allowed.shape[0]
    way = jnp.where(allowed.T, 0.0, -jnp.inf)
    proposals = Proposals(
        jnp.where(allowed.any(axis=1), 0.0, -jnp.inf),
        jnp.broadcast_to(way, (QUARTERS, *way.shape)),
        jnp.zeros(rows, int),
        jnp.zeros((QUARTERS, *valuer.setting.problem.options.allowed.T.shape)),
    )
    never = np.full(rows, NEVER, np.int32), np.zeros(rows, np.int32)
    return Search(proposals, [*schedules, never], 1.0, seed=2)


def limit_of(case: Case, name: str) -> Limit:
    return next(limit for limit in list_limits(case) if limit.name == name)


def test_eased_limits_are_those_of_the_eased_case(toy: Toy) -> None:
    """A pair and a set that are gone bind nobody, in arrays of the same shapes."""
    case = asks(
        after=(("M01", "M02"), ("M03", "M02")), not_together=(("M01", "M03"), ("M02", "M03"))
    )
    valuer = firm(toy, case)
    enters, options = map(jnp.asarray, _everything(valuer))
    for limit in list_limits(case):
        eased = drop(case, limit)
        setting = under(valuer, case, eased).setting
        over = _overstep(setting.problem, setting.limits, setting.central, enters, options)
        np.testing.assert_array_equal(np.asarray(over) <= 1e-6, keeping(eased, valuer))
        for after, before in zip(setting.limits, valuer.setting.limits, strict=True):
            assert after.shape == before.shape


@pytest.mark.slow
def test_the_least_capital_and_the_fewest_teams_of_all_schedules(toy: Toy) -> None:
    """Brute force: no schedule needs less than what is found, and that is just enough."""
    case = asks(**DEMANDS)
    valuer = firm(toy, case)
    everything = list(zip(*_everything(valuer), strict=True))
    for name, low in (("capital", 0.0), ("teams", -1.0)):
        limit = limit_of(case, name)
        least = min(need.level for need in weigh(case, limit, valuer, everything, forgiving=False))
        look = search_from(valuer)
        descend(case, limit, valuer, valuer, look.pool, look, low=low, rounds=10)
        found = min(
            weigh(case, limit, valuer, look.pool, forgiving=False), key=lambda need: need.level
        )
        assert found.level == pytest.approx(least, rel=0.02)
        assert found.level >= least - 1e-12

        def keeps(level: float, limit: Limit = limit, schedule: Any = found.schedule) -> bool:
            score = under(valuer, case, set_level(case, limit, level)).judge(*schedule).score
            return score.excess <= 1e-6 and score.ruin <= case.limits.ruin

        assert keeps(found.level)
        assert not keeps(found.level - (1.0 if name == "teams" else 1e-9))


def test_a_price_is_the_difference_of_two_best_plans(toy: Toy) -> None:
    """Of a team by brute force, and 0 of a limit that leaves room."""
    case = asks(**DEMANDS)
    valuer = firm(toy, case)
    look = search_from(valuer)
    loosened = [(limit, *loosen(case, limit)) for limit in list_limits(case)]
    eased = [under(valuer, case, looser) for _, looser, _ in loosened]
    for _ in range(2):
        for there in (valuer, *eased):
            look(there)
    base, found = pick_best(valuer, eased, look.pool)
    best, _, _ = _brute(valuer)
    assert float(valuer.judge(*look.pool[base]).score.objective) == pytest.approx(best, rel=1e-9)
    prices = {limit.name: price for (limit, _, _), (price, _) in zip(loosened, found, strict=True)}
    for (limit, _, _), there in zip(loosened, eased, strict=True):
        exact = _brute(there)[0] - best
        assert prices[limit.name] == pytest.approx(exact, rel=1e-9, abs=1e-9), limit.name
    assert prices["teams"] > 0.01
    assert prices["max_markets"] == 0.0  # there are but three
    assert words_of(case, "teams") == "1 more launch team"
    assert words_of(case, "must M02") == "given up"
    # One team more in every quarter, and no other change.
    assert loosen(case, limit_of(case, "teams"))[0] == add_teams(case, 1)


def words_of(case: Case, name: str) -> str:
    return loosen(case, limit_of(case, name))[1]


def test_levels_are_rounded_to_the_safe_side() -> None:
    case = asks()
    assert [round_up(money) for money in (0.0, 1_234_000.0, 1_230_000.0)] == [0, 1.24e6, 1.23e6]
    assert (
        describe_level(case, limit_of(case, "capital"), 1_231_000.0) == "a capital of 1,240,000 USD"
    )
    assert describe_level(case, limit_of(case, "ruin"), 0.081) == "a ruin of 9 %"
    assert describe_level(case, limit_of(case, "teams"), 2.0) == "2 launch teams"


def test_the_least_of_nothing_is_not_asked() -> None:
    with pytest.raises(InputError, match="demands nothing"):
        check_demands(asks())
    check_demands(asks(must=("M01",)))
