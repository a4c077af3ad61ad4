"""Forecasts of people online as part of the beliefs: made beforehand, drawn, and what they move."""

import shutil
from dataclasses import replace
from importlib.resources import files

import jax.numpy as jnp
import numpy as np
import polars as pl
import pytest

from beachhead.calibration import WINNERS, believe
from beachhead.calibration.histories import read_histories
from beachhead.calibration.outlook import ONLINE, compute, forecast, foresee
from beachhead.cases import Case, Entry, Schedule
from beachhead.data import load_panel
from beachhead.errors import InputError
from beachhead.simulation import Beliefs, simulate
from beachhead.simulation.outlook import Outlook
from beachhead.simulation.pack import draw_worlds, pack

SHIPPED = files("beachhead.data") / "panel"
MARKETS, REGIONS = ("CHN", "IND", "IDN", "FRA"), ("east", "south", "east", "west")
NOW = np.array([0.4, 0.1, 0.15, 0.8])


@pytest.fixture(scope="module")
def case():
    case = Case.load("xiaomi-2013")
    markets = case.markets.model_copy(update={"candidates": ("IND", "IDN", "FRA")})
    return case.model_copy(update={"markets": markets})


@pytest.fixture(scope="module")
def panel(case):
    return load_panel(case.as_of)


@pytest.fixture(scope="module")
def outlook(case, panel):
    return foresee(case, panel)


def test_what_was_made_beforehand_is_found_for_every_day(case, outlook):
    assert (outlook.method, outlook.origin) == (WINNERS[ONLINE], 2011)
    for year in range(2012, 2027):
        day = case.model_copy(update={"as_of": case.as_of.replace(year=year)})
        panel = load_panel(day.as_of)
        # Anything not made beforehand would raise here, for want of the word for how to make it.
        made = forecast(panel, read_histories(panel, ONLINE), WINNERS[ONLINE])
        assert made["iso3"].n_unique() > 150
    early = case.as_of.replace(year=2010)
    assert foresee(case.model_copy(update={"as_of": early}), load_panel(early)) is None


@pytest.mark.slow
def test_what_was_made_beforehand_is_what_would_be_made_now(panel):
    made = forecast(panel, read_histories(panel, ONLINE), WINNERS[ONLINE])
    now = compute(panel, WINNERS[ONLINE])
    assert made["iso3"].equals(now["iso3"])
    for name in ("last", "middle", "half"):
        np.testing.assert_allclose(made[name], now[name], atol=0.02)


def test_poison_after_the_day_of_the_case_changes_nothing(case, panel, outlook, tmp_path):
    folder = tmp_path / "panel"
    shutil.copytree(SHIPPED, folder)
    figures = pl.read_parquet(folder / "figures.parquet")
    late = (pl.col("series") == ONLINE) & (pl.col("year") > 2011)
    spoilt = figures.with_columns(
        pl.when(late).then(pl.col("value") * 0.3).otherwise(pl.col("value")).alias("value")
    )
    assert not spoilt.equals(figures)
    spoilt.write_parquet(folder / "figures.parquet")
    other = foresee(case, load_panel(case.as_of, folder))
    for name in ("last", "middle", "half"):
        np.testing.assert_array_equal(getattr(outlook, name), getattr(other, name))
    later = case.model_copy(update={"as_of": case.as_of.replace(year=2016)})
    clean, dirty = (
        foresee(later, load_panel(later.as_of, where), method="last value")
        for where in (SHIPPED, folder)
    )
    assert not np.array_equal(clean.middle, dirty.middle)


def made_up(half=0.05):
    """India and Indonesia rise by two points a year, forecast to within `half`."""
    rise = 0.005 * np.arange(40)
    last = np.array([0.1, 0.15])
    middle = last[:, None] + rise
    return Outlook("by hand", 2011, ("IND", "IDN"), last, middle, np.full((2, 40), half))


def test_eight_in_ten_futures_lie_within_the_interval():
    outlook = made_up()
    drawn = outlook.sample(3, 20_000, MARKETS, REGIONS, NOW, 40)
    for column, row in ((1, 0), (2, 1)):
        inside = np.abs(drawn[:, :, column] - outlook.middle[row]) <= outlook.half[row]
        np.testing.assert_allclose(inside.mean(axis=0), 0.8, atol=0.01)
        np.testing.assert_allclose(
            np.median(drawn[:, :, column], 0), outlook.middle[row], atol=2e-3
        )
    # What all markets have in common is three tenths of the variance, two of different regions.
    shared = np.corrcoef(drawn[:, 0, 1], drawn[:, 0, 2])[0, 1]
    assert shared == pytest.approx(0.3, abs=0.02)


def test_a_future_belongs_to_seed_world_and_market():
    outlook = made_up()
    drawn = outlook.sample(3, 50, MARKETS, REGIONS, NOW, 40)
    again = outlook.sample(3, 20, MARKETS[:2], REGIONS[:2], NOW[:2], 12)
    np.testing.assert_array_equal(drawn[:20, :12, :2], again)
    assert not np.array_equal(drawn, outlook.sample(4, 50, MARKETS, REGIONS, NOW, 40))
    one = outlook.take(3, 7).sample(99, 5, MARKETS, REGIONS, NOW, 40)
    np.testing.assert_array_equal(one, np.repeat(drawn[7:8], 5, axis=0))
    sure = outlook.certain().sample(3, 2, MARKETS, REGIONS, NOW, 40)
    np.testing.assert_allclose(sure[:, :, 1], np.stack(2 * [outlook.middle[0]]), rtol=1e-12)


def test_markets_without_a_forecast_close_the_usual_part_of_their_gap():
    drawn = made_up().sample(1, 1, MARKETS, REGIONS, NOW, 40)[0]
    gap = 0.9 - drawn[:, [0, 3]]
    np.testing.assert_allclose(gap[4:] / gap[:-4], np.exp(-0.08), rtol=1e-9)


def test_a_share_of_the_firms_own_is_where_the_rise_begins(case, outlook):
    drawn = outlook.certain().sample(1, 1, ("IND",), ("south",), np.array([0.3]), 40)[0, :, 0]
    row = outlook.markets.index("IND")
    np.testing.assert_allclose(drawn - 0.3, outlook.middle[row] - outlook.last[row], atol=1e-12)
    assert 0.0 < drawn[0] - 0.3 < drawn[-1] - 0.3


def test_who_believes_in_a_pace_of_readiness_gets_no_forecast(case, panel):
    assert believe(case, panel).outlook is not None
    own = case.model_copy(update={"parameters": {"reach.catch_up": 0.2}})
    assert believe(own, panel).outlook is None
    with pytest.raises(InputError, match="no method 'guess'"):
        believe(case, panel, method="guess")


def test_the_method_moves_what_the_plan_reads(case, panel):
    """Who forecasts that nobody more comes online sells less there, and has worse word of mouth."""
    schedule = Schedule(entries=(Entry(iso3="IND", quarter=4, mode="online", localisation=0.0),))
    by = {
        name: believe(case, panel, method=name)
        for name in ("last value", "drift, 3 years", WINNERS[ONLINE])
    }
    packed = pack(case, panel)
    india = packed.markets.index("IND")
    shown, sold = {}, {}
    for name, beliefs in by.items():
        assert beliefs.outlook.method == name
        worlds = draw_worlds(packed, beliefs, 64, 1, jnp.float32)
        shown[name] = float(np.median(np.asarray(worlds.shocks.online)[:, -1, india]))
        futures = simulate(case, panel, beliefs, schedule, worlds=64, seed=1)
        sold[name] = float(futures["units"].sel(market="IND").sum())
    assert shown["last value"] < shown["drift, 3 years"] < shown["Bass"]
    assert sold["last value"] < sold["drift, 3 years"] < sold["Bass"]


def test_a_forecast_at_the_usual_pace_is_the_model_without(case, panel):
    """Readiness alone: word of mouth would follow the forecast."""
    beliefs = replace(Beliefs.from_prior(case, panel), outlook=None)
    talk = replace(beliefs.parameters["acceptance.talk"], default=0.0)
    beliefs = replace(beliefs, parameters=beliefs.parameters | {"acceptance.talk": talk})
    nothing = Outlook("usual", 2011, (), np.zeros(0), np.zeros((0, 40)), np.zeros((0, 40)))
    schedule = Schedule(entries=(Entry(iso3="IND", quarter=4, mode="online", localisation=0.0),))
    plain, usual = (
        simulate(case, panel, replace(beliefs, outlook=outlook), schedule, worlds=8, seed=1)
        for outlook in (None, nothing)
    )
    np.testing.assert_allclose(usual["units"], plain["units"], rtol=1e-9)
