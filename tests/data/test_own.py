"""A user's own columns and figures laid over the panel: what changes, and what must not."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.data import SERIES, Panel, Series, load_panel
from beachhead.data.series import BY_KEY, explain_range
from beachhead.errors import InputError

PANEL = load_panel("2013-03-31")
DAY = date(2012, 12, 31)
DEALERS = Series("dealers", "dealers who asked us", "dealers", "the case", "", 0, "", total=True)


def own(*rows, columns=(), panel: Panel = PANEL) -> Panel:
    """The panel with figures (series, market, value, day), read in a survey."""
    full = [(series, iso3, day, value, "source", "survey") for series, iso3, value, day in rows]
    return panel.with_own(columns, full)


def everything(panel: Panel, iso3: str) -> list:
    figures = [panel.figure(iso3, series.key, fallback=True) for series in SERIES]
    growth = [panel.growth(iso3, series.key) for series in SERIES]
    return [*figures, *growth, panel.income_class(iso3)]


BEFORE = {iso3: everything(PANEL, iso3) for iso3 in PANEL.codes}


def test_stands_in_place_of_the_panels_whichever_is_newer():
    panel = own(("internet_users_pct", "IND", 12.0, date(2009, 6, 30)))
    found = panel.figure("IND", "internet_users_pct")
    assert (found.value, found.year, found.status, found.source) == (12.0, 2009, "own", "survey")
    assert found.note == (
        "own figure of 2009-06-30 (source), in place of 10.07 of 2011 (WDI IT.NET.USER.ZS)"
    )
    (row,) = panel.column("internet_users_pct", ["IND"]).to_dicts()
    assert row == vars(found)
    assert PANEL.figure("IND", "internet_users_pct").value == 10.07
    rows = {year: (value, source) for year, value, source in panel.history(
        "IND", "internet_users_pct").iter_rows()}  # fmt: skip
    assert rows[2009] == (12.0, "survey")
    assert rows[2011] == (10.07, "WDI IT.NET.USER.ZS")


def test_fills_a_hole():
    assert PANEL.figure("TWN", "logistics_performance_index").value is None
    found = own(("logistics_performance_index", "TWN", 3.7, DAY)).figure(
        "TWN", "logistics_performance_index"
    )
    assert (found.value, found.status) == (3.7, "own")
    assert found.note == "own figure of 2012-12-31 (source)"


@settings(max_examples=8, deadline=None)
@given(
    st.sampled_from(PANEL.codes),
    st.lists(st.sampled_from(SERIES), min_size=1, max_size=4, unique=True),
    st.sampled_from([1.0, 3.0]),
)
def test_no_other_market_sees_any_difference(iso3, series, value):
    panel = own(*((s.key, iso3, value, DAY) for s in series), columns=[DEALERS])
    for other in ("CHN", "TWN", "GIB", *PANEL.codes[::11]):
        if other != iso3:
            assert everything(panel, other) == BEFORE[other], other
    assert [panel.reference_year(s.key) for s in SERIES] == [
        PANEL.reference_year(s.key) for s in SERIES
    ]
    assert panel.published.digest == PANEL.digest


def test_own_income_decides_who_is_like_this_market_and_nobody_else():
    # Gibraltar has no income per head: with a high one its stand-ins are rich markets.
    before = PANEL.figure("GIB", "internet_users_pct", fallback=True)
    panel = own(("gdp_pc_ppp_const", "GIB", 50_000.0, DAY))
    assert panel.income_class("GIB") == "high"
    assert "with high income" in panel.figure("GIB", "hdi", fallback=True).note
    assert before.status != "own"


def test_growth_never_steps_from_one_source_to_another():
    theirs = PANEL.growth("IND", "gdp_pc_ppp_const")
    one = own(("gdp_pc_ppp_const", "IND", 50_000.0, DAY))
    assert one.growth("IND", "gdp_pc_ppp_const") == theirs
    two = own(
        ("gdp_pc_ppp_const", "IND", 1000.0, date(2008, 12, 31)),
        ("gdp_pc_ppp_const", "IND", 2000.0, DAY),
    )
    found = two.growth("IND", "gdp_pc_ppp_const")
    assert found.value == pytest.approx(math.log(2) / 4)
    assert (found.status, found.source, found.note) == (
        "own",
        "survey",
        "2008 to 2012, own figures",
    )
    near = own(
        ("gdp_pc_ppp_const", "IND", 1000.0, date(2011, 12, 31)),
        ("gdp_pc_ppp_const", "IND", 2000.0, DAY),
    )
    assert near.growth("IND", "gdp_pc_ppp_const") == theirs


def test_own_columns_are_series_of_that_panel():
    panel = own(("dealers", "DEU", 14.0, DAY), ("dealers", "AUT", 3.0, DAY), columns=[DEALERS])
    assert panel.series == (*SERIES, DEALERS)
    assert panel.find_series("dealers") == DEALERS
    assert panel.figure("DEU", "dealers").value == 14.0
    hole = panel.figure("FRA", "dealers", fallback=True)
    assert (hole.value, hole.status) == (None, "none")
    assert panel.history("DEU", "dealers")["value"].to_list() == [14.0]
    assert panel.growth("DEU", "dealers").status == "none"
    assert panel.reference_year("dealers") == 0
    with pytest.raises(InputError, match="Did you mean 'dealers'"):
        panel.figure("DEU", "dealer")
    with pytest.raises(InputError, match="no series 'dealers'"):
        PANEL.figure("DEU", "dealers")


def test_laid_over_twice_is_laid_over_once():
    rows = [("hdi", "IND", 0.7, DAY), ("dealers", "IND", 4.0, DAY)]
    once = own(*rows, columns=[DEALERS])
    assert own(*rows, columns=[DEALERS], panel=once) is once
    assert own(panel=PANEL) is PANEL
    assert own(rows[0], columns=[DEALERS], panel=once) is once
    changed = own(("hdi", "IND", 0.8, DAY), panel=once)
    assert changed.figure("IND", "hdi").value == 0.8
    assert changed.figure("IND", "dealers").value == 4.0


def test_another_answer_has_another_digest():
    digests = {
        PANEL.digest,
        own(columns=[DEALERS]).digest,
        own(("hdi", "IND", 0.7, DAY)).digest,
        own(("hdi", "IND", 0.71, DAY)).digest,
        own(("hdi", "PAK", 0.7, DAY)).digest,
    }
    assert len(digests) == 5
    assert own(("hdi", "IND", 0.7, DAY)).digest == own(("hdi", "IND", 0.7, DAY)).digest


def test_says_that_own_figures_are_there():
    assert "With 1 figure of your own." in str(own(("hdi", "IND", 0.7, DAY)))
    assert "of your own" not in str(PANEL)


def test_what_is_not_known_is_refused_all_at_once():
    hdi = Series("hdi", "mine", "index", "", "", 0, "")
    with pytest.raises(InputError) as caught:
        own(("hdy", "IND", 0.7, DAY), ("hdi", "XYZ", 0.7, DAY), columns=[hdi])
    assert len(caught.value.problems) == 3
    assert "own column has the key of the series 'hdi'" in str(caught.value)


def test_units_allow_every_figure_of_the_panel():
    rows = load_panel().figures.group_by("series").agg(low="value", high="value")
    for series, low, high in rows.iter_rows():
        for value in (min(low), max(high)):
            assert explain_range(BY_KEY[series], value) == "", (series, value)


@pytest.mark.parametrize(
    ("series", "value", "fix"),
    [
        ("internet_users_pct", 140.0, "It is in % of population: from 0 to 100."),
        ("population", 0.0, "It is in persons: from 1 to 1e+10."),
        ("wgi_rule_of_law", 93.0, "from -5 to 5"),
        ("inflation_cpi_pct", -120.0, "at least -100"),
        ("hdi", 70.0, "It is in index, 0 to 1: from 0 to 1."),
    ],
)
def test_figures_in_another_unit_are_noticed(series, value, fix):
    assert fix in explain_range(BY_KEY[series], value)
