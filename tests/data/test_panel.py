from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.data import SERIES, Panel, load_panel
from beachhead.data.build import PACKAGED
from beachhead.data.series import BY_KEY, newest_year, published
from beachhead.errors import InputError

FRAMES = ("figures", "markets", "pairs", "blocs")


@pytest.fixture
def panel(folder: Path) -> Panel:
    return load_panel("2013-03-31", folder)


def poison(folder: Path, out: Path, as_of: date) -> None:
    """Copy a panel with every figure changed that was not published by `as_of`."""
    out.mkdir()
    hidden = [
        (pl.col("series") == series.key) & (pl.col("year") > newest_year(series, as_of))
        for series in SERIES
    ]
    later = pl.any_horizontal(hidden)
    figures = pl.read_parquet(folder / "figures.parquet").with_columns(
        pl.when(later).then(-7e9).otherwise("value").alias("value"),
        pl.when(later).then(pl.lit("poison")).otherwise("source").alias("source"),
    )
    assert figures.filter(source="poison").height > 0
    figures = figures.filter((pl.col("source") != "poison") | (pl.col("year") % 3 > 0))
    figures.write_parquet(out / "figures.parquet")
    blocs = pl.read_parquet(folder / "blocs.parquet")
    blocs = blocs.with_columns(
        pl.when(pl.col("end") > as_of).then(pl.lit(date(2099, 1, 1))).otherwise("end").alias("end")
    )
    added = blocs.head(1).with_columns(start=date(2098, 1, 1), bloc=pl.lit("POISON"))
    pl.concat([blocs.filter(pl.col("start") <= as_of), added]).write_parquet(out / "blocs.parquet")
    for name in ("markets", "pairs"):
        (out / f"{name}.parquet").write_bytes((folder / f"{name}.parquet").read_bytes())


@pytest.mark.parametrize("day", ["2009-12-31", "2013-03-31", "2020-07-31", "2024-06-30"])
@pytest.mark.parametrize("shipped", [True, False])
def test_what_came_later_changes_nothing(
    day: str, shipped: bool, folder: Path, tmp_path: Path
) -> None:
    original = PACKAGED if shipped else folder
    poison(original, tmp_path / "poisoned", date.fromisoformat(day))
    clean, poisoned = load_panel(day, original), load_panel(day, tmp_path / "poisoned")
    for name in FRAMES:
        assert getattr(clean, name).equals(getattr(poisoned, name)), name
    assert clean.digest == poisoned.digest
    assert clean.digest != load_panel(None, original).digest


@given(st.dates(date(2006, 1, 1), date(2030, 12, 31)), st.sampled_from(SERIES))
def test_newest_year_is_the_last_one_published(day: date, series) -> None:
    year = newest_year(series, day)
    assert published(series, year) <= day < published(series, year + 1)


def test_publication_dates() -> None:
    assert published(BY_KEY["population"], 2011) == date(2012, 7, 31)
    assert published(BY_KEY["internet_users_pct"], 2011) == date(2012, 12, 31)
    assert published(BY_KEY["ease_of_doing_business_score"], 2015) == date(2015, 12, 31)
    assert published(BY_KEY["hdi"], 2020) == date(2022, 9, 30)
    assert published(BY_KEY["wgi_rule_of_law"], 2011) == date(2012, 11, 30)


@settings(max_examples=20, deadline=None)
@given(st.dates(date(2008, 1, 1), date(2026, 12, 31)))
def test_a_later_date_only_adds_figures(day: date) -> None:
    panel, later = load_panel(day), load_panel(day.replace(year=day.year + 1, day=1))
    assert panel.figures.join(later.figures, on=panel.figures.columns, how="anti").is_empty()


def test_says_that_figures_are_revised(panel: Panel, folder: Path) -> None:
    assert "today's revision" in str(panel)
    assert "2013-03-31" in str(panel)
    assert "today's revision" in load_panel(None, folder).note


def test_figure_of_the_newest_visible_year(panel: Panel) -> None:
    found = panel.figure("FRA", "internet_users_pct")
    assert (found.year, found.status, found.value) == (2011, "figure", 16.0)
    assert found.source == "invented"


def test_projection_says_so(folder: Path) -> None:
    assert load_panel("2025-01-31", folder).figure("FRA", "population").note == ""
    assert load_panel("2025-07-31", folder).figure("FRA", "population").note == "projection"


def test_older_figure_says_of_which_year(panel: Panel) -> None:
    found = panel.figure("TWN", "internet_users_pct")
    assert (found.year, found.status) == (2009, "older")
    assert found.note == "figure of 2009; most economies have 2011"


def test_missing_figure_stays_missing_unless_asked(panel: Panel) -> None:
    missing = panel.figure("WSM", "wgi_rule_of_law")
    assert (missing.value, missing.year, missing.status) == (None, None, "none")
    standing = panel.figure("WSM", "wgi_rule_of_law", fallback=True)
    assert standing.status == "fallback"
    assert standing.year is None
    # Seven markets have a figure, -0.8 to 0.6 in steps of 0.2 without Taiwan's: none of Samoa's
    # region and income, too few of its region, so the world's median stands in.
    assert standing.value == pytest.approx(-0.2)
    assert standing.note == "no figure; median of 7 markets of the world"


def test_stand_in_prefers_the_nearest_group() -> None:
    panel = load_panel("2013-03-31")
    taiwan = panel.figure("TWN", "logistics_performance_index", fallback=True)
    assert taiwan.note == "no figure; median of 3 markets of Eastern Asia with high income"
    peers = [panel.figure(i, "logistics_performance_index").value for i in ("HKG", "JPN", "KOR")]
    assert taiwan.value == sorted(peers)[1]


def test_totals_have_no_stand_in() -> None:
    found = load_panel().figure("PRI", "population", fallback=True)
    assert (found.value, found.status) == (None, "none")


def test_column_keeps_the_order_asked_for(panel: Panel) -> None:
    frame = panel.column("internet_users_pct", ["TWN", "CHN", "FRA"], fallback=True)
    assert frame["iso3"].to_list() == ["TWN", "CHN", "FRA"]
    assert frame["status"].to_list() == ["older", "figure", "figure"]
    assert panel.column("hdi", []).columns == frame.columns
    assert panel.column("hdi", ["CHN"])["value"].to_list() == [None]


def test_history_and_growth(panel: Panel) -> None:
    assert panel.history("FRA", "gdp_pc_ppp_const")["year"].to_list() == list(range(2005, 2012))
    growth = panel.growth("FRA", "gdp_pc_ppp_const")
    assert growth.value == pytest.approx(0.02)
    assert growth.note == "2006 to 2011"
    assert panel.growth("TWN", "internet_users_pct").value is None
    assert panel.history("FRA", "hdi").is_empty()


def test_income_class_knows_no_later_growth(folder: Path) -> None:
    # Croatia's invented income grows by 2 % a year from 12,000: 13,800 in 2011, upper middle.
    assert load_panel("2013-03-31", folder).income_class("HRV") == "upper_middle"
    assert load_panel("2008-12-31").income_class("CHN") == "lower_middle"
    assert load_panel("2013-03-31").income_class("CHN") == "upper_middle"
    assert load_panel("2013-03-31").income_class("GIB") is None


def test_membership_by_date(folder: Path) -> None:
    panel = load_panel(None, folder)
    assert panel.members("EU", date(2013, 6, 30)) == ["FRA", "GBR"]
    assert panel.members("EU", date(2013, 7, 1)) == ["FRA", "GBR", "HRV"]
    assert panel.members("EU", date(2020, 1, 31)) == ["FRA", "GBR", "HRV"]
    assert panel.members("EU", date(2020, 2, 1)) == ["FRA", "HRV"]
    # Only years are known: from the last day of the first one to the first of the last one.
    assert panel.members("MERCOSUR", date(2012, 12, 30)) == []
    assert panel.members("MERCOSUR", date(2012, 12, 31)) == ["VEN"]
    assert panel.members("MERCOSUR", date(2016, 1, 1)) == []


def test_bloc_that_had_not_begun_is_unknown(folder: Path) -> None:
    panel = load_panel("2013-03-31", folder)
    assert panel.bloc_names == ("EU", "MERCOSUR")
    with pytest.raises(InputError, match="'RCEP' by 2013-03-31"):
        panel.members("RCEP", date(2013, 3, 31))
    with pytest.raises(InputError, match="Did you mean 'MERCOSUR'"):
        panel.members("mercosul", date(2013, 3, 31))


def test_unknown_names_get_suggestions(panel: Panel) -> None:
    with pytest.raises(InputError, match=r"no market 'Indai'.*Did you mean 'India'"):
        panel.find("Indai")
    with pytest.raises(InputError, match="Did you mean 'internet_users_pct'"):
        panel.figure("IND", "internet_user_pct")
    with pytest.raises(InputError, match="no market 'XYZ'"):
        panel.figure("XYZ", "hdi")
    with pytest.raises(InputError, match="Did you mean 'south_asia'"):
        panel.within("southasia")


def test_within() -> None:
    panel = load_panel()
    assert panel.within("Eastern Asia") == ["CHN", "HKG", "JPN", "KOR", "MAC", "MNG", "PRK", "TWN"]
    assert sum(len(panel.within(region)) for region in panel.regions) == 217
    assert sum(len(panel.within(subregion)) for subregion in panel.subregions) == 217


def test_bad_date_and_missing_tables(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"as_of is '31\.3\.2013'"):
        load_panel("31.3.2013", folder)
    with pytest.raises(InputError) as caught:
        load_panel(None, tmp_path / "nowhere")
    assert len(caught.value.problems) == 4
    (folder / "blocs.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match=r"blocs.parquet: not a table"):
        load_panel(None, folder)


def test_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys, beachhead.screening, beachhead.distance, beachhead.data;"
        "print(sorted({'jax', 'numpyro', 'arviz', 'altair', 'scipy', 'xarray'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
