"""Exits, pace and haste: closed forms, recovery, and a future that changes nothing."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from beachhead.evidence import hazards
from beachhead.evidence.hazards import Cells, Spell

SHARED = Path(
    os.environ.get("BEACHHEAD_SHARED", Path(__file__).parents[2] / ".." / "shared" / "data")
)


def simulated(firms: int, level: float, slope: float, seed: int) -> Cells:
    random = np.random.default_rng(seed)
    rate = hazards.cumulative(level, slope, 200)
    stays = []
    for firm in range(firms):
        for market in range(40):
            enter = int(random.integers(1985, 2010))
            end = 2020
            age = int(np.searchsorted(rate, random.exponential()))  # quarters, gone at its end
            left = enter + (age + 1) // 4  # entered in mid-year: two quarters are left of it
            stays.append(
                Spell(f"f{firm:02}", f"m{market:02}", enter, left if left <= end else None, end)
            )
    return hazards.cells(stays)[0]


def test_survival_without_slope_is_exponential():
    years = [1, 5, 17]
    np.testing.assert_allclose(
        hazards.survival(-4.0, 0.0, years), np.exp(-4 * np.exp(-4.0) * np.array(years)), rtol=1e-12
    )


def test_trade_flows_of_besedes_and_prusa():
    np.testing.assert_allclose(
        hazards.survival(-1.575, -1.04, [1, 5, 17]), [0.656, 0.494, 0.400], atol=4e-3
    )


def test_level_of_the_first_year():
    assert hazards.survival(hazards.level_of(0.06, -0.5), -0.5, [1])[0] == pytest.approx(0.94)


def test_spells_and_returns():
    rows = [("a", "X", 2000, "entry"), ("a", "X", 2003, "exit"), ("a", "X", 2008, "reentry"),
            ("a", "Y", 2001, "entry")]  # fmt: skip
    stays = hazards.spells(rows, 2010)
    assert stays == [
        Spell("a", "X", 2000, 2003, 2010),
        Spell("a", "X", 2008, None, 2010),
        Spell("a", "Y", 2001, None, 2010),
    ]
    table, firms = hazards.cells(stays)
    assert firms == ["a"]
    assert table.left.sum() == 1
    # 3.5 years to the end of that of the exit, 2.5 and 9.5 to the end of the record
    assert (table.old - table.young).sum() / 4 == 3.5 + 2.5 + 9.5
    life = hazards.life_table(table, (0, 1, 5, 50))
    assert sum(row[2] for row in life) == 1
    assert sum(row[3] for row in life) == 15.5


def test_what_comes_after_the_record_changes_nothing():
    rows = [("a", "X", 2000, "entry"), ("b", "Y", 2001, "entry"), ("b", "Y", 2005, "exit")]
    later = [("a", "X", 2011, "exit"), ("c", "Z", 2012, "entry"), ("b", "Y", 2013, "reentry")]
    assert hazards.spells(rows + later, 2010) == hazards.spells(rows, 2010)


def test_gamma_factor_integrates_out():
    table, firms = hazards.cells(
        [Spell("a", "X", 2000, 2004, 2010), Spell("a", "Y", 2002, None, 2010),
         Spell("b", "X", 2001, None, 2010)]
    )  # fmt: skip
    mean = hazards.expected(-3.0, -0.3, table)
    shape = 0.7
    risk = np.bincount(table.firm, mean)
    one = mean[table.left == 1][0]
    a = quad(lambda z: z * one * np.exp(-z * risk[0]) * gamma.pdf(z, shape, scale=1 / shape), 0, 80)
    b = quad(lambda z: np.exp(-z * risk[1]) * gamma.pdf(z, shape, scale=1 / shape), 0, 80)
    found = hazards.log_likelihood(mean, table, shape, len(firms))
    assert found == pytest.approx(np.log(a[0]) + np.log(b[0]), abs=1e-4)
    alike = hazards.log_likelihood(mean, table, np.inf, len(firms))
    assert hazards.log_likelihood(mean, table, 1e7, len(firms)) == pytest.approx(alike, abs=1e-4)


def test_recovers_level_and_slope():
    table = simulated(12, -3.5, -0.5, 1)
    estimate = hazards.fit_exits(table, 12)
    sd = np.sqrt(np.diag(estimate.covariance))
    assert abs(estimate.values[0] + 3.5) < 2.5 * sd[0] < 0.8
    assert abs(estimate.values[1] + 0.5) < 2.5 * sd[1] < 0.3
    assert estimate.values[2] > 1  # firms are alike


def test_half_the_exits_on_record_move_the_level_by_log_two():
    table = simulated(12, -3.5, -0.5, 2)
    whole = hazards.fit_exits(table, 12)
    half = hazards.fit_exits(table, 12, lambda age: np.full(len(age), 0.5))
    assert half.values[0] - whole.values[0] == pytest.approx(np.log(2), abs=0.02)
    assert half.values[1] == pytest.approx(whole.values[1], abs=0.01)


def test_within_firms_finds_an_effect_and_knows_nothing_of_how_often_a_firm_leaves():
    random = np.random.default_rng(3)
    firm = np.repeat(np.arange(30), 200)
    crowd = random.uniform(0, 2, size=firm.size)
    often = np.exp(random.normal(-4.5, 0.7, size=30))[firm]
    left = (random.random(firm.size) < often * np.exp(0.6 * crowd)).astype(int)
    age = random.integers(0, 60, firm.size)
    table = Cells(firm, age, age * 0, age, age + 4, left)
    estimate = hazards.fit_within_firms(table, crowd, 30)
    low, high = estimate.interval(1, 2.5)
    assert low < 0.6 < high
    assert high - low < 0.8
    # A firm that never left, however crowded its years, says nothing.
    never, some = np.zeros(50, dtype=int), age[:50]
    rows = (never + 30, some, never, some, some + 4, never)
    names = ("firm", "year", "entered", "young", "old", "left")
    more = Cells(
        *(np.append(getattr(table, name), row) for name, row in zip(names, rows, strict=True))
    )
    again = hazards.fit_within_firms(more, np.append(crowd, np.full(50, 9.0)), 31)
    np.testing.assert_allclose(again.values, estimate.values, atol=1e-5)
    fixed = hazards.fit_within_firms(table, crowd, 30, 0.0)
    assert fixed.log_likelihood < estimate.log_likelihood


def test_counts_recover():
    random = np.random.default_rng(4)
    x = random.normal(size=1500)
    factor = random.gamma(2.0, 0.5, size=1500)
    counts = random.poisson(factor * np.exp(0.5 + 0.7 * x))
    estimate = hazards.fit_counts(counts, np.column_stack([np.ones(1500), x]))
    np.testing.assert_allclose(estimate.values, [0.5, 0.7, np.log(2)], atol=0.2)


@pytest.mark.skipif(not (SHARED / "entries.csv").exists(), reason="the tables are not here")
def test_the_record_of_entries():
    rows = pl.read_csv(SHARED / "entries.csv", infer_schema_length=None)
    stays = hazards.spells(rows.select("firm", "iso3", "year", "event").rows(), 2024)
    table, firms = hazards.cells(stays)
    assert table.left.sum() == 20
    assert len(firms) == 13
    assert {stay.market for stay in stays if stay.leave == 2022} == {"RUS"}
