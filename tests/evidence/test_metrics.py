"""Means, differences and reliability of forecasts of waves."""

from dataclasses import replace

import numpy as np
import pytest

from beachhead.data import Panel
from beachhead.evidence.entries import History
from beachhead.evidence.metrics import (
    METRICS,
    Foretold,
    average,
    differ,
    foretell,
    foretell_blind,
    include,
    now_or_later,
    reliability,
)
from beachhead.evidence.waves import Wave, find_waves


@pytest.fixture(scope="module")
def wave(panel: Panel, invented: tuple[History, ...]) -> Wave:
    return find_waves(invented, panel)[3]


def test_blind_guessing_is_the_mean_of_random_orders(wave: Wave) -> None:
    generator = np.random.default_rng(0)
    flat = np.full(len(wave.risk), 1 / len(wave.risk))
    drawn = np.mean(
        [foretell(wave, generator.random(len(flat)), flat).values for _ in range(4000)], axis=0
    )
    assert foretell_blind(wave).values == pytest.approx(drawn, abs=0.02)
    assert foretell_blind(wave).values[-1] == pytest.approx(drawn[-1], rel=1e-12)


def test_means_go_over_waves_then_firms_and_log_likelihood_over_entries() -> None:
    told = [
        Foretold("A", 2010, 1, np.array([1.0, 1.0, 1.0, 1.0, -1.0])),
        Foretold("A", 2011, 9, np.array([0.0, 0.0, 0.0, 0.0, -29.0])),
        Foretold("B", 2010, 5, np.array([0.5, 0.5, 0.5, 0.5, -10.0])),
        Foretold("C", 2010, 4, np.array([9.0, 9.0, 9.0, 9.0, -99.0])),  # too few to count
    ]
    means, firms = average(told)
    assert means == pytest.approx(dict(zip(METRICS, [0.5, 0.5, 0.5, 0.5, -2.5], strict=True)))
    assert firms["A"]["log_likelihood"] == pytest.approx(-3.0)
    assert (firms["A"]["waves"], firms["A"]["entries"]) == (2, 10)
    assert firms["C"]["auc"] == 9.0


def test_difference_of_equals_is_nothing_and_of_better_is_surely_more() -> None:
    told = [
        Foretold(firm, year, 3, np.array([0.8, 0.2, 0.2, 0.5, -9.0]))
        for firm in "ABC" for year in (2010, 2011)
    ]  # fmt: skip
    worse = [replace(wave, values=wave.values - 0.1) for wave in told]
    assert differ(told, told)["auc"] == (0.0, 0.0, 0.0)
    assert differ(told, worse)["auc"] == pytest.approx((0.1, 0.1, 0.1))
    assert differ(told, worse)["log_likelihood"] == pytest.approx((0.1 / 3,) * 3)


def test_reliability_counts_every_market_once(wave: Wave) -> None:
    p = np.random.default_rng(2).dirichlet(np.full(len(wave.risk), 0.1))
    rows = reliability([wave], [p])
    assert sum(row["markets"] for row in rows) == len(wave.risk)
    assert sum(row["entered"] for row in rows) == wave.size
    assert sum(row["foretold"] for row in rows) == pytest.approx(wave.size)


def test_chances_to_be_in_a_wave_are_those_of_drawing_without_putting_back() -> None:
    p = np.array([0.5, 0.2, 0.15, 0.1, 0.05])
    assert include(p, 2).sum() == pytest.approx(2.0)
    assert include(p, 1) == pytest.approx(p, abs=0.11)
    assert include(np.full(200, 0.005), 30) == pytest.approx(np.full(200, 0.15))
    # The first two drawn, by brute force over ordered pairs.
    exact = np.array([
        p[k] + sum(p[j] * p[k] / (1 - p[j]) for j in range(5) if j != k) for k in range(5)
    ])  # fmt: skip
    assert include(p, 2) == pytest.approx(exact, abs=0.05)


def test_now_or_later_looks_at_the_markets_finally_entered(wave: Wave) -> None:
    later = np.zeros(len(wave.risk), dtype=bool)
    assert now_or_later(wave, np.ones(len(wave.risk)), later) is None
    later[np.flatnonzero(~wave.entered)[:4]] = True
    assert now_or_later(wave, wave.entered - 2.0 * later, later) == 1.0
    assert now_or_later(wave, later.astype(float), later) == 0.0
