"""Ruin told from paths of cash, against that of schedules which were simulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray
from planning.conftest import NEUTRAL
from planning.test_polish import MARKETS, lay_out
from planning.test_search import flat

from beachhead.planning import foretelling
from beachhead.planning.decoupled import MOST, tabulate_alone
from beachhead.planning.foretelling import Foretold
from beachhead.planning.polish import Tried, _keep, _likely
from beachhead.planning.valuation import Valuer
from beachhead.simulation.state import NEVER

Toy = Callable[..., Valuer]
Integers = NDArray[np.int32]


def penalise(valuer: Valuer, scale: float, enter: Integers, option: Integers) -> float:
    """What is taken off for ruin, from a simulation."""
    limits = valuer.setting.limits
    short = np.maximum(float(limits.floor) - valuer.judge(enter, option).low, 0.0)
    too_risky = max(float((short > 0.0).mean() - limits.ruin), 0.0)
    steep = valuer.setting.steep
    return steep * scale * too_risky + 10.0 * (too_risky > 0.0) * float(short.mean())


def make(toy: Toy, rng: np.random.Generator, **given: Any) -> Valuer:
    """Markets that cost about as much as the firm has."""
    return toy(
        flow=rng.uniform(0.2, 0.8, (MARKETS, 2)), cost=rng.uniform(1.0, 4.0, (MARKETS, 2)),
        preparation=(1, 2), capital=4.0, **given,
    )  # fmt: skip


@pytest.mark.parametrize(("seed", "steep"), [(0, 10.0), (1, 10.0), (2, 30.0), (3, 30.0)])
def test_ruin_is_foretold_where_worlds_differ(
    toy: Toy, seed: int, steep: float, monkeypatch: Any
) -> None:
    """Entries that are dropped or new, at dates that were looked at."""
    rng, quarters = np.random.default_rng(seed), 8
    valuer = make(
        toy, rng, quarters=quarters, worlds=MOST, believed=NEUTRAL, spread=True,
        limits={"ruin": np.asarray(0.1)},
    )  # fmt: skip
    valuer = replace(valuer, setting=valuer.setting._replace(steep=steep))
    option = rng.integers(0, 2, MARKETS + 1).astype(np.int32)
    enter = lay_out((1, 2), (2, 4))
    paths = tabulate_alone(valuer.setting)[1]
    some = Foretold(valuer.setting, paths, enter, option)
    monkeypatch.setattr(foretelling, "WORST", MOST)
    told = Foretold(valuer.setting, paths, enter, option)
    ruined = compared = 0
    capital = float(valuer.setting.problem.capital)
    for _ in range(20):
        when, how = enter.copy(), option.copy()
        for row in rng.choice(np.arange(1, MARKETS + 1), 2, replace=False).tolist():
            here = enter[row] < quarters
            when[row] = NEVER if here else rng.integers(2, quarters)
            how[row] = how[row] if here else rng.integers(0, 2)
        expected = penalise(valuer, told.scale, when, how)
        assert told.penalties(when[None], how[None])[0] == pytest.approx(expected, rel=1e-9)
        # What the search compares by takes off the same, in the scale of the schedule itself.
        account = valuer.judge(when, how)
        own = penalise(valuer, float(np.abs(account.values).mean()) + capital + 1.0, when, how)
        if account.score.excess <= 0.0:
            taken = account.score.objective - account.score.fitness
            assert taken == pytest.approx(own, rel=1e-9, abs=1e-9)
            compared += own > 0.0
        # The worst worlds of the simulated schedule are nearly always those of the next one too.
        low = valuer.judge(when, how).low
        worst = low[some.worst]
        seen = (worst < 0.0).sum() + some.ruined > 0.1 * MOST
        assert (some.penalties(when[None], how[None])[0] > 0.0) == seen
        ruined += expected > 0.0
    assert ruined > 0 and compared > 0


def test_what_was_tried_with_less_ruin_is_told(toy: Toy) -> None:
    """Of all that was valued the best within each share of worlds, against a list of all."""
    rng, quarters = np.random.default_rng(1), 8
    valuer = make(
        toy, rng, quarters=quarters, worlds=MOST, believed=NEUTRAL, spread=True,
        limits={"ruin": np.asarray(0.2)},
    )  # fmt: skip
    tried = Tried(valuer)
    drawn = rng.integers(2, 2 * quarters, (200, MARKETS + 1)).astype(np.int32)
    enter = np.where(drawn < quarters, drawn, NEVER)
    enter[:, 0] = NEVER
    option = np.where(enter < NEVER, rng.integers(0, 2, enter.shape), 0).astype(np.int32)
    for part in range(0, 200, 50):
        tried.value(enter[part : part + 50], option[part : part + 50], 50)
    scores = valuer.scores(enter, option)
    least = float(scores.ruin.min())
    levels = [0.2, 0.15, 0.1501, least]
    expected = []
    for level in levels:
        best = int(np.argmax(np.where(scores.ruin <= level, scores.fitness, -np.inf)))
        if best not in expected:
            expected.append(best)
    assert 1 < len(expected) < len(levels)
    told = tried.safer([*levels, least - 1e-9])
    assert [when.tolist() for when, _ in told] == enter[expected].tolist()
    assert [how.tolist() for _, how in told] == option[expected].tolist()


def test_ruin_is_foretold_where_time_does_not_matter(toy: Toy) -> None:
    """Moves by any number of quarters, of what is entered and between the dates looked at."""
    rng, quarters = np.random.default_rng(5), 20
    valuer = make(toy, rng, quarters=quarters, worlds=2)
    paths = tabulate_alone(valuer.setting)[1]
    assert len(paths.dates) < quarters
    option = rng.integers(0, 2, MARKETS + 1).astype(np.int32)
    enter = lay_out((1, 5), (2, 8), (3, 16))
    told = Foretold(valuer.setting, paths, enter, option)
    assert told.penalties(enter[None], option[None])[0] == pytest.approx(
        penalise(valuer, told.scale, enter, option)
    )
    ruined = 0
    for _ in range(40):
        when, how = enter.copy(), option.copy()
        for row in rng.choice(np.arange(1, MARKETS + 1), 2, replace=False).tolist():
            when[row], how[row] = rng.integers(2, 17), rng.integers(0, 2)
        expected = penalise(valuer, told.scale, when, how)
        assert told.penalties(when[None], how[None])[0] == pytest.approx(expected, rel=1e-9)
        ruined += expected > 0.0
    assert 0 < ruined < 40


def test_an_entry_comes_with_what_pays_for_it(toy: Toy) -> None:
    """The first is at least as good as any one change, and often better, since it is two."""
    better, quarters = 0, 15  # of so few, all dates are looked at
    for seed in range(6):
        rng = np.random.default_rng(seed)
        valuer = toy(
            flow=rng.uniform(0.3, 0.8, MARKETS), cost=rng.uniform(2.0, 4.0, MARKETS),
            quarters=quarters, preparation=(1,), capital=4.0,
        )  # fmt: skip
        worth, paths = tabulate_alone(valuer.setting)
        none = np.zeros(MARKETS + 1, np.int32)
        enter = lay_out((1, 2), (2, 12))
        told = Foretold(valuer.setting, paths, enter, none)
        proposals = flat(valuer)._replace(worth=jnp.asarray(worth), paths=paths)
        tried = Tried(valuer)
        tried.value(enter[None], none[None], 1)
        chosen = _likely(tried, proposals, told, enter, none, 4)
        scores = valuer.scores(*_keep(valuer.setting, chosen))
        # All of them last, as foretold.
        assert scores.ruin.max() <= float(valuer.setting.limits.ruin)
        dates = np.array([NEVER, *range(1, quarters)])
        singles = np.repeat(enter[None], MARKETS * dates.size, axis=0)
        row = np.repeat(np.arange(1, MARKETS + 1), dates.size)
        singles[np.arange(row.size), row] = np.tile(dates, MARKETS)
        best = valuer.scores(singles, np.zeros_like(singles)).fitness.max()
        assert scores.fitness[0] >= best * (1.0 - 1e-9)
        better += int(scores.fitness[0] > best * 1.01)
    assert better >= 3
