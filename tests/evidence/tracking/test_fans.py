"""Figures beside their fans: exact points, and the joint test on figures that hang together."""

import numpy as np
import pytest
import xarray as xr

from beachhead.cases.actuals import Actual
from beachhead.evidence.fans import compare

QUARTERS = ["2024Q1", "2024Q2", "2024Q3", "2024Q4"]


def make(units: np.ndarray, cash: np.ndarray | None = None) -> xr.Dataset:
    """Futures of one market; `units` and `cash` axes (world, quarter)."""
    axes, shape = ("world", "quarter", "market"), (*units.shape, 1)
    cash = np.zeros(units.shape) if cash is None else cash
    filled = {name: (axes, np.zeros(shape)) for name in ("revenue", "entry_cost", "flow")}
    return xr.Dataset(
        {"units": (axes, units[:, :, None]), "category": (axes, np.full(shape, 200.0)),
         "cash": (axes[:2], cash), **filled},
        coords={"quarter": QUARTERS, "market": ["AUT"], "world": np.arange(len(units))},
    )  # fmt: skip


HUNDRED = make(np.tile(np.arange(101.0)[:, None], (1, 4)))


@pytest.mark.parametrize(
    ("actual", "percentile", "outside"),
    [
        (5.0, 5.5, False),
        (4.9, 5.0, True),
        (95.0, 95.5, False),
        (95.1, 96.0, True),
        (50.0, 50.5, False),
    ],
)
def test_points_are_exact(actual: float, percentile: float, outside: bool) -> None:
    (one,), test = compare(HUNDRED, [Actual("AUT", "2024Q2", "units", actual)], ())
    assert (one.low, one.middle, one.high) == (5.0, 50.0, 95.0)
    assert one.percentile == pytest.approx(percentile / 101.0)
    assert one.outside is outside and one.counted
    # Ten of the hundred and one futures lie outside too.
    assert test.chance == pytest.approx(11 / 102 if outside else 1.0)
    assert (test.count, test.outside, test.expected) == (1, int(outside), pytest.approx(0.1))


def test_figures_that_repeat_one_another_are_no_more_evidence() -> None:
    actuals = [Actual("AUT", label, "units", 99.0) for label in QUARTERS]
    _, test = compare(HUNDRED, actuals, ())  # every future keeps its place in all quarters
    assert (test.count, test.outside) == (4, 4)
    assert test.chance == pytest.approx(11 / 102)
    apart = np.stack(
        [np.random.default_rng(k).permutation(np.arange(101.0)) for k in range(4)], axis=1
    )
    _, test = compare(make(apart), actuals, ())
    assert test.chance < 0.03  # four of four outside where quarters have nothing in common


def test_the_test_is_as_rare_as_it_says() -> None:
    """A firm that is one more of the futures is told an unusual count in that share of cases."""
    rng = np.random.default_rng(1)
    told = []
    for _ in range(400):
        level = rng.normal(size=(201, 1)) + 0.5 * rng.normal(size=(201, 4))
        actuals = [Actual("AUT", q, "units", x) for q, x in zip(QUARTERS, level[0], strict=True)]
        told.append(compare(make(level[1:]), actuals, ())[1].chance)
    for share in (0.05, 0.1, 0.2):
        assert np.mean(np.array(told) <= share) <= share + 2 * np.sqrt(share * (1 - share) / 400)
    assert np.mean(np.array(told) <= 0.2) > 0.08  # nor is it never unusual


def test_what_was_not_done_as_planned_does_not_count() -> None:
    cash = np.tile(np.arange(101.0)[:, None], (1, 4))
    actuals = [
        Actual("AUT", "2024Q1", "units", 1.0), Actual("DEU", "2024Q1", "units", 7.0),
        Actual("", "2024Q1", "cash", 1.0), Actual("AUT", "2024Q1", "revenue", 0.0),
        Actual("AUT", "2025Q1", "units", 1.0), Actual("DEU", "2024Q1", "entered", 1.0),
    ]  # fmt: skip
    ones, test = compare(make(cash, cash), actuals, {"DEU"})
    # Beyond the horizon and of entries there is no fan; of a band without width there is no test.
    assert [(one.market, one.metric, one.outside, one.counted) for one in ones] == [
        ("", "cash", True, False), ("AUT", "revenue", False, False), ("AUT", "units", True, True),
        ("DEU", "units", True, False),
    ]  # fmt: skip
    assert (test.count, test.outside) == (1, 1)
    ones, test = compare(make(cash, cash), actuals[:1] + actuals[2:3], ())
    assert test.count == 2


def test_a_share_is_of_the_market_in_the_same_future() -> None:
    (one,), _ = compare(HUNDRED, [Actual("AUT", "2024Q1", "share", 0.25)], ())
    assert one.middle == pytest.approx(0.25) and not one.outside
