from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from invented_categories import Invented, invent

from beachhead.calibration.forecasting import (
    METHODS,
    NAMES,
    Rolling,
    forecast_category,
)
from beachhead.calibration.histories import CATEGORIES, WINNERS, read_histories
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError

INTERNET = "internet_users_pct"
LIGHT = [name for name in METHODS if name != "Bass"]


def spoil(rolling: Rolling, after: int) -> Rolling:
    """The same with every later figure, income too, changed beyond recognition."""
    histories = rolling.histories
    late = histories.years > after
    return Rolling(
        replace(
            histories,
            actual=np.where(late, histories.actual * 0.37 + 11.0, histories.actual),
            income=np.where(late, histories.income - 3.0, histories.income),
        )
    )


@pytest.mark.parametrize("series", CATEGORIES)
@pytest.mark.parametrize("method", LIGHT)
def test_poison_after_the_origin_changes_nothing(series: str, method: str) -> None:
    rolling = Rolling(read_histories(load_panel(), series))
    spoilt = spoil(rolling, 2014)
    for one, other in (
        (rolling.at(2014, method)[1], spoilt.at(2014, method)[1]),
        (rolling.margins(2014, method, (0.8,)), spoilt.margins(2014, method, (0.8,))),
    ):
        np.testing.assert_array_equal(one, other)
    if method != "last value":
        assert not np.array_equal(rolling.at(2015, method)[1], spoilt.at(2015, method)[1])


def test_poison_after_the_origin_does_not_change_the_choice() -> None:
    rolling = Rolling(read_histories(load_panel(), "fixed_broadband_per100"))
    spoilt = spoil(rolling, 2014)
    assert rolling.pick(2014, LIGHT) == spoilt.pick(2014, LIGHT)
    errors, other = (r.misses(2014, "drift, 3 years") for r in (rolling, spoilt))
    for (_, one), (_, two) in zip(errors, other, strict=True):
        np.testing.assert_array_equal(one, two)
    assert np.isnan(errors[-1][1][:, 1:]).all()  # of 2013, one outcome alone was known in 2014


def test_poison_after_the_origin_changes_nothing_of_bass() -> None:
    rolling = Rolling(invent(5).histories)
    spoilt = spoil(rolling, 2016)
    for method in ("Bass", "median of pooled"):
        np.testing.assert_array_equal(rolling.at(2016, method)[1], spoilt.at(2016, method)[1])


def test_a_combination_is_the_median_of_its_parts() -> None:
    rolling = Rolling(invent(5).histories)
    parts = [rolling.at(2016, part)[1] for part in ("regression", "analogues", "Bass")]
    np.testing.assert_array_equal(rolling.at(2016, "median of pooled")[1], np.median(parts, axis=0))


def test_margins_are_quantiles_of_earlier_errors_by_hand() -> None:
    """One year ahead, last value, a share of the population: no scale."""
    invented: Invented = invent(5)
    rolling = Rolling(invented.histories)
    actual, first = invented.histories.actual, 2016 - 2005
    errors = [abs(actual[:, year + 1] - actual[:, year]) for year in range(first - 5, first)]
    pooled = np.sort(np.concatenate(errors))
    place = int(np.ceil(0.8 * (pooled.size + 1))) - 1
    margins = rolling.margins(2016, "last value", (0.8,))
    np.testing.assert_allclose(margins[0, :, 0], pooled[place], rtol=1e-12)
    # Only one origin before has outcomes five years ahead.
    five = np.sort(abs(actual[:, first] - actual[:, first - 5]))
    place = int(np.ceil(0.8 * (five.size + 1))) - 1
    np.testing.assert_allclose(margins[0, :, 4], five[place], rtol=1e-12)


def test_countries_that_move_more_have_wider_intervals_where_asked() -> None:
    rolling = Rolling(invent(5, series="mobile_subs_per100").histories)
    known = rolling.known(2016)
    own = np.abs(np.diff(known.levels, axis=1)).mean(axis=1)
    width = rolling.margins(2016, "last value", (0.8,))[0, :, 0]
    np.testing.assert_allclose(
        width / width[0], (own + np.median(own)) / (own[0] + np.median(own)), rtol=1e-9
    )


def test_intervals_cover_four_of_five() -> None:
    """Random walks with a rise of their own and steps of unchanging size, of 400 countries."""
    histories = invent(5, countries=400).histories
    draw = np.random.default_rng(0)
    steps = draw.uniform(1.0, 2.0, (400, 1)) + draw.standard_t(4.0, (400, 20)) / 2.0
    rolling = Rolling(replace(histories, actual=20.0 + steps.cumsum(axis=1)))
    known, ahead = rolling.at(2017, "drift, 5 years")
    outcomes = rolling.outcomes(2017, known.markets, 2022)
    for margin, level in zip(
        rolling.margins(2017, "drift, 5 years", (0.5, 0.8, 0.95)), (0.5, 0.8, 0.95), strict=True
    ):
        inside = np.abs(outcomes - ahead) <= margin
        assert inside[:, 0].mean() == pytest.approx(
            level, abs=3 * (level * (1 - level) / 400) ** 0.5
        )
        assert inside[:, 4].mean() == pytest.approx(
            level, abs=4 * (level * (1 - level) / 400) ** 0.5
        )


def test_the_method_that_did_best_before_is_picked() -> None:
    invented = invent(5, noise=0.0)
    flat = replace(invented.histories, actual=np.repeat(np.arange(60.0)[:, None], 20, axis=1))
    straight = replace(flat, actual=flat.actual + 2.0 * np.arange(20.0))
    choices = ("drift, 5 years", "last value")
    assert Rolling(straight).pick(2016, choices) == "drift, 5 years"
    # At a standstill both are right, and the first named is taken.
    assert Rolling(flat).pick(2016, choices) == "drift, 5 years"


@pytest.fixture(scope="module")
def seen() -> Panel:
    return load_panel(as_of=date(2016, 6, 30))


@pytest.mark.parametrize("series", CATEGORIES)
def test_forecasts_of_a_panel_as_of_a_day(seen: Panel, series: str) -> None:
    told = forecast_category(seen, series, method="analogues")
    assert told.origin == seen.reference_year(series) <= 2015
    assert told.years == tuple(range(told.origin + 1, told.origin + 6))
    assert told.middle.shape == told.low.shape == (len(told.markets), 5)
    assert (told.low <= told.middle).all() and (told.middle <= told.high).all()
    assert (told.low >= 0).all()
    assert series != INTERNET or (told.high <= 100).all()
    row = told.markets.index("IND")
    assert told.last[row] == pytest.approx(seen.figure("IND", series).value)
    # Nothing published later is used: the whole panel, cut there, says the same.
    later = load_panel()
    cut = later.figures.filter(pl.col("year") <= told.origin)
    again = forecast_category(replace(later, figures=cut), series, method="analogues")
    np.testing.assert_array_equal(again.middle, told.middle)
    np.testing.assert_array_equal(again.high, told.high)


def test_every_series_has_a_winner_that_is_there() -> None:
    assert set(WINNERS) == set(CATEGORIES)
    assert set(WINNERS.values()) <= set(NAMES)


def test_what_is_wrong_is_said(seen: Panel) -> None:
    with pytest.raises(InputError, match="Did you mean 'analogues'"):
        forecast_category(seen, INTERNET, method="analogue")
    with pytest.raises(InputError, match="no category with a history"):
        forecast_category(seen, "gdp_pc_ppp_const")
    with pytest.raises(InputError, match="no country has 6 figures"):
        forecast_category(load_panel(as_of=date(2008, 6, 30)), INTERNET)
    with pytest.raises(InputError, match="too few outcomes before 2009"):
        Rolling(read_histories(seen, INTERNET)).margins(2009, "last value", (0.8,))
