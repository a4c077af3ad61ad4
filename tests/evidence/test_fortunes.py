"""The study of many brands: what it counts, and that the priors are the ones that it finds."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from beachhead.cases.presets import load_preset
from beachhead.mechanisms import table

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "studies"))

import fortunes  # noqa: E402

SHARED = Path(os.environ.get("BEACHHEAD_SHARED", ROOT / ".." / "shared" / "data"))
needs_tables = pytest.mark.skipif(not SHARED.is_dir(), reason="the tables are not there")


def test_a_change_counts_from_a_brand_of_size_that_has_been_seen():
    quarters = np.arange(8040, 8080)
    grown = np.where(np.arange(40) < 4, 0.0, 0.02 * 1.02 ** np.arange(40))
    record = fortunes.Record(
        quarters,
        {"Old": np.full(40, 0.1), "New": grown, "Tiny": np.full(40, 0.005),
         fortunes.OUT: np.full(40, 0.3)},
    )  # fmt: skip
    found = fortunes.changes(record, "WLD", 2)
    assert {change.brand for change in found} == {"Old", "New"}
    # From the eighth quarter on, once a year, while two years are left; New is seen later.
    assert [c.year for c in found if c.brand == "Old"] == [2014, 2015, 2016, 2017, 2018, 2019]
    assert [c.year for c in found if c.brand == "New"] == [2015, 2016, 2017, 2018, 2019]
    assert all(c.gained == 0.0 for c in found if c.brand == "Old")
    one = next(c for c in found if c.brand == "New")
    before, after = grown[12], grown[20]
    odds = np.log(after / (1 - after)) - np.log(before / (1 - before))
    assert one.gained == pytest.approx(odds) and one.age == 2.0
    (own,) = {c.brand for c in fortunes.changes(record, "WLD", 2, fortunes.OUT)}
    assert own == fortunes.OUT


def test_the_spread_between_brands_is_without_the_errors_of_estimation():
    chance = np.random.default_rng(2)
    true, sds = 1.0 + 0.6 * chance.standard_normal(4000), chance.uniform(0.3, 1.0, 4000)
    mean, spread = fortunes.between(true + sds * chance.standard_normal(4000), sds)
    assert mean == pytest.approx(1.0, abs=0.05) and spread == pytest.approx(0.6, abs=0.05)


@needs_tables
def test_the_priors_are_those_of_the_tables():
    quality, growth = table()["share.quality"], load_preset("smartphone").parameters
    named = [s for brand, s in fortunes.phonepe().items() if brand != fortunes.OUT]
    spread = np.std(fortunes.odds(np.array(named)), ddof=1)
    assert quality.prior.sd == pytest.approx(spread, abs=0.15)
    # Wider, but not better: an average newcomer is worth what an average rival is.
    assert quality.default == pytest.approx(-0.5 * quality.prior.sd**2)
    records = {market: fortunes.read(market) for market in fortunes.MARKETS}
    four = [c for market, record in records.items() for c in fortunes.changes(record, market, 4)]
    gained = np.array([change.gained for change in four])
    belief = growth["share.rivals_growth"]
    high = -4 * belief.value + 1.645 * 4 * belief.sd
    assert high == pytest.approx(np.quantile(gained, 0.95), abs=0.15)
    ratio = np.exp(-4 * belief.value + 8 * belief.sd**2)
    assert ratio == pytest.approx(np.exp(gained).mean(), abs=0.15)
    before, now = np.array([fortunes.foreseen(change, 4) for change in four]).T
    assert np.abs(now - gained).mean() < 0.8 * np.abs(before - gained).mean()
