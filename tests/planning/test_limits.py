"""How much of the limits a plan uses."""

from __future__ import annotations

import numpy as np

from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.planning.reasons import count_busy
from beachhead.simulation.pack import HOME, pack


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
