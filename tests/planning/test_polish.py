"""Single steps of the search's polish against what can be counted and worked out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from planning.conftest import NEUTRAL
from planning.test_search import flat

from beachhead.planning.limits import NOBODY, keep_limits
from beachhead.planning.polish import EACH, Tried, _likely, prune, spare_cash
from beachhead.planning.valuation import Valuer
from beachhead.simulation.state import NEVER

Toy = Callable[..., Valuer]
Integers = NDArray[np.int32]

MARKETS, QUARTERS = 7, 9


def lay_out(*entries: tuple[int, int]) -> Integers:
    enter = np.full(MARKETS + 1, NEVER, np.int32)
    for row, date in entries:
        enter[row] = date
    return enter


def test_no_schedule_is_valued_twice(toy: Toy, monkeypatch: Any) -> None:
    valuer = toy(flow=np.ones(MARKETS), cost=np.full(MARKETS, 2.0), quarters=QUARTERS)
    counted: list[int] = []
    scores = Valuer.scores

    def count(self: Valuer, enter: Integers, option: Integers) -> Any:
        counted.append(len(enter))
        return scores(self, enter, option)

    monkeypatch.setattr(Valuer, "scores", count)
    tried = Tried(valuer)
    enter = np.stack([lay_out(), lay_out((1, 3)), lay_out((1, 3)), lay_out((2, 4))])
    option = np.zeros_like(enter)
    option[0] = 1  # ways of what is never entered make no other schedule
    first = tried.value(enter, option, 10)
    assert (first[1], first[2], sum(counted)) == (3, True, 3)
    assert first[0][1] == first[0][2] != first[0][3]
    again = tried.value(enter[::-1], np.zeros_like(option), 0)
    assert (again[1], again[2], sum(counted)) == (0, True, 3)
    assert again[0].tolist() == first[0][::-1].tolist()
    # Where evaluations do not last, some are left out, and it is told.
    more = np.stack([lay_out((row, 5)) for row in range(1, MARKETS + 1)])
    found, new, whole = tried.value(more, np.zeros_like(more), 4)
    assert (new, whole, sum(counted)) == (4, False, 7)
    assert np.isneginf(found).sum() == MARKETS - 4


def test_likely_changes_are_the_best_where_markets_are_alone(toy: Toy) -> None:
    """One team, no ties: worth alone, after all that has to give way, is all that counts."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        valuer = toy(
            flow=rng.uniform(0.2, 0.6, MARKETS), cost=rng.uniform(0.5, 4.0, MARKETS),
            quarters=QUARTERS, preparation=(1,), teams=1.0,
        )  # fmt: skip
        none = np.zeros(MARKETS + 1, np.int32)
        home = valuer.scores(lay_out()[None], none[None]).fitness[0]
        worth = np.full((QUARTERS, 1, MARKETS + 1), -np.inf)
        for date in range(1, QUARTERS):
            single = np.stack([lay_out((row, date)) for row in range(1, MARKETS + 1)])
            worth[date, 0, 1:] = valuer.scores(single, np.zeros_like(single)).fitness - home
        rows, dates = rng.permutation(np.arange(1, MARKETS + 1)), rng.permutation(range(1, 8))
        enter = lay_out(*zip(rows[:3].tolist(), dates[:3].tolist(), strict=True))

        # All that may be done to it: an entry at another date, in the place of another, swapped.
        near, leaders = [], []
        for row in range(1, MARKETS + 1):
            for date in range(1, QUARTERS):
                near.append(np.where(np.arange(MARKETS + 1) == row, date, enter))
                leaders.append(row)
            for gone in rows[:3].tolist() if enter[row] == NEVER else ():
                changed = enter.copy()
                changed[row], changed[gone] = enter[gone], NEVER
                near.append(changed)
                leaders.append(row)
        for one, other in ((rows[0], rows[1]), (rows[0], rows[2]), (rows[1], rows[2])):
            changed = enter.copy()
            changed[one], changed[other] = enter[other], enter[one]
            near.append(changed)
            leaders.append(min(one, other))
        kept, ways = keep_limits(
            valuer.setting, np.stack(near).astype(np.int32), np.zeros((len(near), none.size), int),
            leaders=np.array(leaders),
        )  # fmt: skip
        fitness = valuer.scores(kept, ways).fitness
        others = (kept != enter).any(axis=1)

        tried = Tried(valuer)
        tried.value(enter[None], none[None], 1)
        proposals = flat(valuer)._replace(worth=jnp.asarray(worth))
        chosen = _likely(tried, proposals, None, enter, none, 12)
        assert len(chosen) == 12
        assert max(Counter(row for *_, row in chosen).values()) <= EACH
        made, how = keep_limits(
            valuer.setting, np.stack([when for when, *_ in chosen]),
            np.stack([way for _, way, _ in chosen]), leaders=np.array([row for *_, row in chosen]),
        )  # fmt: skip
        scores = valuer.scores(made, how).fitness
        assert NOBODY not in {row for *_, row in chosen}
        assert np.isclose(scores[0], fitness[others].max(), rtol=1e-9)
        assert np.all(np.diff(scores) <= 1e-9 * np.abs(scores[1:]))
        # What is known already is left out.
        tried.value(made[:5], how[:5], 5)
        anew = _likely(tried, proposals, None, enter, none, 3)
        assert all((when != made[k]).any() for when, *_ in anew for k in range(5))


def dear(toy: Toy, seed: int, **limits: Any) -> tuple[Valuer, Integers, Integers]:
    """Markets that together cost more than the firm has, and a schedule that enters them all."""
    rng = np.random.default_rng(seed)
    cost = rng.uniform(0.5, 3.0, MARKETS)
    valuer = toy(
        flow=rng.uniform(0.2, 0.9, MARKETS), cost=cost, capital=0.4 * cost.sum(),
        quarters=QUARTERS, worlds=256, believed=NEUTRAL, spread=True, seed=seed,
        limits={"ruin": np.asarray(0.1), **limits},
    )  # fmt: skip
    enter = lay_out(*((row, int(rng.integers(0, 3))) for row in range(1, MARKETS + 1)))
    return valuer, enter, np.zeros_like(enter)


def test_ruin_is_spared_at_little_cost(toy: Toy) -> None:
    """Against every choice of entries to leave out, and against leaving some out by chance."""
    reached, by_chance = [], []
    for seed in range(12):
        required = (np.arange(MARKETS + 1) == 1).astype(float)
        valuer, enter, option = dear(toy, seed, required=required)
        steps: list[int] = []
        kept = spare_cash(valuer, enter, option, lambda into=steps: into.append(1))  # type: ignore[misc]
        assert ((kept == enter) | (kept == NEVER)).all() and kept[1] == enter[1]
        assert len(steps) == 1 + (kept != enter).sum()
        inside = np.array([[0, 1, *map(int, f"{k:06b}")] for k in range(2 ** (MARKETS - 1))])
        every = np.where(inside > 0, enter, NEVER)
        scores = valuer.scores(every, np.zeros_like(every))
        fine = scores.ruin <= 0.1
        assert not fine[-1] and fine.any()  # all of them are too many
        (chosen,) = np.flatnonzero((every == kept).all(axis=1))
        assert fine[chosen]
        gained = scores.objective - scores.objective[0]
        rng, some = np.random.default_rng(seed), []
        for _ in range(50):
            left, order = inside[-1].copy(), rng.permutation(np.arange(2, MARKETS + 1)).tolist()
            while not fine[(inside == left).all(axis=1)][0]:
                left[order.pop()] = 0
            some.append(gained[(inside == left).all(axis=1)][0])
        best = gained[fine].max()
        reached.append(gained[chosen] / best)
        by_chance.append(np.mean(some) / best)
    assert max(reached) <= 1.0
    assert np.mean(reached) > 0.95 and np.mean(by_chance) < 0.5


def test_what_keeps_its_cash_stays_as_it_is(toy: Toy) -> None:
    valuer, enter, option = dear(toy, 1, ruin=np.asarray(1.0))
    assert np.array_equal(spare_cash(valuer, enter, option, lambda: None), enter)
    # Where each of them is demanded, there is nothing to leave out.
    valuer, enter, option = dear(toy, 1, required=np.ones(MARKETS + 1))
    assert np.array_equal(spare_cash(valuer, enter, option, lambda: None), enter)


def test_nothing_pays_to_leave_out_of_what_was_pruned(toy: Toy) -> None:
    left_out = 0
    for seed in range(6):
        valuer, enter, option = dear(toy, seed)
        kept = prune(valuer, enter, option, lambda: None)
        left_out += int((kept != enter).sum())
        rows = np.flatnonzero(kept < NEVER)[1:]
        fewer = np.stack([kept, *(np.where(np.arange(kept.size) == r, NEVER, kept) for r in rows)])
        assert valuer.scores(fewer, np.zeros_like(fewer)).fitness.argmax() == 0
        assert (kept[kept < NEVER] == enter[kept < NEVER]).all()
    assert left_out > 0
