"""How much of the limits a plan uses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.planning.limits import keep_limits, most_launches
from beachhead.planning.reasons import count_busy
from beachhead.planning.valuation import Valuer
from beachhead.simulation.pack import HOME, pack
from beachhead.simulation.state import NEVER


def test_teams_are_busy_where_the_smallest_entry_finds_none() -> None:
    case = Case.load("small-exporter")
    packed = pack(case, load_panel(case.as_of))
    options = packed.problem.options
    smallest = min(
        float(teams)
        for teams, (mode, _) in zip(options.teams, packed.options, strict=True)
        if mode != HOME
    )
    assert smallest > 0.0
    free = np.array([0.0, 0.9, 1.0, 1.1]) * smallest
    assert count_busy(options, free) == 2
    closed = options._replace(allowed=np.zeros_like(options.allowed))
    assert count_busy(closed, free) == 0


@pytest.mark.parametrize("most", [0, 1, 2])
def test_launches_of_any_four_quarters(toy: Callable[..., Valuer], most: int) -> None:
    """What is overstepped is counted window by window, and repair leaves nothing of it."""
    quarters, limits = 12, {"launches": np.asarray(most)}
    valuer = toy(flow=[0.3] * 6, cost=[0.5] * 6, quarters=quarters, limits=limits)
    rng = np.random.default_rng(most)
    enter = rng.integers(0, quarters + 4, (64, 7)).astype(np.int32)
    enter = np.where(enter < quarters, enter, NEVER).astype(np.int32)
    enter[:, 0] = NEVER  # home
    option = np.zeros_like(enter)
    over = valuer.scores(enter, option).excess
    for one, found in zip(enter, over, strict=True):
        windows = [((begin <= one) & (one < begin + 4)).sum() for begin in range(quarters)]
        assert found == sum(max(count - most, 0) for count in windows)
        assert most_launches(one.tolist(), quarters) == max(windows)
    kept, _ = keep_limits(valuer.setting, enter, option)
    assert (valuer.scores(kept, option).excess == 0.0).all()
    entered = (kept < quarters).sum(axis=1)
    assert (entered <= most * 3).all() and (most == 0 or entered.max() == min(most * 3, 6))
