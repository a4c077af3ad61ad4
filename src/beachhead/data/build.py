"""Source tables -> the panel that the package ships.

The panel has a schema of its own (`docs/data.md`); the same sources give the same bytes.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path

import polars as pl

from beachhead.data.blocs import parse_memberships
from beachhead.data.names import PLACES
from beachhead.data.series import BY_KEY, LEFT_OUT, OPEN_LICENCES
from beachhead.data.sphere import great_circle_km
from beachhead.errors import InputError, Problem
from beachhead.files import write_atomic

PACKAGED = Path(__file__).parent / "panel"
FIRST_YEAR = 2005
_FIRST_PROJECTED_YEAR = 2024  # World Population Prospects 2024 estimates up to 2023
_MISPLACED_KM = 500.0
_NEEDED = {
    "world.csv.gz": ("iso3", "year", "indicator", "value", "source", "licence"),
    "markets.csv": (
        "iso3", "region", "lat", "lon", "capital", "cap_lat", "cap_lon", "landlocked",
        "currency", "legal_origin", "legal_origin_confidence", "bloc_history",
    ),
    "pairs.csv.gz": (
        "iso3_o", "iso3_d", "dist_km", "dist_pop_weighted_km", "contiguous",
        "common_ethno_language", "colonial_tie", "common_colonizer", "dist_source",
    ),
}  # fmt: skip


def build(source: Path, out: Path | None = None) -> Path:
    """Write the panel from a folder of source tables.

    Parameters
    ----------
    source : Path
        Folder with `world.csv.gz`, `markets.csv` and `pairs.csv.gz`.
    out : Path, optional
        Folder for the panel; by default the place inside the package.

    Returns
    -------
    Path
        The folder with `figures`, `markets`, `pairs` and `blocs`, each a Parquet file.

    Raises
    ------
    InputError
        For every missing file or column, value that is no number, market or series that is not
        declared, figure given twice, and figure under a licence that is not open.
    """
    source, out = Path(source), Path(out) if out is not None else PACKAGED
    tables = _read(source)
    problems: list[Problem] = []
    markets, blocs = _shape_markets(tables["markets.csv"], source / "markets.csv", problems)
    known = set(markets["iso3"])
    figures = _shape_figures(tables["world.csv.gz"], known, source / "world.csv.gz", problems)
    pairs = _shape_pairs(tables["pairs.csv.gz"], markets, source / "pairs.csv.gz", problems)
    if problems:
        raise InputError(*problems)
    frames = {"figures": figures, "markets": markets, "pairs": pairs, "blocs": blocs}
    for name, frame in frames.items():
        write_atomic(out / f"{name}.parquet", partial(write_table, frame))
    return out


def write_table(frame: pl.DataFrame, file: BytesIO) -> None:
    """Write a table of the panel; the same rows give the same bytes."""
    frame.write_parquet(file, compression="zstd", compression_level=10, statistics=False)


def _read(source: Path) -> dict[str, pl.DataFrame]:
    tables: dict[str, pl.DataFrame] = {}
    problems: list[Problem] = []
    for name, needed in _NEEDED.items():
        path = source / name
        if not path.is_file():
            problems.append(Problem("no such file", str(path), "Give the folder that holds it."))
            continue
        try:
            # All text, and no text means 'missing': Namibia's code is NA.
            table = pl.read_csv(path, infer_schema=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            problems.append(Problem(f"not a CSV table: {error}", str(path)))
            continue
        lacking = [column for column in needed if column not in table.columns]
        if lacking:
            problems.append(Problem(f"no column {', '.join(lacking)}", str(path)))
        tables[name] = table
    if problems:
        raise InputError(*problems)
    return tables


def _number(
    table: pl.DataFrame, columns: dict[str, pl.DataType], path: Path, problems: list[Problem]
) -> pl.DataFrame:
    """Turn text columns into numbers; blank stays missing, anything else is a problem."""
    for column, dtype in columns.items():
        # By way of Float64, since whole numbers are sometimes written as 12.0.
        numbers = table[column].cast(pl.Float64, strict=False).cast(dtype, strict=False)
        wrong = table.with_row_index("line", 2).filter(
            table[column].is_not_null() & numbers.is_null()
        )
        for line, text in wrong.select("line", column).head(5).iter_rows():
            problems.append(Problem(f"{column} is {text!r}, not a number", f"{path}, line {line}"))
        table = table.with_columns(numbers.alias(column))
    return table


def _shape_markets(
    table: pl.DataFrame, path: Path, problems: list[Problem]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    with PLACES.open(encoding="utf-8", newline="") as file:
        places = pl.DataFrame(list(csv.DictReader(file)))
    unknown = sorted(set(table["iso3"]) - set(places["iso3"]))
    if unknown:
        fix = f"Add a line for each to {PLACES.name}."
        problems.append(Problem(f"no name and languages for {', '.join(unknown)}", str(path), fix))
    degrees = {name: pl.Float32() for name in ("lat", "lon", "cap_lat", "cap_lon")}
    table = _number(table, {**degrees, "landlocked": pl.Int8()}, path, problems)

    memberships: list[tuple[str, str, date, date | None]] = []
    for iso3, text in table.select("iso3", "bloc_history").iter_rows():
        try:
            memberships += parse_memberships(iso3, text or "")
        except ValueError:
            what = f"bloc_history of {iso3} is {text!r}"
            problems.append(Problem(what, str(path), "Write BLOC:year- or BLOC:year-year."))
    blocs = pl.DataFrame(
        memberships,
        schema={"bloc": pl.String, "iso3": pl.String, "start": pl.Date, "end": pl.Date},
        orient="row",
    ).sort("bloc", "iso3", "start")

    def parts(column: str, separator: str) -> pl.Expr:
        return (
            pl.col(column).str.split(separator).list.eval(pl.element().filter(pl.element() != ""))
        )

    facts = table.select(_NEEDED["markets.csv"])
    markets = facts.join(places, on="iso3", how="inner").select(
        "iso3",
        "iso2",
        pl.col("numeric").replace("", None),
        "name",
        parts("spellings", "|").alias("spellings"),
        "region",
        "subregion",
        parts("languages", " ").alias("languages"),
        "lat",
        "lon",
        "capital",
        pl.col("cap_lat").alias("capital_lat"),
        pl.col("cap_lon").alias("capital_lon"),
        pl.col("landlocked").cast(pl.Boolean),
        pl.col("currency").alias("currency_today"),
        "legal_origin",
        (pl.col("legal_origin_confidence") == "normal").alias("legal_origin_sure"),
    )
    return markets.sort("iso3"), blocs


def _shape_figures(
    table: pl.DataFrame, known: set[str], path: Path, problems: list[Problem]
) -> pl.DataFrame:
    table = table.rename({"indicator": "series"})
    undeclared = sorted(set(table["series"]) - set(BY_KEY) - set(LEFT_OUT))
    if undeclared:
        what = f"indicators that are not declared: {', '.join(undeclared)}"
        problems.append(Problem(what, str(path), "Declare each, or say why it is left out."))
    table = table.filter(pl.col("series").is_in(list(BY_KEY)))
    closed = sorted(set(table["licence"].fill_null("none")) - OPEN_LICENCES)
    if closed:
        problems.append(Problem(f"figures under {', '.join(closed)}", str(path), "Leave them out."))
    strangers = sorted(set(table["iso3"]) - known)
    if strangers:
        what = f"figures of {', '.join(strangers)}, which markets.csv does not list"
        problems.append(Problem(what, str(path)))
    table = _number(table, {"year": pl.Int16(), "value": pl.Float64()}, path, problems)
    table = table.filter(pl.col("year") >= FIRST_YEAR, pl.col("value").is_not_null())
    twice = table.filter(table.select("series", "iso3", "year").is_duplicated())
    for series, iso3, year in twice.select("series", "iso3", "year").unique().sort(pl.all()).rows():
        problems.append(Problem(f"{series} of {iso3} in {year} is given twice", str(path)))
    projected = (pl.col("series") == "population") & (pl.col("year") >= _FIRST_PROJECTED_YEAR)
    return table.select(
        "series",
        "iso3",
        "year",
        "value",
        pl.when(projected & pl.col("source").str.starts_with("UN WPP"))
        .then(pl.col("source") + pl.lit(", projection"))
        .otherwise("source")
        .alias("source"),
    ).sort("series", "iso3", "year")


def _shape_pairs(
    table: pl.DataFrame, markets: pl.DataFrame, path: Path, problems: list[Problem]
) -> pl.DataFrame:
    """One row per unordered pair; distances of misplaced capitals are computed anew."""
    known = set(markets["iso3"])
    strangers = sorted((set(table["iso3_o"]) | set(table["iso3_d"])) - known)
    if strangers:
        what = f"pairs with {', '.join(strangers)}, which markets.csv does not list"
        problems.append(Problem(what, str(path)))
    flags = ("contiguous", "common_ethno_language", "colonial_tie", "common_colonizer")
    kilometres: dict[str, pl.DataType] = {
        "dist_km": pl.Float64(),
        "dist_pop_weighted_km": pl.Float64(),
    }
    table = _number(table, {**kilometres, **{flag: pl.Int8() for flag in flags}}, path, problems)
    table = table.filter(
        pl.col("iso3_o") < pl.col("iso3_d"),
        pl.col("iso3_o").is_in(list(known)) & pl.col("iso3_d").is_in(list(known)),
    )
    places = {
        iso3: (lat, lon)
        for iso3, lat, lon in markets.select("iso3", "capital_lat", "capital_lon").iter_rows()
    }
    computed = pl.Series(
        [
            great_circle_km(*places[a], *places[b])
            for a, b in table.select("iso3_o", "iso3_d").iter_rows()
        ],
        dtype=pl.Float64,
    )
    table = table.with_columns(computed.alias("computed"))
    wrong = _misplaced(table)
    replaced = (
        pl.col("iso3_o").is_in(wrong) | pl.col("iso3_d").is_in(wrong) | pl.col("dist_km").is_null()
    )
    return table.select(
        pl.col("iso3_o").alias("iso3_a"),
        pl.col("iso3_d").alias("iso3_b"),
        pl.when(replaced).then("computed").otherwise("dist_km").round().cast(pl.UInt16)
        .alias("capital_km"),
        pl.when(replaced).then(None).otherwise("dist_pop_weighted_km").round().cast(pl.UInt16)
        .alias("people_km"),
        *(pl.col(flag).cast(pl.Boolean) for flag in flags),
        pl.when(replaced | (pl.col("dist_source") != "cepii"))
        .then(pl.lit("great circle between capitals"))
        .otherwise(pl.lit("CEPII GeoDist"))
        .alias("source"),
    ).sort("iso3_a", "iso3_b")  # fmt: skip


def _misplaced(table: pl.DataFrame) -> list[str]:
    """Markets that CEPII puts elsewhere than their capital is (Samoa: a wrong longitude)."""
    off = pl.concat(
        table.filter(pl.col("dist_source") == "cepii").select(
            pl.col(end).alias("iso3"), (pl.col("dist_km") - pl.col("computed")).abs().alias("off")
        )
        for end in ("iso3_o", "iso3_d")
    )
    medians = off.group_by("iso3").agg(pl.col("off").median())
    return sorted(medians.filter(pl.col("off") > _MISPLACED_KM)["iso3"])
