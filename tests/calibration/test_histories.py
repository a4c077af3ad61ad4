from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from beachhead.calibration.histories import CATEGORIES, Histories, read_histories
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError

INTERNET = "internet_users_pct"


@pytest.fixture(scope="module")
def panel() -> Panel:
    return load_panel()


def poison(panel: Panel, after: int) -> Panel:
    """The panel with every figure after a year changed beyond recognition."""
    spoilt = pl.when(pl.col("year") > after).then(pl.col("value") * 0.37 + 11.0)
    return replace(
        panel, figures=panel.figures.with_columns(value=spoilt.otherwise(pl.col("value")))
    )


def same(one: Histories, other: Histories) -> bool:
    return one.markets == other.markets and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ("years", "actual", "levels", "income")
    )


@pytest.mark.parametrize("series", CATEGORIES)
def test_poison_after_an_origin_changes_nothing_known_there(panel: Panel, series: str) -> None:
    known = read_histories(panel, series).until(2012)
    spoilt = read_histories(poison(panel, 2012), series)
    assert same(known, spoilt.until(2012))
    assert not same(known, spoilt.until(2013))


def test_a_country_enters_with_a_figure_of_the_origin_and_six_up_to_it(panel: Panel) -> None:
    histories = read_histories(panel, INTERNET)
    known = histories.until(2012)
    figures = panel.figures.filter((pl.col("series") == INTERNET) & (pl.col("year") <= 2012))
    counted = {
        iso3: (years.max(), years.len())
        for iso3, years in ((k[0], g["year"]) for k, g in figures.group_by("iso3"))
    }
    expected = sorted(c for c, (last, count) in counted.items() if last == 2012 and count >= 6)
    assert list(known.markets) == expected
    assert known.origin == 2012
    assert not np.isnan(known.last).any()


def test_gaps_lie_on_a_straight_line_up_to_the_origin_only() -> None:
    nan = np.nan
    actual = np.array([[nan, 10.0, nan, nan, 40.0, nan, 60.0]])
    years = np.arange(2005, 2012)
    income = np.zeros_like(actual)
    histories = Histories(CATEGORIES[INTERNET], ("AAA",), ("america",), years, actual, income)
    np.testing.assert_allclose(
        histories.levels, [[nan, 10, 20, 30, 40, 50, 60]], rtol=0, atol=1e-12
    )
    # What came later than 2009 does not fill the year after it.
    np.testing.assert_array_equal(histories.until(2009, 2).levels, [[nan, 10, 20, 30, 40]])


def test_income_is_the_newest_until_then_and_the_regions_median_where_there_is_none(
    panel: Panel,
) -> None:
    histories = read_histories(panel, INTERNET)
    assert not np.isnan(histories.income).any()
    row = histories.markets.index("IND")
    value = panel.figures.filter(
        (pl.col("series") == "gdp_pc_ppp_const") & (pl.col("iso3") == "IND")
    ).sort("year")
    known = dict(value.select("year", "value").iter_rows())
    assert histories.income[row, 2012 - 2005] == pytest.approx(np.log(known[2012]), rel=1e-12)


def test_shares_end_at_100_and_counts_of_lines_do_not(panel: Panel) -> None:
    ends = [-1.0, 150.0]
    assert read_histories(panel, INTERNET).clip(np.array(ends)).tolist() == [0.0, 100.0]
    mobile = read_histories(panel, "mobile_subs_per100")
    assert mobile.clip(np.array(ends)).tolist() == [0.0, 150.0]


def test_what_is_wrong_is_said(panel: Panel) -> None:
    with pytest.raises(InputError, match="Did you mean 'mobile_subs_per100'"):
        read_histories(panel, "mobile_subs_per10")
    with pytest.raises(InputError, match="no country has 6 figures of internet_users_pct up to"):
        read_histories(panel, INTERNET).until(2008)
    with pytest.raises(InputError, match="take a later origin"):
        read_histories(panel, INTERNET).until(1990)
    with pytest.raises(InputError, match="no figure of internet_users_pct was published by"):
        read_histories(load_panel(as_of=date(2005, 1, 1)), INTERNET)
