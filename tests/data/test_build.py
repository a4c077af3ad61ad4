from __future__ import annotations

import gzip
import os
from pathlib import Path

import polars as pl
import pytest

from beachhead.data import build, load_panel
from beachhead.data.build import PACKAGED
from beachhead.data.series import BY_KEY, OPEN_LICENCES, SERIES
from beachhead.data.sphere import great_circle_km
from beachhead.errors import InputError

TABLES = ("figures", "markets", "pairs", "blocs")
SHARED = Path(
    os.environ.get("BEACHHEAD_SHARED", Path(__file__).parents[2] / ".." / "shared" / "data")
)


def read_bytes(folder: Path) -> dict[str, bytes]:
    return {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES}


def append(path: Path, line: str) -> None:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "at", encoding="utf-8", newline="") as file:
        file.write(line + "\r\n")


def test_same_sources_give_same_bytes(source: Path, tmp_path: Path) -> None:
    first = read_bytes(build(source, tmp_path / "first"))
    assert read_bytes(build(source, tmp_path / "second")) == first
    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == sorted(
        f"{name}.parquet" for name in TABLES
    )


def test_order_of_the_source_rows_does_not_matter(source: Path, tmp_path: Path) -> None:
    first = read_bytes(build(source, tmp_path / "first"))
    for name in ("world.csv.gz", "markets.csv", "pairs.csv.gz"):
        opener = gzip.open if name.endswith("gz") else open
        with opener(source / name, "rt", encoding="utf-8", newline="") as file:
            head, *rows = file.read().splitlines()
        with opener(source / name, "wt", encoding="utf-8", newline="") as file:
            file.write("\n".join([head, *reversed(rows)]) + "\n")
    assert read_bytes(build(source, tmp_path / "second")) == first


def test_only_declared_open_figures_from_2005_on(folder: Path) -> None:
    figures = pl.read_parquet(folder / "figures.parquet")
    assert figures.columns == ["series", "iso3", "year", "value", "source"]
    assert set(figures["series"]) <= set(BY_KEY)
    assert figures["year"].min() == 2005
    assert figures.null_count().sum_horizontal().item() == 0
    assert {series.licence for series in SERIES} <= OPEN_LICENCES


def test_projections_say_so(folder: Path) -> None:
    sources = pl.read_parquet(folder / "figures.parquet").filter(series="population", iso3="FRA")
    projected = sources.filter(pl.col("source").str.contains("projection"))["year"].to_list()
    assert projected == [2024, 2025]


def test_namibia_keeps_its_code(folder: Path) -> None:
    markets = pl.read_parquet(folder / "markets.parquet")
    assert markets.filter(iso3="NAM")["iso2"].item() == "NA"
    assert markets["iso2"].null_count() == 0


def test_misplaced_capital_is_computed_anew(folder: Path) -> None:
    pairs = pl.read_parquet(folder / "pairs.parquet")
    samoa = pairs.filter(iso3_a="CHN", iso3_b="WSM")
    assert samoa["capital_km"].item() == round(great_circle_km(39.9, 116.4, -13.8, -171.8))
    assert samoa["people_km"].item() is None
    assert samoa["source"].item() == "great circle between capitals"
    others = pairs.filter(iso3_a="CHN", iso3_b="IND")
    assert others["source"].item() == "CEPII GeoDist"


def test_pairs_are_held_once_and_unknown_ties_stay_unknown(folder: Path) -> None:
    pairs = pl.read_parquet(folder / "pairs.parquet")
    assert pairs.height == 9 * 8 / 2
    assert (pairs["iso3_a"] < pairs["iso3_b"]).all()
    croatia = pairs.filter((pl.col("iso3_a") == "HRV") | (pl.col("iso3_b") == "HRV"))
    assert croatia["colonial_tie"].null_count() == croatia.height == 8


def test_great_circle() -> None:
    # A quarter of a meridian of a sphere of 6371 km, and half of its circumference.
    assert great_circle_km(0, 30, 90, 0) == pytest.approx(10_007.543, abs=1e-3)
    assert great_circle_km(0, -90, 0, 90) == pytest.approx(20_015.087, abs=1e-3)
    assert great_circle_km(12, 34, 12, 34) == 0


def test_everything_wrong_is_said_at_once(source: Path, tmp_path: Path) -> None:
    world = source / "world.csv.gz"
    append(world, "FRA,2012,hdi,n/a,x,CC BY 3.0 IGO")
    append(world, "FRA,2012,secret_index,1,x,CC BY 4.0")
    append(world, "FRA,2012,urban_pop_pct,70,x,all rights reserved")
    append(world, "ZZZ,2012,urban_pop_pct,70,x,CC BY 4.0")
    append(world, "FRA,2012,population,70,x,CC BY 4.0")
    markets = source / "markets.csv"
    markets.write_text(markets.read_text().replace("MERCOSUR:2012-2016", "MERCOSUR since 2012"))
    with pytest.raises(InputError) as caught:
        build(source, tmp_path / "panel")
    text = str(caught.value)
    for part in (
        "value is 'n/a', not a number",
        "secret_index",
        "all rights reserved",
        "figures of ZZZ",
        "population of FRA in 2012 is given twice",
        "bloc_history of VEN",
    ):
        assert part in text
    assert len(caught.value.problems) == 6
    assert not (tmp_path / "panel").exists()


def test_missing_files_and_columns_are_named(source: Path, tmp_path: Path) -> None:
    (source / "pairs.csv.gz").unlink()
    markets = source / "markets.csv"
    markets.write_text(markets.read_text().replace("legal_origin,", "law,"))
    with pytest.raises(InputError) as caught:
        build(source, tmp_path / "panel")
    assert "pairs.csv.gz: no such file" in str(caught.value)
    assert "no column legal_origin" in str(caught.value)


def test_market_without_a_name_of_ours_is_a_problem(source: Path, tmp_path: Path) -> None:
    append(source / "markets.csv", "ATL,AL,x,america,0,0,Poseidonis,0,0,0,ATD,french,low,")
    with pytest.raises(InputError, match="no name and languages for ATL"):
        build(source, tmp_path / "panel")


def test_packaged_panel_is_small() -> None:
    assert sum(len(content) for content in read_bytes(PACKAGED).values()) < 3_000_000


@pytest.mark.skipif(not (SHARED / "world.csv.gz").is_file(), reason="source tables not here")
def test_packaged_panel_is_what_the_sources_give(tmp_path: Path) -> None:
    build(SHARED, tmp_path)
    for name in TABLES:
        fresh = pl.read_parquet(tmp_path / f"{name}.parquet")
        assert fresh.equals(pl.read_parquet(PACKAGED / f"{name}.parquet")), name


def test_packaged_panel_holds_all_economies_alike() -> None:
    panel = load_panel()
    assert len(panel.codes) == 217
    for iso3 in ("TWN", "HKG", "MAC", "XKX"):
        for series in ("population", "gdp_pc_ppp_const", "wgi_rule_of_law"):
            assert panel.figure(iso3, series).value is not None, (iso3, series)
    needed = panel.markets.select("name", "region", "subregion", "lat", "lon", "legal_origin")
    assert needed.null_count().sum_horizontal().item() == 0
    assert (panel.markets["languages"].list.len() > 0).all()
    assert (panel.markets["languages"].list.len() <= 4).all()
    assert panel.markets.filter(pl.col("numeric").is_null())["iso3"].to_list() == ["XKX"]
    assert panel.pairs.height == 217 * 216
