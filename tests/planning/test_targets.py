"""The chance of what was announced: counted over worlds, as each metric says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from beachhead.cases import Case, Target
from beachhead.planning.targets import Course, measure, weigh_targets
from beachhead.simulation.state import NEVER

HOME = np.array([True, False, False])
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


def course() -> Course:
    """Two worlds, eight quarters, home and two markets: the second world sells twice as much."""
    quarter = np.arange(8.0)[None, :, None]
    world = np.array([1.0, 2.0])[:, None, None]
    units = world * (quarter + 1) * np.array([1.0, 0.5, 0.0])
    present = np.broadcast_to(np.array([1.0, 1.0, 0.0]), units.shape)
    return Course(units, np.broadcast_to([100.0, 10.0, 1.0], units.shape), 3 * units, present)


@pytest.mark.parametrize(
    ("fields", "row", "expected"),
    [
        ({"metric": "units"}, None, [1.5 * 26, 3 * 26]),  # 5 + 6 + 7 + 8
        ({"metric": "units", "period": "quarter"}, None, [12, 24]),
        ({"metric": "units"}, 1, [13, 26]),
        ({"metric": "units"}, -1, [0, 0]),
        ({"metric": "revenue"}, 0, [78, 156]),
        ({"metric": "revenue_abroad"}, None, [39, 78]),
        ({"metric": "share_abroad"}, None, [1 / 3, 1 / 3]),
        ({"metric": "share"}, 1, [13 / 40, 26 / 40]),
        ({"metric": "markets"}, None, [1, 1]),
    ],
)
def test_metrics(fields: dict[str, Any], row: int | None, expected: list[float]) -> None:
    target = Target(value=1, by="2021Q4", **fields)
    assert measure(target, course(), 7, row, HOME) == pytest.approx(expected)


def test_quarters_before_the_horizon_are_given() -> None:
    target = Target(metric="units", value=1, by="2020Q2", so_far=10)
    assert measure(target, course(), 1, None, HOME) == pytest.approx([14.5, 19])


def test_a_chance_lies_between_those_of_lower_and_higher_targets(toy) -> None:
    """Entered at the start, a market brings units in every world; at home there are none."""
    valuer = toy(flow=[1.0, 2.0], cost=[0.1, 0.1], worlds=64, spread=True)
    enter = np.array([NEVER, 0, NEVER], np.int32)
    option = np.zeros(3, np.int32)
    spread = _chances(valuer, enter, option, [0.0])[0]
    assert 0 <= spread.low < spread.middle < spread.high
    values = [spread.middle, spread.high]
    chances = _chances(valuer, enter, option, values)
    assert [c.chance for c in chances] == pytest.approx([0.5, 0.05], abs=1.5 / 64)
    stay = _chances(valuer, np.full(3, NEVER, np.int32), option, values)
    assert [c.chance for c in stay] == [c.at_home for c in chances]


def _chances(valuer, enter, option, values):
    targets = tuple(
        Target(metric="units", market="M01", value=value, by="2021Q4") for value in values
    )
    case = Case.loads(CASE).model_copy(update={"targets": targets})
    return weigh_targets(case, valuer, enter, option)
